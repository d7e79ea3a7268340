package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// TestInboxFilters reads every filter from the address into one call.
func TestInboxFilters(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	before := b.api.count("ListRequests") // signing in led to the inbox
	p := b.get("/desk/omnia?view=mine&status=waiting&language=sv&service=" + apprenticeship + "&q=+kahvi+&order=newest&page=token-1&rev=r1")
	want := &providerv1.ListRequestsRequest{
		Parent: "providers/omnia", Advisor: "providers/omnia/advisors/maija", Statuses: []casesv1.RequestStatus{casesv1.RequestStatus_REQUEST_STATUS_WAITING},
		ContactLanguage: "sv", Service: apprenticeship, Query: "kahvi", Order: providerv1.RequestOrder_REQUEST_ORDER_NEWEST, PageSize: 30, PageToken: "token-1", MinRevision: "r1", WithCounts: true,
	}
	if diff := cmp.Diff(want, b.api.last(t, "ListRequests").request, protocmp.Transform()); diff != "" {
		t.Errorf("ListRequests (-want +got):\n%s", diff)
	}
	if n := b.api.count("ListRequests") - before; n != 1 {
		t.Errorf("the worklist took %d calls", n)
	}
	if b.api.count("GetRequest") != 0 {
		t.Error("the worklist read single requests")
	}
	p.has(t, "7 pyyntöä", "page=token-2", "1 viesti odottaa vastausta", "Myöhässä", "Kahvila &lt;Aino&gt; Oy", `href="`+deskPath+`omnia-1?`)
	for view, want := range map[string]*providerv1.ListRequestsRequest{
		"unassigned": {Parent: "providers/omnia", Unassigned: true}, "overdue": {Parent: "providers/omnia", Overdue: true}, "": {Parent: "providers/omnia"},
		"waiting": {Parent: "providers/omnia", Statuses: []casesv1.RequestStatus{casesv1.RequestStatus_REQUEST_STATUS_WAITING}},
		"old": {Parent: "providers/omnia", Order: providerv1.RequestOrder_REQUEST_ORDER_UPDATED, Statuses: []casesv1.RequestStatus{
			casesv1.RequestStatus_REQUEST_STATUS_COMPLETED, casesv1.RequestStatus_REQUEST_STATUS_DECLINED, casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN,
		}},
	} {
		want.WithCounts, want.PageSize = true, 30
		b.get("/desk/omnia?view=" + view)
		if diff := cmp.Diff(want, b.api.last(t, "ListRequests").request, protocmp.Transform()); diff != "" {
			t.Errorf("view %q (-want +got):\n%s", view, diff)
		}
	}
	b.api.requests = nil
	b.get("/desk/omnia").has(t, "Ei avoimia pyyntöjä")
	b.get("/desk/omnia?q=x").has(t, "Näillä rajauksilla ei löytynyt pyyntöjä")
}

// TestWhatIsOffered: an advisor works on their own requests, a lead on all.
func TestWhatIsOffered(t *testing.T) {
	for _, test := range []struct {
		role, request string
		has, lacks    []string
	}{
		{"advisor", "omnia-1", []string{"form-pickup", "form-note"}, []string{"form-assign", "form-reply", "form-decide"}},
		{"advisor", "omnia-2", []string{"form-reply", "form-ask", "form-refer", "form-decide", "form-complete", "form-decline", "form-handback", "form-contact"}, []string{"form-pickup", "form-assign"}},
		{"advisor", "omnia-3", []string{"Kalle Koski"}, []string{"form-reply", "form-pickup", "form-decide"}},
		{"lead", "omnia-3", []string{"form-reply", "form-assign", "3 pyyntöä hoidossa", "yksi pyyntö hoidossa"}, []string{"form-pickup", "form-complete"}},
	} {
		b := newBrowser(t)
		b.signIn(advisorToken(test.role))
		p := b.get(deskPath + test.request)
		p.has(t, test.has...)
		p.lacks(t, test.lacks...)
		p.has(t, "Varovasti talouden kanssa.", "Näitä ei koskaan näytetä yritykselle", "Kassatyö\nja leivonta", "Perustutkinto", "2\u00a0100,50\u00a0€")
	}
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	b.api.failing("ListNotes", problem.New(problem.Denied, "NOTES", "no"))
	p := b.get(deskPath + "omnia-2")
	p.has(t, "Sinulla ei ole oikeutta lukea muistiinpanoja")
	p.lacks(t, "Varovasti", "form-note")
	if p := b.get("/desk/chamber/requests/" + caseID + "/omnia-2"); p.code != http.StatusNotFound {
		t.Errorf("a request under another provider's desk answers %d", p.code)
	}
}

// TestNotesStayAway: what the team notes is on no page of the company.
func TestNotesStayAway(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	for _, path := range []string{casePath, "/cases", casePath + "/add"} {
		b.get(path).lacks(t, "Varovasti talouden")
	}
	if n := b.api.count("ListNotes"); n != 0 {
		t.Errorf("the company's pages asked for notes %d times", n)
	}
}

func TestOfficialDecisionIsReported(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("lead"))
	p := b.get("/desk/employment/requests/" + caseID + "/employment-2")
	p.has(t, "Asian ratkaisee Työmarkkinatori", "asian numero")
	values := p.hidden(t, "form-decide")
	values.Set("decision.result", "rejected")
	values.Set("decision.title", "Hylätty")
	values.Set("decision.reasons", "Ehdot eivät täyty")
	values.Set("decision.reference", "TE-9")
	b.post("/desk/employment/requests/"+caseID+"/employment-2", values)
	got := b.api.last(t, "Decide").request.(*providerv1.DecideRequest).Decision
	if got.Reference != "TE-9" || got.Result != casesv1.DecisionResult_DECISION_RESULT_REJECTED {
		t.Errorf("decided %v", got)
	}
	company := newBrowser(t)
	company.signIn(companyToken())
	company.get(casePath).has(t, "TE-123", "7\u00a0050\u00a0€", "Päätös on tehty virallisessa palvelussa muualla", "20.11.2026")
}

func TestBehalf(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	values := b.get("/desk/omnia/new?service="+paySubsidy).hidden(t, "behalf")
	values.Set("need_text", "Tukea palkkaan")
	values.Set("lang", "sv")
	p := b.post("/desk/omnia/new", values)
	p.has(t, `<html lang="sv">`, "Tukea palkkaan", "Lönesubvention")
	if b.api.count("OpenCaseOnBehalf") != 0 {
		t.Error("changing the language opened a case")
	}
	b.api.late = 2 // the request reaches the inbox a moment after the answer
	values.Del("lang")
	for name, value := range map[string]string{"do": "send", "kind": "call", "contact_language": "sv", "company_id": "9000001-1", "in:" + paySubsidy + ":job": "Säljare"} {
		values.Set(name, value)
	}
	if p := b.post("/desk/omnia/new", values); p.code != http.StatusOK || !strings.HasPrefix(p.url, deskPath+"omnia-1") {
		t.Errorf("opening led to %d at %s", p.code, p.url)
	}
}

// TestFailures: each kind of refusal has a page with what to do.
func TestFailures(t *testing.T) {
	for kind, want := range map[problem.Kind]string{
		problem.NotFound: "Sivua tai asiaa ei löytynyt", problem.Denied: `href="/sign-in"`, problem.Unauthenticated: `href="/sign-in"`,
		problem.Unavailable: "Osa palvelusta ei vastaa", problem.Deadline: "Vastaus kesti liian kauan", problem.Exhausted: "Odota hetki", problem.Internal: "Viite: ",
	} {
		b := newBrowser(t)
		b.signIn(companyToken())
		b.api.failing("GetCase", problem.New(kind, "X", "inner words").Meta("reference", "abc"))
		p := b.get(casePath)
		if p.code != kind.HTTPStatus() {
			t.Errorf("%s: status %d, want %d", kind, p.code, kind.HTTPStatus())
		}
		p.has(t, want)
	}
	malformed := newBrowser(t)
	malformed.signIn(companyToken())
	malformed.api.failing("GetCase", problem.New(problem.Invalid, "NAME_INVALID", "no name").Field("name", "is no case name"))
	if p := malformed.get("/cases/xyz"); p.code != http.StatusNotFound {
		t.Errorf("an address that names no case answers %d", p.code)
	}
	// Without a catalogue the rest still works, by keys instead of names.
	b := newBrowser(t)
	b.api.failing("ListServices", problem.New(problem.Unavailable, "DOWN", "down"))
	b.signIn(companyToken())
	if p := b.get(casePath); p.code != http.StatusOK || !strings.Contains(p.body, "apprenticeship") {
		t.Errorf("without a catalogue the case answers %d", p.code)
	}
	if p := b.get("/choose?need=hire"); p.code != http.StatusServiceUnavailable {
		t.Errorf("without a catalogue the choice answers %d", p.code)
	}
	if p := b.get("/"); p.code != http.StatusOK {
		t.Errorf("without a catalogue the start page answers %d", p.code)
	}
}

// TestNewestOrWhatThereIs: a view that does not catch up in time is shown as it is.
func TestNewestOrWhatThereIs(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	b.get(casePath + "?rev=r7")
	if got := b.api.last(t, "GetCase").request.(*casesv1.GetCaseRequest).MinRevision; got != "r7" {
		t.Errorf("min_revision is %q", got)
	}
	b.api.failing("GetCase", problem.New(problem.Deadline, "LATE", "late"))
	b.get(casePath + "?rev=r8")
	if got := b.api.last(t, "GetCase").request.(*casesv1.GetCaseRequest).MinRevision; got != "" {
		t.Errorf("the second try asks for %q", got)
	}
}

func TestBadForms(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	for name, body := range map[string]string{"too large": "text=" + strings.Repeat("x", 2<<20), "not UTF-8": "text=%ff%fe"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+casePath, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if p := b.do(r); p.code != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, p.code)
		}
	}
	if p := b.post(casePath, url.Values{"do": {"nonsense"}, "form": {"x"}}); p.code != http.StatusBadRequest {
		t.Errorf("an unknown step answers %d", p.code)
	}
}
