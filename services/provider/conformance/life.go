package conformance

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

// publishes: the first start publishes the catalogue whole, the second nothing.
func publishes(t *testing.T, s suite) {
	h, d := s.open(t)
	h.Catalogue(s.key, 1)
	d.Stop()
	again := h.Open(s.definition, t.TempDir(), 0)
	h.Catalogue(s.key, 2)
	// The same version again would be published before this call's fact.
	scope := s.request(t, h, again)
	pickUp(t, again, scope)
	again.Stop()
	facts := h.Facts(bus.StreamCatalogue)
	if len(facts) != 1 {
		t.Fatalf("%d versions were published, want 1", len(facts))
	}
	published := &eventsv1.Fact{}
	if err := unmarshal(facts[0], published); err != nil {
		t.Fatal(err)
	}
	got := published.GetCataloguePublished()
	if facts[0].Subject != "catalogue."+s.key || got.Provider != s.key || !bytes.Equal(got.Catalogue, s.definition.Catalogue) || !bytes.Equal(got.Words, s.definition.Words) {
		t.Errorf("the published catalogue is not the provider's: on %s, of %q", facts[0].Subject, got.Provider)
	}
}

// lives: every step of a plain request, and what the company and others see of it.
func lives(t *testing.T, s suite) {
	h, d := s.open(t)
	scope := s.request(t, h, d)
	taken := pickUp(t, d, scope)
	want := &casesv1.Advisor{Name: name.Advisor(s.key, "a1"), DisplayName: "Advisor a1", Languages: []string{"fi", "en"}}
	same(t, "who picked it up", want, taken.Advisor)
	must[*providerv1.ReplyResponse](t)(d.Reply(d.As("a1"), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "We can help."}))
	asked := must[*providerv1.AskSupplementResponse](t)(d.AskSupplement(d.As("a1"), &providerv1.AskSupplementRequest{
		Name: scope.Resource(), RequestId: call(), Question: "Which premises?", DueDate: "2026-12-01",
	}))
	if asked.Request.Status != casesv1.RequestStatus_REQUEST_STATUS_WAITING {
		t.Errorf("after a question it is %s", asked.Request.Status)
	}
	h.Sleep(48 * time.Hour)
	answered := h.Write(scope, &eventsv1.Fact{
		Actor: &eventsv1.Actor{Party: casesv1.Party_PARTY_COMPANY},
		Event: &eventsv1.Fact_SupplementAnswered{SupplementAnswered: &eventsv1.SupplementAnswered{Number: 1, Text: "Tapiola", DueDate: "2026-12-09"}},
	})
	d.Await(t, "a1", scope, answered)
	done := must[*providerv1.CompleteResponse](t)(d.Complete(d.As("a1"), &providerv1.CompleteRequest{Name: scope.Resource(), RequestId: call(), Summary: "All is said."}))
	got := read(t, d, scope, done.Revision)
	wantKinds := []string{"REQUESTED", "PICKED_UP", "REPLIED", "SUPPLEMENT_ASKED", "SUPPLEMENT_ANSWERED", "COMPLETED"}
	if diff := cmp.Diff(wantKinds, kinds(got.Timeline)); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	same(t, "the request after Complete and as read", done.Request, got.Request)
	if got.Request.DueDate != "2026-12-09" || got.Revision != done.Revision {
		t.Errorf("due %s at revision %s, want 2026-12-09 at %s", got.Request.DueDate, got.Revision, done.Revision)
	}
}

// fifty: fifty advisors reach for one request at once; the others learn who was first.
func fifty(t *testing.T, s suite) {
	h, d := s.open(t)
	scope := s.request(t, h, d)
	compete(t, h, scope, d)
}

// replicas: two replicas, each with files of its own, compete for one request
// and show the same of it afterwards.
func replicas(t *testing.T, s suite) {
	h, first := s.open(t)
	second := h.Open(s.definition, t.TempDir(), 1)
	scope := s.request(t, h, first)
	last := compete(t, h, scope, first, second)
	one, two := read(t, first, scope, last), read(t, second, scope, last)
	same(t, "the request at two replicas", one, two)
	// Commands alternate between the replicas: each decides on what the other did.
	holder := one.Request.Advisor.Name[len(name.Advisor(s.key, "")):]
	for i := range 6 {
		at := []*Desk{first, second}[i%2]
		answer := must[*providerv1.ReplyResponse](t)(at.Reply(at.As(holder), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "Reply"}))
		last = answer.Revision
	}
	one, two = read(t, first, scope, last), read(t, second, scope, last)
	same(t, "the request at two replicas after replies", one, two)
	if len(one.Timeline) != 8 {
		t.Errorf("%d entries, want the request, its pick-up and 6 replies: %v", len(one.Timeline), kinds(one.Timeline))
	}
}

// compete lets fifty advisors pick up a request at once, at the desks in turn,
// and answers the revision of the winner's fact.
func compete(t *testing.T, h *Hub, scope name.Scope, desks ...*Desk) string {
	t.Helper()
	const advisors = 50
	type outcome struct {
		advisor, revision string
		err               error
	}
	contexts := make([]context.Context, advisors)
	ids := make([]string, advisors)
	for i := range advisors {
		ids[i] = "racer" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		h.Hire(scope.Party, ids[i], policyv1.Role_ROLE_ADVISOR, "fi")
		contexts[i] = desks[0].As(ids[i])
	}
	for _, d := range desks {
		d.named(t, ids[advisors-1])
	}
	outcomes := make(chan outcome, advisors)
	start := make(chan struct{})
	var racers sync.WaitGroup
	for i := range advisors {
		racers.Go(func() {
			<-start
			answer, err := desks[i%len(desks)].PickUp(contexts[i], &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()})
			outcomes <- outcome{ids[i], answer.GetRevision(), err}
		})
	}
	close(start)
	racers.Wait()
	close(outcomes)
	var winner outcome
	var losers []error
	for o := range outcomes {
		if o.err != nil {
			losers = append(losers, o.err)
			continue
		}
		if winner.advisor != "" {
			t.Errorf("%s and %s both took it", winner.advisor, o.advisor)
		}
		winner = o
	}
	if winner.advisor == "" {
		t.Fatalf("nobody took it: %v", losers[0])
	}
	for _, err := range losers {
		told := problem.From(err)
		if told.Reason != "ALREADY_PICKED_UP" || told.Metadata["advisor"] != name.Advisor(scope.Party, winner.advisor) || told.Metadata["advisorName"] != "Advisor "+winner.advisor {
			t.Fatalf("a loser was told %s %v, want ALREADY_PICKED_UP by %s", told.Reason, told.Metadata, winner.advisor)
		}
	}
	return winner.revision
}

// named waits until the desk knows the name of an advisor, and so of all before.
func (d *Desk) named(t *testing.T, advisor string) {
	t.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		list := must[*providerv1.ListAdvisorsResponse](t)(d.ListAdvisors(d.As(advisor), &providerv1.ListAdvisorsRequest{Parent: name.Provider(d.key), PageSize: 500}))
		if slices.ContainsFunc(list.Staff, func(m *providerv1.StaffMember) bool {
			return m.Advisor.Name == name.Advisor(d.key, advisor) && m.Advisor.DisplayName != ""
		}) {
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("%s has not read the name of %s", d.key, advisor)
		}
	}
}

// rebuilt: with its files deleted a provider answers, byte for byte, as before.
func rebuilt(t *testing.T, s suite) {
	h := Start(t)
	h.Hire(s.key, "a1", policyv1.Role_ROLE_ADVISOR, "fi")
	dir := t.TempDir()
	d := h.Open(s.definition, dir, 0)
	var scopes []name.Scope
	for range 5 {
		scope := s.request(t, h, d)
		scopes = append(scopes, scope)
		pickUp(t, d, scope)
		must[*providerv1.AddNoteResponse](t)(d.AddNote(d.As("a1"), &providerv1.AddNoteRequest{Name: scope.Resource(), RequestId: call(), Text: "Calls on Mondays"}))
	}
	d.Await(t, "a1", scopes[4], h.Put(scopes[4].Subject(name.ByHub), []byte("no fact")))
	before := everything(t, d, scopes)
	d.Stop()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files of the provider: %v, %v", files, err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	after := everything(t, h.Open(s.definition, dir, 0), scopes)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("after a rebuild (-before +after):\n%s", diff)
	}
}

// everything is all that a provider answers about some requests, as bytes.
func everything(t *testing.T, d *Desk, scopes []name.Scope) [][]byte {
	t.Helper()
	list := must[*providerv1.ListRequestsResponse](t)(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: name.Provider(d.key), PageSize: 3, Query: "baker"}))
	staff := must[*providerv1.ListAdvisorsResponse](t)(d.ListAdvisors(d.As("a1"), &providerv1.ListAdvisorsRequest{Parent: name.Provider(d.key)}))
	all := [][]byte{bytesOf(t, list), bytesOf(t, staff)}
	for _, scope := range scopes {
		notes := must[*providerv1.ListNotesResponse](t)(d.ListNotes(d.As("a1"), &providerv1.ListNotesRequest{Parent: scope.Resource()}))
		all = append(all, bytesOf(t, read(t, d, scope, "")), bytesOf(t, notes))
	}
	return all
}
