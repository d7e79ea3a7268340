package host_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// TestNothingIsSentOnceTheCallerMayNotHaveIt takes a right away between two messages of a
// stream that looks by itself but once an hour: the second message is not sent.
func TestNothingIsSentOnceTheCallerMayNotHaveIt(t *testing.T) {
	anna := token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p1", Session: "s1"}
	for name, test := range map[string]struct {
		auth   func(w *world) string
		lose   func(w *world, ended *atomic.Bool)
		reason string
	}{
		"a token expires":     {func(w *world) string { return w.token(t, anna) }, func(w *world, _ *atomic.Bool) { w.later.Store(int64(2 * time.Hour)) }, "TOKEN_EXPIRED"},
		"a session is ended":  {func(w *world) string { return w.token(t, anna) }, func(_ *world, ended *atomic.Bool) { ended.Store(true) }, "SESSION_ENDED"},
		"a secret is changed": {func(*world) string { return "Case K7:s3cret" }, func(w *world, _ *atomic.Bool) { w.secret.Store("another") }, "CASE_SECRET_WRONG"},
	} {
		t.Run(name, func(t *testing.T) {
			var ended atomic.Bool
			w := startWorld(t, false, func(o *host.Options) {
				o.Recheck = time.Hour
				o.Verifier.RefuseIf(func(p token.Principal) error {
					if p.Session == "s1" && ended.Load() {
						return problem.New(problem.Unauthenticated, "SESSION_ENDED", "over")
					}
					return nil
				})
			})
			next := make(chan struct{})
			w.watch = func(_ *casesv1.WatchCaseRequest, s grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error {
				for {
					if err := s.Send(&casesv1.WatchCaseResponse{}); err != nil {
						return err
					}
					<-next
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			stream, err := w.client.WatchCase(authorized(ctx, test.auth(w)), &casesv1.WatchCaseRequest{Name: caseName})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := stream.Recv(); err != nil {
					t.Fatal(err)
				}
				next <- struct{}{}
			}
			if _, err := stream.Recv(); err != nil {
				t.Fatal(err)
			}
			test.lose(w, &ended)
			next <- struct{}{}
			if got, err := stream.Recv(); err == nil || problem.From(err).Reason != test.reason {
				t.Errorf("after the right was taken away: %v, %v", got, err)
			}
		})
	}
}

// TestBindingIsAskedBeforeAChange, and before nothing else: what it answers is who acts.
func TestBindingIsAskedBeforeAChange(t *testing.T) {
	var asked atomic.Int32
	var refuse atomic.Bool
	w := startWorld(t, false, func(o *host.Options) {
		o.Binding = func(_ context.Context, p token.Principal) (token.Principal, error) {
			asked.Add(1)
			if refuse.Load() {
				return p, problem.New(problem.Denied, "REPRESENTATION_ENDED", "over")
			}
			p.Organisation = "found out just now"
			return p, nil
		}
	})
	var acted string
	w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		return &casesv1.GetCaseResponse{}, nil
	}
	w.open = func(ctx context.Context, _ *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error) {
		acted = token.From(ctx).Organisation
		return &casesv1.OpenCaseResponse{}, nil
	}
	ctx := authorized(t.Context(), w.token(t, token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p1"}))
	if _, err := w.client.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName}); err != nil || asked.Load() != 0 {
		t.Errorf("a read: %v, asked %d times", err, asked.Load())
	}
	change := &casesv1.OpenCaseRequest{
		RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Services: []*casesv1.ServiceChoice{{Service: "providers/omnia/services/apprenticeship"}},
		Consents: []*casesv1.Consent{{Provider: "providers/omnia", DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE}, TextVersion: "1"}},
	}
	if _, err := w.client.OpenCase(ctx, change); err != nil || asked.Load() != 1 || acted != "found out just now" {
		t.Errorf("a change: %v, asked %d times, acted as %q", err, asked.Load(), acted)
	}
	refuse.Store(true)
	acted = ""
	if _, err := w.client.OpenCase(ctx, change); problem.From(err).Reason != "REPRESENTATION_ENDED" || acted != "" {
		t.Errorf("a change that is refused: %v, acted as %q", err, acted)
	}
}
