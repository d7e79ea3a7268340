package web_test

import (
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

const (
	caseID         = "abcdefghijklmnopqrstuvwx23"
	apprenticeship = "providers/omnia/services/apprenticeship"
	paySubsidy     = "providers/employment/services/pay-subsidy"
	legalAdvice    = "providers/chamber/services/legal-advice"
)

func texts(fi, sv, en string) *cataloguev1.Texts { return &cataloguev1.Texts{Fi: fi, Sv: sv, En: en} }

func providers() []*cataloguev1.Provider {
	return []*cataloguev1.Provider{
		{
			Name: "providers/omnia", DisplayName: texts("Omnia", "Omnia", "Omnia"),
			LegalEntities: []*cataloguev1.LegalEntity{{Authority: true}},
		},
		{Name: "providers/chamber", DisplayName: texts("Helsingin seudun kauppakamari", "Helsingforsregionens handelskammare", "Helsinki Region Chamber of Commerce")},
		{Name: "providers/employment", DisplayName: texts("Espoon ja Kauniaisten työllisyysalue", "Esbo och Grankulla sysselsättningsområde", "Espoo and Kauniainen employment area")},
	}
}

func catalogueServices() []*cataloguev1.Service {
	return []*cataloguev1.Service{
		{
			Name: apprenticeship, DisplayName: texts("Oppisopimus", "Läroavtal", "Apprenticeship"),
			Description: texts("Työntekijä oppii työssä.", "Den anställda lär sig i arbetet.", "The employee learns at work."),
			Audience:    texts("Työnantajat", "Arbetsgivare", "Employers"), Needs: []string{"hire"}, OutcomeType: "contract",
			Outcome: texts("Sopimus", "Avtal", "Agreement"), Price: "free",
			ExpectedTime: &cataloguev1.ServiceTime{Min: 1, Max: 2, Unit: "weeks", Mark: "O", Source: "example"},
			Inputs: []*cataloguev1.InputField{
				{Id: "tasks", DisplayName: texts("Työtehtävät", "Arbetsuppgifter", "Tasks"), Hint: texts("Lyhyesti", "Kort", "Briefly"), Type: "long_text", Required: true, MaxLength: 100},
				{Id: "hours", DisplayName: texts("Työaika viikossa", "Arbetstid per vecka", "Hours a week"), Type: "number", Required: true, Min: "1", Max: "40"},
				{Id: "wage", DisplayName: texts("Palkka", "Lön", "Wage"), Type: "money"},
				{Id: "start", DisplayName: texts("Alkaa", "Börjar", "Starts"), Type: "date"},
				{Id: "level", DisplayName: texts("Taso", "Nivå", "Level"), Type: "choice", Required: true, Choices: []*cataloguev1.InputChoice{
					{Id: "first", DisplayName: texts("Perustutkinto", "Grundexamen", "First degree")}, {Id: "further", DisplayName: texts("Ammattitutkinto", "Yrkesexamen", "Further degree")},
				}},
				{Id: "instructor", DisplayName: texts("Onko ohjaaja", "Finns handledare", "Is there an instructor"), Type: "yes_no"},
				{Id: "employer", DisplayName: texts("Työnantaja", "Arbetsgivare", "Employer"), Type: "business_id"},
				{Id: "web", DisplayName: texts("Verkkosivu", "Webbplats", "Web site"), Type: "url"},
				{Id: "papers", DisplayName: texts("Asiakirjat", "Dokument", "Papers"), Type: "attachment_note"},
			},
		},
		{
			Name: legalAdvice, DisplayName: texts("Lakineuvonta", "Juridisk rådgivning", "Legal advice"),
			Description: texts("Vastauksia jäsenille.", "Svar för medlemmar.", "Answers for members."), Audience: texts("Jäsenet", "Medlemmar", "Members"),
			Needs: []string{"legal"}, Price: "members", MembersOnly: true, ExpectedTime: &cataloguev1.ServiceTime{Min: 2, Max: 2, Unit: "working_days", Mark: "F"},
		},
		{
			Name: paySubsidy, DisplayName: texts("Palkkatuki", "Lönesubvention", "Pay subsidy"), OutcomeType: "decision",
			Description: texts("Tukea palkkaan.", "Stöd för lönen.", "Support for wages."), Audience: texts("Työnantajat", "Arbetsgivare", "Employers"),
			Needs: []string{"hire"}, ExpectedTime: &cataloguev1.ServiceTime{Min: 2, Max: 4, Unit: "weeks", Mark: "F"},
			Official: &cataloguev1.OfficialService{DisplayName: texts("Työmarkkinatori", "Jobbmarknad", "Job Market Finland"), Url: "https://tyomarkkinatori.fi/", Reference: texts("asian numero", "ärendenummer", "case number")},
			Inputs:   []*cataloguev1.InputField{{Id: "job", DisplayName: texts("Tehtävä", "Uppgift", "Job"), Type: "text", Required: true}},
		},
	}
}

func at(hoursAgo int) *timestamppb.Timestamp {
	return timestamppb.New(noon().Add(-time.Duration(hoursAgo) * time.Hour))
}

func maija() *casesv1.Advisor {
	return &casesv1.Advisor{Name: "providers/omnia/advisors/maija", DisplayName: "Maija Meri", Languages: []string{"fi", "sv"}}
}

func requestName(key string) string { return "cases/" + caseID + "/requests/" + key }

// requests are in every state that a page shows differently.
func requests() []*casesv1.Request {
	company := &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1", DisplayName: "Kahvila <Aino> Oy"}
	weeks := &casesv1.ExpectedTime{Min: 1, Max: 2, Unit: "weeks", Mark: "O"}
	official := &casesv1.Official{DisplayName: "Työmarkkinatori", Url: "https://tyomarkkinatori.fi/", Reference: "asian numero"}
	base := func(key, provider, service string, status casesv1.RequestStatus) *casesv1.Request {
		return &casesv1.Request{
			Name: requestName(key), Provider: "providers/" + provider, Service: service, Status: status, Company: company,
			CaseTitle: "Ensimmäinen työntekijä", NeedText: "Haluan palkata <b>ensimmäisen</b> työntekijän", Language: "fi", ContactLanguage: "sv",
			RequestedAt: at(72), UpdatedAt: at(1), ExpectedTime: weeks, DueDate: "2026-12-04", Etag: "etag-" + key,
			Inputs: []*casesv1.Input{{Id: "tasks", Value: "Kassatyö\nja leivonta"}, {Id: "level", Value: "first"}, {Id: "wage", Value: "2100.5"}, {Id: "instructor", Value: "yes"}},
		}
	}
	fresh := base("omnia-1", "omnia", apprenticeship, casesv1.RequestStatus_REQUEST_STATUS_NEW)
	mine := base("omnia-2", "omnia", apprenticeship, casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS)
	mine.Advisor, mine.UnansweredMessages, mine.Overdue = maija(), 1, true
	waiting := base("omnia-3", "omnia", apprenticeship, casesv1.RequestStatus_REQUEST_STATUS_WAITING)
	waiting.Advisor = &casesv1.Advisor{Name: "providers/omnia/advisors/kalle", DisplayName: "Kalle Koski"}
	waiting.Supplements = []*casesv1.Supplement{{Number: 1, Question: "Kuka ohjaa?", DueDate: "2026-12-01", AskedAt: at(5)}}
	waiting.Referrals = []*casesv1.Referral{{Number: 1, Service: paySubsidy, Reason: casesv1.ReferralReason_REFERRAL_REASON_NEXT_STEP, Text: "Hakekaa tukea ensin.", Handover: "Sopimusluonnos", ProposedAt: at(4)}}
	reported := base("employment-1", "employment", paySubsidy, casesv1.RequestStatus_REQUEST_STATUS_DECIDED)
	reported.Official = official
	reported.Decision = &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Palkkatuki myönnetty", Reasons: "Ehdot täyttyvät.", Reported: true, Reference: "TE-123", DecidedOn: "2026-11-20", AmountCents: 705000}
	done := base("chamber-1", "chamber", legalAdvice, casesv1.RequestStatus_REQUEST_STATUS_COMPLETED)
	done.Summary, done.EndedAt = "Sopimus on kunnossa.", at(2)
	declined := base("chamber-2", "chamber", "providers/chamber/services/gone", casesv1.RequestStatus_REQUEST_STATUS_DECLINED)
	declined.ServiceDisplayName, declined.DeclineReason, declined.EndText = "Vanha palvelu", casesv1.DeclineReason_DECLINE_REASON_NOT_ELIGIBLE, "Vain jäsenille."
	official1 := base("employment-2", "employment", paySubsidy, casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS)
	official1.Official = official
	official1.Advisor = &casesv1.Advisor{Name: "providers/employment/advisors/olli"}
	return []*casesv1.Request{fresh, mine, waiting, reported, done, declined, official1}
}

// timeline has one entry of each kind.
func timeline() []*casesv1.TimelineEntry {
	var entries []*casesv1.TimelineEntry
	for number, kind := range slices.Sorted(maps.Keys(casesv1.EntryKind_name)) {
		entries = append(entries, &casesv1.TimelineEntry{
			Revision: "r", Kind: casesv1.EntryKind(kind), Time: at(100 - number), Request: requestName("omnia-2"), Party: casesv1.Party(number % 4),
			Provider: "providers/omnia", Advisor: maija(), Text: "Sanat <script>alert(1)</script>\ntoinen rivi", Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED,
		})
	}
	// The same words again are shown once, with the entry that they came with.
	for _, entry := range entries[1:3] {
		entry.Notices = []*casesv1.Notice{{Code: "ORDER", Text: "Älä aloita <ennen> päätöstä", Source: "380/2023", Blocking: true}}
	}
	return entries
}

func theCase() *casesv1.Case {
	return &casesv1.Case{
		Name: "cases/" + caseID, Title: "Ensimmäinen työntekijä", NeedText: "Haluan palkata <b>ensimmäisen</b> työntekijän", Status: casesv1.CaseStatus_CASE_STATUS_OPEN,
		Company:  &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1", DisplayName: "Kahvila <Aino> Oy"},
		Language: "fi", ContactLanguage: "sv", OpenedAt: at(100), UpdatedAt: at(1), Requests: requests(), Timeline: timeline(), Etag: "etag-case", Revision: "rev-0",
		Asks: []*casesv1.Ask{
			{Kind: casesv1.AskKind_ASK_KIND_ANSWER_SUPPLEMENT, Request: requestName("omnia-3"), Number: 1, Text: "Kuka ohjaa?", DueDate: "2026-12-01"},
			{Kind: casesv1.AskKind_ASK_KIND_ANSWER_REFERRAL, Request: requestName("omnia-3"), Number: 1, Text: "Hakekaa tukea ensin.", Target: paySubsidy},
			{Kind: casesv1.AskKind_ASK_KIND_APPLY_ELSEWHERE, Request: requestName("employment-2"), Target: "https://tyomarkkinatori.fi/"},
			{Kind: casesv1.AskKind_ASK_KIND_RATE, Request: requestName("chamber-1")},
		},
		Notices: []*casesv1.Notice{{Code: "ORDER_SUBSIDY_BEFORE_START", Text: "Tukipäätös ennen työn alkua.", Source: "Laki 380/2023", Blocking: true}},
		Consents: []*casesv1.Consent{{
			Name: "cases/" + caseID + "/consents/1", Provider: "providers/omnia", ValidTo: "2027-11-20", TextVersion: "2026-1", GivenAt: at(100),
			Purpose:     casesv1.ConsentPurpose_CONSENT_PURPOSE_SERVICE,
			DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE, policyv1.DataClass_DATA_CLASS_APPLICATION},
		}},
		Disclosures: []*casesv1.Disclosure{{
			Provider: "providers/employment", Act: "621/1999", Section: "29", ValidTo: "2026-12-20", RecordedAt: at(50), Reason: "An appeal is being heard",
			DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_DECISION, policyv1.DataClass_DATA_CLASS_RESULT},
		}},
	}
}

func suggestions() []*casesv1.Suggestion {
	return []*casesv1.Suggestion{
		{Service: apprenticeship, Confidence: 0.9, Reasons: []*casesv1.Reason{{Word: "työntekijä", Matched: "työntekijä", Rule: "stem"}}},
		{Service: paySubsidy, Confidence: 0.5, Reasons: []*casesv1.Reason{{Word: "tukke", Matched: "tuki", Rule: "similar"}}},
		{Service: legalAdvice, Confidence: 0.2, Reasons: []*casesv1.Reason{{Matched: "hire", Rule: "need"}}},
	}
}

func newFake() *fake {
	c := theCase()
	return &fake{
		admin:   newFakeAdmin(),
		theCase: c, suggestions: suggestions(), services: catalogueServices(), cases: []*casesv1.Case{c}, requests: requests(), secret: "s3cret-w0rd",
		blocks: []*providerv1.TextBlock{
			{Id: blockID, Title: "Tervehdys", Fi: "Hei {company}, asia {case}. Terveisin {advisor}", Sv: "Hej {company}, ärendet {case}. Hälsar {advisor}", En: "Hello {company}"},
		},
		notes: []*providerv1.Note{{Number: 1, Text: "Varovasti talouden kanssa.", Advisor: maija(), Time: at(3)}},
	}
}

// blockID is the fake's one text block.
const blockID = "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c99"
