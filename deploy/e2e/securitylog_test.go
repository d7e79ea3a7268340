package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/businessespoo/hub/deploy/e2e/world"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// securityLines reads the log of a hub and answers how many lines there are of each
// event, with the reason.
func securityLines(t *testing.T, w *world.World) map[string]int {
	t.Helper()
	counted := map[string]int{}
	for line := range strings.Lines(w.Process("gateway").Log()) {
		if !strings.HasPrefix(line, "{") {
			continue // the welcome
		}
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("the log has the line %q: %v", line, err)
		}
		if fields["msg"] != "security" {
			continue
		}
		if at, _ := fields["time"].(string); !strings.HasSuffix(at, "Z") {
			t.Errorf("not in UTC: %s", line)
		}
		event, _ := fields["event"].(string)
		reason, _ := fields["reason"].(string)
		counted[strings.TrimSpace(event+" "+reason)]++
	}
	return counted
}

// TestSecurityEventsAreLogged does at a running hub what an operator watches for, and
// finds a line for each, without a name, a text or a company.
func TestSecurityEventsAreLogged(t *testing.T) {
	w := world.Single(t, &binaries, "--log-format", "json")
	w.Hire(t)
	f := &fixture{t: t, w: w}
	c := f.owner().Open(f.opening())
	f.desk().PickUp(c.Request("omnia-1"))
	before := securityLines(t, w)
	did := map[string]func(){
		"access_denied NOT_FOUND": func() { // a case that there is
			stranger := w.Company(t, world.CompanyUser("stranger", theirs))
			_, _ = stranger.Calls.GetCase(stranger.Context(), &casesv1.GetCaseRequest{Name: c.Name})
		},
		"access_denied ROLE_NOT_ALLOWED": func() {
			_, _ = w.Admin(t).ListDeadLetters(f.owner().Context(), &adminv1.ListDeadLettersRequest{})
		},
		"access_denied SIGN_IN_NEEDED": func() { _, _ = w.Cases(t).ListCases(t.Context(), &casesv1.ListCasesRequest{}) },
		"access_denied STAFF_UNKNOWN": func() {
			gone := w.Advisor(t, "omnia", "gone")
			_, _ = gone.Calls.ListRequests(gone.Context(), &providerv1.ListRequestsRequest{Parent: gone.Provider()})
		},
		"token_refused TOKEN_SIGNATURE": func() {
			_, _ = w.Cases(t).ListCases(world.Authorized(t.Context(), f.unsigned(sample{}.caller())), &casesv1.ListCasesRequest{})
		},
		"code_refused CODE_WRONG": func() {
			_, _ = w.Cases(t).ListCases(world.Authorized(t.Context(), "Case BE-2345-6789:WRONG"), &casesv1.ListCasesRequest{})
		},
		"input_refused INVALID_FIELDS": func() {
			_, _ = f.owner().Calls.GetCase(f.owner().Context(), &casesv1.GetCaseRequest{Name: "cases/../../x"})
		},
		"sign_in_refused SIGN_IN_NOT_BEGUN": func() {
			newVisitor(t, w, "").ask(http.MethodGet, "/sign-in/"+world.Companies+"/callback?code=x&state=y", nil)
		},
		"sign_in": func() { newVisitor(t, w, w.Token(t, sample{}.caller())) },
		"sign_out": func() {
			newVisitor(t, w, w.Token(t, sample{}.caller())).ask(http.MethodPost, "/sign-out", nil)
		},
		"cross_origin_refused": func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.At.Web+"/sign-out", nil)
			f.mustCall(nil, err)
			r.Header.Set("Origin", "https://evil.example")
			answer, err := http.DefaultClient.Do(r)
			f.mustCall(nil, err)
			_ = answer.Body.Close()
		},
		"staff_changed": func() {
			_, err := w.Admin(t).AddStaff(w.As(t, world.Operator()), &adminv1.AddStaffRequest{
				RequestId: uuid.NewString(), Parent: "providers/omnia", AdvisorId: "z1", DisplayName: "Zelda Zetterberg", Role: policyv1.Role_ROLE_ADVISOR,
			})
			f.mustCall(nil, err)
		},
		"dead_letter_dropped": func() {
			_, _ = w.Admin(t).DropDeadLetter(w.As(t, world.Operator()), &adminv1.DropDeadLetterRequest{RequestId: uuid.NewString(), Sequence: 7, Reason: adminv1.DropReason_DROP_REASON_RUBBISH})
		},
		"dead_letter_replayed": func() {
			_, _ = w.Admin(t).ReplayDeadLetter(w.As(t, world.Operator()), &adminv1.ReplayDeadLetterRequest{RequestId: uuid.NewString(), Sequence: 7})
		},
	}
	for _, do := range did {
		do()
	}
	after := securityLines(t, w)
	for event := range did {
		if after[event] <= before[event] {
			t.Errorf("no line for %s: %v", event, after)
		}
	}
	log := w.Process("gateway").Log()
	for _, private := range []string{"Zelda", mine, theirs, "evil.example", "BE-2345-6789", strings.TrimPrefix(c.Name, "cases/"), "Tarvitsen"} {
		if strings.Contains(log, private) {
			t.Errorf("the log holds %s", private)
		}
	}
}
