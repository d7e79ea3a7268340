package casework

import (
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// CaseCommand is something to do with the case itself. Each is one struct.
type CaseCommand interface{ caseCommand() string }

// OpenCase opens the case. Its requests need no numbers: deciding numbers them,
// and an invitation follows the request that it belongs to.
type OpenCase struct{ Opened *eventsv1.CaseOpened }

// ConfirmCase confirms a case that was opened on the company's behalf. By the company.
type ConfirmCase struct{ Consents []*casesv1.Consent }

// LapseCase ends a case that nobody confirmed in time. By the hub.
type LapseCase struct{}

// AddRequest adds a service; Invitation is the other half of a joint one. By the company.
type AddRequest struct {
	Request, Invitation *eventsv1.PlannedRequest
	Consents            []*casesv1.Consent
}

// AnswerReferral agrees to a referral or turns it down. By the company. Referral
// is the referral as it stands in the request From; Request is set when agreeing.
type AnswerReferral struct {
	FromProvider        string
	FromNumber          int
	Referral            *casesv1.Referral
	Number              int32
	Agree               bool
	Request, Invitation *eventsv1.PlannedRequest
	Consents            []*casesv1.Consent
}

// LinkCompany links a case that has no company to one. By the company.
type LinkCompany struct{ Company *casesv1.Company }

// CloseCase begins to close the case. By the company.
type CloseCase struct{ Reason string }

// FinishClosing closes it, once every request has ended. By the hub.
type FinishClosing struct{ Heads []*eventsv1.ScopeHead }

// ReopenCase opens a closed case again. By the company.
type ReopenCase struct{ Reason string }

func (OpenCase) caseCommand() string       { return "OpenCase" }
func (ConfirmCase) caseCommand() string    { return "ConfirmCase" }
func (LapseCase) caseCommand() string      { return "LapseCase" }
func (AddRequest) caseCommand() string     { return "AddRequest" }
func (AnswerReferral) caseCommand() string { return "AnswerReferral" }
func (LinkCompany) caseCommand() string    { return "LinkCompany" }
func (CloseCase) caseCommand() string      { return "CloseCase" }
func (FinishClosing) caseCommand() string  { return "FinishClosing" }
func (ReopenCase) caseCommand() string     { return "ReopenCase" }

// Short names of the states, for the table below.
const (
	caseNone        = casesv1.CaseStatus_CASE_STATUS_UNSPECIFIED
	caseUnconfirmed = casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED
	caseOpen        = casesv1.CaseStatus_CASE_STATUS_OPEN
	caseClosing     = casesv1.CaseStatus_CASE_STATUS_CLOSING
	caseClosed      = casesv1.CaseStatus_CASE_STATUS_CLOSED
	caseLapsed      = casesv1.CaseStatus_CASE_STATUS_LAPSED
)

// caseTable says in which states each command is allowed. services/README shows
// the same table to people; a test holds them together.
var caseTable = map[string][]casesv1.CaseStatus{
	"OpenCase":       {caseNone},
	"ConfirmCase":    {caseUnconfirmed},
	"LapseCase":      {caseUnconfirmed},
	"AddRequest":     {caseOpen},
	"AnswerReferral": {caseOpen},
	"LinkCompany":    {caseOpen, caseClosing, caseClosed},
	"CloseCase":      {caseUnconfirmed, caseOpen},
	"FinishClosing":  {caseClosing},
	"ReopenCase":     {caseClosed},

	"GrantConsent":     {caseOpen, caseClosing, caseClosed},
	"WithdrawConsent":  {caseOpen, caseClosing, caseClosed},
	"RecordDisclosure": {caseOpen, caseClosing, caseClosed},
	"CorrectText":      {caseOpen, caseClosing, caseClosed},
}
