package provider

import (
	"strconv"
	"testing"

	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

func TestTheLaterStateIsRemembered(t *testing.T) {
	s := newStates()
	at := func(last uint64) held {
		return held{state: &statev1.RequestState{Scope: &statev1.Scope{Sequence: last}}, last: last}
	}
	for i, want := range []struct{ put, remembered uint64 }{{5, 5}, {3, 5}, {9, 9}, {9, 9}, {1, 9}} {
		s.put("a", at(want.put))
		if got, ok := s.get("a"); !ok || got.last != want.remembered {
			t.Errorf("step %d: %d is remembered, want %d", i, got.last, want.remembered)
		}
	}
	// What is used stays, and memory is bounded.
	for i := range 10 * mostStates {
		s.put(strconv.Itoa(i), at(1))
		if _, ok := s.get("a"); !ok {
			t.Fatalf("a state in use was forgotten after %d others", i)
		}
	}
	if n := len(s.young) + len(s.old); n > 2*mostStates {
		t.Errorf("%d states are remembered, want at most %d", n, 2*mostStates)
	}
	// An older state does not come back over a later one in the older half.
	s.put("a", at(8))
	if got, _ := s.get("a"); got.last != 9 {
		t.Errorf("%d is remembered, want 9", got.last)
	}
	s.clear()
	if _, ok := s.get("a"); ok {
		t.Error("a state outlives its log")
	}
}
