// Package problem is the one vocabulary of errors that leave a process.
//
// Code that refuses something returns problem.New(kind, reason, ...). At the
// border, From turns any error into a Problem: one made here, a refusal of the
// rules, a context that ended, a status from another process, or else an
// internal fault whose text stays inside. A message says what was wrong, with
// which value, and what would be right.
package problem

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Domain is the domain of every ErrorInfo that the hub sends.
const Domain = "businessespoo.fi"

// mostFields bounds the violations in one answer: they travel in a header,
// which many clients limit to 8 KiB.
const mostFields = 25

// Violation says what is wrong with one field of a request.
type Violation struct {
	// Field is the path from the request, such as services[0].inputs[3].id.
	Field string
	// Description says what is wrong and what would be right.
	Description string
}

// Problem is an error that may be told to the caller. Its methods that set
// something change the problem and return it; they are for the line that makes
// it, not for sharing.
type Problem struct {
	// Kind decides what the caller and a consumer can do.
	Kind Kind
	// Reason is stable and in UPPER_SNAKE_CASE; programs decide by it.
	Reason string
	// Message is for people.
	Message string
	// Violations name the fields that are wrong, if fields are.
	Violations []Violation
	// RetryAfter is how long to wait before the same call may succeed; 0 if unknown.
	RetryAfter time.Duration
	// Metadata holds further facts for programs, such as the etag that is now right.
	Metadata map[string]string

	cause error
}

// New makes a problem. The formatted text is told to the caller: what was
// wrong, which value, what would be right. Put the error that led to it in
// Because, not in args.
func New(kind Kind, reason, format string, args ...any) *Problem {
	return &Problem{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Field adds a violation of one field.
func (p *Problem) Field(field, description string) *Problem {
	p.Violations = append(p.Violations, Violation{Field: field, Description: description})
	return p
}

// Retry says after how long the same call may succeed.
func (p *Problem) Retry(after time.Duration) *Problem {
	p.RetryAfter = after
	return p
}

// Meta adds a fact for programs; key is in lowerCamelCase.
func (p *Problem) Meta(key, value string) *Problem {
	if p.Metadata == nil {
		p.Metadata = map[string]string{}
	}
	p.Metadata[key] = value
	return p
}

// Because keeps the error that led to the problem, for errors.Is and for the
// log. The caller is not told of it.
func (p *Problem) Because(cause error) *Problem {
	p.cause = cause
	return p
}

// Error is the text for the log: the message and the cause.
func (p *Problem) Error() string {
	if p.cause == nil {
		return p.Message
	}
	return p.Message + ": " + p.cause.Error()
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.cause }

// HTTPStatus is the HTTP status of the problem's kind.
func (p *Problem) HTTPStatus() int { return p.Kind.HTTPStatus() }

// Action is what a consumer of the log does with an event that failed so.
func (p *Problem) Action() Action { return p.Kind.Action() }

// GRPCStatus is what goes over the wire: code and message, and as details
// ErrorInfo, BadRequest when fields are wrong, RetryInfo when it is known.
func (p *Problem) GRPCStatus() *status.Status {
	info := &errdetails.ErrorInfo{Reason: p.Reason, Domain: Domain}
	for key, value := range p.Metadata {
		if info.Metadata == nil {
			info.Metadata = make(map[string]string, len(p.Metadata))
		}
		info.Metadata[clean(key)] = clean(value)
	}
	details := []protoadapt.MessageV1{info}
	if len(p.Violations) > 0 {
		details = append(details, badRequest(p.Violations))
	}
	if p.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(p.RetryAfter)})
	}
	plain := status.New(p.Kind.Code(), clean(p.Message))
	full, err := plain.WithDetails(details...)
	if err != nil {
		// A detail that cannot be marshalled must not hide the problem itself.
		return plain
	}
	return full
}

func badRequest(violations []Violation) *errdetails.BadRequest {
	bad := &errdetails.BadRequest{}
	for i, v := range violations {
		if i == mostFields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field:       "",
				Description: fmt.Sprintf("and %d more fields are wrong", len(violations)-mostFields),
			})
			break
		}
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: clean(v.Field), Description: clean(v.Description),
		})
	}
	return bad
}

// clean makes a text fit for a protobuf string: other bytes than UTF-8 would
// make the whole status unreadable.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
