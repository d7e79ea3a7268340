package casework

import (
	"os"
	"slices"
	"strings"
	"testing"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// The tables in services/README.md say what people are told; here they are held
// against what the code does, cell by cell: a state is built by playing facts, the
// command is decided, and what comes of it is folded.

const (
	withSupplement = "supplement"
	withReferral   = "referral"
)

// requestSamples are a command of every kind that is right in itself, who gives
// it, and what must wait for the company when it is given.
var requestSamples = []struct {
	cmd  RequestCommand
	who  *eventsv1.Actor
	wait string
}{
	{MakeRequest{made()}, hub(), ""},
	{ConfirmRequest{}, hub(), ""},
	{LinkRequest{&casesv1.Company{Id: "9000001-1"}}, hub(), ""},
	{RecordReferralAnswer{&eventsv1.ReferralAnswered{Provider: "omnia", RequestNumber: 1, Number: 1}}, hub(), withReferral},
	{WarnDueSoon{}, hub(), ""},
	{MarkOverdue{}, hub(), ""},
	{PostMessage{"When can we start?"}, company(), ""},
	{AnswerSupplement{Number: 1, Text: "Here it is."}, company(), withSupplement},
	{WithdrawRequest{Reason: "Not needed any more"}, company(), ""},
	{RateRequest{Stars: 4}, company(), ""},
	{PickUp{[]string{"fi"}}, advisor("omnia", "aino"), ""},
	{HandBack{"On leave"}, advisor("omnia", "aino"), ""},
	{Assign{"ville", []string{"fi"}}, lead("omnia", "liisa"), ""},
	{Reply{"On Monday."}, advisor("omnia", "aino"), ""},
	{AskSupplement{"Which tasks?", "2026-04-15"}, advisor("omnia", "aino"), ""},
	{Decline{casesv1.DeclineReason_DECLINE_REASON_NO_CAPACITY, "Nobody can"}, advisor("omnia", "aino"), ""},
	{refer(), advisor("omnia", "aino"), ""},
	{Decide{decision()}, advisor("omnia", "aino"), ""},
	{Complete{"Done."}, advisor("omnia", "aino"), ""},
	{RecordContact{&eventsv1.ContactRecorded{Kind: casesv1.ContactKind_CONTACT_KIND_CALL, Summary: "Agreed"}}, advisor("omnia", "aino"), ""},
	{EndConsent{Consent: caseName + "/consents/1"}, hub(), ""},
	{CorrectText{Sequence: 2, Of: posted(), Text: "When can he start?"}, company(), ""},
	{RepeatCorrection{From: 9, Field: "title", Text: "First employees"}, hub(), ""},
}

func posted() *eventsv1.Fact {
	return &eventsv1.Fact{Actor: company(), Event: &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: "When can we start?"}}}
}

func made() *eventsv1.RequestMade {
	return &eventsv1.RequestMade{Request: planned("omnia", "apprenticeship", "contract", "2026-03-20"), Unconfirmed: true}
}

func refer() Refer {
	return Refer{Provider: "employment", Service: "pay-subsidy", Reason: casesv1.ReferralReason_REFERRAL_REASON_NEXT_STEP, Text: "Apply for this too"}
}

func decision() *casesv1.Decision {
	return &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Granted", Reasons: "The terms are met"}
}

// requestIn plays a request into a state; wait is what it waits for or waited for.
// Only a request in progress waits for nothing.
func requestIn(t *testing.T, status casesv1.RequestStatus, wait string) *world {
	t.Helper()
	w := newWorld(t, "2026-04-01")
	aino := advisor("omnia", "aino")
	do := func(who *eventsv1.Actor, cmd RequestCommand) { t.Helper(); must(w.on(who, "omnia", 1, cmd)) }
	if status == none {
		return w
	}
	do(hub(), MakeRequest{made()})
	if status == fresh && wait == "" {
		return w
	}
	do(aino, PickUp{})
	if status == waiting && wait == "" {
		wait = withSupplement
	}
	switch {
	case status == inProgress:
	case wait == withSupplement:
		do(aino, AskSupplement{"Which tasks?", "2026-04-10"})
	case wait == withReferral:
		do(aino, refer())
	}
	switch status {
	case fresh:
		do(aino, HandBack{"On leave"})
	case decided:
		do(aino, Decide{decision()})
	case completed:
		if wait != "" {
			do(aino, Decide{decision()})
		}
		do(aino, Complete{"Done."})
	case declined:
		do(aino, Decline{casesv1.DeclineReason_DECLINE_REASON_OTHER, "No"})
	case withdrawn:
		do(company(), WithdrawRequest{})
	}
	return w
}

func TestRequestTable(t *testing.T) {
	table := readTable(t, "A request")
	states := []casesv1.RequestStatus{none, fresh, inProgress, waiting, decided, completed, declined, withdrawn}
	if len(requestSamples) != len(requestTable) || len(table) != len(requestTable) {
		t.Fatalf("%d commands in the code, %d in the README, %d tried here", len(requestTable), len(table), len(requestSamples))
	}
	for _, sample := range requestSamples {
		command := sample.cmd.requestCommand()
		for _, status := range states {
			w := requestIn(t, status, sample.wait)
			key := RequestKey{"omnia", 1}
			if got := w.request(key).GetRequest().GetStatus(); got != status {
				t.Fatalf("a request that should be %s is %s", StatusWord(status), StatusWord(got))
			}
			_, err := w.on(sample.who, "omnia", 1, sample.cmd)
			cell(t, table, command, StatusWord(status), StatusWord(w.requests[key].GetRequest().GetStatus()), err)
		}
	}
}

// caseSamples are a command of every kind that is right in itself.
var caseSamples = []struct {
	cmd CaseCommand
	who *eventsv1.Actor
	on  string
}{
	{OpenCase{opened("")}, company(), "2026-04-01"},
	{ConfirmCase{consents("omnia")}, company(), "2026-04-01"},
	{LapseCase{}, hub(), "2026-04-16"},
	{AddRequest{Request: planned("omnia", "staff-training", "certificate", "")}, company(), "2026-04-01"},
	{AnswerReferral{FromProvider: "omnia", FromNumber: 1, Referral: &casesv1.Referral{Number: 1}, Number: 1}, company(), "2026-04-01"},
	{LinkCompany{&casesv1.Company{Id: "9000001-1"}}, company(), "2026-04-01"},
	{CloseCase{"Done"}, company(), "2026-04-01"},
	{FinishClosing{}, hub(), "2026-04-01"},
	{ReopenCase{"Not done yet"}, company(), "2026-04-01"},
	{GrantConsent{sharing("chamber")}, company(), "2026-04-01"},
	{WithdrawConsent{Consent: caseName + "/consents/1"}, company(), "2026-04-01"},
	{CorrectText{Sequence: 1, Of: &eventsv1.Fact{Event: &eventsv1.Fact_CaseOpened{CaseOpened: opened("")}}, Field: "title", Text: "First employees"}, company(), "2026-04-01"},
	{RecordDisclosure{disclosure("employment")}, advisor("employment", "kai"), "2026-04-01"},
}

func opened(onBehalfBy string) *eventsv1.CaseOpened {
	o := &eventsv1.CaseOpened{
		Title: "First employee", Requests: []*eventsv1.PlannedRequest{planned("omnia", "apprenticeship", "contract", "2026-04-20")},
		OnBehalfBy: onBehalfBy,
	}
	if onBehalfBy == "" {
		o.Consents = consents("omnia")
	} else {
		o.ConfirmBy = "2026-04-15"
	}
	return o
}

func caseIn(t *testing.T, status casesv1.CaseStatus) *world {
	t.Helper()
	w := newWorld(t, "2026-04-01")
	switch status {
	case caseNone:
		return w
	case caseUnconfirmed, caseLapsed:
		must(w.onCase(advisor("omnia", "aino"), OpenCase{opened("omnia")}))
	default:
		must(w.onCase(company(), OpenCase{opened("")}))
	}
	switch status {
	case caseLapsed:
		w.now = at(t, "2026-04-16")
		must(w.onCase(hub(), LapseCase{}))
	case caseClosing, caseClosed:
		must(w.onCase(company(), CloseCase{}))
	}
	if status == caseClosed {
		must(w.onCase(hub(), FinishClosing{}))
	}
	return w
}

func TestCaseTable(t *testing.T) {
	table := readTable(t, "A case")
	if len(caseSamples) != len(caseTable) || len(table) != len(caseTable) {
		t.Fatalf("%d commands in the code, %d in the README, %d tried here", len(caseTable), len(table), len(caseSamples))
	}
	for _, sample := range caseSamples {
		for _, status := range []casesv1.CaseStatus{caseNone, caseUnconfirmed, caseOpen, caseClosing, caseClosed, caseLapsed} {
			w := caseIn(t, status)
			if got := w.c.GetCase().GetStatus(); got != status {
				t.Fatalf("a case that should be %s is %s", CaseStatusWord(status), CaseStatusWord(got))
			}
			w.now = at(t, sample.on)
			_, err := w.onCase(sample.who, sample.cmd)
			cell(t, table, sample.cmd.caseCommand(), CaseStatusWord(status), CaseStatusWord(w.c.GetCase().GetStatus()), err)
		}
	}
}

// cell compares one cell of a table with what the code did.
func cell(t *testing.T, table map[string]map[string]string, command, from, to string, err error) {
	t.Helper()
	told, ok := table[command][from]
	if !ok {
		t.Errorf("services/README.md has no cell for %s when %s", command, from)
		return
	}
	if err == nil {
		if told != to {
			t.Errorf("%s when %s: the README says %q, and it becomes %q", command, from, told, to)
		}
		return
	}
	if told != "-" {
		t.Errorf("%s when %s: the README says %q, and it is refused: %v", command, from, told, err)
	}
	reason := reasonOf(err)
	answeredTwice := command == "AnswerSupplement" && from == "in progress" && reason == "SUPPLEMENT_NOT_FOUND"
	if !slices.Contains([]string{"STATE_FORBIDS", "ALREADY_PICKED_UP"}, reason) && !answeredTwice {
		t.Errorf("%s when %s is refused as %s", command, from, reason)
	}
}

// readTable reads the table below a heading of services/README.md: command, state, result.
func readTable(t *testing.T, heading string) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "### "+heading+"\n")
	if !found {
		t.Fatalf("services/README.md has no heading %q", heading)
	}
	var states []string
	table := map[string]map[string]string{}
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "#") {
			break
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|-") || strings.HasPrefix(line, "| -") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if states == nil {
			states = cells[1:]
			continue
		}
		command := strings.Trim(cells[0], "`")
		if table[command] != nil {
			t.Errorf("services/README.md tells of %s twice", command)
		}
		table[command] = map[string]string{}
		for i, c := range cells[1:] {
			table[command][states[i]] = c
		}
	}
	return table
}

// A state is also what an empty message is: nobody has to prepare one.
func TestNoStateIsTheStateBefore(t *testing.T) {
	for _, s := range []*statev1.RequestState{nil, {}} {
		if _, err := DecideRequest(s, PickUp{}, Call{Actor: advisor("omnia", "aino")}); reasonOf(err) != "STATE_FORBIDS" {
			t.Errorf("picking up what was never made: %v", err)
		}
	}
	if f, err := DecideCase(nil, OpenCase{opened("")}, Call{Actor: company()}); err != nil || f.GetCaseOpened() == nil {
		t.Errorf("opening from no state: %v, %v", f, err)
	}
}
