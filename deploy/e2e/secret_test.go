package e2e

import (
	"maps"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

func TestSecretsOneProcess(t *testing.T) {
	t.Setenv("HUB_LOG_LEVEL", "debug")
	secretsStay(t, world.Single(t, &binaries))
}

func TestSecretsNineProcesses(t *testing.T) {
	t.Setenv("HUB_LOG_LEVEL", "debug")
	secretsStay(t, world.Apart(t, &binaries))
}

// secretsStay: a company in trouble and a company for sale ask for help, with and
// without a name. Whoever has no part in it sees what they would see if nobody had.
func secretsStay(t *testing.T, w *world.World) {
	w.Hire(t)
	rival := identifier.NewTestBusinessID(161)
	watcher := w.Company(t, world.CompanyUser("rival", rival))
	plain := watcher.Open(world.Opening{Need: "koulutus ja rekrytointi", Company: rival, Services: []string{"chamber/training", "employment/vacancy"}})
	employment := w.Advisor(t, "employment", world.FirstAdvisor)
	employment.PickUp(plain.Request("employment-1"))
	w.Advisor(t, "chamber", world.FirstAdvisor).PickUp(plain.Request("chamber-1"))
	plain.Await("all to be told that is due soon", toldOfDates)

	s := secrets{t: t, w: w, company: identifier.NewTestBusinessID(160)}
	front, desk := w.Tap(t, w.At.GRPC), w.Tap(t, w.At.Providers["employment"])
	var all []*onlooker
	for who, p := range map[string]principal{
		"another company": world.CompanyUser("rival", rival), "its integrator": world.Integrator("ledger", rival), "a stranger": {},
		"an advisor who is not asked": world.AdvisorOf("employment", world.FirstAdvisor), "a lead who is not asked": world.LeadOf("employment", world.Lead),
		"a system that is not asked": world.SystemOf("employment"), "another advisor who is not asked": world.AdvisorOf("chamber", world.SecondAdvisor),
		"an operator": world.Operator(),
	} {
		all = append(all, newOnlooker(t, w, who, p, front))
		if who != "its integrator" { // no provider knows an integrator's key, and wrong ones are counted
			all = append(all, newOnlooker(t, w, who+" at the provider", p, desk))
		}
	}
	look := func(request string) map[string]string {
		saw := map[string]string{}
		for _, o := range all {
			for _, provider := range []string{"employment", "chamber", "yritysespoo"} {
				if o.tap == front || provider == "employment" {
					maps.Copy(saw, o.sees(t, request, provider, s.word.Word()))
				}
			}
		}
		return saw
	}
	s.begin()
	before, figures := map[string]map[string]string{}, all[0].figures()
	for _, key := range []string{"yritysespoo-1", "espoon-yrittajat-1", "espoon-yrittajat-2"} {
		before[key] = look("cases/aaaaaaaaaaaaaaaaaaaaaaaaaa/requests/" + key) // there is none
	}
	theirEvents, theirInbox := watchEvents(t, watcher, ""), watchRequests(t, employment, "")
	theirInbox.next(t)

	s.play()
	for _, request := range s.requests {
		same(t, request, before[request[strings.LastIndex(request, "/")+1:]], look(request))
	}
	if now := all[0].figures(); now != figures {
		t.Errorf("the status page told\n%s\nand tells\n%s", figures, now)
	}
	plain.Write("employment-1", "Onko hakijoita?")
	for _, watch := range []*watch{theirEvents, theirInbox} {
		if next := watch.next(t); next.entry.GetRequest() != plain.Request("employment-1") {
			t.Errorf("a watch sent %v where the watcher's own message is next", next)
		}
	}
	s.besides()
	s.staysIn(all, front, desk)
}

// secrets plays the cases that nobody else may see.
type secrets struct {
	t       *testing.T
	w       *world.World
	company string
	// word is in every text of them.
	word *world.Marker
	// sale is a case that is no secret but for one of its services. open is the
	// request for the other.
	sale *world.Case
	open string
	// requests are the secret ones.
	requests []string
}

func (s *secrets) owner() *world.Company {
	return s.w.Company(s.t, world.CompanyUser("irma", s.company))
}

// begin opens the case that others may know of in part.
func (s *secrets) begin() {
	s.t.Helper()
	s.word = world.NewMarker("words of a secret case")
	s.sale = s.owner().Open(world.Opening{
		Need: "Työt järjestetään uudelleen", Company: s.company, Services: []string{"espoon-yrittajat/ownership", "omnia/apprenticeship"},
		Answers: world.Answers{"espoon-yrittajat/ownership": {"wish": s.word.Text()}},
	})
	s.open = s.sale.Request("omnia-1")
	desk := s.w.Advisor(s.t, "omnia", world.FirstAdvisor)
	desk.Receives(s.open)
	s.counted(desk.Read(s.open).Revision)
}

// counted waits until a revision is in what is counted, which lists are read from.
func (s *secrets) counted(revision string) {
	s.t.Helper()
	owner := s.owner()
	if _, err := owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{MinRevision: revision}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *secrets) play() {
	s.t.Helper()
	owner, text := s.owner(), s.word.Text()
	crisis := owner.Open(world.Opening{Need: text, Company: s.company, Services: []string{"yritysespoo/company-advice"}, Secret: true})
	// A secret journey makes its case secret, and so does a need, whoever forgot to say so.
	needed := owner.Open(world.Opening{Need: text, Company: s.company, Services: []string{"yritysespoo/company-advice"}, Needs: []string{"crisis"}})
	journey := owner.Open(world.Opening{Need: text, Company: s.company, Services: []string{"yritysespoo/company-advice"}, Journey: "change-of-ownership"})
	nameless := s.w.Stranger(s.t).Open(world.Opening{Need: text, Services: []string{"yritysespoo/company-advice"}, Journey: "hard-times"})
	alone := owner.Open(world.Opening{Need: text, Company: s.company, Services: []string{"espoon-yrittajat/ownership"}})
	added := s.sale.Add("espoon-yrittajat/ownership", map[string]string{"wish": text})
	holder := s.w.Holder(s.t, nameless.Code, nameless.Secret).Case(nameless.Name)
	for _, c := range []struct {
		*world.Case
		key    string
		secret bool
	}{
		{crisis, "yritysespoo-1", true},
		{journey, "yritysespoo-1", true},
		{needed, "yritysespoo-1", true},
		{holder, "yritysespoo-1", true},
		{alone, "espoon-yrittajat-1", false},
		{s.sale, "espoon-yrittajat-1", false},
		{s.sale, added, false},
	} {
		request := c.Request(c.key)
		s.requests = append(s.requests, request)
		desk := s.w.Advisor(s.t, c.key[:strings.LastIndex(c.key, "-")], world.FirstAdvisor)
		if got := desk.PickUp(request); !got.Secret {
			s.t.Errorf("%s is not secret", request)
		}
		if got := c.View(); got.Secret != c.secret {
			s.t.Errorf("%s is secret: %t", got.Name, got.Secret)
		}
		desk.Reply(request, text)
		c.Write(c.key, text)
		desk.Note(request, text)
		// Who is proposed learns nothing before the company agrees.
		desk.Refer(request, "employment/vacancy", text, text)
		desk.Await(request, casesv1.RequestStatus_REQUEST_STATUS_WAITING)
		c.TurnDown(c.key, 1)
		desk.Await(request, casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS)
	}
	crisis.Close(text)
	s.counted(s.sale.View().Revision)
}
