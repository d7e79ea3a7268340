package e2e

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/systemkey"
)

// The words that the shared case holds, each of one kind of data.
const (
	needWord, answerWord, messageWord = "zanzibarneed", "quebecanswer", "timbuktumessage"
	titleWord, reasonWord, noteWord   = "oslotitle", "limareason", "havananote"
	chamberWord, secretWord           = "perthmessage", "ownership"
)

var everyWord = []string{needWord, answerWord, messageWord, titleWord, reasonWord, noteWord, chamberWord, secretWord}

// application, decision and conversation are what a consent can open beside header and steps.
const (
	application  = policyv1.DataClass_DATA_CLASS_APPLICATION
	decision     = policyv1.DataClass_DATA_CLASS_DECISION
	conversation = policyv1.DataClass_DATA_CLASS_CONVERSATION
)

// sharing is a case with a request to an authority (Omnia), to another (employment),
// to one that is none (the chamber), and one that is secret.
type sharing struct {
	t       *testing.T
	w       *world.World
	company string
	owner   *world.Company
	c       *world.Case
}

func newSharing(t *testing.T, w *world.World) *sharing {
	t.Helper()
	w.Hire(t)
	s := &sharing{t: t, w: w, company: identifier.NewTestBusinessID(171)}
	s.owner = w.Company(t, world.CompanyUser("irma", s.company))
	s.c = s.owner.Open(world.Opening{
		Need: "Tarvitsemme " + needWord, Company: s.company,
		Services: []string{"omnia/apprenticeship", "chamber/training", "employment/vacancy", "espoon-yrittajat/ownership"},
	})
	omnia, request := w.Advisor(t, "omnia", world.FirstAdvisor), s.c.Request("omnia-1")
	omnia.PickUp(request)
	omnia.Reply(request, messageWord)
	omnia.Ask(request, "Mitä vielä?")
	s.c.Supplement("omnia-1", 1, answerWord)
	omnia.Note(request, noteWord)
	omnia.Decide(request, &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: titleWord, Reasons: reasonWord})
	chamber := w.Advisor(t, "chamber", world.FirstAdvisor)
	chamber.PickUp(s.c.Request("chamber-1"))
	chamber.Reply(s.c.Request("chamber-1"), chamberWord)
	w.Advisor(t, "employment", world.FirstAdvisor).PickUp(s.c.Request("employment-1"))
	w.Advisor(t, "espoon-yrittajat", world.FirstAdvisor).PickUp(s.c.Request("espoon-yrittajat-1"))
	s.revision()
	return s
}

// revision is that of all that was done so far.
func (s *sharing) revision() string { return s.c.View().Revision }

func (s *sharing) consents() consentv1.ConsentServiceClient {
	return consentv1.NewConsentServiceClient(s.w.Conn(s.t, s.w.At.GRPC))
}

func (s *sharing) grant(provider string, classes ...policyv1.DataClass) *casesv1.Consent {
	s.t.Helper()
	answer, err := s.consents().GrantConsent(s.owner.Context(), &consentv1.GrantConsentRequest{
		Parent: s.c.Name, RequestId: uuid.NewString(), Consent: &casesv1.Consent{
			Provider: name.Provider(provider), Purpose: casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE, TextVersion: "shared-2026-11", DataClasses: classes,
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.Consent
}

func (s *sharing) withdraw(consent string) {
	s.t.Helper()
	_, err := s.consents().WithdrawConsent(s.owner.Context(), &consentv1.WithdrawConsentRequest{Name: consent, RequestId: uuid.NewString()})
	if err != nil {
		s.t.Fatal(err)
	}
}

// at is somebody of a provider who looks at shared cases.
func (s *sharing) at(provider string) (context.Context, sharingv1.SharedCaseServiceClient) {
	return s.w.Advisor(s.t, provider, world.FirstAdvisor).Context(), sharingv1.NewSharedCaseServiceClient(s.w.Conn(s.t, s.w.At.GRPC))
}

func (s *sharing) get(provider string) (*sharingv1.SharedCase, error) {
	ctx, calls := s.at(provider)
	answer, err := calls.GetSharedCase(ctx, &sharingv1.GetSharedCaseRequest{Name: s.c.Name})
	return answer.GetSharedCase(), err
}

// shows checks that a provider's view of the case holds these words and none else.
func (s *sharing) shows(provider string, words ...string) *sharingv1.SharedCase {
	s.t.Helper()
	shared, err := s.get(provider)
	if err != nil {
		s.t.Fatalf("%s: %v", provider, err)
	}
	s.holds(provider, shared, words...)
	return shared
}

func (s *sharing) holds(who string, m proto.Message, words ...string) {
	s.t.Helper()
	text := prototext.Format(m)
	for _, word := range everyWord {
		if has := strings.Contains(text, word); has != slices.Contains(words, word) {
			s.t.Errorf("%s sees %s: %t, and should: %t", who, word, has, !has)
		}
	}
}

func (s *sharing) listed(provider string) bool {
	s.t.Helper()
	ctx, calls := s.at(provider)
	answer, err := calls.ListSharedCases(ctx, &sharingv1.ListSharedCasesRequest{MinRevision: s.revision()})
	if err != nil {
		s.t.Fatal(err)
	}
	s.holds("the list of "+provider, answer)
	return slices.ContainsFunc(answer.SharedCases, func(c *sharingv1.SharedCase) bool { return c.Case.Name == s.c.Name })
}

func TestSharingOneProcess(t *testing.T) { sharingIsByConsent(t, world.Single(t, &binaries)) }

func TestSharingNineProcesses(t *testing.T) { sharingIsByConsent(t, world.Apart(t, &binaries)) }

// sharingIsByConsent: who is not asked sees nothing, who is asked the header, and who
// has a consent what it names; never notes, reasons and what is secret.
func sharingIsByConsent(t *testing.T, w *world.World) {
	s := newSharing(t, w)
	_, err := s.get("yritysespoo")
	none := world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	ctx, calls := s.at("yritysespoo")
	_, err = calls.GetSharedCase(ctx, &sharingv1.GetSharedCaseRequest{Name: "cases/aaaaaaaaaaaaaaaaaaaaaaaaaa"})
	if other := world.Refused(t, err, codes.NotFound, "NOT_FOUND"); strings.ReplaceAll(none.Message, s.c.Name, "") != strings.ReplaceAll(other.Message, "cases/aaaaaaaaaaaaaaaaaaaaaaaaaa", "") {
		t.Errorf("a case that may not be seen is told from none: %q, %q", none.Message, other.Message)
	}
	header := s.shows("chamber")
	for _, r := range header.Case.Requests {
		if r.Provider == "providers/espoon-yrittajat" || r.Status != 0 || r.Service != "" {
			t.Errorf("without consent the chamber sees %v", r)
		}
	}
	if len(header.Case.Timeline) > 0 || len(header.Case.Requests) != 3 || header.Case.Company == nil {
		t.Errorf("the header is %v", header.Case)
	}
	if s.listed("chamber") || s.listed("yritysespoo") {
		t.Error("a case that nobody opened is listed as shared")
	}

	s.grant("chamber")
	if steps := s.shows("chamber"); steps.Case.Requests[0].Status != casesv1.RequestStatus_REQUEST_STATUS_DECIDED || len(steps.Case.Timeline) == 0 {
		t.Errorf("with a consent the steps are %v", steps.Case)
	}
	s.grant("chamber", application)
	s.shows("chamber", needWord, answerWord)
	s.grant("chamber", decision)
	s.shows("chamber", titleWord)
	s.grant("chamber", conversation)
	s.shows("chamber", messageWord, chamberWord)
	s.reads("chamber", "GetSharedCase", accessv1.Purpose_PURPOSE_PROVIDER_TASK, "") // before there was a consent
	given := s.grant("yritysespoo", application, decision, conversation)
	s.shows("yritysespoo", needWord, answerWord, titleWord, messageWord, chamberWord)
	s.reads("yritysespoo", "GetSharedCase", accessv1.Purpose_PURPOSE_CONSENT, strings.TrimPrefix(given.Name, s.c.Name+"/"))
	if !s.listed("yritysespoo") || !s.listed("chamber") || s.listed("enter-espoo") {
		t.Error("the lists of shared cases are not those that the company opened")
	}
	s.reads("yritysespoo", "ListSharedCases", accessv1.Purpose_PURPOSE_CONSENT, "")
	for _, class := range []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_SECRET, policyv1.DataClass_DATA_CLASS_REASONS} {
		_, err := s.consents().GrantConsent(s.owner.Context(), &consentv1.GrantConsentRequest{
			Parent: s.c.Name, RequestId: uuid.NewString(), Consent: &casesv1.Consent{
				Provider: "providers/chamber", Purpose: casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE, TextVersion: "shared-2026-11", DataClasses: []policyv1.DataClass{class},
			},
		})
		world.Refused(t, err, codes.InvalidArgument, "CONSENT_INVALID")
	}
	rival := w.Company(t, world.CompanyUser("rival", identifier.NewTestBusinessID(172)))
	_, err = s.consents().ListConsents(rival.Context(), &consentv1.ListConsentsRequest{Parent: s.c.Name})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	s.withdrawalEndsAll()
	s.lawIsNoConsent()
	s.withdrawalOfService()
}

// withdrawalEndsAll: a withdrawn consent ends reads and watches, and nothing more is
// sent under it.
func (s *sharing) withdrawalEndsAll() {
	s.t.Helper()
	consent := s.grant("yritysespoo", conversation)
	ctx, calls := s.at("yritysespoo")
	ctx, cancel := context.WithTimeout(ctx, streamPatience)
	defer cancel()
	watch, err := calls.WatchSharedCase(ctx, &sharingv1.WatchSharedCaseRequest{Name: s.c.Name})
	if err != nil {
		s.t.Fatal(err)
	}
	first, err := watch.Recv()
	if err != nil || first.SharedCase == nil {
		s.t.Fatalf("the watch begins with %v, %v", first, err)
	}
	s.c.Write("omnia-1", "seen "+messageWord)
	for {
		next, err := watch.Recv()
		if err != nil {
			s.t.Fatal(err)
		}
		if next.Entry.GetText() == "seen "+messageWord {
			break
		}
	}
	s.reads("yritysespoo", "WatchSharedCase", accessv1.Purpose_PURPOSE_CONSENT, strings.TrimPrefix(consent.Name, s.c.Name+"/"))
	s.withdraw(consent.Name)
	_, err = s.get("yritysespoo")
	world.Refused(s.t, err, codes.NotFound, "NOT_FOUND")
	s.c.Write("omnia-1", "unseen")
	for {
		next, err := watch.Recv()
		if err == nil && next.Entry.GetText() != "unseen" && next.Entry.GetKind() != casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED {
			continue
		}
		if err == nil || errors.Is(err, io.EOF) {
			s.t.Fatalf("after the consent was withdrawn the watch sent %v, %v", next, err)
		}
		world.Refused(s.t, err, codes.PermissionDenied, "SIGHT_ENDED")
		break
	}
	if s.listed("yritysespoo") {
		s.t.Error("the case is still listed")
	}
}

// lawIsNoConsent: an authority that was asked sees of the other authorities' parts
// what a section of law allows, the company sees that it did, and it is no consent.
func (s *sharing) lawIsNoConsent() {
	s.t.Helper()
	record := func(provider, section string, classes ...policyv1.DataClass) error {
		ctx, calls := s.at(provider)
		_, err := calls.RecordDisclosure(ctx, &sharingv1.RecordDisclosureRequest{
			Parent: s.c.Name, RequestId: uuid.NewString(), Act: "621/1999", Section: section, DataClasses: classes, Reason: "An appeal is being heard",
		})
		return err
	}
	err := record("chamber", "29", decision)
	world.Refused(s.t, err, codes.PermissionDenied, "NOT_AN_AUTHORITY")
	err = record("yritysespoo", "29", decision)
	world.Refused(s.t, err, codes.NotFound, "NOT_FOUND")
	err = record("employment", "26", decision)
	world.Refused(s.t, err, codes.InvalidArgument, "DISCLOSURE_INVALID")
	err = record("employment", "29", conversation)
	world.Refused(s.t, err, codes.InvalidArgument, "DISCLOSURE_INVALID")
	s.shows("employment")
	before := s.c.View().Consents
	if err := record("employment", "29", application, policyv1.DataClass_DATA_CLASS_PROGRESS); err != nil {
		s.t.Fatal(err)
	}
	s.reads("employment", "RecordDisclosure", accessv1.Purpose_PURPOSE_STATUTORY_DISCLOSURE, "621/1999, 29 §")
	shared := s.shows("employment", needWord, answerWord)
	s.reads("employment", "GetSharedCase", accessv1.Purpose_PURPOSE_STATUTORY_DISCLOSURE, "621/1999, 29 §")
	for _, r := range shared.Case.Requests {
		if r.Provider == "providers/chamber" && r.Status != 0 {
			s.t.Errorf("the law shows a part of a provider that is no authority: %v", r)
		}
	}
	view := s.c.View()
	if len(view.Disclosures) != 1 || view.Disclosures[0].Section != "29" || len(view.Consents) != len(before) || shared.Consent != nil {
		s.t.Errorf("the company sees the disclosures %v and %d consents, had %d", view.Disclosures, len(view.Consents), len(before))
	}
}

// withdrawalOfService: a provider whose consent to serve ends has its open requests
// ended. One that is no authority loses what the company told it, everywhere.
func (s *sharing) withdrawalOfService() {
	s.t.Helper()
	list, err := s.consents().ListConsents(s.owner.Context(), &consentv1.ListConsentsRequest{Parent: s.c.Name, MinRevision: s.revision()})
	if err != nil {
		s.t.Fatal(err)
	}
	serves := map[string]string{}
	for _, c := range list.Consents {
		if c.Purpose == casesv1.ConsentPurpose_CONSENT_PURPOSE_SERVICE {
			serves[c.Provider] = c.Name
		}
	}
	for provider, keeps := range map[string]bool{"chamber": false, "omnia": true} {
		desk, request := s.w.Advisor(s.t, provider, world.FirstAdvisor), s.c.Request(provider+"-1")
		watch, err := desk.Calls.WatchRequests(desk.Context(), &providerv1.WatchRequestsRequest{Parent: desk.Provider()})
		if err != nil {
			s.t.Fatal(err)
		}
		if first, err := watch.Recv(); err != nil || !strings.Contains(prototext.Format(first), needWord) {
			s.t.Fatalf("before: %v, %v", first, err)
		}
		s.withdraw(serves[name.Provider(provider)])
		var got *casesv1.Request
		world.Await(s.t, request+" to lose its consent", func() error {
			if got = desk.See(request); got.ConsentEndedAt == nil {
				return world.Not("it holds")
			}
			return nil
		})
		if got.Status != casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN || got.KeptByLaw != keeps {
			s.t.Errorf("%s is %v", request, got)
		}
		for {
			next, err := watch.Recv()
			if err != nil {
				s.t.Fatal(err)
			}
			if next.Request.ConsentEndedAt == nil {
				continue
			}
			if has := strings.Contains(prototext.Format(next), needWord); has != keeps {
				s.t.Errorf("the watch of %s sends the need: %t", provider, has)
			}
			break
		}
		for _, word := range everyWord {
			mine := map[string]bool{"omnia" + needWord: true, "omnia" + answerWord: true, "omnia" + messageWord: true, "omnia" + titleWord: true, "omnia" + reasonWord: true}[provider+word]
			if has := strings.Contains(prototext.Format(desk.Read(request)), word); has != mine {
				s.t.Errorf("%s reads %s: %t", provider, word, has)
			}
			found, err := desk.Calls.ListRequests(desk.Context(), &providerv1.ListRequestsRequest{
				Parent: desk.Provider(), Query: word, Statuses: []casesv1.RequestStatus{casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN},
			})
			if err != nil || (len(found.Requests) > 0) != mine {
				s.t.Errorf("%s finds %s: %d, %v", provider, word, len(found.GetRequests()), err)
			}
		}
		if _, err := desk.Calls.PickUp(desk.Context(), &providerv1.PickUpRequest{Name: request, RequestId: uuid.NewString()}); err == nil {
			s.t.Errorf("%s still works on %s", provider, request)
		}
	}
	// The company sees all of it as before, and the others go on.
	s.holds("the company", s.c.View(), needWord, answerWord, messageWord, titleWord, reasonWord, chamberWord, secretWord)
	if got := s.c.See("employment-1").Status; got != casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS {
		s.t.Errorf("the request that nobody withdrew is %s", got)
	}
}

// An integrator sees the header, the steps and results; application data only with
// the scope for it; and finds nothing by words that it may not read.
func TestIntegratorsSeeByScope(t *testing.T) {
	s := newSharing(t, world.Single(t, &binaries))
	as := func(scopes ...string) *world.Company {
		key := s.w.IssueKey(t, "integrators/ledger", scopes...)
		s.w.Grant(t, s.company, "ledger", systemkey.IntegratorScopes()...)
		return s.w.System(t, key)
	}
	for scopes, words := range map[string][]string{
		sight.ScopeCaseRead: {secretWord}, sight.ScopeCaseRead + " " + sight.ScopeApplicationRead: {needWord, answerWord, secretWord},
	} {
		ledger := as(strings.Fields(scopes)...)
		view := ledger.Case(s.c.Name).View()
		s.holds("an integrator with "+scopes, view, words...)
		if r := view.Requests[0]; r.Decision.GetResult() != casesv1.DecisionResult_DECISION_RESULT_GRANTED || r.Decision.Title != "" || r.Status == 0 {
			t.Errorf("with %q the decision is %v", scopes, r.Decision)
		}
		revision := s.revision()
		for _, word := range everyWord {
			list, err := ledger.Calls.ListCases(ledger.Context(), &casesv1.ListCasesRequest{Query: word, MinRevision: revision})
			if err != nil {
				t.Fatal(err)
			}
			s.holds("the list of an integrator with "+scopes, list, onlyIf(len(list.Cases) > 0, words)...)
			if found, may := len(list.Cases) > 0, word == secretWord || slices.Contains(words, word); word != secretWord && found != may {
				t.Errorf("with %q a search for %s finds %d", scopes, word, len(list.Cases))
			}
		}
		watch, err := ledger.Calls.WatchCase(ledger.Context(), &casesv1.WatchCaseRequest{Name: s.c.Name})
		if err != nil {
			t.Fatal(err)
		}
		first, err := watch.Recv()
		if err != nil {
			t.Fatal(err)
		}
		s.holds("the watch of an integrator with "+scopes, first, words...)
		s.c.Write("omnia-1", messageWord)
		next, err := watch.Recv()
		if err != nil || next.Entry.GetKind() == 0 {
			t.Fatalf("the watch goes on with %v, %v", next, err)
		}
		s.holds("the event of an integrator with "+scopes, next)
	}
	reader := as(sight.ScopeCaseRead)
	_, err := reader.Calls.PostMessage(reader.Context(), &casesv1.PostMessageRequest{Name: s.c.Request("omnia-1"), RequestId: uuid.NewString(), Text: "?"})
	world.Refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
}

func onlyIf(some bool, words []string) []string {
	if some {
		return words
	}
	return nil
}
