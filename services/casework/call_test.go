package casework

import (
	"testing"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// A call that is repeated is known by its request_id, whatever happened since.
func TestRepeatedCalls(t *testing.T) {
	w := requestIn(t, fresh, "")
	aino, key := advisor("omnia", "aino"), RequestKey{"omnia", 1}
	first := Call{ID: "a", Time: w.now, Actor: aino, RequestID: "r-1", Digest: []byte("pick up")}
	f := must(DecideRequest(w.requests[key], PickUp{}, first))
	w.append(key, f)
	must(w.on(aino, "omnia", 1, Complete{"Done"}))
	newest := w.requests[key].Request.Etag

	for _, c := range []struct {
		name   string
		cmd    RequestCommand
		call   Call
		reason string
	}{
		{"the same call", PickUp{}, first, ""},
		{"the same call, with the etag of then", PickUp{}, Call{RequestID: "r-1", Digest: []byte("pick up"), ETag: "old", Actor: aino}, ""},
		{"another body", PickUp{}, Call{RequestID: "r-1", Digest: []byte("reply"), Actor: aino}, "REQUEST_ID_REUSED"},
		{"a new call", PickUp{}, Call{RequestID: "r-2", Digest: []byte("pick up"), Actor: aino}, "STATE_FORBIDS"},
		{"a stale etag", RateRequest{Stars: 3}, Call{ETag: "old", Actor: company()}, "STALE_ETAG"},
		{"the newest etag", RateRequest{Stars: 6}, Call{ETag: newest, Actor: company()}, "STARS_OUT_OF_RANGE"},
	} {
		got, err := DecideRequest(w.requests[key], c.cmd, c.call)
		if got != nil || reasonOf(err) != c.reason || (c.reason == "") != (err == nil) {
			t.Errorf("%s: %v, %v, want reason %q", c.name, got, err, c.reason)
		}
	}
}

func TestRepeatedOpening(t *testing.T) {
	w := newWorld(t, "2026-03-02")
	call := Call{ID: "a", Time: w.now, Actor: company(), RequestID: "r-1", Digest: []byte("open")}
	w.append(hubScope, must(DecideCase(w.c, OpenCase{opened("")}, call)))
	if f, err := DecideCase(w.c, OpenCase{opened("")}, call); f != nil || err != nil {
		t.Errorf("opening again: %v, %v", f, err)
	}
	call.Digest = []byte("open something else")
	if _, err := DecideCase(w.c, OpenCase{opened("")}, call); reasonOf(err) != "REQUEST_ID_REUSED" {
		t.Errorf("opening something else: %v", err)
	}
}

// The envelope names the fact before it in its scope.
func TestEnvelope(t *testing.T) {
	w := requestIn(t, inProgress, "")
	head := w.requests[RequestKey{"omnia", 1}].Scope.Head
	basis := &eventsv1.Basis{Kind: "consent", Reference: "2026-01"}
	f := must(DecideRequest(w.requests[RequestKey{"omnia", 1}], Reply{"Hello"}, Call{
		ID: "id", Time: w.now, Actor: advisor("omnia", "aino"), Basis: basis, RequestID: "r", Digest: []byte("d"),
		Causation: "c1", Correlation: "c2", TraceParent: "t",
	}))
	if string(f.PreviousHash) != string(head) || len(head) != 32 {
		t.Errorf("the fact follows on %x, and the scope ends in %x", f.PreviousHash, head)
	}
	if f.Id != "id" || f.RequestId != "r" || string(f.CommandDigest) != "d" || f.CausationId != "c1" || f.CorrelationId != "c2" ||
		f.TraceParent != "t" || f.Basis != basis || !f.Time.AsTime().Equal(w.now) {
		t.Errorf("the envelope lacks something: %v", f)
	}
}

func TestTooManyRequests(t *testing.T) {
	w := newWorld(t, "2026-03-02")
	open := opened("")
	for range MaxRequests - 2 {
		open.Requests = append(open.Requests, planned("omnia", "apprenticeship", "contract", ""))
	}
	must(w.onCase(company(), OpenCase{open}))
	one, invited := planned("omnia", "recruit-training", "placement", ""), planned("omnia", "recruit-training", "placement", "")
	if _, err := w.onCase(company(), AddRequest{Request: one, Invitation: invited}); reasonOf(err) != "TOO_MANY_REQUESTS" {
		t.Errorf("two more: %v", err)
	}
	must(w.onCase(company(), AddRequest{Request: one}))
	if _, err := w.onCase(company(), AddRequest{Request: one}); reasonOf(err) != "TOO_MANY_REQUESTS" {
		t.Errorf("one more than fits: %v", err)
	}
	open.Requests = append(open.Requests, one, one)
	if _, err := newWorld(t, "2026-03-02").onCase(company(), OpenCase{open}); reasonOf(err) != "TOO_MANY_REQUESTS" {
		t.Errorf("opening with too many: %v", err)
	}
}
