package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/name"
)

// free is an address with a port that the system chooses.
const free = "127.0.0.1:0"

// running is a hub that a test has started.
type running struct {
	Addresses
	out  *bytes.Buffer
	stop func() error
}

// start runs a hub on free ports until stop, or until the test ends.
func start(t *testing.T, dir string, isDemo bool) running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan Addresses, 1), make(chan error, 1)
	r := running{out: &bytes.Buffer{}}
	o := Options{
		Data: dir, Demo: isDemo, Listen: free, Web: free, Health: free, ProviderListen: free,
		Log: slog.New(slog.DiscardHandler), Out: r.out, Ready: func(a Addresses) { ready <- a },
	}
	go func() { ended <- Run(ctx, o) }()
	stopped := false
	r.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { _ = r.stop() })
	select {
	case r.Addresses = <-ready:
	case err := <-ended:
		stopped = true
		t.Fatalf("the hub ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the hub was not ready within a minute")
	}
	return r
}

func readDemo(t *testing.T, dir string) demoInfo {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, demoFile))
	if err != nil {
		t.Fatal(err)
	}
	var info demoInfo
	if err := json.Unmarshal(data, &info); err != nil {
		t.Fatal(err)
	}
	return info
}

func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func as(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// states counts the requests of all providers by state, as their leads see them.
func states(t *testing.T, info demoInfo) map[casesv1.RequestStatus]int {
	t.Helper()
	desk := providerv1.NewProviderServiceClient(dial(t, info.GRPC))
	var all []casesv1.RequestStatus
	for number := range casesv1.RequestStatus_name {
		if number > 0 {
			all = append(all, casesv1.RequestStatus(number))
		}
	}
	count := map[casesv1.RequestStatus]int{}
	for _, key := range bus.Providers() {
		answer, err := desk.ListRequests(as(t.Context(), info.Tokens["lead-"+key]), &providerv1.ListRequestsRequest{
			Parent: name.Provider(key), Statuses: all, PageSize: 200,
		})
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		for _, r := range answer.Requests {
			count[r.Status]++
		}
	}
	return count
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return body(t, url, response)
}

// body is what an answer that went well holds.
func body(t *testing.T, url string, response *http.Response) string {
	t.Helper()
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s (%v)\n%s", url, response.Status, err, body)
	}
	return string(body)
}

// begin presses the button of an issuer, and answers its page.
func begin(t *testing.T, url string) string {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	response, err := (&http.Client{Jar: jar}).PostForm(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return body(t, url, response)
}

// TestDemo starts an empty folder as make run does, and looks at it from outside.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	h := start(t, dir, true)
	info := readDemo(t, dir)
	if stat, err := os.Stat(filepath.Join(dir, demoFile)); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("demo.json holds tokens and has mode %v (%v), want 600", stat.Mode().Perm(), err)
	}
	count := states(t, info)
	for number, word := range casesv1.RequestStatus_name {
		status := casesv1.RequestStatus(number)
		if status > casesv1.RequestStatus_REQUEST_STATUS_PLANNED && count[status] == 0 {
			t.Errorf("no request is %s", word)
		}
	}
	cases := casesv1.NewCaseServiceClient(dial(t, h.GRPC))
	view, err := cases.GetCase(as(t.Context(), info.Tokens["company"]), &casesv1.GetCaseRequest{Name: info.Samples.Case})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(view.Case.Requests); got != len(bus.Providers()) || len(info.Samples.Requests) != got {
		t.Errorf("the sample case has %d requests and %d samples, want one for each of the seven", got, len(info.Samples.Requests))
	}
	holder := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Case "+info.Samples.Anonymous.Code+":"+info.Samples.Anonymous.Secret)
	if _, err := cases.GetCase(holder, &casesv1.GetCaseRequest{Name: info.Samples.Anonymous.Case}); err != nil {
		t.Errorf("code and secret do not open the case without a name: %v", err)
	}
	for _, path := range []string{"/readyz", "/livez", "/metrics"} {
		get(t, "http://"+h.Health+path)
	}
	if page := begin(t, "http://"+h.Web+"/sign-in/omnia"); !strings.Contains(page, "Lead Omnia-1") || strings.Contains(page, "Lead Chamber-1") {
		t.Error("Omnia's issuer does not offer its lead, or offers another's")
	}
	for _, want := range []string{h.Web, h.GRPC, h.Health, h.Providers["employment"], demoFile} {
		if !strings.Contains(h.out.String(), want) {
			t.Errorf("the welcome does not name %s:\n%s", want, h.out)
		}
	}
	if err := h.stop(); err != nil {
		t.Fatalf("stop: %v", err)
	}
	report, err := Verify(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil || len(report.Faults) > 0 || report.Facts < 200 {
		t.Errorf("verify: %d facts, faults %q (%v)", report.Facts, report.Faults, err)
	}
	// A second start adds nothing, and offers the same samples.
	start(t, dir, true)
	if again := readDemo(t, dir); again.Samples.Case != info.Samples.Case {
		t.Errorf("after a restart the sample case is %s, before %s", again.Samples.Case, info.Samples.Case)
	}
}

// TestAnInterruptedFillGoesOn stops a fill on the way, as Ctrl-C would, and
// compares what comes of it with a fill that ran through.
func TestAnInterruptedFillGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := writerFunc(func(text []byte) (int, error) {
		if strings.Contains(string(text), "day 40 of") {
			cancel()
		}
		return len(text), nil
	})
	err := Run(ctx, Options{
		Data: dir, Demo: true, Listen: free, Web: free, Health: free, ProviderListen: free, Log: slog.New(slog.DiscardHandler), Out: out,
	})
	if err != nil && !strings.Contains(err.Error(), "it goes on") {
		t.Fatalf("the interrupted hub: %v", err)
	}
	if known, err := (Folder{dir}).has(demoFile); known || err != nil {
		t.Fatalf("the fill was not interrupted (%v)", err)
	}
	start(t, dir, true)
	whole := filepath.Join(t.TempDir(), "data")
	start(t, whole, true)
	// What a case has sent reaches the inboxes within moments.
	diff, patience := "", time.After(time.Minute)
	for again := time.NewTicker(20 * time.Millisecond); ; {
		if diff = cmp.Diff(states(t, readDemo(t, whole)), states(t, readDemo(t, dir))); diff == "" {
			return
		}
		select {
		case <-again.C:
		case <-patience:
			t.Fatalf("requests by state (-ran through +interrupted):\n%s", diff)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(text []byte) (int, error) { return w(text) }

func TestARealHubStartsEmptyAndTakesNoDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	h := start(t, dir, false)
	if page := get(t, "http://"+h.Web+"/sign-in"); strings.Contains(page, `action="/sign-in/`) {
		t.Error("a real hub lets people in without being told by whom")
	}
	for path, method := range map[string]string{
		"/sign-in/omnia": http.MethodPost, "/dev-issuer/omnia/authorize": http.MethodGet, "/dev-issuer/omnia/.well-known/openid-configuration": http.MethodGet,
	} {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://"+h.Web+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("a real hub answers %s with %d", path, response.StatusCode)
		}
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	err := Run(t.Context(), Options{Data: dir, Demo: true, Listen: free, Web: free, Health: free, ProviderListen: free})
	if err == nil || !strings.Contains(err.Error(), "no demo") {
		t.Errorf("--demo on a folder with real data: %v, want a refusal", err)
	}
}

// TestVerifyHasNothingAgainstALogWithoutFacts is for the first backup of a new hub.
func TestVerifyHasNothingAgainstALogWithoutFacts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := start(t, dir, false).stop(); err != nil {
		t.Fatal(err)
	}
	report, err := Verify(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil || report.Facts != 0 || len(report.Faults) != 0 {
		t.Errorf("%d facts, faults %q (%v), want none", report.Facts, report.Faults, err)
	}
}

func TestADemoTakesNoIssuers(t *testing.T) {
	err := Run(t.Context(), Options{Data: t.TempDir(), Demo: true, Issuers: "issuers.yaml", Listen: free, Web: free, Health: free, ProviderListen: free})
	if err == nil || !strings.Contains(err.Error(), "--issuers") {
		t.Errorf("--demo with --issuers: %v, want a refusal", err)
	}
}

func TestTwoHubsDoNotShareAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	start(t, dir, false)
	err := Run(t.Context(), Options{Data: dir, Listen: free, Web: free, Health: free, ProviderListen: free, Log: slog.New(slog.DiscardHandler)})
	_, verified := Verify(t.Context(), dir, slog.New(slog.DiscardHandler))
	for what, err := range map[string]error{"a second hub on the folder": err, "hub verify": verified} {
		if err == nil || !strings.Contains(err.Error(), "stop that hub first") {
			t.Errorf("%s: %v, want a refusal that says what to do", what, err)
		}
	}
}

// TestVerifyFindsALossFromTheMiddle deletes one fact from a log as no part of the
// hub would.
func TestVerifyFindsALossFromTheMiddle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := start(t, dir, true).stop(); err != nil {
		t.Fatal(err)
	}
	server, err := embedded.Start(embedded.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	if err != nil {
		t.Fatal(err)
	}
	last, err := b.LastOn(t.Context(), bus.StreamCases, "case.*.omnia.1.own")
	if err != nil {
		t.Fatal(err)
	}
	first, err := b.LastOn(t.Context(), bus.StreamCases, strings.TrimSuffix(last.Subject, name.ByOwn)+name.ByHub)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Erase(t.Context(), bus.StreamCases, min(first.Sequence, last.Sequence)); err != nil {
		t.Fatal(err)
	}
	b.Close()
	server.Shutdown()
	report, err := Verify(t.Context(), dir, slog.New(slog.DiscardHandler))
	// The fact behind it tells, and that no fact tells of its erasure.
	if err != nil || len(report.Faults) != 2 {
		t.Errorf("faults %q (%v), want two", report.Faults, err)
	}
}
