package access_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// world is a real log with the connections of the hub and of a provider.
type world struct {
	hub, omnia *bus.Bus
	key        *access.Key
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	connect := func(party string) *bus.Bus {
		b, err := bus.Connect(t.Context(), server.BusOptions(party))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		return b
	}
	w := &world{hub: connect(bus.Hub)}
	if err := w.hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.omnia = connect("omnia")
	if w.key, err = access.OpenKey(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	return w
}

// run runs a log until the test ends, or stop is called.
func run(t *testing.T, o access.Options) (log *access.Log, stop func()) {
	t.Helper()
	o.Log = quiet()
	log = access.New(o)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- log.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		ended(t, done)
	})
	t.Cleanup(stop)
	return log, stop
}

// ended waits for what was told to end.
func ended(t *testing.T, done <-chan error) {
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func row(person string) *accessv1.AccessRow {
	return &accessv1.AccessRow{Person: person, Role: policyv1.Role_ROLE_ADVISOR, Organisations: []string{"omnia"}, Method: "ProviderService.GetRequest"}
}

// stream reads a stream to its end.
func (w *world) stream(t *testing.T, name string) (all []bus.Event) {
	t.Helper()
	end := errors.New("the end")
	if err := w.hub.Follow(t.Context(), name, 1, 100, func(_ context.Context, events []bus.Event) error {
		if len(events) == 0 {
			return end
		}
		all = append(all, events...)
		return nil
	}); !errors.Is(err, end) {
		t.Fatal(err)
	}
	return all
}

// people are those in the rows of the log, in its order.
func (w *world) people(t *testing.T) (people []string) {
	t.Helper()
	for _, e := range w.stream(t, bus.StreamAccess) {
		batch := &accessv1.AccessBatch{}
		if err := proto.Unmarshal(e.Data, batch); err != nil {
			t.Fatal(err)
		}
		for _, r := range batch.Rows {
			people = append(people, r.Person)
		}
	}
	return people
}

// sound checks the whole log.
func (w *world) sound(t *testing.T) {
	t.Helper()
	v := access.NewVerifier()
	for _, e := range w.stream(t, bus.StreamHeads) {
		v.Head(e)
	}
	for _, e := range w.stream(t, bus.StreamAccess) {
		v.Rows(e)
	}
	if report := v.Report(); len(report.Faults) > 0 {
		t.Errorf("faults: %q", report.Faults)
	}
}

// Rows of concurrent calls share messages, each is in the log once, and the chain holds.
func TestConcurrentRowsShareMessages(t *testing.T) {
	w := newWorld(t)
	slow := &flaky{Bus: w.omnia, pause: make(chan struct{})}
	log, stop := run(t, access.Options{Bus: slow, Key: w.key})
	const calls = 200
	var calling sync.WaitGroup
	var want []string
	for n := range calls {
		person := fmt.Sprint("p", n)
		want = append(want, person)
		calling.Go(func() {
			if err := log.Record(t.Context(), row(person)); err != nil {
				t.Error(err)
			}
		})
		if n == 0 {
			eventually(t, func() bool { return slow.tried.Load() == 1 })
		}
	}
	// While the first append is under way all the others come.
	eventually(t, func() bool { return access.WaitingForTest(log) == calls-1 })
	close(slow.pause)
	calling.Wait()
	stop()
	got := w.people(t)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d rows are in the log, want %d, each once", len(got), calls)
	}
	if n := len(w.stream(t, bus.StreamAccess)); n > 5 {
		t.Errorf("%d calls took %d messages", calls, n)
	}
	w.sound(t)
}

// flaky is a connection that can be away, or lose what the log answers.
type flaky struct {
	*bus.Bus
	away, deaf atomic.Bool
	tried      atomic.Int64
	// pause holds the first append back until it is closed.
	pause chan struct{}
}

func (f *flaky) Append(ctx context.Context, m bus.Message, scope string, expected uint64) (uint64, error) {
	f.tried.Add(1)
	if f.pause != nil {
		select {
		case <-f.pause:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if f.away.Load() {
		return 0, errors.New("the log is away")
	}
	sequence, err := f.Bus.Append(ctx, m, scope, expected)
	if f.deaf.Load() {
		return 0, errors.New("the answer of the log is lost")
	}
	return sequence, err
}

func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	for limit := time.Now().Add(15 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("not within 15 s")
		}
	}
}

// While the log is away nothing is recorded, so nobody is shown anything; what is kept
// is written in its order once it is back, and nothing of what was refused.
func TestWhatIsKeptIsWrittenLater(t *testing.T) {
	w := newWorld(t)
	away := &flaky{Bus: w.omnia}
	away.away.Store(true)
	log, stop := run(t, access.Options{Bus: away, Key: w.key})
	log.Keep(t.Context(), row("own 1"))
	if err := log.Record(t.Context(), row("refused")); err == nil {
		t.Error("a row is recorded while the log is away")
	}
	log.Keep(t.Context(), row("own 2"))
	log.Keep(t.Context(), row("own 3"))
	away.away.Store(false)
	eventually(t, func() bool { return log.Record(t.Context(), row("after")) == nil })
	stop()
	if got := w.people(t); !slices.Equal(got, []string{"own 1", "own 2", "own 3", "after"}) {
		t.Errorf("the log holds %q", got)
	}
	w.sound(t)
}

// A message whose answer was lost is in the log once, and the chain goes on behind it.
func TestALostAnswerIsFoundOut(t *testing.T) {
	w := newWorld(t)
	deaf := &flaky{Bus: w.omnia}
	deaf.deaf.Store(true)
	log, stop := run(t, access.Options{Bus: deaf, Key: w.key})
	if err := log.Record(t.Context(), row("unheard")); err == nil {
		t.Error("a row counts as recorded though nobody heard so")
	}
	deaf.deaf.Store(false)
	eventually(t, func() bool { return log.Record(t.Context(), row("after")) == nil })
	stop()
	if got := w.people(t); !slices.Equal(got, []string{"unheard", "after"}) {
		t.Errorf("the log holds %q", got)
	}
	w.sound(t)
}

// Rows that cannot be kept are counted: those beyond the bound, and those that are
// left when the process ends.
func TestLostRowsAreCounted(t *testing.T) {
	w := newWorld(t)
	away := &flaky{Bus: w.omnia}
	away.away.Store(true)
	var lost atomic.Int64
	log, stop := run(t, access.Options{Bus: away, Key: w.key, Lost: func(n int) { lost.Add(int64(n)) }})
	const more = 5
	for n := range access.MostKeptForTest + 1 + more { // one is in the message under way
		log.Keep(t.Context(), row(fmt.Sprint(n)))
	}
	if n := lost.Load(); n != more {
		t.Errorf("%d rows are lost, want %d", n, more)
	}
	stop()
	if n := lost.Load(); n != access.MostKeptForTest+1+more {
		t.Errorf("%d rows are lost at the end, want %d", n, access.MostKeptForTest+1+more)
	}
}

// follow takes rows that nobody waits for.
func follow(t *testing.T, log *access.Log, people ...string) {
	t.Helper()
	for _, person := range people {
		if err := log.Follow(row(person)); err != nil {
			t.Error(err)
		}
	}
}

// A row that nobody waits for is in the log by itself, with those that came with it.
func TestARowThatFollowsIsWrittenSoon(t *testing.T) {
	w := newWorld(t)
	log, _ := run(t, access.Options{Bus: w.omnia, Key: w.key})
	follow(t, log, "one", "two")
	eventually(t, func() bool { return len(w.people(t)) == 2 })
}

// Rows that nobody waits for go along with one that somebody waits for, or when there
// are many, or when the process ends, each in its order.
func TestRowsThatFollowKeepTheirOrder(t *testing.T) {
	w := newWorld(t)
	log, stop := run(t, access.Options{Bus: w.omnia, Key: w.key, Pause: time.Hour})
	follow(t, log, "change 1", "change 2")
	if err := log.Record(t.Context(), row("read")); err != nil {
		t.Fatal(err)
	}
	want := []string{"change 1", "change 2", "read"}
	if got := w.people(t); !slices.Equal(got, want) {
		t.Errorf("once the read is durable the log holds %q", got)
	}
	follow(t, log, "change 3")
	time.Sleep(20 * time.Millisecond)
	if got := w.people(t); len(got) != len(want) {
		t.Errorf("what may wait is written by itself: %q", got)
	}
	want = append(want, "change 3")
	for n := range access.EnoughForTest - 1 {
		want = append(want, fmt.Sprint("many ", n))
		follow(t, log, want[len(want)-1])
	}
	eventually(t, func() bool { return len(w.people(t)) == len(want) })
	follow(t, log, "last")
	stop()
	if got := w.people(t); !slices.Equal(got, append(want, "last")) {
		t.Errorf("at the end the log holds %q", got)
	}
	if n := len(w.stream(t, bus.StreamAccess)); n != 3 {
		t.Errorf("they took %d messages", n)
	}
	w.sound(t)
	if err := log.Follow(row("too late")); err == nil {
		t.Error("a log that has ended takes a row")
	}
}

// While the log is away rows that nobody waits for are kept, up to the bound, and none
// is lost once it is back.
func TestRowsThatFollowOutliveAnOutage(t *testing.T) {
	w := newWorld(t)
	away := &flaky{Bus: w.omnia}
	away.away.Store(true)
	var lost atomic.Int64
	log, stop := run(t, access.Options{Bus: away, Key: w.key, Pause: time.Millisecond, Lost: func(n int) { lost.Add(int64(n)) }})
	want := []string{"first"}
	follow(t, log, want...)
	eventually(t, func() bool { return away.tried.Load() > 0 }) // it is in the message under way
	for n := range access.MostKeptForTest {
		want = append(want, fmt.Sprint(n))
		follow(t, log, want[len(want)-1])
	}
	if err := log.Follow(row("over the bound")); err == nil || lost.Load() != 1 {
		t.Errorf("a row more than are kept is taken: %v; %d are lost", err, lost.Load())
	}
	away.away.Store(false)
	eventually(t, func() bool { return log.Record(t.Context(), row("read")) == nil })
	stop()
	if got := w.people(t); !slices.Equal(got, append(want, "read")) {
		t.Errorf("the log holds %d rows, want %d in their order", len(got), len(want)+1)
	}
	w.sound(t)
}

// A log that has lost what it acknowledged gets a new chain.
func TestARestoredLogBeginsANewChain(t *testing.T) {
	w := newWorld(t)
	log, stop := run(t, access.Options{Bus: w.omnia, Key: w.key})
	for n := range 2 {
		if err := log.Record(t.Context(), row(fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}
	}
	last := w.stream(t, bus.StreamAccess)[1]
	if err := w.hub.Erase(t.Context(), bus.StreamAccess, last.Sequence); err != nil {
		t.Fatal(err)
	}
	if err := log.Record(t.Context(), row("after")); err != nil {
		t.Fatal(err)
	}
	stop()
	all := w.stream(t, bus.StreamAccess)
	if len(all) != 2 || all[0].Subject == all[1].Subject {
		t.Errorf("the log holds %v", all)
	}
}

// Heads are signed as time goes, and at the end; the file outside of the log gets each
// once, also when it is copied again and when a crash broke a line off.
func TestHeadsAreSignedAndCopied(t *testing.T) {
	w := newWorld(t)
	log, stop := run(t, access.Options{Bus: w.omnia, Key: w.key, Heads: 5 * time.Millisecond})
	for n := range 3 {
		if err := log.Record(t.Context(), row(fmt.Sprint(n))); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return len(w.stream(t, bus.StreamHeads)) == n+1 })
	}
	stop()
	path := filepath.Join(t.TempDir(), "elsewhere", "heads.jsonl")
	copyHeads := func() string {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- access.CopyHeads(ctx, w.hub, path, quiet()) }()
		var text []byte
		eventually(t, func() bool {
			text, _ = os.ReadFile(path)
			return strings.Count(string(text), "\n") >= 3
		})
		cancel()
		ended(t, done)
		return string(text)
	}
	first := copyHeads()
	if err := os.WriteFile(path, []byte(first[:len(first)-10]), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := copyHeads(); again != first {
		t.Errorf("the file is %q, and after a crash %q", first, again)
	}
	v := access.NewVerifier()
	for _, e := range w.stream(t, bus.StreamHeads) {
		v.Head(e)
	}
	if err := v.File(path); err != nil {
		t.Fatal(err)
	}
	for _, e := range w.stream(t, bus.StreamAccess) {
		v.Rows(e)
	}
	if report := v.Report(); len(report.Faults) > 0 || strings.Contains(strings.Join(report.Unproven, "\n"), "no head confirms") {
		t.Errorf("%+v", report)
	}
}

// What is confidential is on the provider's own stream, with its heads, and nowhere else.
func TestConfidentialRowsStayWithTheirProvider(t *testing.T) {
	w := newWorld(t)
	log, stop := run(t, access.Options{Bus: w.omnia, Key: w.key, Confidential: true})
	if err := log.Record(t.Context(), row("reader")); err != nil {
		t.Fatal(err)
	}
	stop()
	for _, stream := range []string{bus.StreamAccess, bus.StreamHeads} {
		if all := w.stream(t, stream); len(all) > 0 {
			t.Errorf("%s holds %v", stream, all)
		}
	}
	private := w.stream(t, bus.PrivateStream("omnia"))
	if len(private) != 2 {
		t.Fatalf("the private stream holds %v", private)
	}
	for _, e := range private {
		if !access.Private("omnia", e.Subject) {
			t.Errorf("%s is not known as a part of the access log", e.Subject)
		}
	}
}
