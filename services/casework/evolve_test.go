package casework

import (
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// Facts that no version could have meant are refused, whoever wrote them.
func TestFactsThatCannotStand(t *testing.T) {
	now := timestamppb.New(at(t, "2026-04-01"))
	ask := func(number int32) *eventsv1.Fact {
		return &eventsv1.Fact{Time: now, Event: &eventsv1.Fact_SupplementAsked{SupplementAsked: &eventsv1.SupplementAsked{Number: number}}}
	}
	add := func(number int32) *eventsv1.Fact {
		return &eventsv1.Fact{Time: now, Event: &eventsv1.Fact_RequestAdded{RequestAdded: &eventsv1.RequestAdded{Request: &eventsv1.PlannedRequest{Provider: "omnia", Number: number}}}}
	}
	done := &eventsv1.Fact{Time: now, Event: &eventsv1.Fact_RequestCompleted{RequestCompleted: &eventsv1.RequestCompleted{}}}
	for name, c := range map[string]struct {
		world *world
		scope RequestKey
		fact  *eventsv1.Fact
		ok    bool
	}{
		"the next supplement":          {requestIn(t, waiting, ""), RequestKey{"omnia", 1}, ask(2), true},
		"a supplement twice":           {requestIn(t, waiting, ""), RequestKey{"omnia", 1}, ask(1), false},
		"a supplement left out":        {requestIn(t, waiting, ""), RequestKey{"omnia", 1}, ask(3), false},
		"an end":                       {requestIn(t, fresh, ""), RequestKey{"omnia", 1}, done, true},
		"a second end":                 {requestIn(t, withdrawn, ""), RequestKey{"omnia", 1}, done, false},
		"a fact before the first":      {newWorld(t, "2026-04-01"), RequestKey{"omnia", 1}, done, false},
		"made twice":                   {requestIn(t, fresh, ""), RequestKey{"omnia", 1}, &eventsv1.Fact{Time: now, Event: &eventsv1.Fact_RequestMade{RequestMade: made()}}, false},
		"without a time":               {requestIn(t, inProgress, ""), RequestKey{"omnia", 1}, &eventsv1.Fact{Event: done.Event}, false},
		"without an event":             {requestIn(t, inProgress, ""), RequestKey{"omnia", 1}, &eventsv1.Fact{Time: now}, false},
		"a fact of a case":             {requestIn(t, inProgress, ""), RequestKey{"omnia", 1}, add(1), false},
		"an answer to nothing":         {requestIn(t, inProgress, ""), RequestKey{"omnia", 1}, answered(now), false},
		"the next request":             {caseIn(t, caseOpen), hubScope, add(2), true},
		"a request twice":              {caseIn(t, caseOpen), hubScope, add(1), false},
		"a request left out":           {caseIn(t, caseOpen), hubScope, add(3), false},
		"opened twice":                 {caseIn(t, caseOpen), hubScope, &eventsv1.Fact{Time: now, Event: &eventsv1.Fact_CaseOpened{CaseOpened: opened("")}}, false},
		"opened with a number missing": {newWorld(t, "2026-04-01"), hubScope, &eventsv1.Fact{Time: now, Event: &eventsv1.Fact_CaseOpened{CaseOpened: opened("")}}, false},
		"a case without a time":        {caseIn(t, caseOpen), hubScope, &eventsv1.Fact{Event: add(2).Event}, false},
		"a case's fact before opening": {newWorld(t, "2026-04-01"), hubScope, add(1), false},
		"a request's fact":             {caseIn(t, caseOpen), hubScope, done, false},
		"confirmed when open":          {caseIn(t, caseOpen), hubScope, &eventsv1.Fact{Time: now, Event: &eventsv1.Fact_CaseConfirmed{CaseConfirmed: &eventsv1.CaseConfirmed{}}}, false},
	} {
		if err := c.world.fold(entry{scope: c.scope, fact: c.fact, seq: 99, hash: []byte("hash")}); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func answered(now *timestamppb.Timestamp) *eventsv1.Fact {
	return &eventsv1.Fact{Time: now, Event: &eventsv1.Fact_SupplementAnswered{SupplementAnswered: &eventsv1.SupplementAnswered{Number: 1}}}
}

// While a request waits its clock stands still, also when nobody works on it; and
// one without a due date has no clock.
func TestTheClock(t *testing.T) {
	w := requestIn(t, fresh, withSupplement)
	for _, cmd := range []RequestCommand{WarnDueSoon{}, MarkOverdue{}} {
		if _, err := w.on(hub(), "omnia", 1, cmd); reasonOf(err) != "CLOCK_STANDS_STILL" {
			t.Errorf("%s while it waits: %v", cmd.requestCommand(), err)
		}
	}
	w = newWorld(t, "2026-04-01")
	must(w.on(hub(), "omnia", 1, MakeRequest{&eventsv1.RequestMade{Request: planned("omnia", "recruiting-event", "event", "")}}))
	if _, err := w.on(hub(), "omnia", 1, MarkOverdue{}); reasonOf(err) != "NO_DUE_DATE" {
		t.Errorf("overdue without a date: %v", err)
	}
}

// A warning was about the old due date: once that has moved on, it is told anew.
func TestMovedDueDateWarnsAnew(t *testing.T) {
	w := newWorld(t, "2026-03-18")
	aino, s := advisor("omnia", "aino"), w.request(RequestKey{"omnia", 1})
	must(w.on(hub(), "omnia", 1, MakeRequest{made()}))
	must(w.on(hub(), "omnia", 1, WarnDueSoon{}))
	must(w.on(aino, "omnia", 1, PickUp{}))
	must(w.on(aino, "omnia", 1, AskSupplement{"Which tasks?", "2026-04-10"}))
	w.now = at(t, "2026-03-28")
	must(w.on(company(), "omnia", 1, AnswerSupplement{Number: 1, Text: "These"}))
	if s.Request.DueDate != "2026-03-30" || s.DueSoon {
		t.Errorf("due %s, warned %t: the warning was about 2026-03-20", s.Request.DueDate, s.DueSoon)
	}
	must(w.on(hub(), "omnia", 1, WarnDueSoon{}))
	w.now = at(t, "2026-03-31")
	must(w.on(hub(), "omnia", 1, MarkOverdue{}))

	// What was late stays late: waiting moves the date by no more than it takes.
	must(w.on(aino, "omnia", 1, refer()))
	w.now = at(t, "2026-04-30")
	must(w.on(hub(), "omnia", 1, RecordReferralAnswer{&eventsv1.ReferralAnswered{Number: 1}}))
	if s.Request.DueDate != "2026-04-29" || !s.Request.Overdue {
		t.Errorf("due %s, overdue %t: the date has passed", s.Request.DueDate, s.Request.Overdue)
	}
	if f, err := w.on(hub(), "omnia", 1, WarnDueSoon{}); f != nil || err != nil {
		t.Errorf("what is overdue is warned of: %v, %v", f, err)
	}
}

// A provider gives its own commands, the company its own, the hub the rest.
func TestWhoCommands(t *testing.T) {
	aino := advisor("omnia", "aino")
	for _, sample := range requestSamples {
		name := sample.cmd.requestCommand()
		for _, who := range []*eventsv1.Actor{company(), aino, lead("omnia", "aino")} {
			own := sample.who.Party == who.Party && (name != "Assign" || isLead(who))
			var denied int
			for _, status := range []casesv1.RequestStatus{none, fresh, inProgress, waiting, decided, completed} {
				_, err := requestIn(t, status, sample.wait).on(who, "omnia", 1, sample.cmd)
				if reason := reasonOf(err); reason == "WRONG_PARTY" || reason == "NOT_YOUR_WORDS" || reason == "NOT_A_LEAD" {
					denied++
				} else if err == nil && !own {
					t.Errorf("%s gives %s when %s", whoIs(who), name, StatusWord(status))
				}
			}
			if (denied == 0) != own {
				t.Errorf("%s with %s is denied %d times", whoIs(who), name, denied)
			}
		}
	}
}

func TestPressingAsks(t *testing.T) {
	for kind, want := range map[casesv1.AskKind]bool{
		casesv1.AskKind_ASK_KIND_ANSWER_SUPPLEMENT: true, casesv1.AskKind_ASK_KIND_ANSWER_REFERRAL: true, casesv1.AskKind_ASK_KIND_CONFIRM_CASE: true,
		casesv1.AskKind_ASK_KIND_APPLY_ELSEWHERE: false, casesv1.AskKind_ASK_KIND_RATE: false,
	} {
		if got := Pressing(&casesv1.Ask{Kind: kind}); got != want {
			t.Errorf("%s is pressing: %t", kind, got)
		}
	}
}

// The router repeats facts of the case on requests; a timeline of the whole case
// shows each of them once, and nothing else is left out.
func TestTimelineShowsEachThingOnce(t *testing.T) {
	for _, life := range lives {
		tr := &transcript{world: newWorld(t, "2026-03-02")}
		life.play(tr)
		shown := map[casesv1.EntryKind]int{}
		for _, e := range tr.log {
			if e.scope != hubScope && Repeated(e.fact) {
				continue
			}
			entry := EntryOf(e.fact, caseName, requestNameOf(e.scope))
			shown[entry.Kind]++
			if entry.Kind == 0 || entry.Time == nil || entry.Party == 0 || (entry.Party == casesv1.Party_PARTY_PROVIDER) != (entry.Provider != "") {
				t.Errorf("%s: %v shows as %v", life.name, e.fact, entry)
			}
		}
		for kind, n := range shown {
			once := kind == casesv1.EntryKind_ENTRY_KIND_CASE_CONFIRMED || kind == casesv1.EntryKind_ENTRY_KIND_COMPANY_LINKED
			if once && n != 1 {
				t.Errorf("%s: %s is shown %d times", life.name, kind, n)
			}
		}
	}
}
