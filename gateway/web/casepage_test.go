package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// fakeAccess tells who has seen the case.
type fakeAccess struct {
	accessv1.UnimplementedAccessServiceServer
	*fake
}

func (f *fakeAccess) ListAccess(_ context.Context, request *accessv1.ListAccessRequest) (*accessv1.ListAccessResponse, error) {
	answer := &accessv1.ListAccessResponse{}
	for _, a := range f.seen {
		if by := request.GetBy(); by == 0 || (by == accessv1.AccessBy_ACCESS_BY_CALLER) == a.GetOwn() {
			answer.Access = append(answer.Access, a)
		}
	}
	return answer, nil
}

func (f *fake) ListJourneys(context.Context, *cataloguev1.ListJourneysRequest) (*cataloguev1.ListJourneysResponse, error) {
	return &cataloguev1.ListJourneysResponse{Journeys: []*cataloguev1.Journey{{Id: "first-employee", Steps: []*cataloguev1.JourneyStep{
		{Id: "legal", Service: legalAdvice}, {Id: "check", DependsOn: []string{"legal"}}, {Id: "training", Service: apprenticeship, DependsOn: []string{"check"}},
	}}}}, nil
}

// saw is a row of the access log, so long ago.
func saw(own bool, method string, ago time.Duration) *accessv1.Access {
	row := &accessv1.AccessRow{Method: method, Role: policyv1.Role_ROLE_COMPANY, Time: timestamppb.New(noon().Add(-ago))}
	if !own {
		row.Role, row.Organisations = policyv1.Role_ROLE_ADVISOR, []string{"omnia"}
	}
	return &accessv1.Access{Row: row, Own: own, Advisor: maija()}
}

// TestWhatIsNewIsMarked: what others did since the visitor's last visit is marked, however
// often the page is loaded during this one; so is the request that it is about.
func TestWhatIsNewIsMarked(t *testing.T) {
	entry := func(ago int, party casesv1.Party, request string) *casesv1.TimelineEntry {
		return &casesv1.TimelineEntry{Revision: requestName(request), Kind: casesv1.EntryKind_ENTRY_KIND_REPLIED, Time: at(ago), Party: party, Request: requestName(request), Provider: "providers/omnia", Advisor: maija(), Text: "Hei"}
	}
	b := newBrowser(t)
	b.signIn(companyToken())
	b.api.theCase.Timeline = []*casesv1.TimelineEntry{
		entry(40, casesv1.Party_PARTY_PROVIDER, "omnia-1"), entry(20, casesv1.Party_PARTY_PROVIDER, "omnia-2"), entry(10, casesv1.Party_PARTY_COMPANY, "omnia-3"),
	}
	mark := `<span class="status new-mark">Uutta</span>`
	first := b.get("/cases/" + caseID)
	first.lacks(t, mark) // all is new to who comes for the first time
	first.has(t, "Kukaan muu ei ole vielä katsonut asiaa")
	b.api.seen = []*accessv1.Access{
		saw(true, "AccessService.ListAccess", 0), saw(true, "CaseService.GetCase", time.Minute), saw(true, "CaseService.PostMessage", 20*time.Minute),
		saw(false, "ProviderService.GetRequest", 2*time.Hour), saw(true, "CaseService.ListCases", 5*time.Hour), saw(true, "CaseService.GetCase", 30*time.Hour),
	}
	p := b.get("/cases/" + caseID)
	p.has(t, "Yksi uusi tapahtuma edellisen käyntisi jälkeen (22.11.2026 klo 6.00)", `data-since="2026-11-22T04:00:00Z"`,
		"Viimeksi asiaa katsoi Maija Meri (Neuvoja, Omnia), 23.11.2026 klo 10.00")
	if n := strings.Count(p.body, mark); n != 3 { // above, in the request, in the timeline
		t.Errorf("%d things are marked as new", n)
	}
	if i, j := strings.Index(p.body, `id="omnia-2"`), strings.Index(p.body, `id="omnia-3"`); !strings.Contains(p.body[i:j], mark) {
		t.Error("the request in which it happened is not marked")
	}
	// The script's own fetch says since when; it does not ask the log, and writes no row there.
	asked := b.api.count("ListAccess")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+"/cases/"+caseID, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Hub-Live", "2026-11-21T04:00:00Z")
	b.do(r).has(t, "2 uutta tapahtumaa")
	if n := b.api.count("ListAccess"); n != asked {
		t.Errorf("a page that keeps itself up to date asked %d times who has seen the case", n-asked)
	}
	b.api.failing("ListAccess", problem.New(problem.Unavailable, "AWAY", "away"))
	if p := b.get("/cases/" + caseID); p.code != http.StatusOK {
		t.Errorf("without the access log the case answers %d", p.code)
	}
}

// TestPartsOfTheTimeline: messages and decisions can be looked at alone, by links, and
// each entry says on whose side it was.
func TestPartsOfTheTimeline(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	count := func(query string) (messages, decisions, all int) {
		body := b.get("/cases/" + caseID + query).body
		_, body, _ = strings.Cut(body, `<ol class="story">`)
		return strings.Count(body, "<strong>Viesti neuvojalta"), strings.Count(body, "<strong>Päätös: Myönnetty"), strings.Count(body, "data-key")
	}
	if m, d, all := count(""); m != 1 || d != 1 || all != len(casesv1.EntryKind_name) {
		t.Errorf("all has %d messages and %d decisions of %d", m, d, all)
	}
	if m, d, all := count("?show=messages"); m != 1 || d != 0 || all != 6 {
		t.Errorf("messages has %d messages and %d decisions of %d", m, d, all)
	}
	if m, d, all := count("?show=decisions"); m != 0 || d != 1 || all != 6 {
		t.Errorf("decisions has %d messages and %d decisions of %d", m, d, all)
	}
	b.get("/cases/"+caseID+"?show=decisions").has(t, `?show=messages#events"`, `href="/cases/`+caseID+`#events"`, "<b>Yrityksesi</b>", "<b>Maija Meri, Omnia</b>")
}

// TestJourneyIsDrawn: the picture and the list have the requests in the order that the
// journey gives, over a step that nobody was asked for.
func TestJourneyIsDrawn(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	b.api.theCase.Requests = []*casesv1.Request{requests()[0], requests()[4]} // the apprenticeship, and the advice before it
	p := b.get("/cases/" + caseID)
	p.has(t, `<svg class="way"`, `<g class="stop past"><circle`, `<path class="track past"`, "Tätä ennen: ")
	if i, j := strings.Index(p.body, `<li><a href="#chamber-1">`), strings.Index(p.body, `<li><a href="#omnia-1">`); i < 0 || j < i {
		t.Errorf("the list has the advice at %d and the training at %d", i, j)
	}
	b.api.theCase.Requests = b.api.theCase.Requests[:1]
	b.get("/cases/"+caseID).lacks(t, "<svg", `href="#journey"`)
}

// TestRatingIsOfferedForAMonth, folded up and beside the request, and not for ever.
func TestRatingIsOfferedForAMonth(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	b.get("/cases/"+caseID).has(t, "form-rate-chamber-1")
	for _, r := range b.api.theCase.Requests {
		r.EndedAt = at(24 * 31)
	}
	b.get("/cases/"+caseID).lacks(t, "form-rate-chamber-1")
}

// TestWhatToExpect: a request says when to expect an answer, and plainly that it is late.
func TestWhatToExpect(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	b.get("/cases/"+caseID+"?lang=en").has(t, "Usually 1–2 weeks. You should hear by 4 December 2026.", "You have 8 days.", "These 5 requests end:")
	b.api.theCase.Requests[1].DueDate = "2026-11-20"
	b.api.theCase.Asks[0].DueDate = "2026-11-22"
	b.get("/cases/"+caseID+"?lang=en").has(t, "This is late: you should have heard by 20 November 2026.", "That day has passed, but you can still answer.")
	b.api.theCase.Status = casesv1.CaseStatus_CASE_STATUS_CLOSED
	p := b.get("/cases/" + caseID + "?lang=en")
	if reopen, requests := strings.Index(p.body, "form-reopen"), strings.Index(p.body, `id="requests"`); reopen < 0 || reopen > requests {
		t.Error("a closed case does not begin with how to open it again")
	}
}

// TestCasesThatWaitComeFirst, once each, and the others under their companies.
func TestCasesThatWaitComeFirst(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	other := func(key, title, company string) *casesv1.Case {
		c := theCase()
		c.Name, c.Title, c.Asks, c.Company.Id, c.Company.DisplayName = "cases/"+key, title, nil, company, "Oy "+company
		return c
	}
	waits := theCase()
	b.api.cases = []*casesv1.Case{other("a", "Alku", "9000001-1"), other("b", "Bensa", "9000003-8"), waits}
	b.api.waiting = []*casesv1.Case{waits}
	p := b.get("/cases?lang=en")
	p.has(t, `<h2 class="company-name">Waits for you</h2>`, "3 things wait for you", `<h2 class="company-name">Oy 9000003-8 (9000003-8)</h2>`)
	if n := strings.Count(p.body, `data-key="`+waits.Name); n != 1 {
		t.Errorf("the case that waits is there %d times", n)
	}
	if strings.Index(p.body, waits.Title) > strings.Index(p.body, "Alku") {
		t.Error("the case that waits does not come first")
	}
	if b.get("/cases?q=alku"); b.api.last(t, "ListCases").request.(*casesv1.ListCasesRequest).AsksMe {
		t.Error("a search asks for the cases that wait beside it")
	}
}

// TestNotAskedToRate: one press ends the asking for that request, in this browser.
func TestNotAskedToRate(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	const rate = `id="form-rate-chamber-1"`
	b.get(casePath).has(t, rate, "Älä kysy tätä enää")
	b.post(casePath, url.Values{"do": {"unrated"}, "request": {"omnia-1"}}).has(t, "Tätä ei kysytä enää", rate)
	p := b.post(casePath, url.Values{"do": {"unrated"}, "request": {"chamber-1"}})
	p.lacks(t, rate, "Älä kysy tätä enää")
	b.get(casePath).lacks(t, rate)
	if n := b.api.changes(); n != 0 {
		t.Errorf("the API was told of it in %d calls", n)
	}
}
