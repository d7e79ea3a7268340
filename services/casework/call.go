// Package casework is the life of a case and of a request: which command is
// allowed in which state, and which fact it leads to.
//
// Everything here is pure. A command is decide(state, command) -> one fact; a
// state is evolve(state, fact). No I/O, no clock: time is an argument. Whoever
// calls appends the fact to the log and folds it into the state.
package casework

import (
	"bytes"
	"encoding/base64"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// Call is who commands, when, and under which request_id.
type Call struct {
	// ID is the id of the fact that may come of it, a UUID.
	ID string
	// Time is now, in UTC.
	Time time.Time
	// Actor is who commands.
	Actor *eventsv1.Actor
	// Basis says why data may be handled; may be nil.
	Basis *eventsv1.Basis
	// RequestID and Digest make a repeat known; both empty for the hub's own commands.
	RequestID string
	Digest    []byte
	// ETag is the state that the caller acts on; empty for the newest.
	ETag string
	// Causation, Correlation and TraceParent go into the fact's envelope.
	Causation, Correlation, TraceParent string
}

// fact makes the envelope of the fact that the call leads to.
func (c Call) fact(scope *statev1.Scope) *eventsv1.Fact {
	return &eventsv1.Fact{
		Id: c.ID, Time: timestamppb.New(c.Time), Actor: c.Actor, Basis: c.Basis,
		RequestId: c.RequestID, CommandDigest: c.Digest, PreviousHash: scope.GetHead(),
		CausationId: c.Causation, CorrelationId: c.Correlation, TraceParent: c.TraceParent,
	}
}

// admit checks what every command checks: whether the call is a repeat, and
// whether the caller acts on the newest state. It answers true for a repeat.
func (c Call) admit(scope *statev1.Scope, etag string) (repeat bool, err error) {
	if c.RequestID != "" {
		for _, seen := range scope.GetSeen() {
			if seen.RequestId != c.RequestID {
				continue
			}
			if bytes.Equal(seen.Digest, c.Digest) {
				return true, nil
			}
			return false, refuse(Exists, "REQUEST_ID_REUSED",
				"request_id %s was used for another call; take a new UUID for a new call, and the same body to repeat one", c.RequestID).field("request_id")
		}
	}
	if c.ETag != "" && c.ETag != etag {
		return false, refuse(Conflict, "STALE_ETAG",
			"etag %s names an older state, the newest is %s; read it again, and decide again", c.ETag, etag).field("etag").meta("etag", etag)
	}
	return false, nil
}

// fold keeps what every scope keeps of a fact.
func fold(scope *statev1.Scope, f *eventsv1.Fact, sequence uint64, hash []byte) {
	scope.Sequence, scope.Head = sequence, hash
	if f.RequestId != "" {
		scope.Seen = append(scope.Seen, &statev1.Seen{RequestId: f.RequestId, Digest: f.CommandDigest, Sequence: sequence})
	}
}

// etagOf names a state by the end of its scope's hash chain.
func etagOf(hash []byte) string {
	return base64.RawURLEncoding.EncodeToString(hash[:min(len(hash), 9)])
}

// isLead tells whether the actor may act on any request of its provider.
func isLead(a *eventsv1.Actor) bool {
	return a.GetRole() == policyv1.Role_ROLE_LEAD || a.GetRole() == policyv1.Role_ROLE_PROVIDER_SYSTEM
}

// Ended tells whether a request has ended.
func Ended(s casesv1.RequestStatus) bool {
	switch s {
	case casesv1.RequestStatus_REQUEST_STATUS_COMPLETED, casesv1.RequestStatus_REQUEST_STATUS_DECLINED,
		casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN:
		return true
	}
	return false
}
