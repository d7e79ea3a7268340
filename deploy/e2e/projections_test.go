package e2e

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/name"
)

func TestProjectionsOneProcess(t *testing.T)    { projections(t, world.Single(t, &binaries)) }
func TestProjectionsNineProcesses(t *testing.T) { projections(t, world.Apart(t, &binaries)) }

// projections: every file that is no log is deleted while the hub is down. It
// comes back with the very same answers: cases, inboxes, notes, staff, drafts, and
// the keys by which tokens, codes and repeats are known.
func projections(t *testing.T, w *world.World) {
	w.Hire(t)
	k := keepsake{w: w, company: identifier.NewTestBusinessID(140)}
	k.play(t)
	parts := append([]string{"gateway"}, name.Providers...)
	for round, stop := range []func(testing.TB, string){w.Stop, w.Kill} {
		before := k.answers(t)
		for _, part := range parts {
			if w.Process(part).Alive() {
				stop(t, part)
			}
		}
		for _, folder := range w.Projections() {
			if _, err := os.Stat(folder); err != nil {
				t.Fatalf("nothing to delete: %v", err)
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		}
		for _, part := range parts {
			if !w.Process(part).Alive() {
				if err := w.Process(part).Launch(); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Ready(t)
		same(t, fmt.Sprint("round ", round), before, k.answers(t))
	}
}

// same fails the test unless both hold the same answers, and shows the first few
// that differ.
func same(t *testing.T, what string, before, after map[string]string) {
	t.Helper()
	if len(before) != len(after) {
		t.Errorf("%s: %d answers before, %d after", what, len(before), len(after))
	}
	shown := 0
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if diff := cmp.Diff(strings.Split(before[key], "\n"), strings.Split(after[key], "\n")); diff != "" {
			t.Errorf("%s: %s changed (-before +after):\n%s", what, key, diff)
			if shown++; shown == 3 {
				t.Fatal("and perhaps more")
			}
		}
	}
}

// keepsake is what somebody keeps of a hub over its restarts.
type keepsake struct {
	w       *world.World
	company string

	cases []string
	// opening opened a case without a name; its repeat answers the same.
	opening *casesv1.OpenCaseRequest
	opened  *casesv1.OpenCaseResponse
}

// play leaves something behind of every kind.
func (k *keepsake) play(t *testing.T) {
	owner := k.w.Company(t, world.CompanyUser("tuula", k.company))
	for i := range 5 {
		c := owner.Open(world.Opening{
			Need: fmt.Sprintf("Asia %d: vienti ja palkkaus", i), Company: k.company,
			Services: []string{"chamber/trade-advice", "employment/vacancy", "omnia/apprenticeship"},
		})
		k.cases = append(k.cases, c.Name)
		desk := k.w.Advisor(t, "chamber", world.FirstAdvisor)
		desk.PickUp(c.Request("chamber-1"))
		desk.Note(c.Request("chamber-1"), fmt.Sprintf("Muistiinpano %d", i))
		desk.Refer(c.Request("chamber-1"), "enter-espoo/visibility", "Näkyvyyttä", "Tuote ja maa")
		switch i {
		case 1:
			k.w.Advisor(t, "enter-espoo", world.FirstAdvisor).Receives(c.Request(c.Agree("chamber-1", 1, nil)))
		case 2:
			lead := k.w.LeadOf(t, "employment")
			lead.Receives(c.Request("employment-1"))
			lead.Assign(c.Request("employment-1"), world.SecondAdvisor)
			lead.Ask(c.Request("employment-1"), "Montako tuntia?")
		case 3:
			c.Withdraw("omnia-1", "Ei enää")
			c.Close("Valmis")
		case 4:
			c.Write("chamber-1", "Onko uutta?")
		}
	}
	behalf := k.w.Advisor(t, "omnia", world.FirstAdvisor).OpenOnBehalf(k.company, "Soitti", "omnia/apprenticeship", "chamber/training")
	k.cases = append(k.cases, behalf.CaseName)
	for i := range 2 {
		_, err := owner.Calls.SaveDraft(owner.Context(), &casesv1.SaveDraftRequest{RequestId: uuid.NewString(), Draft: &casesv1.Draft{Key: "luonnos", Content: fmt.Sprintf("{\"n\":%d}", i)}})
		if err != nil {
			t.Fatal(err)
		}
	}
	stranger := k.w.Stranger(t)
	k.opening = world.Opening{Need: "apua", Services: []string{"yritysespoo/company-advice"}, Secret: true}.Message(t, k.w)
	var err error
	if k.opened, err = stranger.Calls.OpenCase(stranger.Context(), k.opening); err != nil {
		t.Fatal(err)
	}
	k.w.Advisor(t, "yritysespoo", world.FirstAdvisor).PickUp(k.opened.Case.Name + "/requests/yritysespoo-1")
	for _, c := range k.cases {
		k.arrived(t, owner.Case(c).Await("all to be told that is due soon", toldOfDates))
	}
	// Last: from here on the views hold all of it.
	k.w.Holder(t, k.opened.Case.Code, k.opened.Secret).Case(k.opened.Case.Name).View()
}

// arrived waits until the desks have read all that happened in a case.
func (k *keepsake) arrived(t *testing.T, c *casesv1.Case) {
	t.Helper()
	for _, e := range c.Timeline {
		_, key, ok := strings.Cut(e.Request, "/requests/")
		if !ok {
			continue
		}
		desk := k.w.Advisor(t, key[:strings.LastIndex(key, "-")], world.FirstAdvisor)
		if _, err := desk.Calls.GetRequest(desk.Context(), &providerv1.GetRequestRequest{Name: e.Request, MinRevision: e.Revision}); err != nil {
			t.Fatal(err)
		}
	}
}

// toldOfDates tells whether the hub has nothing to add about dates today.
func toldOfDates(c *casesv1.Case) bool {
	for _, r := range c.Requests {
		runs := r.Status == casesv1.RequestStatus_REQUEST_STATUS_NEW || r.Status == casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS
		short := r.DueDate <= casework.Today(r.RequestedAt.AsTime().AddDate(0, 0, casework.SoonDays))
		if !runs || short || r.DueDate > world.InDays(casework.SoonDays) {
			continue
		}
		if !slices.ContainsFunc(c.Timeline, func(e *casesv1.TimelineEntry) bool {
			return e.Request == r.Name && e.Kind == casesv1.EntryKind_ENTRY_KIND_DUE_SOON
		}) {
			return false
		}
	}
	return true
}

// answers are all that the hub answers about what was played, as text: equal text
// means equal bytes, since both are deterministic.
func (k *keepsake) answers(t *testing.T) map[string]string {
	t.Helper()
	got := map[string]string{}
	keep := func(what string, answer proto.Message, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		got[what] = fmt.Sprintf("%s\n%x", prototext.MarshalOptions{Multiline: true}.Format(answer), bytes)
	}
	owner := k.w.Company(t, world.CompanyUser("tuula", k.company))
	for _, c := range k.cases {
		answer, err := owner.Calls.GetCase(owner.Context(), &casesv1.GetCaseRequest{Name: c})
		keep(c, answer, err)
	}
	for page, n := "", 0; n == 0 || page != ""; n++ {
		answer, err := owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{PageSize: 2, PageToken: page})
		keep(fmt.Sprint("cases, page ", n), answer, err)
		page = answer.GetNextPageToken()
	}
	search, err := owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{Query: "vienti uutta"})
	keep("search", search, err)
	draft, err := owner.Calls.GetDraft(owner.Context(), &casesv1.GetDraftRequest{Key: "luonnos"})
	keep("draft", draft, err)
	holder := k.w.Holder(t, k.opened.Case.Code, k.opened.Secret)
	held, err := holder.Calls.GetCase(holder.Context(), &casesv1.GetCaseRequest{Name: k.opened.Case.Name})
	keep("case without a name", held, err)
	again, err := k.w.Stranger(t).Calls.OpenCase(t.Context(), k.opening)
	if err == nil && (again.Case.Name != k.opened.Case.Name || again.Secret != k.opened.Secret) {
		t.Errorf("the same call opens %s now, with another secret or not", again.Case.Name)
	}
	keep("the same call again", again, err)
	for _, key := range name.Providers {
		k.ofProvider(t, key, keep)
	}
	catalogue := k.w.Catalogue(t)
	providers, err := catalogue.ListProviders(t.Context(), &cataloguev1.ListProvidersRequest{})
	keep("providers", providers, err)
	services, err := catalogue.ListServices(t.Context(), &cataloguev1.ListServicesRequest{PageSize: 200})
	keep("services", services, err)
	needs, err := catalogue.ListNeeds(t.Context(), &cataloguev1.ListNeedsRequest{})
	keep("needs", needs, err)
	suggested, err := k.w.Cases(t).SuggestServices(t.Context(), &casesv1.SuggestServicesRequest{Text: "palkkaan ensimmäisen työntekijän"})
	keep("suggestions", suggested, err)
	return got
}

var everyStatus = []casesv1.RequestStatus{1, 2, 3, 4, 5, 6, 7, 8}

func (k *keepsake) ofProvider(t *testing.T, key string, keep func(string, proto.Message, error)) {
	t.Helper()
	desk := k.w.Advisor(t, key, world.FirstAdvisor)
	staff, err := desk.Calls.ListAdvisors(desk.Context(), &providerv1.ListAdvisorsRequest{Parent: desk.Provider()})
	keep(key+": staff", staff, err)
	for _, order := range []providerv1.RequestOrder{0, 1, 2, 3} {
		list, err := desk.Calls.ListRequests(desk.Context(), &providerv1.ListRequestsRequest{Parent: desk.Provider(), Statuses: everyStatus, Order: order, PageSize: 200})
		keep(fmt.Sprint(key, ": requests, ", order), list, err)
		if order > 0 {
			continue
		}
		for _, r := range list.GetRequests() {
			answer, err := desk.Calls.GetRequest(desk.Context(), &providerv1.GetRequestRequest{Name: r.Name})
			keep(r.Name, answer, err)
			notes, err := desk.Calls.ListNotes(desk.Context(), &providerv1.ListNotesRequest{Parent: r.Name})
			keep(r.Name+": notes", notes, err)
		}
	}
}
