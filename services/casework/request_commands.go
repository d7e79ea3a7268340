package casework

import (
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// RequestCommand is something to do with one request. Each is one struct.
type RequestCommand interface{ requestCommand() string }

// MakeRequest brings a planned request to its provider. By the hub.
type MakeRequest struct{ Made *eventsv1.RequestMade }

// ConfirmRequest tells that the company confirmed the case. By the hub.
type ConfirmRequest struct{}

// LinkRequest tells that the case got its company. By the hub.
type LinkRequest struct{ Company *casesv1.Company }

// RecordReferralAnswer tells how the company answered a referral. By the hub.
type RecordReferralAnswer struct{ Answered *eventsv1.ReferralAnswered }

// WarnDueSoon tells that the expected time will soon have passed. By the hub.
type WarnDueSoon struct{}

// MarkOverdue tells that the expected time has passed. By the hub.
type MarkOverdue struct{}

// PostMessage writes to the provider. By the company.
type PostMessage struct{ Text string }

// AnswerSupplement answers what the provider asked for. By the company.
type AnswerSupplement struct {
	Number int32
	Text   string
	Inputs []*casesv1.Input
}

// WithdrawRequest ends the request. By the company, or by the hub when the case ends.
type WithdrawRequest struct {
	Reason       string
	CaseEnded    bool
	ConsentEnded bool
}

// RateRequest says what the company thought of it. By the company.
type RateRequest struct {
	Stars   int32
	Comment string
}

// PickUp takes the request. By an advisor, who serves in Languages.
type PickUp struct{ Languages []string }

// HandBack puts it back into the inbox. By its advisor or a lead.
type HandBack struct{ Reason string }

// Assign gives it to an advisor of the provider. By a lead.
type Assign struct {
	Advisor   string
	Languages []string
}

// Reply writes to the company. By its advisor or a lead.
type Reply struct{ Text string }

// AskSupplement asks the company for something. By its advisor or a lead.
type AskSupplement struct{ Question, DueDate string }

// Decline ends it untaken. By its advisor or a lead.
type Decline struct {
	Reason casesv1.DeclineReason
	Text   string
}

// Refer proposes another provider's service. By its advisor or a lead.
type Refer struct {
	Provider, Service string
	Reason            casesv1.ReferralReason
	Text, Handover    string
}

// Decide records a decision. By its advisor, a lead or the provider's system.
type Decide struct{ Decision *casesv1.Decision }

// Complete ends it done. By its advisor or a lead.
type Complete struct{ Summary string }

// RecordContact records a call, a visit or a meeting. By its advisor or a lead.
type RecordContact struct{ Contact *eventsv1.ContactRecorded }

func (MakeRequest) requestCommand() string          { return "MakeRequest" }
func (ConfirmRequest) requestCommand() string       { return "ConfirmRequest" }
func (LinkRequest) requestCommand() string          { return "LinkRequest" }
func (RecordReferralAnswer) requestCommand() string { return "RecordReferralAnswer" }
func (WarnDueSoon) requestCommand() string          { return "WarnDueSoon" }
func (MarkOverdue) requestCommand() string          { return "MarkOverdue" }
func (PostMessage) requestCommand() string          { return "PostMessage" }
func (AnswerSupplement) requestCommand() string     { return "AnswerSupplement" }
func (WithdrawRequest) requestCommand() string      { return "WithdrawRequest" }
func (RateRequest) requestCommand() string          { return "RateRequest" }
func (PickUp) requestCommand() string               { return "PickUp" }
func (HandBack) requestCommand() string             { return "HandBack" }
func (Assign) requestCommand() string               { return "Assign" }
func (Reply) requestCommand() string                { return "Reply" }
func (AskSupplement) requestCommand() string        { return "AskSupplement" }
func (Decline) requestCommand() string              { return "Decline" }
func (Refer) requestCommand() string                { return "Refer" }
func (Decide) requestCommand() string               { return "Decide" }
func (Complete) requestCommand() string             { return "Complete" }
func (RecordContact) requestCommand() string        { return "RecordContact" }

// companyCommands and hubCommands are what the company and the hub command; all
// other commands are a provider's. The hub may also withdraw, when a case ends.
var (
	companyCommands = []string{"PostMessage", "AnswerSupplement", "WithdrawRequest", "RateRequest"}
	hubCommands     = []string{"EndConsent", "RepeatCorrection", "MakeRequest", "ConfirmRequest", "LinkRequest", "RecordReferralAnswer", "WarnDueSoon", "MarkOverdue"}
)

// Short names of the states, for the table below.
const (
	none       = casesv1.RequestStatus_REQUEST_STATUS_UNSPECIFIED
	fresh      = casesv1.RequestStatus_REQUEST_STATUS_NEW
	inProgress = casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS
	waiting    = casesv1.RequestStatus_REQUEST_STATUS_WAITING
	decided    = casesv1.RequestStatus_REQUEST_STATUS_DECIDED
	completed  = casesv1.RequestStatus_REQUEST_STATUS_COMPLETED
	declined   = casesv1.RequestStatus_REQUEST_STATUS_DECLINED
	withdrawn  = casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN
)

// requestTable says in which states each command is allowed. services/README
// shows the same table to people; a test holds them together.
var requestTable = map[string][]casesv1.RequestStatus{
	"MakeRequest":          {none},
	"ConfirmRequest":       {fresh, inProgress, waiting, decided, completed, declined, withdrawn},
	"LinkRequest":          {fresh, inProgress, waiting, decided, completed, declined, withdrawn},
	"RecordReferralAnswer": {fresh, inProgress, waiting, decided, completed, declined, withdrawn},
	"WarnDueSoon":          {fresh, inProgress},
	"MarkOverdue":          {fresh, inProgress},
	"PostMessage":          {fresh, inProgress, waiting, decided},
	"AnswerSupplement":     {fresh, inProgress, waiting, decided},
	"WithdrawRequest":      {fresh, inProgress, waiting, decided},
	"RateRequest":          {completed, declined},
	"PickUp":               {fresh},
	"HandBack":             {inProgress, waiting, decided},
	"Assign":               {fresh, inProgress, waiting, decided},
	"Reply":                {inProgress, waiting, decided},
	"AskSupplement":        {inProgress, waiting},
	"Decline":              {inProgress, waiting},
	"Refer":                {inProgress, waiting},
	"Decide":               {inProgress, waiting},
	"Complete":             {inProgress, decided},
	"RecordContact":        {inProgress, waiting, decided},
	"CorrectText":          {fresh, inProgress, waiting, decided, completed, declined, withdrawn},
	"RepeatCorrection":     {fresh, inProgress, waiting, decided, completed, declined, withdrawn},
	"EndConsent":           {fresh, inProgress, waiting, decided, completed, declined, withdrawn},
}
