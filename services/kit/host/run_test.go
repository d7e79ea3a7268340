package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop/grpc_testing"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
)

var quiet = slog.New(slog.DiscardHandler)

// record is what parts did, in order.
type record struct {
	mutex sync.Mutex
	lines []string
}

func (r *record) add(line string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.lines = append(r.lines, line)
}

// part is a part that records all that happens to it.
func (r *record) part(name string) host.Part {
	return host.Part{
		Name:    name,
		Start:   func(context.Context) error { r.add("start " + name); return nil },
		Run:     func(ctx context.Context) error { <-ctx.Done(); r.add("end " + name); return ctx.Err() },
		Quiesce: func() { r.add("quiesce " + name) },
		Stop:    func(context.Context) error { r.add("stop " + name); return nil },
	}
}

func TestRunStopsInTheOppositeOrder(t *testing.T) {
	fault := errors.New("fault")
	inOrder := []string{"start a", "start b", "start c"}
	backwards := []string{
		"quiesce c", "quiesce b", "quiesce a",
		"stop c", "end c", "stop b", "end b", "stop a", "end a",
	}
	t.Run("told to", func(t *testing.T) {
		var r record
		ctx, cancel := context.WithCancel(t.Context())
		c := r.part("c")
		c.Start = func(context.Context) error { r.add("start c"); cancel(); return nil }
		if err := host.Run(ctx, quiet, 0, r.part("a"), r.part("b"), c); err != nil {
			t.Errorf("Run = %v", err)
		}
		if diff := cmp.Diff(append(inOrder, backwards...), r.lines); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
	t.Run("a part fails", func(t *testing.T) {
		var r record
		b := r.part("b")
		b.Run = func(context.Context) error { return fault }
		err := host.Run(t.Context(), quiet, 0, r.part("a"), b)
		if !errors.Is(err, fault) || !strings.Contains(err.Error(), "run b") {
			t.Errorf("Run = %v", err)
		}
		if last := r.lines[len(r.lines)-1]; last != "end a" {
			t.Errorf("the last to end is %q", last)
		}
	})
	t.Run("a part ends by itself", func(t *testing.T) {
		var r record
		b := r.part("b")
		b.Run = func(context.Context) error { return nil }
		if err := host.Run(t.Context(), quiet, 0, r.part("a"), b); err == nil || !strings.Contains(err.Error(), "b ended by itself") {
			t.Errorf("Run = %v", err)
		}
	})
	t.Run("a part cannot start", func(t *testing.T) {
		var r record
		b := r.part("b")
		b.Start = func(context.Context) error { return fault }
		if err := host.Run(t.Context(), quiet, 0, r.part("a"), b, r.part("c")); !errors.Is(err, fault) {
			t.Errorf("Run = %v", err)
		}
		if diff := cmp.Diff([]string{"start a", "quiesce a", "stop a", "end a"}, r.lines); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
	t.Run("a part hangs", func(t *testing.T) {
		var r record
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		defer close(release)
		b := r.part("b")
		b.Start = func(context.Context) error { cancel(); return nil }
		b.Run = func(context.Context) error { <-release; return nil }
		err := host.Run(ctx, quiet, 20*time.Millisecond, r.part("a"), b)
		if err == nil || !strings.Contains(err.Error(), "b: still running") {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestShutdownEndsStreamsAndFinishesCalls(t *testing.T) {
	w := newWorld(t)
	entered, release := make(chan struct{}), make(chan struct{})
	w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		close(entered)
		<-release
		return &casesv1.GetCaseResponse{}, nil
	}
	w.watch = func(_ *casesv1.WatchCaseRequest, s grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error {
		if err := s.Send(&casesv1.WatchCaseResponse{}); err != nil {
			return err
		}
		<-s.Context().Done()
		return s.Context().Err()
	}
	ctx := authorized(t.Context(), w.token(t, company))
	health := healthv1.NewHealthClient(w.conn)
	if got, err := health.Check(t.Context(), &healthv1.HealthCheckRequest{}); err != nil || got.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Fatalf("health %v, %v", got, err)
	}
	states, err := health.Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	watch, err := w.client.WatchCase(ctx, &casesv1.WatchCaseRequest{Name: caseName})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	called := make(chan error, 1)
	go func() {
		_, err := w.client.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName})
		called <- err
	}()
	<-entered

	stopped := make(chan error, 1)
	go func() { stopped <- w.stop() }()
	_, err = watch.Recv()
	if got := problem.From(err); got.Kind != problem.Unavailable || got.Reason != "RESTARTING" || got.RetryAfter == 0 {
		t.Errorf("the watcher is told %v", got)
	}
	for notServing := false; !notServing; {
		got, err := states.Recv()
		if err != nil {
			t.Fatalf("the health watch ended before NOT_SERVING: %v", err)
		}
		notServing = got.GetStatus() == healthv1.HealthCheckResponse_NOT_SERVING
	}
	select {
	case err := <-stopped:
		t.Errorf("stopped with a call under way: %v", err)
	default:
	}
	close(release)
	if err := <-called; err != nil {
		t.Errorf("the call under way: %v", err)
	}
}

func TestAStreamIsCheckedToo(t *testing.T) {
	w := newWorld(t)
	w.watch = func(*casesv1.WatchCaseRequest, grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error {
		panic("fault")
	}
	for _, test := range []struct {
		auth []string
		name string
		want string
	}{
		{nil, caseName, "SIGN_IN_NEEDED"},
		{[]string{w.token(t, advisor)}, caseName, "ROLE_NOT_ALLOWED"},
		{[]string{w.token(t, company)}, "cases/x", "INVALID_FIELDS"},
		{[]string{w.token(t, company)}, caseName, "INTERNAL"},
	} {
		stream, err := w.client.WatchCase(authorized(t.Context(), test.auth...), &casesv1.WatchCaseRequest{Name: test.name})
		if err != nil {
			t.Fatal(err)
		}
		_, err = stream.Recv()
		if got := problem.From(err); got == nil || got.Reason != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestAMethodWithoutRule(t *testing.T) {
	w := newWorld(t)
	if err := w.server.CheckRules(); err != nil {
		t.Fatalf("the contract's own service: %v", err)
	}
	other := host.NewGRPC(host.Options{Log: quiet})
	grpc_testing.RegisterTestServiceServer(other, grpc_testing.UnimplementedTestServiceServer{})
	if err := other.CheckRules(); err == nil || !strings.Contains(err.Error(), "EmptyCall") {
		t.Errorf("CheckRules = %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if err := host.Run(t.Context(), quiet, 0, other.Part("grpc", listener)); err == nil {
		t.Error("a server with a method for nobody started")
	}
	// Registered past CheckRules, it is refused to everybody all the same.
	serving := make(chan error, 1)
	go func() { serving <- other.Serve(listener) }()
	defer func() {
		other.Stop()
		if err := <-serving; err != nil {
			t.Error(err)
		}
	}()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = grpc_testing.NewTestServiceClient(conn).EmptyCall(t.Context(), &grpc_testing.Empty{})
	if got := problem.From(err); got.Reason != "METHOD_WITHOUT_RULE" {
		t.Errorf("got %v", err)
	}
}

func TestReflectionAndHealthArePublic(t *testing.T) {
	w := newWorld(t)
	stream, err := reflectionv1.NewServerReflectionClient(w.conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil || !strings.Contains(answer.String(), "businessespoo.cases.v1.CaseService") {
		t.Errorf("reflection: %v, %v", answer, err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	_, err = healthv1.NewHealthClient(w.conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: "nobody"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("health keeps its own codes: %v", err)
	}
}

func TestHTTP(t *testing.T) {
	metrics := host.NewMetrics()
	health := host.NewHTTP(metrics)
	fault := errors.New("still reading CASES")
	var ready error = fault

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) string {
		response, err := http.Get("http://" + listener.Addr().String() + path)
		if err != nil {
			return err.Error()
		}
		body, err := io.ReadAll(response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%d %s", response.StatusCode, body)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var whileStopping string
	// A part after it stops before it: the probes still answer then.
	last := host.Part{Name: "last", Stop: func(context.Context) error { whileStopping = get("/readyz"); return nil }}
	done := make(chan error, 1)
	go func() { done <- host.Run(ctx, quiet, 0, health.Part(listener), last) }()

	if got := get("/livez"); got != "200 ok\n" {
		t.Errorf("livez: %s", got)
	}
	if got := get("/readyz"); got != "503 starting\n" {
		t.Errorf("readyz before there is anything to check: %s", got)
	}
	health.Check("bus", func(context.Context) error { return nil })
	health.Check("view", func(context.Context) error { return ready })
	if got := get("/readyz"); got != "503 view: still reading CASES\n" {
		t.Errorf("readyz: %s", got)
	}
	ready = nil
	if got := get("/readyz"); got != "200 ok\n" {
		t.Errorf("readyz: %s", got)
	}
	if got := get("/metrics"); !strings.Contains(got, "go_goroutines") {
		t.Errorf("metrics: %s", got)
	}
	if got := get("/"); !strings.HasPrefix(got, "404") {
		t.Errorf("another path: %s", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if whileStopping != "503 stopping\n" {
		t.Errorf("readyz while stopping: %s", whileStopping)
	}
}

func TestStoppingEndsEventStreamsOnly(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-host.Stopping(r.Context())
		if err := r.Context().Err(); err != nil {
			t.Errorf("the request itself was ended: %v", err)
		}
		_, _ = fmt.Fprint(w, "the end")
	})
	done := make(chan error, 1)
	go func() { done <- host.Run(ctx, quiet, 0, host.HTTPPart("web", listener, handler)) }()
	response, err := http.Get("http://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil || string(body) != "the end" {
		t.Errorf("got %q, %v", body, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if host.Stopping(t.Context()) != nil {
		t.Error("a channel outside of any request")
	}
}

func TestNewLog(t *testing.T) {
	for _, test := range []struct {
		format, level string
		good          bool
	}{{"json", "info", true}, {"text", "DEBUG", true}, {"xml", "info", false}, {"json", "loud", false}} {
		if _, err := host.NewLog(io.Discard, test.format, test.level); (err == nil) != test.good {
			t.Errorf("NewLog(%s, %s) = %v", test.format, test.level, err)
		}
	}
}
