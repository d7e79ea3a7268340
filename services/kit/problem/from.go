package problem

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
)

// Refusal is the shape of an error by which pure rules refuse a command. The
// rules may not import this package, so they are known by their methods. The
// text of such an error may be told to the caller.
type Refusal interface {
	error
	// RefusalKind is invalid, not_found, state, denied, conflict or exists.
	RefusalKind() string
	// RefusalReason is stable and in UPPER_SNAKE_CASE.
	RefusalReason() string
	// RefusalField is the path of the field that is wrong, or empty.
	RefusalField() string
}

// refusalKinds are the kinds that a rule may refuse with: no rule can find the
// hub unavailable.
var refusalKinds = []Kind{Invalid, NotFound, State, Denied, Conflict, Exists}

// From returns the problem in an error, as the caller may be told of it; nil
// for nil. An error that it does not know becomes Internal with a reference in
// its message and in its metadata; the error itself stays the cause, for the
// log. Test err for nil first where the result is returned as an error: a nil
// *Problem in an error is not nil.
func From(err error) *Problem {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if refusal, ok := errors.AsType[Refusal](err); ok {
		if p := fromRefusal(refusal, err); p != nil {
			return p
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return New(Deadline, "DEADLINE_EXCEEDED", "%s", of(Deadline).public).Because(err)
	case errors.Is(err, context.Canceled):
		return New(Canceled, "CANCELED", "%s", of(Canceled).public).Because(err)
	}
	if carrier, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		if p := fromStatus(carrier.GRPCStatus(), err); p != nil {
			return p
		}
	}
	return internal(err)
}

// KindOf returns the kind that From finds in an error; empty for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	return From(err).Kind
}

func fromRefusal(refusal Refusal, cause error) *Problem {
	for _, kind := range refusalKinds {
		if string(kind) != refusal.RefusalKind() {
			continue
		}
		p := New(kind, refusal.RefusalReason(), "%s", refusal.Error()).Because(cause)
		if field := refusal.RefusalField(); field != "" {
			p.Field(field, refusal.Error())
		}
		if detailed, ok := refusal.(interface{ RefusalMeta() map[string]string }); ok {
			for key, value := range detailed.RefusalMeta() {
				p.Meta(key, value)
			}
		}
		return p
	}
	return nil
}

// fromStatus reads a status that came back from another process. Only texts
// that this package wrote there are told on: those of grpc-go hold addresses.
func fromStatus(s *status.Status, cause error) *Problem {
	kind := kindOfCode(s.Code())
	p := &Problem{Kind: kind, cause: cause}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			if d.GetDomain() == Domain {
				p.Reason, p.Message, p.Metadata = d.GetReason(), s.Message(), d.GetMetadata()
			}
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				p.Field(v.GetField(), v.GetDescription())
			}
		case *errdetails.RetryInfo:
			p.RetryAfter = d.GetRetryDelay().AsDuration()
		}
	}
	if p.Message != "" {
		return p
	}
	if public := of(kind).public; public != "" {
		return New(kind, strings.ToUpper(string(kind)), "%s", public).Because(cause)
	}
	return nil
}

func internal(cause error) *Problem {
	reference := strings.ToLower(rand.Text()[:10])
	return New(Internal, "INTERNAL", "the hub could not do this because of a fault of its own; tell its staff the reference %s", reference).
		Meta("reference", reference).Because(cause)
}
