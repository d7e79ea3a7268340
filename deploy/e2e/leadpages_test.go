package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// TestLeadAndOperatorOnThePages: a lead moves requests and is told of one that somebody
// took meanwhile, an operator removes an advisor and deals with dead letters, and the
// lead moves what the advisor left behind; all on the pages, over nine processes.
func TestLeadAndOperatorOnThePages(t *testing.T) {
	w := world.Apart(t, &binaries)
	w.Hire(t)
	lead, operator := signedIn(t, w, world.LeadOf("omnia", world.Lead)), signedIn(t, w, world.Operator())
	leadMoves(t, w, lead, operator)
	operatorReplays(t, w, operator)
}

func leadMoves(t *testing.T, w *world.World, lead, operator *world.Browser) {
	t.Helper()
	company := identifier.NewTestBusinessID(190)
	owner := w.Company(t, world.CompanyUser("lempi", company))
	ville := w.Advisor(t, "omnia", world.FirstAdvisor)
	var cases []*world.Case
	var requests []string
	for _, title := range []string{"Ensimmäinen", "Toinen"} {
		c := owner.Open(world.Opening{Need: title, Company: company, Services: []string{service}})
		cases, requests = append(cases, c), append(requests, c.Request("omnia-1"))
		ville.Receives(c.Request("omnia-1"))
	}
	holds := func(advisor string, which ...int) {
		t.Helper()
		for _, i := range which {
			cases[i].Await(advisor+" to have it", func(v *casesv1.Case) bool {
				return strings.HasSuffix(v.Requests[0].Advisor.GetName(), "/"+advisor)
			})
		}
	}
	const team = "/desk/omnia/team?lang=en"
	maija := "providers/omnia/advisors/" + world.SecondAdvisor
	form := lead.Open(team).Has("Nobody yet", "Ville Virtanen").Form("form-assign").Fill("advisor", maija).Fill("request", requests[0]).Fill("request", requests[1])
	ville.PickUp(requests[1])
	form.Send("").Has("Done:", "now with Maija Mäkelä", "Not done:", "changed meanwhile")
	holds(world.SecondAdvisor, 0)
	holds(world.FirstAdvisor, 1)
	form.Send("").Has("Done:", "Not done:") // sent twice, it is answered as before
	lead.Open(team+"&advisor="+world.FirstAdvisor).Form("form-assign").Fill("advisor", maija).Fill("request", requests[1]).Send("").Has("Done:")
	holds(world.SecondAdvisor, 0, 1)

	if page := operator.Open("/operator/staff?provider=omnia&lang=en").Form("form-remove-" + world.SecondAdvisor).Send(""); page.Status != http.StatusOK {
		t.Fatalf("removing leads to %s", page)
	}
	world.Await(t, "the lead to see who has left", func() error {
		if page := lead.Open(team); !strings.Contains(page.Text, "No longer on the staff") {
			return world.Not("the page is %s", page)
		}
		return nil
	})
	back := lead.Open(team+"&advisor="+world.SecondAdvisor).Form("form-assign").Fill("request", requests[0]).Fill("request", requests[1])
	back.Fill("advisor", "providers/omnia/advisors/"+world.FirstAdvisor).Send("").Has("Done:")
	holds(world.FirstAdvisor, 0, 1)
}

func operatorReplays(t *testing.T, w *world.World, operator *world.Browser) {
	t.Helper()
	hub, omnia := w.Bus(t, "hub"), w.Bus(t, "omnia")
	good, err := hub.Get(t.Context(), bus.StreamCatalogue, 1)
	if err == nil {
		err = hub.DeadLetter(t.Context(), good, "registry", "an older version did not know it")
	}
	if err == nil {
		_, err = omnia.Publish(t.Context(), bus.Message{Subject: "staff.omnia.a9", Data: []byte{0xff}})
	}
	if err != nil {
		t.Fatal(err)
	}
	letters := map[string]string{}
	world.Await(t, "two dead letters", func() error {
		answer, err := w.Admin(t).ListDeadLetters(w.As(t, world.Operator()), &adminv1.ListDeadLettersRequest{})
		for _, l := range answer.GetDeadLetters() {
			letters[l.Party+"/"+l.Handler] = strconv.FormatUint(l.Sequence, 10)
		}
		if err != nil || letters["hub/directory"] == "" || letters["hub/registry"] == "" {
			return world.Not("%v, %v", letters, err)
		}
		return nil
	})
	page := operator.Open("/operator?lang=en").Has("an older version did not know it", "omnia.a9")
	page.Form("form-replay-"+letters["hub/registry"]).Send("").Has("Done:", "the handler took it in")
	page = operator.Open("/operator").Form("form-all-hub").Send("")
	page.Has("Not done:", "Event "+letters["hub/directory"])
	if _, there := page.HasForm("form-replay-" + letters["hub/registry"]); there {
		t.Error("what was taken in is still listed")
	}
	page = page.Form("form-drop-"+letters["hub/directory"]).Fill("reason", "rubbish").Send("").Has("it was put away")
	if _, there := page.HasForm("form-drop-" + letters["hub/directory"]); there {
		t.Error("what was put away is still listed")
	}
}
