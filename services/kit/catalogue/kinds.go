package catalogue

// Texts is one text in the three languages of the hub. Finnish and Swedish are
// the languages in which a company has the right to be served by an authority;
// English is a service.
type Texts struct {
	FI string `yaml:"fi" json:"fi"`
	SV string `yaml:"sv" json:"sv"`
	EN string `yaml:"en" json:"en"`
}

// In returns the text in the language "fi", "sv" or "en". For any other code it
// returns the English text.
func (t Texts) In(lang string) string {
	switch lang {
	case "fi":
		return t.FI
	case "sv":
		return t.SV
	default:
		return t.EN
	}
}

// Empty reports whether there is no text in any language.
func (t Texts) Empty() bool { return t == Texts{} }

// Words lists what people say when they need a service, by language.
type Words struct {
	FI []string `yaml:"fi,omitempty" json:"fi,omitempty"`
	SV []string `yaml:"sv,omitempty" json:"sv,omitempty"`
	EN []string `yaml:"en,omitempty" json:"en,omitempty"`
}

// In returns the words of the language "fi", "sv" or "en", and none for another.
func (w Words) In(lang string) []string {
	switch lang {
	case "fi":
		return w.FI
	case "sv":
		return w.SV
	case "en":
		return w.EN
	default:
		return nil
	}
}

// InputType is the kind of value that an input takes.
type InputType string

// The input types. Texts are measured in characters, not bytes.
const (
	// InputText is one line, at most 200 characters unless the input says otherwise.
	InputText InputType = "text"
	// InputLongText is several lines, at most 5000 characters unless the input says otherwise.
	InputLongText InputType = "long_text"
	// InputNumber is a decimal number with comma or point.
	InputNumber InputType = "number"
	// InputInteger is a whole number, such as a number of people.
	InputInteger InputType = "integer"
	// InputMoney is an amount in euros, not negative, with at most two decimals.
	InputMoney InputType = "money"
	// InputDate is a local date such as 2026-03-31.
	InputDate InputType = "date"
	// InputChoice is the id of one of the choices.
	InputChoice InputType = "choice"
	// InputYesNo is "yes" or "no".
	InputYesNo InputType = "yes_no"
	// InputBusinessID is a Finnish Business ID (Y-tunnus).
	InputBusinessID InputType = "business_id"
	// InputCompanyID is any identifier of a company: Business ID, EU VAT number, LEI or EUID.
	InputCompanyID InputType = "company_id"
	// InputURL is a web address that begins with http:// or https://.
	InputURL InputType = "url"
	// InputAttachmentNote says which documents there are; the documents are
	// handed over to the provider later. At most 2000 characters.
	InputAttachmentNote InputType = "attachment_note"
)

func inputTypes() []InputType {
	return []InputType{
		InputText, InputLongText, InputNumber, InputInteger, InputMoney, InputDate, InputChoice,
		InputYesNo, InputBusinessID, InputCompanyID, InputURL, InputAttachmentNote,
	}
}

// DataClass tells who may see a value.
type DataClass string

// The data classes, from open to closed.
const (
	// ClassPublic may be seen by anybody.
	ClassPublic DataClass = "public"
	// ClassCase is part of the header of the case: the company and every provider in the case.
	ClassCase DataClass = "case"
	// ClassApplication is for the company and the owning provider; others need consent.
	ClassApplication DataClass = "application"
	// ClassSecret is for the company and the owning provider alone and never echoed in an error or a log.
	ClassSecret DataClass = "secret"
)

func dataClasses() []DataClass {
	return []DataClass{ClassPublic, ClassCase, ClassApplication, ClassSecret}
}

// OutcomeType is the kind of thing that a service ends in.
type OutcomeType string

// The outcome types.
const (
	OutcomeDecision    OutcomeType = "decision"
	OutcomeAdvice      OutcomeType = "advice"
	OutcomeStatement   OutcomeType = "statement"
	OutcomeCertificate OutcomeType = "certificate"
	OutcomeContract    OutcomeType = "contract"
	OutcomeMembership  OutcomeType = "membership"
	OutcomeReferral    OutcomeType = "referral"
	OutcomeShortlist   OutcomeType = "shortlist"
	OutcomePlan        OutcomeType = "plan"
	OutcomeEvent       OutcomeType = "event"
	OutcomePlacement   OutcomeType = "placement"
	OutcomeDocument    OutcomeType = "document"
	OutcomePermit      OutcomeType = "permit"
)

func outcomeTypes() []OutcomeType {
	return []OutcomeType{
		OutcomeDecision, OutcomeAdvice, OutcomeStatement, OutcomeCertificate, OutcomeContract,
		OutcomeMembership, OutcomeReferral, OutcomeShortlist, OutcomePlan, OutcomeEvent, OutcomePlacement,
		OutcomeDocument, OutcomePermit,
	}
}

// DecidedWhere is the place where a matter is decided.
type DecidedWhere string

// The places where a matter is decided.
const (
	// DecidedInHub means that the outcome recorded in the hub is the outcome.
	DecidedInHub DecidedWhere = "hub"
	// DecidedOfficially means that an official service elsewhere decides, and
	// that the hub records what was reported from there.
	DecidedOfficially DecidedWhere = "official"
)

// JointRole is the part that a provider has in a joint service.
type JointRole string

// The parts in a joint service.
const (
	// JointLead holds the request.
	JointLead JointRole = "lead"
	// JointInvited takes part in the request that the lead holds.
	JointInvited JointRole = "invited"
)

// Price tells who pays for a service.
type Price string

// The prices.
const (
	// PriceFree is free of charge for everybody.
	PriceFree Price = "free"
	// PriceMembers is part of the membership.
	PriceMembers Price = "members"
	// PriceCharged has a price, told before anything is ordered.
	PriceCharged Price = "charged"
)

// Unit is the unit of an expected time.
type Unit string

// The units of an expected time.
const (
	UnitWorkingDays Unit = "working_days"
	UnitDays        Unit = "days"
	UnitWeeks       Unit = "weeks"
	UnitMonths      Unit = "months"
)

func units() []Unit { return []Unit{UnitWorkingDays, UnitDays, UnitWeeks, UnitMonths} }

// Mark tells how far a piece of reference data has been confirmed. What is not
// confirmed is shown to users as an example or an estimate, never as law.
type Mark string

// The marks.
const (
	// MarkStated is stated in a document of the network itself.
	MarkStated Mark = "S"
	// MarkFound was found in the named public source.
	MarkFound Mark = "F"
	// MarkComputed follows by calculation from what was found.
	MarkComputed Mark = "C"
	// MarkUnconfirmed is general knowledge that no source has confirmed yet.
	MarkUnconfirmed Mark = "O"
	// MarkEstimate is an estimate.
	MarkEstimate Mark = "E"
)

func marks() []Mark {
	return []Mark{MarkStated, MarkFound, MarkComputed, MarkUnconfirmed, MarkEstimate}
}

// Confirmed reports whether the fact may be shown as one; otherwise it is shown
// as an example or an estimate.
func (m Mark) Confirmed() bool {
	return m == MarkStated || m == MarkFound || m == MarkComputed
}
