package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// TestALeadSeesTheLoad: two calls show who has how much and how old it is, also of those
// who have left, and the requests that nobody has taken.
func TestALeadSeesTheLoad(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("lead"))
	before := b.api.total()
	p := b.get("/desk/omnia/team?lang=fi")
	reads := map[string]int{}
	for _, c := range b.api.calls[before:] {
		reads[c.method]++
	}
	if reads["ListAdvisors"] != 1 || reads["ListRequests"] != 1 || reads["GetRequest"] != 0 {
		t.Errorf("the page took the calls %v", reads)
	}
	if asked := b.api.last(t, "ListRequests").request.(*providerv1.ListRequestsRequest); !asked.Unassigned || asked.Order != providerv1.RequestOrder_REQUEST_ORDER_OLDEST {
		t.Errorf("asked for %v", asked)
	}
	p.has(t, "Maija Meri", "Kalle Koski", ">gone</a>", "Ei enää henkilöstössä", "Ei vielä kenelläkään",
		`data-still`, `data-pace="4000"`, `id="pick-cases-`+caseID+`-requests-omnia-1"`, `<rect class="busy" width="50" height="10"/>`, `<rect class="waits" x="50" width="25" height="10"/>`, `<rect class="tardy" y="12" width="50" height="4"/>`)
	b.get("/desk/omnia/team?advisor=kalle").has(t, "Pyynnöt: Kalle Koski")
	if asked := b.api.last(t, "ListRequests").request.(*providerv1.ListRequestsRequest); asked.Unassigned || asked.Advisor != "providers/omnia/advisors/kalle" {
		t.Errorf("asked for %v", asked)
	}
}

// TestReassignTellsOfEach: every ticked request is a call of its own, a form sent twice
// makes the same calls, and what was refused is told beside what was done.
func TestReassignTellsOfEach(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("lead"))
	p := b.get("/desk/omnia/team?lang=en")
	form := p.hidden(t, "form-assign")
	one, two := b.api.requests[0].GetName(), b.api.requests[1].GetName()
	form.Set("advisor", "providers/omnia/advisors/kalle")
	if p := b.post("/desk/omnia/team", form); p.code != http.StatusUnprocessableEntity || b.api.count("Assign") != 0 {
		t.Errorf("without a request the page answers %d", p.code)
	} else {
		p.has(t, `href="#pick"`, "Choose at least one request")
	}
	form["request"] = []string{one, two}
	b.post("/desk/omnia/team", form).has(t, "What was done", "Done:")
	first := b.api.last(t, "Assign").request.(*providerv1.AssignRequest)
	b.post("/desk/omnia/team", form)
	again := b.api.last(t, "Assign").request.(*providerv1.AssignRequest)
	if b.api.count("Assign") != 4 || first.GetRequestId() != again.GetRequestId() || first.GetName() != two || first.GetEtag() != b.api.requests[1].GetEtag() {
		t.Errorf("%d calls, %v and %v", b.api.count("Assign"), first, again)
	}
	ids := map[string]bool{}
	for _, c := range b.api.calls {
		if c.method == "Assign" {
			ids[c.request.(*providerv1.AssignRequest).GetRequestId()] = true
		}
	}
	if len(ids) != 2 {
		t.Errorf("two requests had %d request_ids", len(ids))
	}
	for reason, said := range map[error]string{
		problem.New(problem.State, "STATE_FORBIDS", "it has ended"):            "Not done:",
		problem.New(problem.Conflict, "CONFLICT", "somebody was faster"):       "changed meanwhile",
		problem.New(problem.Unavailable, "LOG_UNAVAILABLE", "the log is away"): "Not known:",
	} {
		b.api.failing("Assign", reason)
		form.Set("request_id", uuid.NewString())
		p := b.post("/desk/omnia/team", form)
		p.has(t, said)
		p.lacks(t, "Done:")
		if n := strings.Count(p.body, "<strong>Not"); n != 2 {
			t.Errorf("%v: told of %d requests, want 2", reason, n)
		}
	}
}

// TestTheTeamIsForItsLead: nobody else sees the page, and nothing is called for them.
func TestTheTeamIsForItsLead(t *testing.T) {
	for _, test := range []struct {
		token, path string
		code        int
	}{
		{"", "/desk/omnia/team", http.StatusUnauthorized},
		{companyToken(), "/desk/omnia/team", http.StatusForbidden},
		{advisorToken("advisor"), "/desk/omnia/team", http.StatusForbidden},
		{operatorToken(), "/desk/omnia/team", http.StatusForbidden},
		{advisorToken("lead"), "/desk/chamber/team", http.StatusForbidden},
	} {
		b := newBrowser(t)
		if test.token != "" {
			b.signIn(test.token)
		}
		if p := b.get(test.path); p.code != test.code {
			t.Errorf("%.40s gets %d, want %d", test.token, p.code, test.code)
		}
		form := url.Values{"request_id": {uuid.NewString()}, "advisor": {"providers/omnia/advisors/kalle"}, "request": {b.api.requests[0].GetName()}}
		if p := b.post(test.path, form); p.code != test.code || b.api.count("Assign") != 0 || b.api.count("ListAdvisors") != 0 {
			t.Errorf("%.40s posts and gets %d, want %d", test.token, p.code, test.code)
		}
	}
}

func operatorToken() string { return token(map[string]any{"sub": "o1", "role": "operator"}) }
