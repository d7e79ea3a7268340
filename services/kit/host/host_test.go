package host_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const caseName = "cases/abcdefghijklmnopqrstuvwxyz"

// cases is the CaseService of the tests: each method does what a field says.
type cases struct {
	casesv1.UnimplementedCaseServiceServer
	get   func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error)
	open  func(context.Context, *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error)
	watch func(*casesv1.WatchCaseRequest, grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error
}

func (c *cases) GetCase(ctx context.Context, r *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
	return c.get(ctx, r)
}

func (c *cases) OpenCase(ctx context.Context, r *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error) {
	return c.open(ctx, r)
}

func (c *cases) WatchCase(r *casesv1.WatchCaseRequest, s grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error {
	return c.watch(r, s)
}

// world is a running server and a client of it.
type world struct {
	*cases
	server *host.Server
	client casesv1.CaseServiceClient
	conn   *grpc.ClientConn
	key    *token.Key
	log    *buffer
	later  atomic.Int64 // how far past noon it is
	secret atomic.Value // what opens case K7
	// away tells that nobody can say what opens a case; asked counts who wanted to know.
	away  atomic.Bool
	asked atomic.Int64
	// starting tells that the server's parts still read the log.
	starting atomic.Bool
	metrics  *host.Metrics
	stop     func() error
}

type buffer struct {
	mutex sync.Mutex
	bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.Write(p)
}

func (b *buffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.String()
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return startWorld(t, false)
}

// startWorld is newWorld whose server may still read the log.
func startWorld(t testing.TB, starting bool, change ...func(*host.Options)) *world {
	t.Helper()
	key, err := token.OpenKey(filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{cases: &cases{}, key: key, log: &buffer{}, metrics: host.NewMetrics()}
	w.secret.Store("s3cret")
	w.starting.Store(starting)
	log, err := host.NewLog(w.log, "json", "debug")
	if err != nil {
		t.Fatal(err)
	}
	options := host.Options{
		Verifier: token.NewVerifier(w.now, key.Public()),
		Recheck:  10 * time.Millisecond,
		Ready: func(context.Context) error {
			if w.starting.Load() {
				return errors.New("still reading CASES")
			}
			return nil
		},
		CaseHolder: func(_ context.Context, code, secret string) (token.Principal, error) {
			w.asked.Add(1)
			if w.away.Load() {
				return token.Principal{}, problem.New(problem.Unavailable, "LOG_UNAVAILABLE", "the log does not answer now")
			}
			if code != "K7" || secret != w.secret.Load() {
				return token.Principal{}, problem.New(problem.Unauthenticated, "CASE_SECRET_WRONG", "no case has this code and secret")
			}
			return token.Principal{CaseID: "abc"}, nil
		},
		Log: log, Metrics: w.metrics,
	}
	for _, c := range change {
		c(&options)
	}
	w.server = host.NewGRPC(options)
	casesv1.RegisterCaseServiceServer(w.server, w.cases)
	w.serve(t)
	return w
}

func (w *world) now() time.Time { return noon.Add(time.Duration(w.later.Load())) }

// serve runs the server in memory and connects the client.
func (w *world) serve(t testing.TB) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- host.Run(ctx, slog.New(slog.DiscardHandler), 5*time.Second, w.server.Part("grpc", listener))
	}()
	w.stop = sync.OnceValue(func() error { cancel(); return <-done })
	var err error
	w.conn, err = grpc.NewClient("passthrough:///test",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	w.client = casesv1.NewCaseServiceClient(w.conn)
	t.Cleanup(func() {
		if err := errors.Join(w.conn.Close(), w.stop()); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) token(t testing.TB, p token.Principal) string {
	t.Helper()
	signed, err := w.key.Sign(p, noon, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + signed
}

func authorized(ctx context.Context, values ...string) context.Context {
	for _, value := range values {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
	}
	return ctx
}

var (
	company = token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p-1", Companies: []string{"0101263-6"}}
	advisor = token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: "p-2", Provider: "omnia", Advisor: "a1"}
)

func TestAccess(t *testing.T) {
	w := newWorld(t)
	var seen token.Principal
	w.get = func(ctx context.Context, _ *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		seen = token.From(ctx)
		return &casesv1.GetCaseResponse{}, nil
	}
	w.open = func(ctx context.Context, _ *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error) {
		seen = token.From(ctx)
		return &casesv1.OpenCaseResponse{}, nil
	}
	forCompany, forAdvisor := w.token(t, company), w.token(t, advisor)
	tests := []struct {
		name   string
		auth   []string
		get    string // reason, or the role that the handler sees
		open   string // OpenCase is public besides its roles
		advice string // what the refusal of get must say
	}{
		{"nobody", nil, "SIGN_IN_NEEDED", "none", "authorization: Bearer"},
		{"company", []string{forCompany}, "company", "company", ""},
		{"lower-case scheme", []string{strings.Replace(forCompany, "Bearer", "bearer", 1)}, "company", "company", ""},
		{"advisor", []string{forAdvisor}, "ROLE_NOT_ALLOWED", "ROLE_NOT_ALLOWED", "for company, integrator, case_holder; you are signed in as advisor"},
		{"case holder", []string{"Case K7:s3cret"}, "case_holder", "ROLE_NOT_ALLOWED", ""},
		{"wrong secret", []string{"Case K7:other"}, "CASE_SECRET_WRONG", "CASE_SECRET_WRONG", ""},
		{"no secret", []string{"Case K7"}, "CASE_CREDENTIALS_MALFORMED", "CASE_CREDENTIALS_MALFORMED", "a colon"},
		{"broken token", []string{"Bearer x"}, "TOKEN_MALFORMED", "TOKEN_MALFORMED", "sign in again"},
		{"password", []string{"Basic cDpw"}, "AUTHORIZATION_SCHEME", "AUTHORIZATION_SCHEME", "authorization: Case"},
		{"two", []string{forCompany, forAdvisor}, "AUTHORIZATION_TWICE", "AUTHORIZATION_TWICE", "send one"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx := authorized(t.Context(), test.auth...)
			_, err := w.client.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName})
			if got := outcome(err, &seen); got != test.get {
				t.Errorf("GetCase: %s, want %s: %v", got, test.get, err)
			}
			if err != nil && !strings.Contains(err.Error(), test.advice) {
				t.Errorf("GetCase does not say %q: %v", test.advice, err)
			}
			_, err = w.client.OpenCase(ctx, openCase())
			if got := outcome(err, &seen); got != test.open {
				t.Errorf("OpenCase: %s, want %s: %v", got, test.open, err)
			}
		})
	}
	for _, private := range []string{"s3cret", "eyJ", "p-1", "0101263-6", caseName} {
		if strings.Contains(w.log.String(), private) {
			t.Errorf("the log holds %q", private)
		}
	}
}

// outcome is the reason of a refusal, or the role that the handler saw.
func outcome(err error, seen *token.Principal) string {
	defer func() { *seen = token.Principal{Subject: "not called"} }()
	if err != nil {
		return problem.From(err).Reason
	}
	return token.RoleName(seen.Role)
}

func TestWhatLeavesTheServer(t *testing.T) {
	w := newWorld(t)
	var answer func() error
	w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		return &casesv1.GetCaseResponse{}, answer()
	}
	ctx := authorized(t.Context(), w.token(t, company))
	call := func(f func() error) *problem.Problem {
		answer = f
		_, err := w.client.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName})
		return problem.From(err)
	}
	for name, f := range map[string]func() error{
		"fault": func() error { return errors.New("open /var/lib/hub/view.db: no space left") },
		"panic": func() error { panic("open /var/lib/hub/view.db: no space left") },
	} {
		t.Run(name, func(t *testing.T) {
			got := call(f)
			if got.Kind != problem.Internal || strings.Contains(got.Error(), "view.db") {
				t.Errorf("got %s: %v", got.Kind, got)
			}
			reference := got.Metadata["reference"]
			var logged bool
			for line := range strings.Lines(w.log.String()) {
				logged = logged || reference != "" && strings.Contains(line, reference) && strings.Contains(line, "no space left")
			}
			if !logged {
				t.Errorf("the log has no line with %q and the cause: %s", reference, w.log)
			}
		})
	}
	if got := call(func() error { return problem.New(problem.State, "REQUEST_OVER", "request is declined") }); got.Reason != "REQUEST_OVER" {
		t.Errorf("a problem came back as %v", got)
	}
	if got := call(func() error { return nil }); got != nil {
		t.Errorf("the server did not survive: %v", got)
	}
	families, err := w.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "hub_grpc_calls_total" {
				counted[metric.GetLabel()[0].GetValue()] += metric.GetCounter().GetValue()
			}
		}
	}
	if counted["Internal"] != 2 || counted["FailedPrecondition"] != 1 || counted["OK"] != 1 {
		t.Errorf("counted %v", counted)
	}
}

func TestTrace(t *testing.T) {
	w := newWorld(t)
	var seen host.Traceparent
	var onward metadata.MD
	w.get = func(ctx context.Context, _ *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		seen = host.Trace(ctx)
		onward, _ = metadata.FromOutgoingContext(host.Outgoing(ctx))
		return &casesv1.GetCaseResponse{}, nil
	}
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	auth := w.token(t, company)
	for _, test := range []struct {
		header string
		keeps  bool
	}{
		{"00-" + id + "-00f067aa0ba902b7-01", true},
		{"cc-" + id + "-00f067aa0ba902b7-01-more", true},
		{"ff-" + id + "-00f067aa0ba902b7-01", false},
		{"00-" + id + "-00f067aa0ba902b7-01-more", false},
		{"00-" + strings.ToUpper(id) + "-00f067aa0ba902b7-01", false},
		{"00-00000000000000000000000000000000-00f067aa0ba902b7-01", false},
		{"00-" + id + "-0000000000000000-01", false},
		{"00-" + id[1:] + "z-00f067aa0ba902b7-01", false},
		{"", false},
	} {
		ctx := metadata.AppendToOutgoingContext(authorized(t.Context(), auth), "traceparent", test.header)
		if _, err := w.client.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName}); err != nil {
			t.Fatal(err)
		}
		if keeps := seen.ID() == id; keeps != test.keeps || seen.ID() == strings.Repeat("0", 32) {
			t.Errorf("%q gave trace %s", test.header, seen)
		}
		if strings.Contains(seen.String(), "00f067aa0ba902b7") {
			t.Errorf("%q: the server took its caller's span", test.header)
		}
		if parsed, ok := host.ParseTraceparent(seen.String()); !ok || parsed != seen {
			t.Errorf("%s does not parse to itself", seen)
		}
		if onward.Get("traceparent")[0] != seen.String() || onward.Get("authorization")[0] != auth {
			t.Errorf("the next process gets %v", onward)
		}
		if !strings.Contains(w.log.String(), seen.ID()) {
			t.Errorf("the log does not name trace %s", seen.ID())
		}
	}
}

// A stream ends when its caller may no longer have it, and says why.
func TestStreamsAreCheckedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		auth   func(w *world) string
		lose   func(w *world)
		reason string
	}{
		"a token expires": {
			func(w *world) string {
				return w.token(t, token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p1", Companies: []string{"9000001-1"}})
			},
			func(w *world) { w.later.Store(int64(2 * time.Hour)) }, "TOKEN_EXPIRED",
		},
		"a secret no longer opens its case": {
			func(*world) string { return "Case K7:s3cret" },
			func(w *world) {
				// That nobody can say whether it does is no reason to end a stream.
				w.away.Store(true)
				for before := w.asked.Load(); w.asked.Load() < before+2; {
					time.Sleep(time.Millisecond)
				}
				w.secret.Store("another")
				w.away.Store(false)
			}, "CASE_SECRET_WRONG",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.watch = func(_ *casesv1.WatchCaseRequest, s grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error {
				if err := s.Send(&casesv1.WatchCaseResponse{}); err != nil {
					return err
				}
				<-s.Context().Done()
				return s.Context().Err()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			stream, err := w.client.WatchCase(authorized(ctx, test.auth(w)), &casesv1.WatchCaseRequest{Name: caseName})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); err != nil {
				t.Fatal(err)
			}
			test.lose(w)
			_, err = stream.Recv()
			if got := problem.From(err); got.Kind != problem.Unauthenticated || got.Reason != test.reason {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// A call waits a moment for a server that reads the log, and is told to come again;
// nothing is answered before but the probe.
func TestCallsWaitForTheLog(t *testing.T) {
	w := startWorld(t, true)
	w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		if w.starting.Load() {
			t.Error("a call was let in before the log was read")
		}
		return &casesv1.GetCaseResponse{}, nil
	}
	auth := w.token(t, token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p1", Companies: []string{"9000001-1"}})
	call := func() error {
		_, err := w.client.GetCase(authorized(t.Context(), auth), &casesv1.GetCaseRequest{Name: caseName})
		return err
	}
	health, err := healthv1.NewHealthClient(w.conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if state, err := health.Recv(); err != nil || state.Status != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health while the log is read: %v, %v", state, err)
	}
	got := problem.From(call())
	if got.Kind != problem.Unavailable || got.Reason != "STARTING" || got.RetryAfter == 0 {
		t.Errorf("while the log is read: %v", got)
	}
	stream, err := w.client.WatchCase(authorized(t.Context(), auth), &casesv1.WatchCaseRequest{Name: caseName})
	if err == nil {
		_, err = stream.Recv()
	}
	if got := problem.From(err); got.Reason != "STARTING" {
		t.Errorf("a watch while the log is read: %v", got)
	}
	waits := make(chan error)
	go func() { waits <- call() }()
	time.AfterFunc(100*time.Millisecond, func() { w.starting.Store(false) })
	if err := <-waits; err != nil {
		t.Errorf("a call that waited: %v", err)
	}
	if state, err := health.Recv(); err != nil || state.Status != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("health when it has been read: %v, %v", state, err)
	}
}
