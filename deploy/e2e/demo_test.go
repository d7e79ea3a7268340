package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// demoFile is what a stranger finds in demo.json.
type demoFile struct {
	GRPC      string            `json:"grpc"`
	Web       string            `json:"web"`
	Providers map[string]string `json:"providers"`
	Tokens    map[string]string `json:"tokens"`
}

// A demo fills itself, and its clock can be moved: a case that nobody confirms
// lapses after 14 days, and what is late is told.
func TestDemoMovesItsClock(t *testing.T) {
	w := world.On(t, &binaries, filepath.Join(t.TempDir(), "data"), "--demo")
	var info demoFile
	world.Await(t, "the demo to be filled", func() error {
		text, err := os.ReadFile(filepath.Join(w.Data, "demo.json"))
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &info)
	})
	if info.GRPC != w.At.GRPC || len(info.Providers) != 7 {
		t.Errorf("demo.json says %+v", info)
	}
	if log := w.Process("gateway").Log(); strings.Contains(log, "staff_changed") || strings.Contains(log, "clock_moved") {
		t.Errorf("the demo tells what it does to itself:\n%s", log)
	}
	w.Hire(t)
	if log := w.Process("gateway").Log(); !strings.Contains(log, "staff_changed") {
		t.Errorf("a filled demo keeps silent:\n%s", log)
	}
	company := identifier.NewTestBusinessID(161)
	desk := w.Advisor(t, "omnia", world.FirstAdvisor)
	opened := desk.OpenOnBehalf(company, "Soitti oppisopimuksesta", "omnia/apprenticeship", "employment/pay-subsidy")
	owner := w.Company(t, world.CompanyUser("kaisa", company))
	late := owner.Open(world.Opening{Need: "kiire", Company: company, Services: []string{"espoo-city/premises"}})
	w.Advisor(t, "espoo-city", world.FirstAdvisor).PickUp(late.Request("espoo-city-1"))
	c := owner.Case(opened.CaseName)
	if view := c.View(); view.Status != casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED {
		t.Fatalf("opened on behalf as %s", view.Status)
	}

	operator := world.Authorized(t.Context(), "Bearer "+info.Tokens["operator"])
	if _, err := w.Admin(t).AdvanceClock(operator, &adminv1.AdvanceClockRequest{RequestId: uuid.NewString(), Seconds: 16 * 24 * 3600}); err != nil {
		t.Fatal(err)
	}
	lapsed := c.Await("the case to lapse", func(v *casesv1.Case) bool { return v.Status == casesv1.CaseStatus_CASE_STATUS_LAPSED })
	if len(lapsed.Asks) > 0 && lapsed.Asks[0].Kind == casesv1.AskKind_ASK_KIND_CONFIRM_CASE {
		t.Errorf("it is still asked to confirm: %v", lapsed.Asks)
	}
	_, err := owner.Calls.ConfirmCase(owner.Context(), &casesv1.ConfirmCaseRequest{
		Name: c.Name, RequestId: uuid.NewString(), Consents: w.Consents(t, "omnia/apprenticeship", "employment/pay-subsidy"),
	})
	world.Refused(t, err, codes.FailedPrecondition, "STATE_FORBIDS")
	desk.Await(opened.Request, casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN)
	late.Await("the late request to be told", func(v *casesv1.Case) bool {
		return v.Requests[0].Overdue && v.Timeline[len(v.Timeline)-1].Kind == casesv1.EntryKind_ENTRY_KIND_OVERDUE
	})
}

// The first real operator and advisor are made on the command line, and can work.
func TestFirstStaffOnTheCommandLine(t *testing.T) {
	w := world.Single(t, &binaries)
	run := func(args ...string) string {
		t.Helper()
		out, err := w.Hub(t.Context(), args...)
		if err != nil {
			t.Fatalf("hub %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(out)
	}
	if name := run("staff", "add", "--data", w.Data, "--gateway", w.At.GRPC, "--provider", "omnia", "--id", "a1", "--name", "Sirpa Salo", "--languages", "fi,sv"); name != "providers/omnia/advisors/a1" {
		t.Errorf("staff add prints %q", name)
	}
	advisor := run("token", "--data", w.Data, "--role", "advisor", "--provider", "omnia", "--advisor", "a1")
	company := run("token", "--data", w.Data, "--role", "company", "--subject", "p1", "--company", "9000001-1")
	if listed := run("staff", "list", "--data", w.Data, "--gateway", w.At.GRPC, "--provider", "omnia"); !strings.Contains(listed, "Sirpa Salo") {
		t.Errorf("staff list prints %q", listed)
	}
	owner := w.Bearer(t, company)
	c := owner.Open(world.Opening{Need: "oppisopimus", Company: "9000001-1", Services: []string{"omnia/apprenticeship"}})
	desk := w.BearerDesk(t, "omnia", "a1", advisor)
	if r := desk.PickUp(c.Request("omnia-1")); r.Advisor.GetDisplayName() != "Sirpa Salo" {
		t.Errorf("picked up by %v", r.Advisor)
	}
	run("staff", "remove", "--data", w.Data, "--gateway", w.At.GRPC, "--provider", "omnia", "--id", "a1")
	c.Await("the name to be gone", func(v *casesv1.Case) bool { return v.Requests[0].Advisor.GetDisplayName() == "" })
	if r := c.See("omnia-1"); r.Advisor.GetName() != "providers/omnia/advisors/a1" {
		t.Errorf("of the advisor remains %v", r.Advisor)
	}
	// What does not work is said in the words of the command line.
	hub := []string{"--data", w.Data, "--gateway", w.At.GRPC}
	ground := []string{"--law", "GDPR", "--section", "17", "--reason", "Asked for"}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"staff", "add", "--provider", "omnia", "--id", "A 1", "--name", "N"}, "--id: "},
		{[]string{"staff", "remove", "--provider", "omnia", "--id", "a1"}, "hub staff list"},
		{[]string{"erasures", "show", "nothing"}, "hub erasures list"},
		{append([]string{"erase", "--person", "nobody-at-all"}, ground...), "nothing was kept of nobody-at-all"},
	} {
		out, err := w.Hub(t.Context(), append(test.args, hub...)...)
		said := out + fmt.Sprint(err)
		if err == nil || !strings.Contains(said, test.want) {
			t.Errorf("hub %s: %v, want %q in\n%s", strings.Join(test.args, " "), err, test.want, out)
		}
		for _, rpc := range []string{"ListStaff", "ListErasures", "advisor_id", "InvalidArgument"} {
			if strings.Contains(said, rpc) {
				t.Errorf("hub %s speaks of %s: %s", strings.Join(test.args, " "), rpc, said)
			}
		}
	}
}
