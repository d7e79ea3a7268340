package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// operatorPages are the pages that operators alone see, and those that take steps.
func operatorPages() (all, steps []string) {
	steps = []string{"/operator", "/operator/staff", "/operator/keys", "/operator/erasures"}
	return append([]string{"/operator/catalogue"}, steps...), steps
}

// TestOperatorPagesAreForOperators: everybody else gets what they get elsewhere, and
// nothing is called for them.
func TestOperatorPagesAreForOperators(t *testing.T) {
	all, steps := operatorPages()
	for _, test := range []struct {
		token string
		code  int
	}{
		{"", http.StatusUnauthorized},
		{companyToken(), http.StatusForbidden},
		{advisorToken("advisor"), http.StatusForbidden},
		{advisorToken("lead"), http.StatusForbidden},
	} {
		b := newBrowser(t)
		if test.token != "" {
			b.signIn(test.token)
		}
		for _, path := range all {
			if p := b.get(path); p.code != test.code {
				t.Errorf("%s as %.30s: %d, want %d", path, test.token, p.code, test.code)
			}
		}
		before := b.api.changes()
		for _, path := range steps {
			for _, do := range []string{"replay", "replay_all", "drop", "add", "remove", "revoke", "find", "end", "end_all", "plan", "erase"} {
				form := url.Values{
					"do": {do}, "request_id": {uuid.NewString()}, "sequence": {"4"}, "party": {"omnia"}, "reason": {"rubbish"}, "name": {"operators/o1"}, "person": {"p1"},
					"id": {sessionID}, "kind": {"person"}, "of": {"p1"}, "law": {"GDPR"}, "section": {"17"}, "sure": {"yes"}, "advisor_id": {"a"}, "display_name": {"A"}, "role": {"lead"},
				}
				if p := b.post(path, form); p.code != test.code {
					t.Errorf("%s %s as %.30s: %d, want %d", path, do, test.token, p.code, test.code)
				}
			}
		}
		if n := b.api.changes() - before; n != 0 {
			t.Errorf("%.30s made %d calls", test.token, n)
		}
	}
}

// TestDeadLetters: listed by party, replayed one by one or all of a party, and put away
// with a reason; each outcome is told.
func TestDeadLetters(t *testing.T) {
	b := newBrowser(t)
	b.signIn(operatorToken())
	p := b.get("/operator?lang=en")
	p.has(t, "Shared front door", "Request omnia-1 of case abcdefghijklmnopqrstuvwxyz", "A case itself", "Somebody on the staff: omnia.a9", "The catalogue of Omnia", "field 999 is &lt;b&gt;unknown")
	if hub, omnia := strings.Index(p.body, "Shared front door"), strings.Index(p.body, "<h2>Omnia"); hub < 0 || omnia < hub || strings.Count(p.body, "<h2>Omnia") != 1 {
		t.Error("the letters are not listed by party")
	}
	b.post("/operator", p.hidden(t, "form-replay-4")).has(t, "Done:", "Event 4", "the handler took it in")
	if got := b.api.last(t, "ReplayDeadLetter").request.(*adminv1.ReplayDeadLetterRequest); got.Sequence != 4 {
		t.Errorf("replayed %v", got)
	}

	b.api.admin.refuse[5] = problem.New(problem.State, "REPLAY_FAILED", "the handler refused dead letter 5 again: no fact")
	told := b.post("/operator", p.hidden(t, "form-all-omnia"))
	told.has(t, "Not done:", "refused dead letter 5 again", "Event 6", "Event 7")
	if n := b.api.count("ReplayDeadLetter"); n != 4 {
		t.Errorf("%d replays, want one and three", n)
	}
	b.api.admin.refuse[5] = problem.New(problem.Unavailable, "HANDLER_AWAY", "the handler of dead letter 5 does not answer")
	told = b.post("/operator", p.hidden(t, "form-all-omnia"))
	told.has(t, "does not answer", "2 more", "not tried")
	told.lacks(t, "Done:")
	if n := b.api.count("ReplayDeadLetter"); n != 5 {
		t.Errorf("%d replays: the rest was tried though the handler is away", n)
	}

	drop := p.hidden(t, "form-drop-6")
	if p := b.post("/operator", drop); p.code != http.StatusUnprocessableEntity || b.api.count("DropDeadLetter") != 0 {
		t.Errorf("without a reason the page answers %d", p.code)
	}
	drop.Set("reason", "outdated")
	b.post("/operator", drop).has(t, "it was put away")
	if got := b.api.last(t, "DropDeadLetter").request.(*adminv1.DropDeadLetterRequest); got.Sequence != 6 || got.Reason != adminv1.DropReason_DROP_REASON_OUTDATED {
		t.Errorf("dropped %v", got)
	}
}

func TestOperatorsKeepTheStaff(t *testing.T) {
	b := newBrowser(t)
	b.signIn(operatorToken())
	p := b.get("/operator/staff?provider=omnia&lang=en")
	p.has(t, "Maija &lt;b&gt;Meri", "Kalle Koski", "Team lead")
	b.post("/operator/staff?provider=omnia", p.hidden(t, "form-remove-maija")).has(t, "has been removed")
	if got := b.api.last(t, "RemoveStaff").request.(*adminv1.RemoveStaffRequest); got.Name != "providers/omnia/advisors/maija" {
		t.Errorf("removed %v", got)
	}
	form := p.hidden(t, "form-add")
	if p := b.post("/operator/staff?provider=omnia", form); p.code != http.StatusUnprocessableEntity || b.api.count("AddStaff") != 0 {
		t.Errorf("an empty form answers %d", p.code)
	}
	for name, value := range map[string]string{"advisor_id": " a7 ", "display_name": "Uusi", "role": "lead", "languages": "fi, sv", "competences": "permits"} {
		form.Set(name, value)
	}
	b.post("/operator/staff?provider=omnia", form)
	if got := b.api.last(t, "AddStaff").request.(*adminv1.AddStaffRequest); got.Parent != "providers/omnia" || got.AdvisorId != "a7" || got.Role != policyv1.Role_ROLE_LEAD || len(got.Languages) != 2 {
		t.Errorf("added %v", got)
	}
	form = b.get("/operator/staff?provider=hub").hidden(t, "form-add")
	form.Set("advisor_id", "o2")
	form.Set("display_name", "Olli")
	b.post("/operator/staff?provider=hub", form)
	if got := b.api.last(t, "AddStaff").request.(*adminv1.AddStaffRequest); got.Parent != "" || got.Role != policyv1.Role_ROLE_OPERATOR {
		t.Errorf("added %v", got)
	}
}

func TestOperatorsEndSessions(t *testing.T) {
	b := newBrowser(t)
	b.signIn(operatorToken())
	p := b.post("/operator/keys?lang=en", url.Values{"do": {"find"}, "form": {"find"}, "person": {"p1"}})
	p.has(t, "Signed in", "Arkisto")
	if strings.Contains(p.url, "p1") {
		t.Errorf("the person is in the address %s", p.url)
	}
	b.post("/operator/keys", p.hidden(t, "form-end-"+sessionID)).has(t, "The session has ended")
	if got := b.api.last(t, "RevokeSession").request.(*identityv1.RevokeSessionRequest); got.Id != sessionID {
		t.Errorf("ended %v", got)
	}
	b.post("/operator/keys", p.hidden(t, "form-end-all"))
	if got := b.api.last(t, "RevokeAllSessions").request.(*identityv1.RevokeAllSessionsRequest); got.Person != "p1" {
		t.Errorf("ended %v", got)
	}
	for _, person := range []string{"", "-", " - "} {
		if p := b.post("/operator/keys", url.Values{"do": {"end_all"}, "request_id": {uuid.NewString()}, "person": {person}}); p.code != http.StatusBadRequest || b.api.count("RevokeAllSessions") != 1 {
			t.Errorf("all sessions of %q: %d", person, p.code)
		}
	}
	b.post("/operator/keys", p.hidden(t, "form-revoke-aaaaaaaaaaaaaaaa"))
	if b.api.count("RevokeKey") != 1 {
		t.Error("the key was not revoked")
	}
}

// TestAnErasureIsShownBeforeItHappens: only the second, confirmed step orders it.
func TestAnErasureIsShownBeforeItHappens(t *testing.T) {
	b := newBrowser(t)
	b.signIn(operatorToken())
	p := b.get("/operator/erasures?lang=en")
	p.has(t, "Waits for a provider", "Omnia", "17(1)(b)", "Done everywhere", "Words removed")
	form := p.hidden(t, "form-plan")
	for name, value := range map[string]string{"kind": "company", "of": " 9000001-1 ", "law": "GDPR", "section": "17(1)(b)", "reason": "The consent was withdrawn."} {
		form.Set(name, value)
	}
	plan := b.post("/operator/erasures", form)
	plan.has(t, "This will happen", "A company: 9000001-1", "GDPR 17(1)(b)", "All cases of the company", "What stays", "This cannot be undone")
	order := plan.hidden(t, "form-erase")
	if p := b.post("/operator/erasures", order); p.code != http.StatusUnprocessableEntity {
		t.Errorf("without a confirmation the page answers %d", p.code)
	} else {
		p.has(t, "This will happen", "Confirm that you have checked")
	}
	for _, kind := range []string{"", "everything"} {
		wrong := url.Values{"form": {"erase"}, "do": {"erase"}, "sure": {"yes"}, "request_id": {uuid.NewString()}, "kind": {kind}, "of": {"x"}, "law": {"a"}, "section": {"b"}, "reason": {"c"}}
		if p := b.post("/operator/erasures", wrong); p.code != http.StatusUnprocessableEntity {
			t.Errorf("kind %q: %d", kind, p.code)
		}
	}
	if n := b.api.count("Erase"); n != 0 {
		t.Fatalf("erased %d times before it was confirmed", n)
	}
	order.Set("sure", "yes")
	b.post("/operator/erasures", order).has(t, "The erasure has been ordered")
	got := b.api.last(t, "Erase").request.(*rightsv1.EraseRequest)
	if got.Company != "9000001-1" || got.Case != "" || got.Person != "" || got.Ground.GetReason() == "" || got.RequestId != order.Get("request_id") {
		t.Errorf("ordered %v", got)
	}
	b.api.failing("Erase", problem.New(problem.State, "CASE_HELD", "a case is held"))
	b.post("/operator/erasures", order).has(t, "a case is held")
}

// TestTheCatalogueTellsItsGaps: what is missing in any language, and what is only an
// estimate, is marked and counted, and can be filtered by.
func TestTheCatalogueTellsItsGaps(t *testing.T) {
	b := newBrowser(t)
	whole := func() *cataloguev1.Service {
		return &cataloguev1.Service{
			Name: "providers/omnia/services/whole", DisplayName: texts("Kokonainen", "Hel", "Whole"), Description: texts("a", "b", "c"), Audience: texts("a", "b", "c"),
			Outcome: texts("a", "b", "c"), Price: "free", Source: "somewhere", Mark: "S", ExpectedTime: &cataloguev1.ServiceTime{Min: 1, Max: 2, Unit: "weeks", Mark: "S", Source: "there"},
		}
	}
	for gap, change := range map[string]func(*cataloguev1.Service){
		"text": func(s *cataloguev1.Service) { s.Outcome.Sv = " " }, "time": func(s *cataloguev1.Service) { s.ExpectedTime = nil },
		"price": func(s *cataloguev1.Service) { s.Price = "" }, "source": func(s *cataloguev1.Service) { s.ExpectedTime.Source = "" },
		"estimated_time": func(s *cataloguev1.Service) { s.ExpectedTime.Mark = "O" }, "estimated": func(s *cataloguev1.Service) { s.Mark = "E" },
	} {
		b.api.services = []*cataloguev1.Service{whole(), whole()}
		b.api.services[1].Name, b.api.services[1].DisplayName = "providers/omnia/services/holed", texts("Vajaa", "Bristfällig", "Holed")
		change(b.api.services[1])
		b = freshPages(b)
		b.signIn(operatorToken())
		p := b.get("/operator/catalogue?lang=fi&provider=omnia&gap=" + gap)
		p.has(t, "Vajaa", "Bristfällig", "Holed", `lang="sv"`, "/choose?service=providers%2Fomnia%2Fservices%2Fholed")
		p.lacks(t, "Kokonainen")
		if n := strings.Count(p.body, ">1</td>"); n != 1 {
			t.Errorf("%s: Omnia's row counts %d gaps, want 1", gap, n)
		}
		if p := b.get("/operator/catalogue?lang=fi"); !strings.Contains(p.body, "Kokonainen") {
			t.Errorf("%s: without a filter the whole service is missing", gap)
		}
	}
	p := b.get("/services?lang=sv")
	p.has(t, "Bristfällig", "Hel", "/choose?service=providers%2Fomnia%2Fservices%2Fwhole")
	p.lacks(t, "Kokonainen")
}

// freshPages are pages that have not read the catalogue yet, before the same API.
func freshPages(b *browser) *browser {
	next := newBrowser(b.t)
	next.api.services = b.api.services
	return next
}
