package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/businessespoo/hub/deploy/e2e/world"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// One process of nine is away, or there is one more: the others go on.
func TestTroubleApart(t *testing.T) {
	t.Parallel()
	w := world.Apart(t, &binaries)
	w.Hire(t)
	for _, trouble := range []struct {
		name string
		play func(*testing.T, *world.World)
	}{
		{"a provider is away", providerAway},
		{"a provider hangs", providerHangs},
		{"the gateway is away", gatewayAway},
		{"the log is away", logAway},
		{"two replicas and fifty advisors", fiftyAdvisors},
	} {
		t.Run(trouble.name, func(t *testing.T) { trouble.play(t, w) })
	}
}

// providerAway: while Omnia is down it can be suggested, shown and asked for; the
// others work. When it comes back it has each of its requests once.
func providerAway(t *testing.T, w *world.World) {
	mine := identifier.NewTestBusinessID(150)
	owner := w.Company(t, world.CompanyUser("aatu", mine))
	before, err := w.Catalogue(t).ListServices(t.Context(), &cataloguev1.ListServicesRequest{Parent: "providers/omnia"})
	if err != nil {
		t.Fatal(err)
	}
	w.Kill(t, "omnia")

	after, err := w.Catalogue(t).ListServices(t.Context(), &cataloguev1.ListServicesRequest{Parent: "providers/omnia"})
	if diff := cmp.Diff(before, after, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("its catalogue is another while it is away: %v\n%s", err, diff)
	}
	if suggested := owner.Suggest("fi", "oppisopimus nuorelle"); !slices.Contains(suggested, "omnia/apprenticeship") {
		t.Errorf("it is not suggested while it is away: %v", suggested)
	}
	var asked []string
	chamber := w.Advisor(t, "chamber", world.FirstAdvisor)
	// Whoever waits for it waits longer and longer meanwhile.
	const downFor = time.Minute
	began, ticker := time.Now(), time.NewTicker(downFor/10)
	defer ticker.Stop()
	for i := 0; time.Since(began) < downFor; i++ {
		c := owner.Open(world.Opening{Need: fmt.Sprint("asia ", i), Company: mine, Services: []string{"omnia/apprenticeship", "omnia/staff-training", "chamber/training"}})
		asked = append(asked, c.Request("omnia-1"), c.Request("omnia-2"))
		chamber.PickUp(c.Request("chamber-1"))
		chamber.Decide(c.Request("chamber-1"), &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Todistus", Reasons: "Suoritettu"})
		chamber.Complete(c.Request("chamber-1"), "Valmis")
		<-ticker.C
	}
	desk := w.Advisor(t, "omnia", world.FirstAdvisor)
	_, err = desk.Calls.ListRequests(desk.Context(), &providerv1.ListRequestsRequest{Parent: "providers/omnia"})
	if got := world.Read(err); got.Code != codes.Unavailable || strings.Contains(got.Message, "127.0.0.1") {
		t.Errorf("its desk answers %s %s: %s", got.Code, got.Reason, got.Message)
	}
	if page := w.Browser(t).Open("/status"); page.Status != 200 {
		t.Errorf("the status page is %s", page)
	}

	w.Start(t, "omnia")
	desk.Open()
	for _, request := range asked {
		desk.Receives(request)
	}
	inbox := desk.Inbox()
	slices.Sort(inbox)
	slices.Sort(asked)
	if diff := cmp.Diff(asked, inbox); diff != "" {
		t.Errorf("its inbox holds other than was asked (-asked +inbox):\n%s", diff)
	}
	for i, request := range asked {
		arrived := 0
		for _, entry := range desk.Read(request).Timeline {
			if entry.Kind == casesv1.EntryKind_ENTRY_KIND_REQUESTED {
				arrived++
			}
		}
		if arrived != 1 {
			t.Errorf("%s arrived %d times", request, arrived)
		}
		if i == 0 {
			desk.PickUp(request)
		}
	}
}

// providerHangs: Omnia is there and does not answer; nothing else hangs with it.
func providerHangs(t *testing.T, w *world.World) {
	mine := identifier.NewTestBusinessID(151)
	owner := w.Company(t, world.CompanyUser("eero", mine))
	if err := w.Process("omnia").Pause(); err != nil {
		t.Fatal(err)
	}
	resume := sync.OnceFunc(func() {
		if err := w.Process("omnia").Resume(); err != nil {
			t.Error(err)
		}
	})
	defer resume()
	c := owner.Open(world.Opening{Need: "apua", Company: mine, Services: []string{"omnia/apprenticeship", "chamber/training"}})
	w.Advisor(t, "chamber", world.FirstAdvisor).PickUp(c.Request("chamber-1"))
	if r := c.See("chamber-1"); r.Status != casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS {
		t.Errorf("while omnia hangs the chamber's request is %s", r.Status)
	}
	resume()
	w.Advisor(t, "omnia", world.FirstAdvisor).PickUp(c.Request("omnia-1"))
}

// gatewayAway: the providers' own desks go on; a case cannot be opened on behalf,
// and that is said.
func gatewayAway(t *testing.T, w *world.World) {
	mine := identifier.NewTestBusinessID(152)
	c := w.Company(t, world.CompanyUser("aila", mine)).Open(world.Opening{Need: "apua", Company: mine, Services: []string{"omnia/apprenticeship"}})
	desk := w.Desk(t, world.AdvisorOf("omnia", world.FirstAdvisor), w.At.Providers["omnia"])
	desk.Receives(c.Request("omnia-1"))
	call := world.OnBehalf(t, w, "omnia", mine, "Soitti", "omnia/apprenticeship")
	w.Kill(t, "gateway")

	desk.PickUp(c.Request("omnia-1"))
	desk.Reply(c.Request("omnia-1"), "Vastaamme, vaikka muut ovat poissa.")
	_, err := desk.Calls.OpenCaseOnBehalf(desk.Context(), call)
	world.Refused(t, err, codes.Unavailable, "HUB_AWAY")

	w.Start(t, "gateway")
	opened, err := desk.Calls.OpenCaseOnBehalf(desk.Context(), call)
	if err != nil || opened.Request == "" {
		t.Errorf("the same call later answers %v %v", opened, err)
	}
	if r := c.See("omnia-1"); r.Advisor == nil || len(c.View().Timeline) < 4 {
		t.Errorf("the gateway missed what happened: %v", c.View().Timeline)
	}
}

// logAway: without the log nothing can be changed, and reads go on. The same call
// succeeds once it is back, and does its work once.
func logAway(t *testing.T, w *world.World) {
	mine := identifier.NewTestBusinessID(153)
	owner := w.Company(t, world.CompanyUser("arvo", mine))
	c := owner.Open(world.Opening{Need: "apua", Company: mine, Services: []string{"omnia/apprenticeship"}})
	desk := w.Advisor(t, "omnia", world.FirstAdvisor)
	desk.Receives(c.Request("omnia-1"))
	before := c.View()
	w.Kill(t, "nats-server")

	if view := c.View(); view.Name != before.Name {
		t.Errorf("without the log the case is shown as %v", view)
	}
	pick := &providerv1.PickUpRequest{Name: c.Request("omnia-1"), RequestId: uuid.NewString()}
	write := &casesv1.PostMessageRequest{Name: c.Request("omnia-1"), RequestId: uuid.NewString(), Text: "Kuuleeko kukaan?"}
	began := time.Now()
	var calls sync.WaitGroup
	for what, call := range map[string]func() error{
		"picking up": func() error { _, err := desk.Calls.PickUp(desk.Context(), pick); return err },
		"a draft": func() error {
			_, err := owner.Calls.GetDraft(owner.Context(), &casesv1.GetDraftRequest{Key: "luonnos"})
			return err
		},
		"a message": func() error { _, err := owner.Calls.PostMessage(owner.Context(), write); return err },
	} {
		calls.Go(func() {
			if got := world.Read(call()); got.Code != codes.Unavailable || got.Reason != "LOG_UNAVAILABLE" {
				t.Errorf("without the log %s answers %s %s: %s", what, got.Code, got.Reason, got.Message)
			}
		})
	}
	calls.Wait()
	if took := time.Since(began); took >= host.MaxCall { // when they are given up anyway
		t.Errorf("callers without a deadline wait %s for a log that is away", took)
	}

	w.Start(t, "nats-server")
	w.Ready(t)
	world.Await(t, "the desk to write again", func() error {
		_, err := desk.Calls.PickUp(desk.Context(), pick)
		return err
	})
	world.Await(t, "the gateway to write again", func() error {
		_, err := owner.Calls.PostMessage(owner.Context(), write)
		return err
	})
	c.Await("both to show, once", func(v *casesv1.Case) bool {
		picked, written := 0, 0
		for _, e := range v.Timeline {
			switch e.Kind {
			case casesv1.EntryKind_ENTRY_KIND_PICKED_UP:
				picked++
			case casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED:
				written++
			}
		}
		return picked == 1 && written == 1
	})
	world.Await(t, "the gateway to record again who sees what", func() error {
		_, err := w.Admin(t).ListStaff(w.As(t, world.Operator()), &adminv1.ListStaffRequest{Parent: "providers/omnia"})
		return err
	})
	// New cases reach new inboxes again.
	again := owner.Open(world.Opening{Need: "apua taas", Company: mine, Services: []string{"omnia/apprenticeship"}})
	desk.PickUp(again.Request("omnia-1"))
}

// fiftyAdvisors want the same request at once, at two replicas: one gets it, and
// the others learn who.
func fiftyAdvisors(t *testing.T, w *world.World) {
	mine := identifier.NewTestBusinessID(154)
	owner := w.Company(t, world.CompanyUser("venla", mine))
	second := w.Replica(t, "omnia", 1)
	var desks []*world.Advisor
	for i := range 50 {
		id := fmt.Sprintf("kilpa-%02d", i)
		w.Add(t, "omnia", id, fmt.Sprintf("Kilpailija %d", i), policyv1.Role_ROLE_ADVISOR)
		address := []string{w.At.Providers["omnia"], second, w.At.GRPC}[i%3]
		desks = append(desks, w.Desk(t, world.AdvisorOf("omnia", id), address))
	}
	for round := range 5 {
		c := owner.Open(world.Opening{Need: "kuka ehtii", Company: mine, Services: []string{"omnia/apprenticeship"}})
		request := c.Request("omnia-1")
		for _, desk := range desks[:3] {
			desk.Receives(request)
		}
		winner := race(t, desks, request)
		if r := c.Await("the winner to show", func(v *casesv1.Case) bool { return v.Requests[0].Advisor != nil }).Requests[0]; r.Advisor.Name != winner {
			t.Errorf("round %d: %s was told, and the company sees %s", round, winner, r.Advisor.Name)
		}
		// Both replicas tell the same story.
		var told []*providerv1.GetRequestResponse
		for _, desk := range desks[:2] {
			told = append(told, desk.Read(request))
			if n := len(told[len(told)-1].Timeline); n != 2 {
				t.Errorf("round %d: the timeline has %d entries", round, n)
			}
		}
		if diff := cmp.Diff(told[0], told[1], protocmp.Transform()); diff != "" {
			t.Errorf("round %d: the replicas differ:\n%s", round, diff)
		}
	}
}

// race lets all pick up a request at once, and answers who got it.
func race(t *testing.T, desks []*world.Advisor, request string) string {
	t.Helper()
	errs := make([]error, len(desks))
	start := make(chan struct{})
	var group sync.WaitGroup
	for i, desk := range desks {
		ctx := desk.Context()
		group.Go(func() {
			<-start
			_, errs[i] = desk.Calls.PickUp(ctx, &providerv1.PickUpRequest{Name: request, RequestId: uuid.NewString()})
		})
	}
	close(start)
	group.Wait()
	winner := slices.IndexFunc(errs, func(err error) bool { return err == nil })
	if winner < 0 {
		t.Fatalf("nobody got it: %v", errors.Join(errs...))
	}
	for i, err := range errs {
		if i == winner {
			continue
		}
		got := world.Read(err)
		if got.Code != codes.FailedPrecondition || got.Reason != "ALREADY_PICKED_UP" || got.Meta["advisor"] != desks[winner].Name() || got.Meta["advisorName"] == "" {
			t.Errorf("number %d is answered %s %s %v: %s; want to learn of %s", i, got.Code, got.Reason, got.Meta, got.Message, desks[winner].Name())
		}
	}
	return desks[winner].Name()
}
