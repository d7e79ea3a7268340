package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/gateway/web"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/systemkey"
)

// view is one thing that the pages show. A new page gets its line in the list below;
// TestEveryPageIsInTheList says which one lacks it.
type view struct {
	// group is whose pages it is among.
	group string
	// page is what it shows. Two that show different things have different titles.
	page string
	// who looks at it, of gallery.people; nobody is signed in when empty.
	who string
	// path is where it begins, and steps what leads from there to what is shown.
	path  string
	steps func(*world.Tab)
	// status is what it is answered with; 0 is 200.
	status int
}

// gallery is a hub with something on each page.
type gallery struct {
	w *world.World
	// people are the cookies of those who look.
	people map[string][]*http.Cookie
	views  []view
	// words are such as people wrote, with the language in which they did.
	words map[string]string
}

// The companies of the gallery.
var (
	bakery = identifier.NewTestBusinessID(401)
	branch = identifier.NewTestBusinessID(402)
)

// newGallery fills a hub of nine processes, so that a provider can be away.
func newGallery(t *testing.T) *gallery {
	t.Helper()
	w := world.Apart(t, &binaries)
	w.Hire(t)
	g := &gallery{w: w, people: map[string][]*http.Cookie{}, words: map[string]string{
		"Leipomo tarvitsee apua": "fi", "Millaisia tehtäviä": "fi", "Kirjoitan vastauksen": "fi", "Tervetuloa juttelemaan": "fi", "Olisiko tästä apua": "fi", "Tausta on tämä": "fi",
		"Lokalen är funnen": "sv", "Vi söker ny lokal": "sv",
	}}
	for who, p := range map[string]principal{
		"company": world.CompanyUser("helmi", bakery), "chooser": world.CompanyUser("olli", bakery, branch), "newcomer": world.CompanyUser("nelli"), "advisor": world.AdvisorOf("omnia", world.FirstAdvisor),
		"idle": world.AdvisorOf("espoon-yrittajat", world.FirstAdvisor), "away": world.AdvisorOf("chamber", world.FirstAdvisor),
		"authority": world.AdvisorOf("employment", world.FirstAdvisor), "lead": world.LeadOf("omnia", world.Lead), "operator": world.Operator(),
	} {
		g.people[who] = w.SignedIn(t, w.Token(t, p))
	}
	g.company(t)
	g.signedOut(t)
	g.desk(t)
	g.operator(t)
	g.failures(t)
	return g
}

func (g *gallery) add(group, who string, views ...view) {
	for _, v := range views {
		v.group, v.who = group, cmpOr(v.who, who)
		g.views = append(g.views, v)
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// sends answers the steps that send a form of the page as it is.
func sends(form, step string) func(*world.Tab) {
	return func(tab *world.Tab) { tab.Send(form, step) }
}

// clears answers the steps that empty a form, and send it.
func clears(form, step string) func(*world.Tab) {
	return func(tab *world.Tab) {
		tab.Is("document.querySelectorAll('" + form + " :is(input[type=text], textarea, input[type=date])').forEach((e) => { e.value = ''; }); document.querySelectorAll('" + form + " :is([type=checkbox], [type=radio])').forEach((e) => { e.checked = false; })")
		tab.Send(form, step)
	}
}

// company fills the company's cases, and lists its pages.
func (g *gallery) company(t *testing.T) {
	t.Helper()
	w, owner := g.w, g.w.Company(t, world.CompanyUser("helmi", bakery))
	omnia, city := w.Advisor(t, "omnia", world.FirstAdvisor), w.Advisor(t, "espoo-city", world.FirstAdvisor)
	c := owner.Open(world.Opening{
		Need: "Leipomo tarvitsee apua: palkkaan ensimmäisen työntekijän", Language: "fi", Company: bakery, Journey: "first-employee",
		Services: []string{"omnia/apprenticeship", "employment/pay-subsidy", "enter-espoo/growth-programme"}[:2],
	})
	r := c.Request("omnia-1")
	omnia.PickUp(r)
	omnia.Reply(r, "Tervetuloa juttelemaan meille")
	omnia.Ask(r, "Millaisia tehtäviä työhön kuuluu?")
	c.Write("omnia-1", "Kirjoitan vastauksen huomenna")
	omnia.Refer(r, "chamber/training", "Olisiko tästä apua?", "Tausta on tämä")
	omnia.Note(r, "Soitettava ensi viikolla")
	done := owner.Open(world.Opening{Need: "Vi söker ny lokal", Language: "sv", Company: bakery, Services: []string{"espoo-city/premises"}})
	premises := done.Request("espoo-city-1")
	city.PickUp(premises)
	city.Decide(premises, &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Lokal", Reasons: "Lokalen är funnen"})
	city.Complete(premises, "Lokalen är funnen, lycka till")
	closed := owner.Open(world.Opening{Need: "Tämä on jo ohi", Language: "fi", Company: bakery, Services: []string{"omnia/apprenticeship"}})
	omnia.Receives(closed.Request("omnia-1"))
	closed.Close("")
	behalf := omnia.OpenOnBehalf(bakery, "Soitti oppisopimuksesta", "omnia/apprenticeship")
	omnia.Receives(behalf.Request)
	hers := w.Browser(t)
	hers.SignIn(w.Token(t, world.CompanyUser("helmi", bakery)))
	none := openPremises(hers, "none").Path
	w.IssueKey(t, "integrators/ledger", systemkey.IntegratorScopes()...)

	g.add("company", "company",
		view{page: "cases", path: "/cases"},
		view{page: "cases", path: "/cases?q=zzz"},
		view{page: "cases", path: "/cases", who: "newcomer"},
		view{page: "case", path: "/" + c.Name},
		view{page: "case", path: "/" + c.Name, steps: func(tab *world.Tab) {
			tab.Is("['away', 'ended', 'unsent'].forEach((id) => { document.getElementById(id).hidden = false; })")
		}},
		view{page: "case with an error", path: "/" + c.Name, steps: clears("form[id^=form-answer]", "")},
		view{page: "case", path: "/" + c.Name, steps: func(tab *world.Tab) {
			tab.Is("document.querySelector('form[id^=form-message] textarea').value = 'Kirjoitan vastauksen vielä tänään'")
			tab.Send("form[id^=form-message]", "")
		}},
		view{page: "case", path: "/" + done.Name},
		view{page: "case with an error", path: "/" + done.Name, steps: clears("form[id^=form-rate]", "")},
		view{page: "case", path: "/" + closed.Name},
		view{page: "case", path: "/" + behalf.CaseName},
		view{page: "case", path: none},
		view{page: "who has seen a case", path: "/" + c.Name + "/access"},
		view{page: "add a service", path: "/" + c.Name + "/add"},
		view{page: "add a service: its questions", path: "/" + c.Name + "/add?service=" + premisesOf},
		view{page: "add a service: its questions, with an error", path: "/" + c.Name + "/add?service=" + premisesOf, steps: clears("form[id^=form-]", "")},
		view{page: "proposal", path: "/" + c.Name + "/referrals?request=omnia-1&number=1"},
		view{page: "proposal with an error", path: "/" + c.Name + "/referrals?request=omnia-1&number=1", steps: clears("form[id^=form-agree]", "")},
		view{page: "grants", path: "/grants"},
		view{page: "grants with an error", path: "/grants", steps: clears("form[id^=form-]", "")},
		view{page: "data", path: "/data"},
		view{page: "me", path: "/me"},
		view{page: "me", path: "/me", who: "chooser"},
	)
	g.drafts(t)
	g.kept(c.Name)
	g.advisor(c.Name, closed.Name)
}

const premisesOf = "providers/espoo-city/services/premises"

// drafts lists each step of the opening, as who is signed in sees it.
func (g *gallery) drafts(t *testing.T) {
	t.Helper()
	b := g.w.Browser(t)
	b.SignIn(g.w.Token(t, world.CompanyUser("helmi", bakery)))
	choose := b.Open("/").Form("need").Fill("text", "Etsin toimitilaa ja palkkaan").Send("").Form("choose")
	first := choose.Fill("service", premisesOf).Fill("service", world.Full("omnia/apprenticeship")).Send("")
	filled := first.Form("check").Fill("in:"+premisesOf+":use", "Kahvila").Fill("in:"+premisesOf+":area_m2", "90").Send("next")
	draft := filled.Path + "?at="
	g.add("opening", "company",
		view{page: "need", path: "/"},
		view{page: "need", path: "/", who: "newcomer"},
		view{page: "need", path: draft + "need"},
		view{page: "need with an error", path: "/", steps: clears("#need", "")},
		view{page: "choose", path: draft + "choose"},
		view{page: "choose with an error", path: draft + "choose", steps: clears("#choose", "next")},
		view{page: "questions of the first service", path: draft + "0"},
		view{page: "questions of the first service with an error", path: draft + "0", steps: clears("#check", "next")},
		view{page: "questions of the second service", path: draft + "1"},
		view{page: "questions of the second service with an error", path: draft + "1", steps: clears("#check", "next")},
		view{page: "company", path: draft + "2"},
		view{page: "company with an error", path: draft + "2", steps: func(tab *world.Tab) {
			tab.Is("document.querySelector('[name=company][value=other]').checked = true; document.querySelector('[name=company_id]').value = '123'")
			tab.Send("#check", "next")
		}},
		view{page: "consent", path: draft + "3"},
		view{page: "consent with an error", path: draft + "3", steps: clears("#check", "next")},
		view{page: "all answers", path: draft + "4"},
		view{page: "questions of the second service with an error", path: draft + "4", steps: sends("#check", "send")},
		view{page: "need, another's", path: "/", who: "advisor"},
	)
}

// kept lists what somebody sees whose session ended in the middle of a form.
func (g *gallery) kept(caseName string) {
	words := func(tab *world.Tab) {
		tab.Is("document.querySelector('form[id^=form-message] textarea').value = 'Kirjoitan vastauksen tässä'")
		tab.Drop("hub_session")
		tab.Send("form[id^=form-message]", "")
	}
	g.add("failures", "company",
		view{page: "no session", path: "/" + caseName, steps: words, status: http.StatusUnauthorized},
		view{page: "kept", path: "/" + caseName, steps: func(tab *world.Tab) {
			words(tab)
			tab.Send("#kept", "sign_in")
			tab.Keep(g.people["company"]...)
			tab.Go("/kept")
		}},
	)
}

// signedOut lists the pages for everybody, and those for who has a code.
func (g *gallery) signedOut(t *testing.T) {
	t.Helper()
	holder := g.w.Browser(t)
	opened := openPremises(holder, "")
	g.people["holder"] = holder.Cookies()
	g.add("signed out", "",
		view{page: "need", path: "/"},
		view{page: "choose", path: "/choose"},
		view{page: "choose", path: "/choose?need=hire"},
		view{page: "choose", path: "/", steps: func(tab *world.Tab) {
			tab.Is("document.querySelector('#need textarea').value = 'zzz'")
			tab.Send("#need", "")
		}},
		view{page: "questions of the first service", path: "/choose?need=premises", steps: func(tab *world.Tab) {
			tab.Is("document.querySelectorAll('[name=service]').forEach((s) => { s.checked = s.value === '" + premisesOf + "'; })")
			tab.Send("#choose", "next")
		}},
		view{page: "open with a code", path: "/open-code"},
		view{page: "open with a code, with an error", path: "/open-code", steps: clears("form[id^=form-]", "")},
		view{page: "case", path: opened.Path, who: "holder"},
		view{page: "who has seen a case, with a code", path: opened.Path + "/access", who: "holder"},
		view{page: "data", path: "/data"},
		view{page: "sign in", path: "/sign-in"},
		view{page: "status", path: "/status"},
		view{page: "services", path: "/services"},
		view{page: "privacy", path: "/privacy"},
		view{page: "accessibility statement", path: "/accessibility"},
		view{page: "feedback", path: "/feedback?page=/cases"},
		view{page: "feedback, with an error", path: "/feedback", steps: func(tab *world.Tab) { tab.Send("#form-feedback", "") }},
	)
}

// openPremises opens a case on the pages: for no company yet when who does is signed in, and
// without a name when nobody is.
func openPremises(b *world.Browser, company string) *world.Page {
	return readyToSend(b, company).Form("check").Send("send")
}

// readyToSend answers the last page of an opening.
func readyToSend(b *world.Browser, company string) *world.Page {
	first := b.Open("/").Form("need").Fill("text", "Etsin toimitilaa").Send("").Form("choose").Fill("service", premisesOf).Send("")
	asked := first.Form("check").Fill("in:"+premisesOf+":use", "Kahvila").Fill("in:"+premisesOf+":area_m2", "90").Send("next").Form("check")
	if company != "" {
		asked.Fill("company", company)
	}
	consents := asked.Send("next").Form("check")
	for _, field := range consents.Fields() {
		if strings.HasPrefix(field, "consent:") {
			consents.Fill(field, "yes")
		}
	}
	return consents.Send("next")
}

// advisor lists an advisor's pages.
func (g *gallery) advisor(caseName, ended string) {
	id, over := strings.TrimPrefix(caseName, "cases/"), strings.TrimPrefix(ended, "cases/")
	request := "/desk/omnia/requests/" + id + "/omnia-1"
	views := []view{
		{page: "inbox", path: "/desk/omnia"},
		{page: "inbox", path: "/desk/omnia?view=mine"},
		{page: "inbox", path: "/desk/omnia?q=zzz"},
		{page: "inbox", path: "/desk/espoon-yrittajat", who: "idle"},
		{page: "inbox", path: "/desk/omnia", steps: func(tab *world.Tab) {
			tab.Await("the script is there", "document.documentElement.classList.contains('desk')").Is("document.getElementById('help').showPopover(); document.getElementById('more').hidden = false")
		}},
		{page: "request", path: request},
		{page: "request that has ended", path: "/desk/omnia/requests/" + over + "/omnia-1"},
		{page: "request of an authority", path: "/desk/employment/requests/" + id + "/employment-1", who: "authority"},
		{page: "request with a reply sent", path: request, steps: func(tab *world.Tab) {
			tab.Is("document.querySelector('#form-reply textarea').value = 'Tervetuloa juttelemaan taas'")
			tab.Send("#form-reply", "")
		}},
		{page: "whole case", path: "/desk/omnia/cases/" + id},
		{page: "whole case", path: "/desk/employment/cases/" + id, who: "authority"},
		{page: "texts", path: "/desk/omnia/texts"},
		{page: "on behalf", path: "/desk/omnia/new"},
		{page: "on behalf, its questions", path: "/desk/omnia/new?service=" + world.Full("omnia/apprenticeship")},
		{page: "on behalf, with an error", path: "/desk/omnia/new?service=" + world.Full("omnia/apprenticeship"), steps: clears("#behalf", "send")},
	}
	for _, do := range []string{"reply", "note", "ask", "decline", "refer", "decide", "contact"} {
		views = append(views, view{page: "request with an error", path: request, steps: clears("#form-"+do, "")})
	}
	g.add("advisor", "advisor", views...)
}

// desk lists a lead's pages.
func (g *gallery) desk(t *testing.T) {
	t.Helper()
	lead := g.w.LeadOf(t, "omnia")
	if _, err := lead.Calls.SetTextBlock(lead.Context(), &providerv1.SetTextBlockRequest{
		Parent: "providers/omnia", RequestId: newID(), Title: "Aika", Fi: "Varaa aika.", Sv: "Boka tid.", En: "Book a time.",
	}); err != nil {
		t.Fatal(err)
	}
	g.w.IssueKey(t, "providers/omnia", systemkey.ProviderScopes()...)
	g.add("lead", "lead",
		view{page: "inbox", path: "/desk/omnia"},
		view{page: "texts", path: "/desk/omnia/texts"},
		view{page: "texts with an error", path: "/desk/omnia/texts", steps: clears("form[id^=form-]", "")},
		view{page: "team", path: "/desk/omnia/team"},
		view{page: "team with an error", path: "/desk/omnia/team", steps: clears("#form-assign", "")},
		view{page: "keys", path: "/desk/omnia/keys"},
		view{page: "keys with an error", path: "/desk/omnia/keys", steps: clears("form[id^=form-issue]", "")},
		view{page: "what a provider's people saw", path: "/desk/omnia/access"},
	)
}

// operator makes dead letters, and lists an operator's pages.
func (g *gallery) operator(t *testing.T) {
	t.Helper()
	hub := g.w.Bus(t, "hub")
	good, err := hub.Get(t.Context(), bus.StreamCatalogue, 1)
	if err == nil {
		err = hub.DeadLetter(t.Context(), good, "registry", "an older version did not know it")
	}
	if err != nil {
		t.Fatal(err)
	}
	g.words["an older version did not know it"] = "en"
	g.w.Add(t, "omnia", "pekka", "Pekka Pitkänen", policyv1.Role_ROLE_ADVISOR)
	g.add("operator", "operator",
		view{page: "dead letters", path: "/operator"},
		view{page: "staff", path: "/operator/staff"},
		view{page: "staff", path: "/operator/staff?provider=omnia"},
		view{page: "staff with an error", path: "/operator/staff?provider=omnia", steps: clears("#form-add", "")},
		view{page: "keys of all", path: "/operator/keys"},
		view{page: "keys of all with an error", path: "/operator/keys", steps: clears("#form-find", "")},
		view{page: "erasures", path: "/operator/erasures"},
		view{page: "erasures with an error", path: "/operator/erasures", steps: clears("form[id^=form-]", "")},
		view{page: "audit of the catalogue", path: "/operator/catalogue"},
		view{page: "audit of the catalogue", path: "/operator/catalogue?provider=omnia"},
		view{page: "services", path: "/services"},
	)
}

// failures takes a provider and an issuer away, and lists what is answered then, and to
// who may not see something.
func (g *gallery) failures(t *testing.T) {
	t.Helper()
	g.w.Kill(t, "chamber")
	g.w.Door.Away("yritysespoo")
	g.add("failures", "",
		view{page: "nothing there", path: "/nowhere", status: http.StatusNotFound},
		view{page: "nothing there", path: "/cases/" + strings.Repeat("a", 26), who: "company", status: http.StatusNotFound},
		view{page: "no session", path: "/cases", status: http.StatusUnauthorized},
		view{page: "no session", path: "/sign-in/companies/callback?error=access_denied", status: http.StatusUnauthorized},
		view{page: "not allowed", path: "/operator", who: "company", status: http.StatusForbidden},
		view{page: "away", path: "/desk/chamber", who: "away", status: http.StatusServiceUnavailable},
		view{page: "away", path: "/sign-in", steps: sends("#sign-in-yritysespoo", ""), status: http.StatusServiceUnavailable},
	)
}

// groups are the groups of the views, each with its own.
func (g *gallery) groups() map[string][]view {
	groups := map[string][]view{}
	for _, v := range g.views {
		groups[v.group] = append(groups[v.group], v)
	}
	return groups
}

// show shows a view in a language.
func (g *gallery) show(tab *world.Tab, v view, language string) {
	separator := "?"
	if strings.Contains(v.path, "?") {
		separator = "&"
	}
	tab.Go(v.path + separator + "lang=" + language)
	if v.steps != nil {
		v.steps(tab)
	}
}

// noPages are the addresses that show no page of their own.
var noPages = []string{
	"GET /check",                // leads to the first page
	"GET /desk",                 // leads to one's own
	"GET /desk/{provider}/next", // leads to a request
	"GET /data/archive",         // is a file
}

// lacks answers the addresses of pages that none of the views shows, nor is led to by its
// steps.
func (g *gallery) lacks(visited []string) []string {
	seen := map[string]bool{}
	pages := http.NewServeMux()
	for _, pattern := range web.Patterns() {
		pages.Handle(pattern, http.NotFoundHandler())
	}
	for _, path := range visited {
		_, pattern := pages.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
		seen[pattern] = true
	}
	var missing []string
	for _, pattern := range web.Patterns() {
		if strings.HasPrefix(pattern, "GET ") && !seen[pattern] && !slices.Contains(noPages, pattern) {
			missing = append(missing, pattern)
		}
	}
	return missing
}
