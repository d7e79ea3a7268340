package bus_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// seen is one batch as a test looks at it; caught is the empty one.
type seen struct {
	bodies []string
	caught bool
	last   bus.Event
}

// follow collects the batches of a Follow of the cases that runs until the test
// ends.
func follow(t *testing.T, b *bus.Bus, from uint64, max int) <-chan seen {
	t.Helper()
	batches := make(chan seen, 1000)
	background(t, func(ctx context.Context) error {
		return b.Follow(ctx, bus.StreamCases, from, max, func(_ context.Context, events []bus.Event) error {
			s := seen{caught: len(events) == 0}
			for _, e := range events {
				s.bodies = append(s.bodies, string(e.Data))
				s.last = e
			}
			batches <- s
			return nil
		})
	})
	return batches
}

// gather collects bodies until there are n.
func gather(t *testing.T, batches <-chan seen, n int) []string {
	t.Helper()
	var bodies []string
	for len(bodies) < n {
		bodies = append(bodies, receive(t, batches).bodies...)
	}
	return bodies
}

func numbers(from, to int) []string {
	var list []string
	for i := from; i <= to; i++ {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

func TestFollowInOrderInBatchesAndOn(t *testing.T) {
	server, hub := startLog(t)
	background(t, hub.ServeConsumers)
	for i := 1; i <= 25; i++ {
		publish(t, hub, "case.a.omnia.1.hub", fmt.Sprint(i))
		publish(t, hub, "case.a.chamber.1.hub", "not for omnia")
	}
	for _, follower := range []struct {
		party string
		want  int
	}{
		{bus.Hub, 50},
		{"omnia", 26}, // with the one that the hub's turn adds
	} {
		t.Run(follower.party, func(t *testing.T) {
			party, want := follower.party, follower.want
			batches := follow(t, connect(t, server, party), 0, 10)
			got := 0
			for got < want {
				s := receive(t, batches)
				if s.caught {
					t.Fatalf("caught up after %d of %d", got, want)
				}
				if len(s.bodies) > 10 {
					t.Errorf("a batch of %d, want at most 10", len(s.bodies))
				}
				if s.last.Stream != bus.StreamCases || s.last.Time.Location() != time.UTC {
					t.Errorf("event %+v", s.last)
				}
				got += len(s.bodies)
			}
			if s := receive(t, batches); !s.caught {
				t.Errorf("no empty batch after the last event, but %q", s.bodies)
			}
			publish(t, hub, "case.a.omnia.1.hub", "later")
			if diff := cmp.Diff([]string{"later"}, receive(t, batches).bodies); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFollowResumesAtItsPosition(t *testing.T) {
	_, hub := startLog(t)
	for i := 1; i <= 20; i++ {
		publish(t, hub, "case.a.omnia.1.hub", fmt.Sprint(i))
	}
	if diff := cmp.Diff(numbers(12, 20), gather(t, follow(t, hub, 12, 4), 9)); diff != "" {
		t.Error(diff)
	}
	if s := receive(t, follow(t, hub, 21, 4)); !s.caught {
		t.Errorf("a follower at the end got %q, want word that it has caught up", s.bodies)
	}
	err := hub.Follow(t.Context(), bus.StreamCases, 22, 4, func(context.Context, []bus.Event) error { return nil })
	var short *bus.ShortLogError
	if !errors.As(err, &short) || short.Last != 20 {
		t.Errorf("beyond the end: %v, want a ShortLogError at 20", err)
	}
}

func TestFollowEndsWithTheHandlersError(t *testing.T) {
	_, hub := startLog(t)
	publish(t, hub, "case.a.omnia.1.hub", "1")
	wrong := errors.New("wrong")
	err := hub.Follow(t.Context(), bus.StreamCases, 0, 4, func(_ context.Context, events []bus.Event) error {
		if len(events) > 0 {
			return wrong
		}
		return nil
	})
	if !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
}

func TestFollowMakesALostConsumerAgain(t *testing.T) {
	server, hub := startLog(t)
	background(t, hub.ServeConsumers)
	batches := follow(t, connect(t, server, "omnia"), 0, 10)
	receive(t, batches)
	for round := range 3 {
		first := 1 + 40*round
		for i := first; i < first+20; i++ {
			publish(t, hub, "case.a.omnia.1.hub", fmt.Sprint(i))
		}
		if err := bus.DeleteConsumer(t.Context(), hub, bus.StreamCases, "omnia-0"); err != nil {
			t.Fatal(err)
		}
		for i := first + 20; i < first+40; i++ {
			publish(t, hub, "case.a.omnia.1.hub", fmt.Sprint(i))
		}
		if diff := cmp.Diff(numbers(first, first+39), gather(t, batches, 40)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestFollowGetsBackWhatAnotherTook(t *testing.T) {
	server, hub := startLog(t)
	background(t, hub.ServeConsumers)
	omnia := connect(t, server, "omnia")
	batches := follow(t, omnia, 0, 10)
	receive(t, batches)
	// A second process that was started with the same replica number by mistake.
	taken, err := bus.Conn(omnia).SubscribeSync(bus.Conn(omnia).NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Conn(omnia).PublishRequest("log.CONSUMER.MSG.NEXT.CASES.omnia-0", taken.Subject, []byte("3")); err != nil {
		t.Fatal(err)
	}
	if err := bus.Conn(omnia).Flush(); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 40; i++ {
		publish(t, hub, "case.a.omnia.1.hub", fmt.Sprint(i))
	}
	if diff := cmp.Diff(numbers(1, 40), gather(t, batches, 40)); diff != "" {
		t.Error(diff)
	}
	if n, _, err := taken.Pending(); err != nil || n == 0 {
		t.Errorf("the other took %d events, %v: nothing was tried", n, err)
	}
}

func TestFollowSurvivesTheServersRestart(t *testing.T) {
	file, seeds := writeConfig(t)
	server := startExternal(t, file)
	o := bus.Options{Party: bus.Hub, Seed: seeds[bus.Hub], URLs: server.ClientURL(), Log: quietLog()}
	hub := connectWith(t, o)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	batches := follow(t, hub, 0, 10)
	publish(t, hub, "case.a.omnia.1.hub", "1")
	gather(t, batches, 1)
	server.Shutdown()
	startExternal(t, file)
	for i := 2; i <= 5; {
		try, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		if _, err := hub.Publish(try, bus.Message{Subject: "case.a.omnia.1.hub", Data: []byte(fmt.Sprint(i))}); err == nil {
			i++
		}
		cancel()
	}
	// A try whose answer was lost may have been stored, so a number may repeat.
	for last := ""; last != "5"; {
		s := receive(t, batches)
		if !s.caught {
			last = s.bodies[len(s.bodies)-1]
		}
	}
}

func TestAProviderFollowsAStreamOnce(t *testing.T) {
	server, hub := startLog(t)
	background(t, hub.ServeConsumers)
	omnia := connect(t, server, "omnia")
	receive(t, follow(t, omnia, 0, 10))
	nothing := func(context.Context, []bus.Event) error { return nil }
	if err := omnia.Follow(t.Context(), bus.StreamCases, 0, 10, nothing); err == nil {
		t.Error("a second Follow of the same stream was accepted")
	}
	for _, stream := range []string{bus.StreamCatalogue, bus.StreamAccess, bus.StreamHeads, bus.StreamDead, bus.PrivateStream("chamber"), "KV_HUB"} {
		if err := omnia.Follow(t.Context(), stream, 0, 10, nothing); err == nil {
			t.Errorf("omnia follows %s", stream)
		}
	}
}

func TestNothingAboveTheWatermarkIsSeen(t *testing.T) {
	disk := newSlowDisk()
	server, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Log: quietLog()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	o := server.BusOptions(bus.Hub)
	if err := connectWith(t, o).EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.Durability = disk
	hub := connectWith(t, o)
	batches := follow(t, hub, 0, 10)
	receive(t, batches)
	worked := make(chan bus.Event, 1)
	background(t, func(ctx context.Context) error {
		return hub.Work(ctx, bus.Worker{Name: "router", Stream: bus.StreamCases}, func(_ context.Context, ev bus.Event) error {
			worked <- ev
			return nil
		})
	})
	published := make(chan error, 1)
	go func() {
		_, err := hub.Publish(t.Context(), bus.Message{Subject: "case.a.hub.0.hub", Data: []byte("x")})
		published <- err
	}()
	for range 3 { // the publisher, the follower and the worker each ask for the sync
		receive(t, disk.asked)
	}
	select {
	case err := <-published:
		t.Errorf("acknowledged before the sync: %v", err)
	case s := <-batches:
		t.Errorf("followed before the sync: %q", s.bodies)
	case <-worked:
		t.Error("worked on before the sync")
	default:
	}
	if _, err := hub.Last(shortly(t), bus.StreamCases); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Last before the sync: %v", err)
	}
	if _, err := hub.Get(shortly(t), bus.StreamCases, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Get before the sync: %v", err)
	}
	close(disk.synced)
	if err := receive(t, published); err != nil {
		t.Error(err)
	}
	receive(t, batches)
	receive(t, worked)
}

// slowDisk is a Durability whose sync takes until the test says so.
type slowDisk struct {
	asked  chan struct{}
	synced chan struct{}
}

func newSlowDisk() *slowDisk {
	return &slowDisk{asked: make(chan struct{}, 100), synced: make(chan struct{})}
}

func (d *slowDisk) Commit(ctx context.Context, _ string, _ uint64) error {
	d.asked <- struct{}{}
	select {
	case <-d.synced:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *slowDisk) Durable(string) uint64              { return 0 }
func (d *slowDisk) Sync(context.Context, string) error { return nil }

func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func BenchmarkFollow(b *testing.B) {
	server, hub := startLogIn(b, embedded.Options{Dir: filepath.Join(b.TempDir(), "log"), GroupCommitOff: true})
	go func() { _ = hub.ServeConsumers(b.Context()) }()
	omnia := connect(b, server, "omnia")
	body := make([]byte, 400)
	for range b.N {
		if _, err := hub.Publish(b.Context(), bus.Message{Subject: "case.a.omnia.1.hub", Data: body}); err != nil {
			b.Fatal(err)
		}
	}
	done := errors.New("done")
	b.ResetTimer()
	err := omnia.Follow(b.Context(), bus.StreamCases, 0, 500, func(_ context.Context, events []bus.Event) error {
		if len(events) == 0 {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
