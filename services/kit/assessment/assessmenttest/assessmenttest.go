// Package assessmenttest serves a provider's own service to its tests, over a
// real gRPC server with the contract's checks, and looks at what it answers.
package assessmenttest

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	"github.com/businessespoo/hub/services/kit/host"
)

// Dial serves what register registers until the test ends, and returns a
// connection to it that is not signed in.
func Dial(t testing.TB, register func(grpc.ServiceRegistrar)) *grpc.ClientConn {
	t.Helper()
	server := host.NewGRPC(host.Options{})
	register(server)
	if err := server.CheckRules(); err != nil {
		t.Fatal(err)
	}
	listener := bufconn.Listen(1 << 20)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///assessment",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return connection
}

// WrongFields returns the fields that the error names. The test fails when it is
// no INVALID_ARGUMENT with the reason INVALID_FIELDS, or a description is empty.
func WrongFields(t testing.TB, err error) []string {
	t.Helper()
	s := status.Convert(err)
	if s.Code() != codes.InvalidArgument {
		t.Fatalf("answers %s (%s), want INVALID_ARGUMENT", s.Code(), s.Message())
	}
	var reason string
	var fields []string
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fields = append(fields, v.GetField())
				if v.GetDescription() == "" {
					t.Errorf("%s is wrong, but nothing says why", v.GetField())
				}
			}
		}
	}
	if reason != "INVALID_FIELDS" {
		t.Errorf("the reason is %q, want INVALID_FIELDS", reason)
	}
	return fields
}

// Has reports whether there is a reason with the code and the effect.
func Has(reasons []*assessmentv1.Reason, code string, effect assessmentv1.Effect) bool {
	for _, r := range reasons {
		if r.GetCode() == code && r.GetEffect() == effect {
			return true
		}
	}
	return false
}

// answer is what every assessment of the contract holds.
type answer interface {
	GetService() string
	GetDate() string
	GetVerdict() assessmentv1.Verdict
	GetReasons() []*assessmentv1.Reason
	GetFigures() []*assessmentv1.Figure
}

// Complete fails the test when a part of the answer lacks what a reader needs:
// texts in three languages, an effect, a source, a mark, a validity.
func Complete(t testing.TB, a answer) {
	t.Helper()
	if a.GetService() == "" || a.GetDate() == "" || a.GetVerdict() == 0 || len(a.GetReasons()) == 0 {
		t.Errorf("the answer lacks service, date, verdict or reasons: %v", a)
	}
	for _, r := range a.GetReasons() {
		if r.GetCode() == "" || r.GetEffect() == 0 || r.GetSource() == "" || r.GetMark() == "" || !written(r.GetTexts()) {
			t.Errorf("the reason is not complete: %v", r)
		}
	}
	for _, f := range a.GetFigures() {
		if f.GetId() == "" || f.GetValue() == "" || f.GetUnit() == "" || f.GetSource() == "" || f.GetMark() == "" || f.GetValidFrom() == "" {
			t.Errorf("the figure is not complete: %v", f)
		}
		if f.GetValidFrom() > a.GetDate() || f.GetValidTo() != "" && f.GetValidTo() < a.GetDate() {
			t.Errorf("the figure is not valid on %s: %v", a.GetDate(), f)
		}
	}
	if dated, ok := a.(interface {
		GetDeadlines() []*assessmentv1.Deadline
	}); ok {
		last := ""
		for _, d := range dated.GetDeadlines() {
			if d.GetCode() == "" || d.GetDate() < last || d.GetSource() == "" || d.GetMark() == "" || !written(d.GetLabel()) {
				t.Errorf("the deadline is not complete or not in order: %v", d)
			}
			last = d.GetDate()
		}
	}
}

// written tells whether there is a text in each language, with all its blanks
// filled in.
func written(texts *cataloguev1.Texts) bool {
	for _, text := range []string{texts.GetFi(), texts.GetSv(), texts.GetEn()} {
		if text == "" || strings.ContainsAny(text, "{}") {
			return false
		}
	}
	return true
}
