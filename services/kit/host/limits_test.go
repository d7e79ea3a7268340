package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

const relay = "only this process knows"

// limitedWorld is a server that answers 10 calls a second, 50 at once, and of
// SuggestServices without sign-in 1 a second, 5 at once; its clock stands still.
func limitedWorld(t *testing.T, change ...func(*host.Options)) *world {
	t.Helper()
	var w *world
	w = startWorld(t, false, append([]func(*host.Options){func(o *host.Options) {
		o.Clock = func() time.Time { return w.now() }
		o.Limits = host.Limits{Rate: 10, Streams: 3, Relay: relay, Dear: []string{casesv1.CaseService_SuggestServices_FullMethodName}}
	}}, change...)...)
	w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		return &casesv1.GetCaseResponse{}, nil
	}
	return w
}

func (w *world) ask(ctx context.Context) error {
	_, err := w.client.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName})
	return err
}

// limited fails the test unless the error is a refusal that says when to come again;
// it answers when.
func limited(t *testing.T, err error, reason string) time.Duration {
	t.Helper()
	s, wait, told := status.Convert(err), time.Duration(0), ""
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			told = d.Reason
			if d.Domain != problem.Domain {
				t.Errorf("domain %q", d.Domain)
			}
		case *errdetails.RetryInfo:
			wait = d.RetryDelay.AsDuration()
		}
	}
	if s.Code() != codes.ResourceExhausted || told != reason {
		t.Fatalf("answered %s %s: %s; want ResourceExhausted %s", s.Code(), told, s.Message(), reason)
	}
	if reason == "RATE_LIMITED" && (wait <= 0 || !strings.Contains(s.Message(), wait.String())) {
		t.Fatalf("told to wait %s, and %q", wait, s.Message())
	}
	return wait
}

func TestCallsOfOneCallerAreLimited(t *testing.T) {
	w := limitedWorld(t)
	mine := authorized(t.Context(), w.token(t, company))
	for i := range 50 {
		if err := w.ask(mine); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	wait := limited(t, w.ask(mine), "RATE_LIMITED")
	// Another token of the same person is the same caller; anybody else is not.
	w.later.Add(int64(time.Millisecond))
	limited(t, w.ask(authorized(t.Context(), w.token(t, company))), "RATE_LIMITED")
	other := company
	other.Subject = "p-3"
	for name, authorization := range map[string]string{"another person": w.token(t, other), "a case's holder": "Case K7:s3cret"} {
		if err := w.ask(authorized(t.Context(), authorization)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.later.Add(int64(wait))
	if err := w.ask(mine); err != nil {
		t.Errorf("who waited as told is refused: %v", err)
	}
}

func TestNoRateLimitsNothing(t *testing.T) {
	w := limitedWorld(t, func(o *host.Options) { o.Limits.Rate = 0 })
	mine := authorized(t.Context(), w.token(t, company))
	for range 500 {
		if err := w.ask(mine); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLimitsComeBeforeTheHandler(t *testing.T) {
	w := limitedWorld(t)
	called := 0
	w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		called++
		return &casesv1.GetCaseResponse{}, nil
	}
	mine := authorized(t.Context(), w.token(t, company))
	for range 60 {
		_ = w.ask(mine)
	}
	if called != 50 {
		t.Errorf("the handler was called %d times, want 50", called)
	}
}

// TestRefusedCallsCount: what is refused for its role or its token costs as much as
// what is answered, or a caller could try for ever.
func TestRefusedCallsCount(t *testing.T) {
	for name, authorization := range map[string]func(w *world) string{
		"role":  func(w *world) string { return w.token(t, advisor) },
		"token": func(*world) string { return "Bearer nonsense" },
		"none":  func(*world) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			w := limitedWorld(t)
			ctx := t.Context()
			if value := authorization(w); value != "" {
				ctx = authorized(ctx, value)
			}
			for range 50 {
				if err := w.ask(ctx); status.Code(err) != codes.PermissionDenied && status.Code(err) != codes.Unauthenticated {
					t.Fatalf("answered %v", err)
				}
			}
			limited(t, w.ask(ctx), "RATE_LIMITED")
		})
	}
}

func TestWrongCodesAreLimitedByAddress(t *testing.T) {
	w := limitedWorld(t, func(o *host.Options) { o.Limits.Rate = 0 }) // it holds without a rate
	from := func(address, authorization string) context.Context {
		return host.ForVisitor(authorized(t.Context(), authorization), relay, address)
	}
	for i := range 20 {
		if err := w.ask(from("192.0.2.1", fmt.Sprintf("Case K7:wrong%d", i))); status.Code(err) != codes.Unauthenticated {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	wait := limited(t, w.ask(from("192.0.2.1", "Case K8:wrong")), "RATE_LIMITED")
	limited(t, w.ask(from("192.0.2.1", "case K7:s3cret")), "RATE_LIMITED")
	// Neither the holder of the case at another address nor a token at this one is kept out.
	if err := w.ask(from("192.0.2.2", "Case K7:s3cret")); err != nil {
		t.Errorf("the holder is kept out by another's attempts: %v", err)
	}
	if err := w.ask(from("192.0.2.1", w.token(t, company))); err != nil {
		t.Errorf("a token is refused for wrong codes: %v", err)
	}
	w.later.Add(int64(wait))
	for range 30 { // the right one costs nothing
		if err := w.ask(from("192.0.2.1", "Case K7:s3cret")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDearCallsOfStrangersAreLimited(t *testing.T) {
	w := limitedWorld(t)
	suggest := func(ctx context.Context) error {
		_, err := w.client.SuggestServices(ctx, &casesv1.SuggestServicesRequest{Text: "x"})
		return err
	}
	for range 5 {
		if err := suggest(t.Context()); status.Code(err) != codes.Unimplemented && status.Code(err) != codes.Internal {
			t.Fatal(err)
		}
	}
	limited(t, suggest(t.Context()), "RATE_LIMITED")
	if err := suggest(authorized(t.Context(), w.token(t, company))); status.Code(err) == codes.ResourceExhausted {
		t.Errorf("who signed in is limited as a stranger: %v", err)
	}
}

// TestNobodyChoosesTheirAddress: what a caller says of where it comes from counts only
// with the secret of the process.
func TestNobodyChoosesTheirAddress(t *testing.T) {
	w := limitedWorld(t)
	call := func(key string, i int) error {
		ctx := host.ForVisitor(t.Context(), key, fmt.Sprintf("192.0.2.%d", i%200))
		return w.ask(ctx)
	}
	for i := range 50 {
		if err := call("guessed", i); status.Code(err) != codes.Unauthenticated {
			t.Fatal(err)
		}
	}
	limited(t, call("guessed", 99), "RATE_LIMITED")
	limited(t, call("", 99), "RATE_LIMITED")
	if err := call(relay, 99); status.Code(err) != codes.Unauthenticated {
		t.Errorf("the pages' visitor: %v", err)
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7:1234": "192.0.2.7", "192.0.2.7": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64",
		"2001:db8:1:2::9": "2001:db8:1:2::/64", "[::ffff:192.0.2.7]:1": "192.0.2.7", "[fe80::1%eth0]:1": "fe80::/64", "bufconn": "bufconn",
	} {
		if got := host.Network(address); got != want {
			t.Errorf("%s is counted as %s, want %s", address, got, want)
		}
	}
}

func TestStreamsOfOneCallerAreLimited(t *testing.T) {
	w := limitedWorld(t, func(o *host.Options) { o.Limits.Rate = 0 })
	w.watch = func(_ *casesv1.WatchCaseRequest, s grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error {
		if err := s.SendHeader(nil); err != nil {
			return err
		}
		<-s.Context().Done()
		return s.Context().Err()
	}
	open := func(p token.Principal) (context.CancelFunc, error) {
		ctx, cancel := context.WithCancel(authorized(t.Context(), w.token(t, p)))
		stream, err := w.client.WatchCase(ctx, &casesv1.WatchCaseRequest{Name: caseName})
		if err != nil {
			t.Fatal(err)
		}
		if headers, err := stream.Header(); err == nil && headers != nil {
			return cancel, nil
		}
		_, err = stream.Recv()
		if errors.Is(err, io.EOF) || err == nil {
			t.Fatal("a stream without headers ended well")
		}
		return cancel, err
	}
	var ends []context.CancelFunc
	for range 3 {
		end, err := open(company)
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	_, err := open(company)
	limited(t, err, "TOO_MANY_STREAMS")
	other := company
	other.Subject = "p-3"
	end, err := open(other)
	if err != nil {
		t.Errorf("another caller: %v", err)
	}
	end()
	// A stream that has ended leaves its place.
	ends[0]()
	deadline := time.Now().Add(10 * time.Second)
	for {
		end, err := open(company)
		if err == nil {
			ends = append(ends, end)
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the place of an ended stream is not free: %v", err)
		}
	}
	for _, end := range ends {
		end()
	}
}
