package problem_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/businessespoo/hub/services/kit/problem"
)

func TestKinds(t *testing.T) {
	tests := []struct {
		kind   problem.Kind
		code   codes.Code
		http   int
		action problem.Action
	}{
		{problem.Invalid, codes.InvalidArgument, 400, problem.DeadLetter},
		{problem.Unauthenticated, codes.Unauthenticated, 401, problem.Retry},
		{problem.Denied, codes.PermissionDenied, 403, problem.DeadLetter},
		{problem.NotFound, codes.NotFound, 404, problem.DeadLetter},
		{problem.State, codes.FailedPrecondition, 409, problem.DeadLetter},
		{problem.Conflict, codes.Aborted, 409, problem.Retry},
		{problem.Exists, codes.AlreadyExists, 409, problem.Ack},
		{problem.Exhausted, codes.ResourceExhausted, 429, problem.Retry},
		{problem.Unavailable, codes.Unavailable, 503, problem.Retry},
		{problem.Deadline, codes.DeadlineExceeded, 504, problem.Retry},
		{problem.Canceled, codes.Canceled, 499, problem.Retry},
		{problem.Internal, codes.Internal, 500, problem.Retry},
		{problem.Kind("new"), codes.Internal, 500, problem.Retry},
	}
	for _, test := range tests {
		t.Run(string(test.kind), func(t *testing.T) {
			p := problem.New(test.kind, "A_REASON", "text")
			if p.GRPCStatus().Code() != test.code || p.HTTPStatus() != test.http || p.Action() != test.action {
				t.Errorf("got %s, %d, %s; want %s, %d, %s", p.GRPCStatus().Code(), p.HTTPStatus(), p.Action(), test.code, test.http, test.action)
			}
		})
	}
}

// overTheWire is what a client in another process gets.
func overTheWire(t *testing.T, p *problem.Problem) error {
	t.Helper()
	return status.FromProto(p.GRPCStatus().Proto()).Err()
}

func TestOverTheWireAndBack(t *testing.T) {
	secret := errors.New("sqlite: /var/lib/hub/view.db: disk full")
	want := problem.New(problem.Conflict, "ETAG_STALE", "etag %q is stale, the request is now at %q", "4", "5").
		Field("etag", "read the request again").Retry(20*time.Millisecond).Meta("etag", "5").Because(secret)

	err := overTheWire(t, want)
	if strings.Contains(fmt.Sprint(status.Convert(err).Proto()), "sqlite") {
		t.Fatalf("the cause is on the wire: %v", err)
	}
	var info *errdetails.ErrorInfo
	for _, detail := range status.Convert(err).Details() {
		if d, ok := detail.(*errdetails.ErrorInfo); ok {
			info = d
		}
	}
	if info.GetDomain() != "businessespoo.fi" || info.GetReason() != "ETAG_STALE" {
		t.Errorf("ErrorInfo is %v", info)
	}

	got := problem.From(fmt.Errorf("router: ask omnia: %w", err))
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(problem.Problem{})); diff != "" {
		t.Errorf("problem changed on the way (-want +got):\n%s", diff)
	}
	if !errors.Is(want, secret) || !strings.Contains(want.Error(), "disk full") {
		t.Errorf("the cause is lost for the log: %v", want)
	}
}

type refusal struct{ kind, field string }

func (r refusal) Error() string         { return "request is already declined" }
func (r refusal) RefusalKind() string   { return r.kind }
func (r refusal) RefusalReason() string { return "REQUEST_OVER" }
func (r refusal) RefusalField() string  { return r.field }

func TestFrom(t *testing.T) {
	foreign := func(code codes.Code) error {
		return status.Error(code, "transport: dial tcp 10.1.2.3:9101: connection refused")
	}
	tests := []struct {
		name   string
		err    error
		kind   problem.Kind
		reason string
		fields []problem.Violation
	}{
		{"own", problem.New(problem.Denied, "NOT_YOURS", "no"), problem.Denied, "NOT_YOURS", nil},
		{"refusal", refusal{"state", ""}, problem.State, "REQUEST_OVER", nil},
		{
			"refusal of a field",
			refusal{"invalid", "reply.text"},
			problem.Invalid, "REQUEST_OVER",
			[]problem.Violation{{Field: "reply.text", Description: "request is already declined"}},
		},
		{"refusal of a strange kind", refusal{"unavailable", ""}, problem.Internal, "INTERNAL", nil},
		{"deadline", context.DeadlineExceeded, problem.Deadline, "DEADLINE_EXCEEDED", nil},
		{"canceled", context.Canceled, problem.Canceled, "CANCELED", nil},
		{"another process away", foreign(codes.Unavailable), problem.Unavailable, "UNAVAILABLE", nil},
		{"another process strange", foreign(codes.InvalidArgument), problem.Internal, "INTERNAL", nil},
		{"another process older", foreign(codes.Unimplemented), problem.Internal, "INTERNAL", nil},
		{"anything", errors.New("dial tcp 10.1.2.3:4222: connection refused"), problem.Internal, "INTERNAL", nil},
	}
	for _, test := range tests {
		for _, err := range []error{test.err, fmt.Errorf("view: read 10.1.2.3: %w", test.err)} {
			t.Run(test.name, func(t *testing.T) {
				p := problem.From(err)
				if p.Kind != test.kind || p.Reason != test.reason {
					t.Errorf("From(%v) is %s %s, want %s %s", err, p.Kind, p.Reason, test.kind, test.reason)
				}
				if diff := cmp.Diff(test.fields, p.Violations); diff != "" {
					t.Errorf("violations (-want +got):\n%s", diff)
				}
				if public := p.GRPCStatus().Proto().String(); strings.Contains(public, "10.1.2.3") {
					t.Errorf("the caller learns %s", public)
				}
				if !errors.Is(p, test.err) {
					t.Errorf("the log cannot learn the cause of %v", p)
				}
				if problem.KindOf(err) != test.kind {
					t.Errorf("KindOf(%v) = %s", err, problem.KindOf(err))
				}
			})
		}
	}
	if problem.From(nil) != nil || problem.KindOf(nil) != "" {
		t.Error("nil is a problem")
	}
}

func TestReferenceTellsFaultsApart(t *testing.T) {
	fault := errors.New("fault")
	one, two := problem.From(fault), problem.From(fault)
	reference := one.Metadata["reference"]
	if reference == "" || reference == two.Metadata["reference"] || !strings.Contains(one.Message, reference) {
		t.Errorf("references %q and %q in %q", reference, two.Metadata["reference"], one.Message)
	}
	if http.StatusText(one.HTTPStatus()) == "" {
		t.Errorf("status %d", one.HTTPStatus())
	}
}

func TestStatusStaysSmallAndReadable(t *testing.T) {
	p := problem.New(problem.Invalid, "INVALID_FIELDS", "bad \xff text").Meta("k\xff", "v\xff")
	for i := range 1000 {
		p.Field(fmt.Sprintf("inputs[%d]", i), "\xff")
	}
	got := problem.From(overTheWire(t, p))
	if len(got.Violations) != 26 || !strings.Contains(got.Violations[25].Description, "975 more") {
		t.Errorf("%d violations, the last is %v", len(got.Violations), got.Violations[len(got.Violations)-1])
	}
	if got.Message != "bad \uFFFD text" || got.Metadata["k\uFFFD"] != "v\uFFFD" {
		t.Errorf("got %q %q", got.Message, got.Metadata)
	}
}
