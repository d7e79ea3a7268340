package casework

import (
	"testing"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// checkInvariants checks what holds of every state, however it came about.
func checkInvariants(t testing.TB, w *world) {
	t.Helper()
	checkCase(t, w.c)
	for _, s := range w.requests {
		checkRequest(t, s)
	}
}

func checkCase(t testing.TB, s *statev1.CaseState) {
	t.Helper()
	c := s.GetCase()
	if c == nil {
		return
	}
	holds := func(ok bool, what string) {
		t.Helper()
		if !ok {
			t.Errorf("the case is %s, but %s: %v", CaseStatusWord(c.Status), what, c)
		}
	}
	holds(c.Status != caseNone, "it is open")
	holds((c.Status == caseClosed || c.Status == caseLapsed) == (c.ClosedAt != nil), "closed_at says otherwise")
	holds(c.OpenedAt != nil && c.UpdatedAt != nil && c.Etag != "" && s.Scope != nil, "it lacks times, etag or scope")
	last := map[string]int32{}
	for _, p := range s.Planned {
		last[p.Provider]++
		holds(p.Number == last[p.Provider], "its requests are not numbered one after another")
	}
}

func checkRequest(t testing.TB, s *statev1.RequestState) {
	t.Helper()
	r := s.GetRequest()
	if r == nil {
		return
	}
	holds := func(ok bool, what string) {
		t.Helper()
		if !ok {
			t.Errorf("%s is %s, but %s: %v", r.Name, StatusWord(r.Status), what, s)
		}
	}
	open := openAsks(r, 0) > 0
	switch r.Status {
	case fresh:
		holds(r.Advisor == nil, "somebody works on it")
	case inProgress:
		holds(r.Advisor != nil && !open && r.Decision == nil, "it should be new, waiting or decided")
	case waiting:
		holds(r.Advisor != nil && open && r.Decision == nil, "nothing waits, or nobody does, or it is decided")
	case decided:
		holds(r.Advisor != nil && r.Decision != nil, "it lacks advisor or decision")
	default:
		holds(Ended(r.Status), "that is no state of a request")
	}
	holds(Ended(r.Status) == (r.EndedAt != nil), "ended_at says otherwise")
	holds((s.WaitingSince != nil) == (open && !Ended(r.Status)), "waiting_since says otherwise")
	holds(!r.Overdue || r.DueDate != "" || r.Status == casesv1.RequestStatus_REQUEST_STATUS_COMPLETED, "it is overdue without a due date")
	holds(r.RequestedAt != nil && r.UpdatedAt != nil && r.Etag != "" && s.Scope != nil, "it lacks times, etag or scope")
	for i, sup := range r.Supplements {
		holds(sup.Number == int32(i)+1, "its supplements are not numbered one after another")
	}
	for i, ref := range r.Referrals {
		holds(ref.Number == int32(i)+1, "its referrals are not numbered one after another")
	}
}
