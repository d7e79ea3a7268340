package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// startBusiness is the journey start-business from the idea to the first year:
// every step of it that the hub takes part in.
func startBusiness(t *testing.T, w *world.World) {
	founder := world.CompanyUser("aino")
	aino := w.Company(t, founder)

	// She says what she needs, and chooses among what is suggested.
	const need = "Haluan perustaa yrityksen, kahvilan Tapiolaan, ja hakea starttirahaa"
	suggested := aino.Suggest("fi", need)
	for _, service := range []string{"yritysespoo/start-advice", "employment/startup-grant"} {
		if !slices.Contains(suggested, service) {
			t.Errorf("%q suggests %v, and not %s", need, suggested, service)
		}
	}
	c := aino.Open(world.Opening{Need: need, Services: []string{"yritysespoo/start-advice"}, Journey: "start-business", Language: "fi"})
	opened := c.View()
	if opened.Status != casesv1.CaseStatus_CASE_STATUS_OPEN || opened.Company != nil || opened.Anonymous || opened.Journey != "start-business" || len(opened.Consents) != 1 {
		t.Fatalf("opened as %v", opened)
	}

	startAdvice(t, w, c)
	review := planReview(t, w, c)
	permits, premises := review.permits, review.premises

	// The city and the employment area work in parallel from here on.
	city := w.Advisor(t, "espoo-city", world.FirstAdvisor)
	city.PickUp(c.Request(permits))
	city.PickUp(c.Request(premises))
	grant := grantStatement(t, w, c)
	city.Reply(c.Request(premises), "Kaksi tilaa Tapiolassa: 85 m² ja 110 m².")
	startupGrant(t, w, c, grant)

	c = linkCompany(t, w, c, founder)
	city.Contact(c.Request(premises), casesv1.ContactKind_CONTACT_KIND_VISIT, "Käytiin katsomassa 85 m² tilaa.")
	city.Complete(c.Request(premises), "Vuokrasopimus tehty.")
	decideOfficially(t, city, c.Request(permits), "LP-049-2026-00123", 0)
	city.Complete(c.Request(permits), "Terassi tarvitsee toimenpideluvan; hae se, kun tila on selvä.")

	firstYear(t, w, c, city)
	holdsJourney(t, w, c.View(), "start-business")
	closeWell(t, w, c)
}

func startAdvice(t *testing.T, w *world.World, c *world.Case) {
	ville := w.Advisor(t, "yritysespoo", world.FirstAdvisor)
	request := c.Request("yritysespoo-1")
	ville.PickUp(request)
	seen := c.See("yritysespoo-1")
	if seen.Status != casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS || seen.Advisor.GetDisplayName() != "Ville Virtanen" || seen.DueDate == "" {
		t.Errorf("aino sees who works on it, and by when, as %v", seen)
	}
	c.Write("yritysespoo-1", "Voiko tapaaminen olla iltapäivällä?")
	if got := ville.See(request).UnansweredMessages; got != 1 {
		t.Errorf("ville sees %d messages without an answer, want 1", got)
	}
	ville.Reply(request, "Kyllä, tiistaina kello 14.")
	ville.Contact(request, casesv1.ContactKind_CONTACT_KIND_MEETING, "Käytiin läpi idea ja seuraavat askeleet.")
	ville.Note(request, "Budjetti on varovainen.")
	ville.Complete(request, "Tee suunnitelma ja laskelmat, niin arvioimme ne yhdessä.")

	// The note stays with the provider: neither aino nor another provider reads it.
	if notes := ville.Notes(request); len(notes) != 1 || notes[0].Text != "Budjetti on varovainen." {
		t.Errorf("notes of yritysespoo are %v", notes)
	}
	if strings.Contains(c.View().String(), "varovainen") {
		t.Error("the confidential note is in the view of the company")
	}
	_, err := w.Advisor(t, "omnia", world.FirstAdvisor).Calls.ListNotes(w.Advisor(t, "omnia", world.FirstAdvisor).Context(), &providerv1.ListNotesRequest{Parent: request})
	world.Refused(t, err, codes.NotFound, "REQUEST_NOT_FOUND")
}

// reviewed are the requests that the plan's review led to, as keys.
type reviewed struct{ permits, premises string }

// planReview is a review with a supplement, and three referrals: to permits and
// premises, which aino agrees to, and to an alternative, which she turns down.
func planReview(t *testing.T, w *world.World, c *world.Case) reviewed {
	key := c.Add("yritysespoo/plan-review", nil)
	request := c.Request(key)
	maija := w.Advisor(t, "yritysespoo", world.SecondAdvisor)
	maija.PickUp(request)

	maija.Ask(request, "Kannattavuuslaskelmasta puuttuu toinen vuosi. Voitko lisätä sen?")
	waiting := c.View()
	if len(waiting.Asks) == 0 || waiting.Asks[0].Kind != casesv1.AskKind_ASK_KIND_ANSWER_SUPPLEMENT || waiting.Asks[0].Request != request {
		t.Errorf("aino is asked %v", waiting.Asks)
	}
	if r := c.See(key); r.Status != casesv1.RequestStatus_REQUEST_STATUS_WAITING {
		t.Errorf("the review is %s", r.Status)
	}
	c.Supplement(key, 1, "Lisäsin toisen vuoden.", &casesv1.Input{Id: "calculations", Value: "laskelmat-v2.xlsx"})

	maija.Refer(request, "espoo-city/permit-advice", "Terassi ja ilmanvaihto voivat tarvita luvan.", "Kahvila, 40 asiakaspaikkaa ja terassi.")
	maija.Refer(request, "espoo-city/premises", "Kaupunki auttaa tilan etsimisessä.", "Noin 90 m² Tapiolassa.")
	maija.Refer(request, "omnia/innoomnia", "InnoOmniassa on myös tiloja.", "")
	// Nothing reaches the city before aino agrees.
	city := w.Advisor(t, "espoo-city", world.FirstAdvisor)
	if inbox := city.Inbox(); slices.ContainsFunc(inbox, func(r string) bool { return strings.HasPrefix(r, c.Name+"/") }) {
		t.Errorf("the city's inbox holds %v before aino has agreed", inbox)
	}
	if asks := c.View().Asks; len(asks) < 3 || asks[0].Kind != casesv1.AskKind_ASK_KIND_ANSWER_REFERRAL || asks[0].Target != world.Full("espoo-city/permit-advice") {
		t.Errorf("aino is asked %v", asks)
	}
	_, err := w.Cases(t).AnswerReferral(w.As(t, world.CompanyUser("aino")), &casesv1.AnswerReferralRequest{Name: request, RequestId: uuid.NewString(), Number: 1, Agree: true, Inputs: w.Choice(t, "espoo-city/permit-advice", nil).Inputs})
	if got := world.Read(err); got.Code != codes.InvalidArgument {
		t.Errorf("agreeing without a consent answers %s %s", got.Code, got.Reason)
	}

	permits := c.Agree(key, 1, map[string]string{"activity": "Kahvila ja terassi", "address": "Tapiontori 1"})
	premises := c.Agree(key, 2, nil)
	c.TurnDown(key, 3)
	received := city.Receives(c.Request(permits))
	if received.Handover != "Kahvila, 40 asiakaspaikkaa ja terassi." || received.ReferredFrom != request {
		t.Errorf("the city receives %q from %s", received.Handover, received.ReferredFrom)
	}
	for _, p := range c.View().Requests {
		if p.Provider == "providers/omnia" {
			t.Errorf("a referral that was turned down led to %s", p.Name)
		}
	}
	maija.Await(request, casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS) // the clock runs again
	maija.Complete(request, "Suunnitelma on hyvä. Starttirahaa varten tarvitset lausunnon.")
	return reviewed{permits, premises}
}

// grantStatement is the statement for the start-up grant, which goes to the
// employment area with aino's consent. It answers the key of the grant's request.
func grantStatement(t *testing.T, w *world.World, c *world.Case) string {
	key := c.Add("yritysespoo/grant-statement", map[string]string{"planned_start": world.InDays(60)})
	request := c.Request(key)
	maija := w.Advisor(t, "yritysespoo", world.SecondAdvisor)
	maija.PickUp(request)
	_, err := maija.Calls.Complete(maija.Context(), &providerv1.CompleteRequest{Name: request, RequestId: uuid.NewString(), Summary: "Valmis"})
	world.Refused(t, err, codes.FailedPrecondition, "DECISION_MISSING")

	maija.Refer(request, "employment/startup-grant", "Hae starttirahaa työllisyysalueelta.", "Lausunto: puollamme starttirahaa.")
	maija.Decide(request, &casesv1.Decision{
		Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Puollamme starttirahaa", Reasons: "Suunnitelma on toteutettavissa.",
	})
	// She gives today as the first day, which is too early while nothing is decided.
	grant := c.Agree(key, 1, map[string]string{"planned_start": world.InDays(0), "business_idea": "Kahvila Tapiolassa", "situation": choiceOf(t, w, "employment/startup-grant", "situation", 0)})
	maija.Complete(request, "Lausunto on annettu.")
	return grant
}

// startupGrant is decided in an official service elsewhere, and reported here by
// the employment area's system.
func startupGrant(t *testing.T, w *world.World, c *world.Case, key string) {
	request := c.Request(key)
	employment := w.Advisor(t, "employment", world.FirstAdvisor)
	received := employment.PickUp(request)
	if received.Handover != "Lausunto: puollamme starttirahaa." {
		t.Errorf("the statement that reaches employment is %q", received.Handover)
	}
	view := c.View()
	if !slices.ContainsFunc(view.Asks, func(a *casesv1.Ask) bool {
		return a.Kind == casesv1.AskKind_ASK_KIND_APPLY_ELSEWHERE && a.Request == request && strings.HasPrefix(a.Target, "https://")
	}) {
		t.Errorf("nothing says where to apply: %v", view.Asks)
	}
	if got := notices(view, "ORDER_GRANT_BEFORE_START"); len(got) != 1 || got[0].Source == "" || !slices.Contains(got[0].Requests, request) {
		t.Errorf("a start before the decision is noticed as %v", view.Notices)
	}
	employment.Ask(request, "Ilmoitit aloittavasi tänään. Siirrä aloitus päätöksen jälkeen.")
	c.Supplement(key, 1, "Aloitan vasta päätöksen jälkeen.", &casesv1.Input{Id: "planned_start", Value: world.InDays(60)})
	if got := notices(c.View(), "ORDER_GRANT_BEFORE_START"); len(got) != 0 {
		t.Errorf("after the new date it still says %v", got)
	}

	system := w.Desk(t, world.SystemOf("employment"), w.At.GRPC)
	_, err := system.Calls.Decide(system.Context(), &providerv1.DecideRequest{Name: request, RequestId: uuid.NewString(), Decision: &casesv1.Decision{
		Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Starttiraha", Reasons: "Edellytykset täyttyvät.",
	}})
	if refused := world.Refused(t, err, codes.InvalidArgument, "DECISION_INCOMPLETE"); !refused.Names("decision.reference") {
		t.Errorf("a reported decision without a reference names %v", refused.Fields)
	}
	decideOfficially(t, system, request, "STR-2026-4711", 480_000)
	if d := c.See(key).Decision; !d.GetReported() || d.GetReference() != "STR-2026-4711" || d.GetDecidedOn() == "" {
		t.Errorf("aino sees the decision %v", d)
	}
	employment.Complete(request, "Starttiraha on myönnetty kuudeksi kuukaudeksi.")
}

// linkCompany: the Business ID has come, and the case becomes the company's
// without losing anything. It answers the case as somebody sees it who acts for it.
func linkCompany(t *testing.T, w *world.World, c *world.Case, founder principal) *world.Case {
	before := c.Await("the answers to referrals to be told", func(v *casesv1.Case) bool {
		return !slices.ContainsFunc(v.Asks, func(a *casesv1.Ask) bool { return a.Kind == casesv1.AskKind_ASK_KIND_ANSWER_REFERRAL })
	})
	founder.Companies = []string{cafe}
	now := w.Company(t, founder).Case(c.Name)
	now.Link(cafe, "Kahvila Aino Oy")
	after := now.Await("the company to reach every request", func(v *casesv1.Case) bool {
		return v.Company.GetId() == cafe && !slices.ContainsFunc(v.Requests, func(r *casesv1.Request) bool {
			return r.Company.GetId() != cafe && r.EndedAt == nil
		})
	})
	lost := []protocmpOption{protocmp.Transform(), protocmp.IgnoreFields(&casesv1.Case{}, "company", "updated_at", "timeline", "requests", "etag", "revision", "notices")}
	if diff := cmp.Diff(before, after, lost...); diff != "" {
		t.Errorf("linking changed the case (-before +after):\n%s", diff)
	}
	kept := []protocmpOption{protocmp.Transform(), protocmp.IgnoreFields(&casesv1.Request{}, "company", "updated_at", "etag")}
	if diff := cmp.Diff(before.Requests, after.Requests, kept...); diff != "" {
		t.Errorf("linking changed the requests (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.Timeline, after.Timeline[:len(before.Timeline)], protocmp.Transform()); diff != "" {
		t.Errorf("linking changed what happened (-before +after):\n%s", diff)
	}
	// Whoever acts for the company sees it now, and so does the city.
	if other := w.Company(t, world.CompanyUser("pekka", cafe)).Case(c.Name).View(); other.NeedText != before.NeedText {
		t.Errorf("another of the company reads %v", other)
	}
	city := w.Advisor(t, "espoo-city", world.FirstAdvisor)
	world.Await(t, "the city to see the company", func() error {
		if r := city.See(c.Request("espoo-city-1")); r.Company.GetId() != cafe {
			return world.Not("it sees %v", r.Company)
		}
		return nil
	})
	return now
}

// firstYear: accounting, the permit itself, membership, the grant's extension and
// a meeting after half a year.
func firstYear(t *testing.T, w *world.World, c *world.Case, city *world.Advisor) {
	ville := w.Advisor(t, "yritysespoo", world.FirstAdvisor)
	accounting := c.Request(c.Add("yritysespoo/expert-referral", nil))
	ville.PickUp(accounting)
	ville.Complete(accounting, "Kolme tilitoimistoa, joista valita.")

	permit := c.Request(c.Add("espoo-city/permit-advice", map[string]string{"activity": "Terassi", "address": "Tapiontori 1"}))
	city.PickUp(permit)
	decideOfficially(t, city, permit, "LP-049-2026-00456", 0)
	city.Complete(permit, "Lupa on myönnetty.")

	join := c.Request(c.Add("espoon-yrittajat/membership", nil))
	yrittajat := w.Advisor(t, "espoon-yrittajat", world.FirstAdvisor)
	yrittajat.PickUp(join)
	yrittajat.Complete(join, "Tervetuloa jäseneksi.")

	extension := c.Request(c.Add("employment/startup-grant", map[string]string{"planned_start": world.InDays(200)}))
	employment := w.Advisor(t, "employment", world.SecondAdvisor)
	employment.PickUp(extension)
	decideOfficially(t, employment, extension, "STR-2027-0042", 240_000)
	employment.Complete(extension, "Jatkoa kolme kuukautta.")

	meeting := c.Request(c.Add("yritysespoo/company-advice", nil))
	ville.PickUp(meeting)
	ville.Reply(meeting, "Miten puoli vuotta on mennyt?")
	ville.Complete(meeting, "Kaikki hyvin, tavataan vuoden päästä.")
}

// closeWell rates what is left to rate and closes the case.
func closeWell(t *testing.T, w *world.World, c *world.Case) {
	for _, ask := range c.View().Asks {
		if ask.Kind != casesv1.AskKind_ASK_KIND_RATE {
			t.Errorf("at the end %v is still asked", ask)
			continue
		}
		key := strings.TrimPrefix(ask.Request, c.Name+"/requests/")
		if r := c.Rate(key, 5, "Kiitos!"); r.Rating.GetStars() != 5 {
			t.Errorf("%s is rated %v", key, r.Rating)
		}
	}
	if left := c.View().Asks; len(left) != 0 {
		t.Errorf("after rating it is still asked: %v", left)
	}
	closed := c.Close("Yritys on perustettu.")
	if closed.ClosedAt == nil || closed.Timeline[len(closed.Timeline)-1].Kind != casesv1.EntryKind_ENTRY_KIND_CASE_CLOSED {
		t.Errorf("closed as %v", closed.Timeline[len(closed.Timeline)-1])
	}
	for _, key := range []string{"yritysespoo", "espoo-city", "employment", "omnia"} {
		if inbox := w.Advisor(t, key, world.FirstAdvisor).Inbox(); slices.ContainsFunc(inbox, func(r string) bool { return strings.HasPrefix(r, c.Name+"/") }) {
			t.Errorf("%s still has %v in its inbox", key, inbox)
		}
	}
}
