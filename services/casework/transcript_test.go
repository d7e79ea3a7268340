package casework

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// transcript is a life told line by line: when, who, what was commanded, the fact
// or the refusal that came of it, and where it stands then.
type transcript struct {
	*world
	strings.Builder
}

func (tr *transcript) title(text string) { fmt.Fprintf(tr, "# %s\n", text) }

func (tr *transcript) line(who, scope, command string, f *eventsv1.Fact, err error, state string) {
	what := "nothing to tell"
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		what = fmt.Sprintf("refused (%s, %s): %s", refusal.Kind, refusal.Reason, refusal.Message)
	case f != nil:
		what = eventName(f)
	}
	fmt.Fprintf(tr, "%s  %-13s %-15s %s -> %s | %s\n", tr.now.In(Helsinki).Format("2006-01-02 15:04"), who, scope, command, what, state)
}

func eventName(f *eventsv1.Fact) string {
	field := f.ProtoReflect().WhichOneof(f.ProtoReflect().Descriptor().Oneofs().ByName("event"))
	return string(field.Name())
}

func whoIs(a *eventsv1.Actor) string {
	switch a.Party {
	case casesv1.Party_PARTY_COMPANY:
		return "company"
	case casesv1.Party_PARTY_PROVIDER:
		return strings.ToLower(strings.TrimPrefix(a.Role.String(), "ROLE_")) + " " + a.Advisor
	}
	return "hub"
}

// do is a command on the case.
func (tr *transcript) do(who *eventsv1.Actor, cmd CaseCommand) {
	tr.tb.Helper()
	f, err := tr.onCase(who, cmd)
	tr.line(whoIs(who), "case", cmd.caseCommand(), f, err, shortCase(tr.c))
}

// to is a command on one request.
func (tr *transcript) to(who *eventsv1.Actor, provider string, number int, cmd RequestCommand) {
	tr.tb.Helper()
	f, err := tr.on(who, provider, number, cmd)
	tr.line(whoIs(who), fmt.Sprintf("%s-%d", provider, number), cmd.requestCommand(), f, err, shortRequest(tr.requests[RequestKey{provider, number}]))
}

// hubWorks lets the router do what the hub owes, a line for each step.
func (tr *transcript) hubWorks() {
	tr.tb.Helper()
	for {
		steps, finish := Reconcile(tr.c, tr.requests, tr.answers())
		if finish {
			tr.do(hub(), FinishClosing{Heads(caseID, tr.c.Planned, tr.requests)})
			return
		}
		if len(steps) == 0 {
			return
		}
		for _, s := range steps {
			tr.to(hub(), s.Provider, s.Number, s.Command)
		}
	}
}

// asks tells what waits for the company.
func (tr *transcript) asks() {
	c, requests := tr.c.Case, tr.views()
	var all []string
	for _, a := range Asks(c, requests) {
		one := strings.ToLower(strings.TrimPrefix(a.Kind.String(), "ASK_KIND_"))
		if a.Request != "" {
			one += " of " + strings.TrimPrefix(a.Request, caseName+"/requests/")
		}
		if a.DueDate != "" {
			one += " by " + a.DueDate
		}
		all = append(all, one)
	}
	fmt.Fprintf(tr, "%16s  asked of the company: %s\n", "", strings.Join(append(all, "nothing more"), "; "))
}

func (tr *transcript) day(date string) { tr.now = at(tr.tb, date) }

func shortCase(s *statev1.CaseState) string {
	c := s.GetCase()
	parts := []string{CaseStatusWord(c.GetStatus())}
	if c == nil {
		return parts[0]
	}
	if c.Company != nil {
		parts = append(parts, "of "+c.Company.Id)
	}
	if c.ConfirmBy != "" {
		parts = append(parts, "to confirm by "+c.ConfirmBy)
	}
	var planned []string
	for _, p := range s.Planned {
		planned = append(planned, fmt.Sprintf("%s-%d", p.Provider, p.Number))
	}
	return strings.Join(append(parts, "holds "+strings.Join(planned, " ")), ", ")
}

func shortRequest(s *statev1.RequestState) string {
	r := s.GetRequest()
	parts := []string{StatusWord(r.GetStatus())}
	add := func(when bool, format string, args ...any) {
		if when {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	if r == nil {
		return parts[0]
	}
	add(r.Unconfirmed, "unconfirmed")
	add(r.Company != nil, "of %s", r.GetCompany().GetId())
	add(r.Advisor != nil, "with %s", strings.TrimPrefix(r.Advisor.GetName(), r.Provider+"/advisors/"))
	add(r.InvitedTo != "", "invited to %s", strings.TrimPrefix(r.InvitedTo, caseName+"/requests/"))
	add(r.ReferredFrom != "", "referred from %s", strings.TrimPrefix(r.ReferredFrom, caseName+"/requests/"))
	add(r.DueDate != "" && !Ended(r.Status), "due %s", r.DueDate)
	add(r.Overdue, "overdue")
	add(s.WaitingSince != nil, "waits since %s", Today(s.WaitingSince.AsTime()))
	add(r.UnansweredMessages > 0, "%d unanswered", r.UnansweredMessages)
	if d := r.Decision; d != nil {
		parts = append(parts, strings.ToLower(strings.TrimPrefix(d.Result.String(), "DECISION_RESULT_"))+" on "+d.DecidedOn)
		add(d.Reported, "reported as %s", d.Reference)
	}
	add(r.Rating != nil, "rated %d", r.GetRating().GetStars())
	return strings.Join(parts, ", ")
}

func TestTranscripts(t *testing.T) {
	for _, life := range lives {
		t.Run(life.name, func(t *testing.T) {
			tr := &transcript{world: newWorld(t, "2026-03-02")}
			life.play(tr)
			checkInvariants(t, tr.world)
			path := filepath.Join("testdata", life.name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(tr.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; write it with -update, and read it", err)
			}
			if diff := cmp.Diff(string(want), tr.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) != len(lives) {
		t.Errorf("testdata holds %d transcripts of %d lives (%v)", len(files), len(lives), err)
	}
}
