package gateway_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/gateway"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/kit/token"
)

// patience bounds every wait of a test; nothing waits that long when it works.
const patience = time.Minute

// world is an empty hub with the real log and the published catalogues of
// testdata, in which the tests play the companies and the providers.
type world struct {
	t      *testing.T
	dir    string
	server *embedded.Server
	hub    *bus.Bus
	// parties are the providers' own connections, with their own rights.
	parties map[string]*bus.Bus
	key     *token.Key
	clock   *clock
	record  *recorder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), parties: map[string]*bus.Bus{}, clock: &clock{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}}
	var err error
	w.server, err = embedded.Start(embedded.Options{Dir: filepath.Join(w.dir, "log"), Log: quiet()})
	must(t, err)
	t.Cleanup(w.server.Shutdown)
	w.hub = w.connect(bus.Hub)
	must(t, w.hub.EnsureTopology(t.Context()))
	for _, key := range name.Providers {
		w.parties[key] = w.connect(key)
		w.publish(key, w.catalogue(key))
	}
	w.key, err = token.OpenKey(filepath.Join(w.dir, "key.pem"))
	must(t, err)
	w.record = record(t, w.hub)
	return w
}

func (w *world) connect(party string) *bus.Bus {
	w.t.Helper()
	b, err := bus.Connect(w.t.Context(), w.server.BusOptions(party))
	must(w.t, err)
	w.t.Cleanup(b.Close)
	return b
}

func (w *world) catalogue(key string) []byte {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "catalogues", key+".yaml"))
	must(w.t, err)
	return data
}

// publish publishes a catalogue as its provider does.
func (w *world) publish(key string, catalogue []byte) uint64 {
	w.t.Helper()
	m, err := fact.Encode("catalogue."+key, key, &eventsv1.Fact{
		Id: uuid.NewString(), Time: timestamppb.New(w.clock.Now()),
		Event: &eventsv1.Fact_CataloguePublished{CataloguePublished: &eventsv1.CataloguePublished{Provider: key, Catalogue: catalogue}},
	})
	must(w.t, err)
	sequence, err := w.parties[key].Publish(w.t.Context(), m)
	must(w.t, err)
	return sequence
}

// node is one gateway, with clients of its API.
type node struct {
	w         *world
	dir       string
	gateway   *gateway.Gateway
	conn      *grpc.ClientConn
	cases     casesv1.CaseServiceClient
	catalogue cataloguev1.CatalogueServiceClient
	desks     providerv1.ProviderServiceClient
	admin     adminv1.AdminServiceClient
	keys      keysv1.KeyServiceClient
	grants    keysv1.GrantServiceClient
	// halt ends the gateway under its clients' feet, stop after they have gone.
	halt, stop func()
}

// start runs a gateway on a data folder of its own, until the test ends or stop
// is called. change may change its options.
func (w *world) start(change ...func(*gateway.Options)) *node {
	w.t.Helper()
	return w.startIn(w.t.TempDir(), change...)
}

func (w *world) startIn(dir string, change ...func(*gateway.Options)) *node {
	w.t.Helper()
	n := w.launch(dir, change...)
	w.eventually("the gateway is ready", func() bool { return n.gateway.Check(w.t.Context()) == nil })
	return n
}

// launch is startIn that does not wait until the gateway is ready.
func (w *world) launch(dir string, change ...func(*gateway.Options)) *node {
	t := w.t
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	o := gateway.Options{
		Bus: w.connect(bus.Hub), DataDir: dir, GRPC: listener, Providers: map[string]string{},
		Verifier: token.NewVerifier(w.clock.Now, w.key.Public()), Clock: w.clock.Now, Tick: time.Hour, Log: quiet(),
	}
	for _, key := range name.Providers {
		o.Providers[key] = "127.0.0.1:1" // nobody is there
	}
	for _, change := range change {
		change(&o)
	}
	g, err := gateway.New(t.Context(), o)
	must(t, err)
	n := &node{w: w, dir: dir, gateway: g}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	n.halt = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the gateway ended with: %v", err)
		}
	})
	n.stop = func() {
		_ = n.conn.Close()
		n.halt()
	}
	n.conn, err = grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(n.stop)
	n.cases, n.catalogue = casesv1.NewCaseServiceClient(n.conn), cataloguev1.NewCatalogueServiceClient(n.conn)
	n.desks, n.admin = providerv1.NewProviderServiceClient(n.conn), adminv1.NewAdminServiceClient(n.conn)
	n.keys, n.grants = keysv1.NewKeyServiceClient(n.conn), keysv1.NewGrantServiceClient(n.conn)
	return n
}

// eventually tries until something outside of the log holds.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			w.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// now is a revision that names the end of the log.
func (w *world) now() string {
	w.t.Helper()
	last, err := w.hub.Last(w.t.Context(), bus.StreamCases)
	must(w.t, err)
	return revision.Encode(bus.StreamCases, last, "")
}

// as is a context with a token.
func (w *world) as(p token.Principal) context.Context {
	w.t.Helper()
	text, err := w.key.Sign(p, w.clock.Now(), 1000*24*time.Hour)
	must(w.t, err)
	return metadata.AppendToOutgoingContext(w.t.Context(), "authorization", "Bearer "+text)
}

// company is a person who acts for companies.
func (w *world) company(person string, companies ...string) context.Context {
	return w.as(token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: person, Companies: companies})
}

func (w *world) operator() context.Context {
	return w.as(token.Principal{Role: policyv1.Role_ROLE_OPERATOR, Subject: "operator"})
}

// holder is who knows the code and the secret of a case.
func (w *world) holder(code, secret string) context.Context {
	return metadata.AppendToOutgoingContext(w.t.Context(), "authorization", "Case "+code+":"+secret)
}

// clock is the hub's time, which stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

func (c *clock) days(n int) { c.Advance(time.Duration(n) * 24 * time.Hour) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get is the answer of a call that must not fail.
func get[T any](t testing.TB) func(answer T, err error) T {
	return func(answer T, err error) T {
		t.Helper()
		must(t, err)
		return answer
	}
}

// recorder follows the log of cases and keeps all of it, for tests to look at.
type recorder struct {
	mu     sync.Mutex
	events []bus.Event
	moved  chan struct{}
}

func record(t *testing.T, b *bus.Bus) *recorder {
	r := &recorder{moved: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- b.Follow(ctx, bus.StreamCases, 1, 100, func(_ context.Context, events []bus.Event) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, events...)
			close(r.moved)
			r.moved = make(chan struct{})
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the recorder ended with: %v", err)
		}
	})
	return r
}

func (r *recorder) all() []bus.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// until waits until what the log holds fits.
func (w *world) until(what string, fits func(events []bus.Event) bool) {
	w.t.Helper()
	limit := time.After(patience)
	for {
		w.record.mu.Lock()
		events, moved := slices.Clone(w.record.events), w.record.moved
		w.record.mu.Unlock()
		if fits(events) {
			return
		}
		select {
		case <-moved:
		case <-limit:
			w.t.Fatalf("not within %s: %s; the log holds %v", patience, what, kinds(events))
		}
	}
}

// kinds are the types of facts, in the order of the log.
func kinds(events []bus.Event) []string {
	var list []string
	for _, e := range events {
		f, _, err := fact.Decode(e)
		if err != nil {
			list = append(list, "poison")
			continue
		}
		list = append(list, fact.Type(f)[len("fi.businessespoo."):])
	}
	return list
}
