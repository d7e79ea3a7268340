package problem

import (
	"net/http"

	"google.golang.org/grpc/codes"
)

// Kind is what a caller can do about an error, in one word. It decides the
// gRPC code, the HTTP status and what a consumer of the log does.
type Kind string

// The kinds. There are no others; what fits none of them is Internal.
const (
	// Invalid: the request is wrong in itself and will never be right.
	Invalid Kind = "invalid"
	// Unauthenticated: it is not known who calls.
	Unauthenticated Kind = "unauthenticated"
	// Denied: it is known who calls, and they may not.
	Denied Kind = "denied"
	// NotFound: there is no such thing, or the caller may not know of it.
	NotFound Kind = "not_found"
	// State: the thing is not in a state that allows this.
	State Kind = "state"
	// Conflict: somebody else changed the thing first; read it again and decide again.
	Conflict Kind = "conflict"
	// Exists: the same request_id was used before with another body, or the thing is already there.
	Exists Kind = "exists"
	// Exhausted: too much or too often.
	Exhausted Kind = "exhausted"
	// Unavailable: a part of the hub does not answer now; the same call may succeed later.
	Unavailable Kind = "unavailable"
	// Deadline: the time the caller gave ran out first.
	Deadline Kind = "deadline"
	// Canceled: the caller went away.
	Canceled Kind = "canceled"
	// Internal: a fault of the hub. The caller learns a reference, the log the cause.
	Internal Kind = "internal"
)

// Action is what a consumer of the log does with an event whose handler failed.
type Action string

// The actions.
const (
	// Ack: what the event asked for is done already.
	Ack Action = "ack"
	// Retry: the same event may succeed later; after some tries it becomes a dead letter.
	Retry Action = "retry"
	// DeadLetter: the event will never succeed; an operator must look at it.
	DeadLetter Action = "dead-letter"
)

// meaning is one row of the table that everything follows from.
type meaning struct {
	kind   Kind
	code   codes.Code
	http   int
	action Action
	// public is the text for an error of this kind that comes from a library
	// or another process and whose own text may name internal things.
	public string
}

// statusClientClosedRequest is nginx' number for a caller who went away; no
// RFC has one.
const statusClientClosedRequest = 499

var meanings = []meaning{
	{Invalid, codes.InvalidArgument, http.StatusBadRequest, DeadLetter, ""},
	{Unauthenticated, codes.Unauthenticated, http.StatusUnauthorized, Retry, ""},
	{Denied, codes.PermissionDenied, http.StatusForbidden, DeadLetter, ""},
	{NotFound, codes.NotFound, http.StatusNotFound, DeadLetter, ""},
	{State, codes.FailedPrecondition, http.StatusConflict, DeadLetter, ""},
	{Conflict, codes.Aborted, http.StatusConflict, Retry, ""},
	{Exists, codes.AlreadyExists, http.StatusConflict, Ack, ""},
	{Exhausted, codes.ResourceExhausted, http.StatusTooManyRequests, Retry, "too much was asked at once; try again a little later"},
	{Unavailable, codes.Unavailable, http.StatusServiceUnavailable, Retry, "a part of the hub does not answer now; try again a little later"},
	{Deadline, codes.DeadlineExceeded, http.StatusGatewayTimeout, Retry, "the time given for the call ran out; try again, perhaps with more time"},
	{Canceled, codes.Canceled, statusClientClosedRequest, Retry, "the call was canceled"},
	{Internal, codes.Internal, http.StatusInternalServerError, Retry, ""},
}

// of returns the row of a kind; an unknown kind is treated as Internal.
func of(kind Kind) meaning {
	for _, m := range meanings {
		if m.kind == kind {
			return m
		}
	}
	return meanings[len(meanings)-1]
}

// kindOfCode returns the kind that has this gRPC code, else Internal.
func kindOfCode(code codes.Code) Kind {
	for _, m := range meanings {
		if m.code == code {
			return m.kind
		}
	}
	return Internal
}

// Code is the gRPC code of the kind.
func (k Kind) Code() codes.Code { return of(k).code }

// HTTPStatus is the HTTP status of the kind.
func (k Kind) HTTPStatus() int { return of(k).http }

// Action is what a consumer of the log does with an event that failed so.
func (k Kind) Action() Action { return of(k).action }
