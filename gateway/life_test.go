package gateway_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// proposed is a case in which the city proposes the landing service.
func proposed(t *testing.T, w *world, n *node, handover string) (*casesv1.Case, name.Scope) {
	t.Helper()
	c := n.open(w.company("p1", bakery), opening(bakery, "espoo-city/pilot"))
	scope := scopeOf(t, c.Requests[0].Name)
	w.desk(scope, casework.PickUp{})
	w.desk(scope, casework.Refer{Provider: "enter-espoo", Service: "landing", Reason: 1, Text: "He auttavat", Handover: handover})
	return n.read(w.company("p1", bakery), c.Name), scope
}

func TestReferral(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c, from := proposed(t, w, n, "Leipomo, 200 neliötä")
	if from := request(t, c, "espoo-city"); from.Status != casesv1.RequestStatus_REQUEST_STATUS_WAITING || len(c.Asks) != 1 || c.Asks[0].Kind != casesv1.AskKind_ASK_KIND_ANSWER_REFERRAL {
		t.Errorf("before the answer: %s, asks %v", from.Status, c.Asks)
	}
	// Nothing reaches the other provider before the company agrees, nor without consent.
	answer := &casesv1.AnswerReferralRequest{Name: from.Resource(), RequestId: uuid.NewString(), Number: 1, Agree: true}
	_, err := n.cases.AnswerReferral(me, answer)
	refused(t, err, codes.InvalidArgument, "CONSENT_MISSING")
	answer.Number, answer.Consents = 2, []*casesv1.Consent{consent("enter-espoo")}
	_, err = n.cases.AnswerReferral(me, answer)
	refused(t, err, codes.NotFound, "REFERRAL_NOT_FOUND")
	if len(c.Requests) != 1 {
		t.Fatalf("the case has %d requests", len(c.Requests))
	}
	answer.Number = 1
	agreed := get[*casesv1.AnswerReferralResponse](t)(n.cases.AnswerReferral(me, answer))
	w.made(idOf(c), 2)
	w.until("the answer is with the request", func(events []bus.Event) bool { return len(w.facts(events, idOf(c), isReferralAnswer)) == 2 })
	c = n.read(me, c.Name)
	landing := request(t, c, "enter-espoo")
	if landing.Handover != "Leipomo, 200 neliötä" || landing.ReferredFrom != from.Resource() || landing.Status != casesv1.RequestStatus_REQUEST_STATUS_NEW {
		t.Errorf("the new request: %v", landing)
	}
	ref := request(t, c, "espoo-city").Referrals[0]
	if !ref.Agreed || ref.CreatedRequest != landing.Name || len(c.Asks) != 0 || len(c.Consents) != 2 {
		t.Errorf("after agreeing: referral %v, asks %v, %d consents", ref, c.Asks, len(c.Consents))
	}
	// A repeat answers the same; another answer comes too late.
	again := get[*casesv1.AnswerReferralResponse](t)(n.cases.AnswerReferral(me, answer))
	if again.Revision != agreed.Revision {
		t.Errorf("the repeat is at %s, the first call at %s", again.Revision, agreed.Revision)
	}
	other := proto.CloneOf(answer)
	other.Agree, other.RequestId = false, uuid.NewString()
	_, err = n.cases.AnswerReferral(me, other)
	refused(t, err, codes.FailedPrecondition, "REFERRAL_ANSWERED")

	// Turned down, nothing is made, and the request goes on.
	c, from = proposed(t, w, n, "")
	get[*casesv1.AnswerReferralResponse](t)(n.cases.AnswerReferral(me, &casesv1.AnswerReferralRequest{Name: from.Resource(), RequestId: uuid.NewString(), Number: 1}))
	w.until("the refusal is with the request", func(events []bus.Event) bool { return len(w.facts(events, idOf(c), isReferralAnswer)) == 2 })
	c = n.read(me, c.Name)
	if r := c.Requests[0]; len(c.Requests) != 1 || r.Status != casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS || r.Referrals[0].Agreed || r.Referrals[0].AnsweredAt == nil {
		t.Errorf("after turning it down: %v", c.Requests)
	}
	chained(t, w)
}

// Of two people who answer at once, on two gateways, one is heard.
func TestReferralRace(t *testing.T) {
	w := newWorld(t)
	nodes := []*node{w.start(), w.start()}
	for range 5 {
		c, from := proposed(t, w, nodes[0], "")
		nodes[1].read(w.company("p2", bakery), c.Name)
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, n := range nodes {
			both.Go(func() {
				_, errs[i] = n.cases.AnswerReferral(w.company(fmt.Sprint("p", i), bakery), &casesv1.AnswerReferralRequest{
					Name: from.Resource(), RequestId: uuid.NewString(), Number: 1, Agree: i == 0, Consents: []*casesv1.Consent{consent("enter-espoo")},
				})
			})
		}
		both.Wait()
		winner := slices.Index(errs, nil)
		if winner < 0 || errs[1-winner] == nil {
			t.Fatalf("of two answers both ended with %v", errs)
		}
		refused(t, errs[1-winner], codes.FailedPrecondition, "REFERRAL_ANSWERED")
		requests := 2 - winner
		w.made(idOf(c), requests)
		if got := len(nodes[0].read(w.company("p1", bakery), c.Name).Requests); got != requests {
			t.Errorf("agreed %v, and the case has %d requests", winner == 0, got)
		}
	}
}

// A joint service is one request with the lead, and an invitation of the other.
func TestJointService(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	check := func(c *casesv1.Case, lead, invited string) {
		t.Helper()
		i := slices.IndexFunc(c.Requests, func(r *casesv1.Request) bool { return r.Name == name.Case(idOf(c))+"/requests/"+invited })
		if i < 0 || c.Requests[i].InvitedTo != name.Case(idOf(c))+"/requests/"+lead || c.Requests[i].Inputs[0].Value != "3" {
			t.Errorf("the invitation %s: %v", invited, c.Requests)
		}
	}
	req := opening(bakery, "omnia/recruit-training")
	planned := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(me, req)).Case
	check(planned, "omnia-1", "employment-1")
	w.made(idOf(planned), 2)
	c := n.read(me, planned.Name)
	check(c, "omnia-1", "employment-1")

	// Added to a case it needs the consents for both.
	add := &casesv1.AddRequestRequest{Name: c.Name, RequestId: uuid.NewString(), Service: req.Services[0]}
	other := n.open(me, opening(bakery, "espoo-city/pilot"))
	add.Name, add.Consents = other.Name, []*casesv1.Consent{consent("omnia")}
	_, err := n.cases.AddRequest(me, add)
	refused(t, err, codes.InvalidArgument, "CONSENT_MISSING")
	add.Consents = append(add.Consents, consent("employment"))
	if added := get[*casesv1.AddRequestResponse](t)(n.cases.AddRequest(me, add)); !strings.HasSuffix(added.Request, "/omnia-1") {
		t.Errorf("the new request is %s, want that with the lead", added.Request)
	}
	w.made(idOf(other), 3)
	check(n.read(me, other.Name), "omnia-1", "employment-1")

	// By way of a referral too.
	c, from := proposed(t, w, n, "")
	w.desk(from, casework.Refer{Provider: "omnia", Service: "recruit-training", Reason: 1, Text: "Koulutusta"})
	get[*casesv1.AnswerReferralResponse](t)(n.cases.AnswerReferral(me, &casesv1.AnswerReferralRequest{
		Name: from.Resource(), RequestId: uuid.NewString(), Number: 2, Agree: true,
		Inputs: []*casesv1.Input{{Id: "recruits", Value: "3"}}, Consents: []*casesv1.Consent{consent("omnia"), consent("employment")},
	}))
	w.made(idOf(c), 3)
	check(n.read(me, c.Name), "omnia-1", "employment-1")
}

func TestSupplement(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	req := opening(bakery, "espoo-city/premises")
	req.Services[0].Inputs = []*casesv1.Input{{Id: "area", Value: "120,5"}}
	c := n.open(me, req)
	if got := c.Requests[0].Inputs[0].Value; got != "120.5" {
		t.Errorf("the area is kept as %q", got)
	}
	scope := scopeOf(t, c.Requests[0].Name)
	w.desk(scope, casework.PickUp{})
	w.desk(scope, casework.AskSupplement{Question: "Mihin käyttöön?", DueDate: "2026-12-01"})
	answer := &casesv1.AnswerSupplementRequest{Name: scope.Resource(), RequestId: uuid.NewString(), Number: 1, Text: "Leipomoksi"}
	for what, test := range map[string]struct {
		inputs []*casesv1.Input
		field  string
	}{
		"unknown question": {[]*casesv1.Input{{Id: "colour", Value: "red"}}, "inputs[colour]"},
		"wrong answer":     {[]*casesv1.Input{{Id: "area", Value: "much"}}, "inputs[area]"},
		"answered twice":   {[]*casesv1.Input{{Id: "use", Value: "a"}, {Id: "use", Value: "b"}}, "inputs"},
	} {
		answer.Inputs = test.inputs
		_, err := n.cases.AnswerSupplement(me, answer)
		if fields := refused(t, err, codes.InvalidArgument, "ANSWER_INVALID"); !slices.Contains(fields, test.field) {
			t.Errorf("%s: fields %v, want %s", what, fields, test.field)
		}
	}
	answer.Inputs = []*casesv1.Input{{Id: "use", Value: " leipomo "}}
	got := get[*casesv1.AnswerSupplementResponse](t)(n.cases.AnswerSupplement(me, answer))
	if diff := cmp.Diff("leipomo", got.Request.Supplements[0].Inputs[0].Value); diff != "" {
		t.Error(diff)
	}
	get[*casesv1.AnswerSupplementResponse](t)(n.cases.AnswerSupplement(me, answer))
	answer.RequestId = uuid.NewString()
	_, err := n.cases.AnswerSupplement(me, answer)
	refused(t, err, codes.FailedPrecondition, "SUPPLEMENT_ANSWERED")
}

func TestEtag(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot"))
	r := c.Requests[0]
	post := &casesv1.PostMessageRequest{Name: r.Name, RequestId: uuid.NewString(), Text: "Hei", Etag: r.Etag}
	first := get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, post))
	again := get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, post)) // its etag is old by now: a repeat
	if again.Revision != first.Revision || again.Request.UnansweredMessages != 1 {
		t.Errorf("the repeat is at %s with %d messages", again.Revision, again.Request.UnansweredMessages)
	}
	_, err := n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: r.Name, RequestId: uuid.NewString(), Text: "Hei", Etag: r.Etag})
	refused(t, err, codes.Aborted, "STALE_ETAG")
	_, err = n.cases.CloseCase(me, &casesv1.CloseCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Etag: "old"})
	refused(t, err, codes.Aborted, "STALE_ETAG")
	get[*casesv1.CloseCaseResponse](t)(n.cases.CloseCase(me, &casesv1.CloseCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Etag: c.Etag}))
}

// Closing ends what is open, and its fact names the ends of the chains.
func TestCloseAndReopen(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, seven...))
	id := idOf(c)
	for i, r := range c.Requests[:5] {
		scope := scopeOf(t, r.Name)
		w.desk(scope, casework.PickUp{})
		switch i {
		case 1:
			w.desk(scope, casework.AskSupplement{Question: "Mitä?", DueDate: "2026-12-01"})
		case 2:
			w.desk(scope, casework.Decline{Reason: 1, Text: "Ei"})
		case 3:
			w.desk(scope, casework.Complete{Summary: "Valmis"})
		}
	}
	// One request carries an event that is no good at its end.
	poisoned := scopeOf(t, c.Requests[6].Name)
	w.put(w.parties[poisoned.Party], poisoned.Subject(name.ByOwn), []byte{0xff})
	get[*casesv1.CloseCaseResponse](t)(n.cases.CloseCase(me, &casesv1.CloseCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Reason: "Tauko"}))
	w.closed(id)
	c = n.read(me, c.Name)
	if c.Status != casesv1.CaseStatus_CASE_STATUS_CLOSED || c.ClosedAt == nil {
		t.Errorf("the case is %s", c.Status)
	}
	for i, r := range c.Requests {
		want := casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN
		if i == 2 {
			want = casesv1.RequestStatus_REQUEST_STATUS_DECLINED
		} else if i == 3 {
			want = casesv1.RequestStatus_REQUEST_STATUS_COMPLETED
		}
		if r.Status != want {
			t.Errorf("%s is %s, want %s", r.Name, r.Status, want)
		}
	}
	headsMatch(t, w, id, 7)

	_, err := n.cases.AddRequest(me, &casesv1.AddRequestRequest{Name: c.Name, RequestId: uuid.NewString(), Service: &casesv1.ServiceChoice{Service: serviceName("espoo-city/pilot")}})
	refused(t, err, codes.FailedPrecondition, "STATE_FORBIDS")
	get[*casesv1.ReopenCaseResponse](t)(n.cases.ReopenCase(me, &casesv1.ReopenCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Reason: "Jatketaan"}))
	get[*casesv1.AddRequestResponse](t)(n.cases.AddRequest(me, &casesv1.AddRequestRequest{Name: c.Name, RequestId: uuid.NewString(), Service: &casesv1.ServiceChoice{Service: serviceName("espoo-city/pilot")}}))
	w.made(id, 8)
	c = n.read(me, c.Name)
	if c.Status != casesv1.CaseStatus_CASE_STATUS_OPEN || c.ClosedAt != nil || !strings.HasSuffix(c.Requests[7].Name, "/espoo-city-2") {
		t.Errorf("reopened: %s, closed %v, new request %s", c.Status, c.ClosedAt, c.Requests[7].Name)
	}
}

// headsMatch checks that the closing fact of a case names, for each of its
// requests, a fact of its chain that nothing but a rating or the hub's word follows.
func headsMatch(t *testing.T, w *world, id string, requests int) {
	t.Helper()
	closed := w.facts(w.record.all(), id, isClosed)
	f, _, err := fact.Decode(closed[len(closed)-1])
	must(t, err)
	if got := len(f.GetCaseClosed().Heads); got != requests {
		t.Errorf("the closing fact names %d heads, want %d", got, requests)
	}
	for _, head := range f.GetCaseClosed().Heads {
		var last bus.Event
		for _, e := range w.record.all() {
			if _, _, err := fact.Decode(e); err == nil && strings.HasPrefix(e.Subject, head.Scope+".") && e.Sequence < closed[len(closed)-1].Sequence {
				last = e
			}
		}
		if last.Sequence != head.Sequence || !bytes.Equal(fact.Hash(last.Subject, last.Data), head.Hash) {
			t.Errorf("%s: the closing fact names %d, the chain ends at %d", head.Scope, head.Sequence, last.Sequence)
		}
	}
}

// While a case is closed its providers go on writing: each request ends once, by
// the provider or by the closing, and the case gets closed.
func TestCloseAgainstProviders(t *testing.T) {
	w := newWorld(t)
	nodes := []*node{w.start(), w.start()}
	me := w.company("p1", bakery)
	for range 3 {
		c := nodes[0].open(me, opening(bakery, seven...))
		id := idOf(c)
		for _, r := range c.Requests {
			w.desk(scopeOf(t, r.Name), casework.PickUp{})
		}
		nodes[1].read(me, c.Name)
		var all sync.WaitGroup
		for i, r := range c.Requests {
			scope := scopeOf(t, r.Name)
			all.Go(func() {
				for j := range 4 {
					var cmd casework.RequestCommand = casework.Reply{Text: fmt.Sprint(j)}
					if j == i%4 {
						cmd = casework.Complete{Summary: "Valmis"}
						if r.OutcomeType != "advice" && r.OutcomeType != "contract" && r.OutcomeType != "placement" {
							cmd = casework.Decline{Reason: 1, Text: "Ei"}
						}
					}
					if _, err := w.tryDesk(scope, cmd); err != nil {
						return // it has ended
					}
				}
			})
		}
		all.Go(func() {
			_, err := nodes[1].cases.CloseCase(me, &casesv1.CloseCaseRequest{Name: c.Name, RequestId: uuid.NewString()})
			if err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		w.closed(id)
		for _, r := range c.Requests {
			ends := w.facts(w.record.all(), id, func(f *eventsv1.Fact) bool {
				return f.GetRequestCompleted() != nil || f.GetRequestDeclined() != nil || f.GetRequestWithdrawn() != nil
			})
			ends = slices.DeleteFunc(ends, func(e bus.Event) bool { return !strings.HasPrefix(e.Subject, scopeOf(t, r.Name).String()+".") })
			if len(ends) != 1 {
				t.Errorf("%s ended %d times", r.Name, len(ends))
			}
		}
		if closings := w.facts(w.record.all(), id, isClosed); len(closings) != 1 {
			t.Errorf("the case was closed %d times", len(closings))
		}
		headsMatch(t, w, id, 7)
	}
	chained(t, w)
}

// What the rules over the whole case say is shown with the case, with the figures
// of the day.
func TestNotices(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	req := opening(bakery, "employment/pay-subsidy", "omnia/apprenticeship")
	req.Services[0].Inputs = []*casesv1.Input{{Id: "planned_start", Value: "2026-11-20"}}
	c := n.open(me, req)
	codes := func(c *casesv1.Case) (list []string) {
		for _, notice := range c.Notices {
			if notice.Text == "" || notice.Source == "" || len(notice.Requests) == 0 {
				t.Errorf("an incomplete notice: %v", notice)
			}
			list = append(list, notice.Code)
		}
		return list
	}
	before := codes(c)
	if len(before) == 0 || !slices.ContainsFunc(c.Notices, func(notice *casesv1.Notice) bool { return notice.Blocking }) {
		t.Errorf("a start before the decision is noticed as %v", c.Notices)
	}
	subsidy := scopeOf(t, request(t, c, "employment").Name)
	w.desk(subsidy, casework.PickUp{})
	w.desk(subsidy, casework.Decide{Decision: &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Tuki", Reasons: "Täyttyy", AmountCents: 300_000_01}})
	if after := codes(n.read(me, c.Name)); !slices.ContainsFunc(after, func(code string) bool { return strings.Contains(code, "DE_MINIMIS") }) {
		t.Errorf("above the limit of de minimis aid: %v", after)
	}
	toldIn(t, n.read(me, c.Name).Timeline, casesv1.EntryKind_ENTRY_KIND_CASE_OPENED, before)
	list := get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(me, &casesv1.ListCasesRequest{MinRevision: w.now()}))
	if diff := cmp.Diff(codes(n.read(me, c.Name)), codes(list.Cases[0])); diff != "" {
		t.Errorf("the list has other notices than the case\n%s", diff)
	}
	// What was said is in the log with the act, in the words and figures of that day.
	after := codes(n.read(me, c.Name))
	get[*casesv1.CloseCaseResponse](t)(n.cases.CloseCase(me, &casesv1.CloseCaseRequest{Name: c.Name, RequestId: uuid.NewString()}))
	entries := n.read(me, c.Name).Timeline
	toldIn(t, entries, casesv1.EntryKind_ENTRY_KIND_CASE_OPENED, before)
	toldIn(t, entries, casesv1.EntryKind_ENTRY_KIND_CASE_CLOSING, after)
}

// toldIn compares the notices recorded with the entry of a kind with the codes.
func toldIn(t *testing.T, entries []*casesv1.TimelineEntry, kind casesv1.EntryKind, want []string) {
	t.Helper()
	i := slices.IndexFunc(entries, func(e *casesv1.TimelineEntry) bool { return e.Kind == kind })
	if i < 0 {
		t.Fatalf("no entry %v in %v", kind, entries)
	}
	var got []string
	for _, notice := range entries[i].Notices {
		if notice.Text == "" || notice.Source == "" || len(notice.Requests) == 0 {
			t.Errorf("an incomplete notice was recorded: %v", notice)
		}
		got = append(got, notice.Code)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with %v were recorded other notices than were shown\n%s", kind, diff)
	}
}
