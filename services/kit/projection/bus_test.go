package projection_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/projection"
)

var _ projection.Log = (*bus.Bus)(nil)

// startBus runs the real log, empty, and returns the hub's connection.
func startBus(t testing.TB) *bus.Bus {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	hub, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(hub.Close)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	return hub
}

func publish(t testing.TB, b *bus.Bus, n int) uint64 {
	t.Helper()
	sequence, err := b.Publish(t.Context(), bus.Message{
		Subject: fmt.Sprintf("case.abcdefghijklmnopqrstuvwxyz.omnia.%d.hub", 1+n%9), Data: fmt.Appendf(nil, "fact %d", n),
	})
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}

func TestWithTheRealLog(t *testing.T) {
	hub := startBus(t)
	path := filepath.Join(t.TempDir(), "view.db")
	var last uint64
	for n := range 300 {
		last = publish(t, hub, n)
	}
	for round := range 3 {
		db := open(t, path, schema)
		stop := run(t, db, hub, bus.StreamCases, bus.StreamStaff)
		wait(t, db, bus.StreamCases, last)
		select {
		case <-db.Ready():
		case <-soon(t).Done():
			t.Fatal("an empty stream keeps the projection from being ready")
		}
		last = publish(t, hub, 300+round)
		wait(t, db, bus.StreamCases, last)
		stop()
		if got, want := facts(t, db, bus.StreamCases), fmt.Sprintf("%d to %[1]d", last); got != want {
			t.Errorf("round %d: rows %s, want %s", round, got, want)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}

	// Another log, shorter than the file knows: everything is built again.
	other := startBus(t)
	last = publish(t, other, 1)
	both := schema
	both.Streams = []string{bus.StreamCases, bus.StreamStaff}
	db := open(t, path, both)
	run(t, db, other, bus.StreamCases, bus.StreamStaff)
	select {
	case <-db.Ready():
	case <-soon(t).Done():
		t.Fatal("never ready on another log")
	}
	wait(t, db, bus.StreamCases, last)
	if got := facts(t, db, bus.StreamCases); got != "1 to 1" {
		t.Errorf("after the change of logs: rows %s", got)
	}
}

// BenchmarkVisibleFromBus is the time from the call of Publish, which syncs, to
// the row in a reader's eyes.
func BenchmarkVisibleFromBus(b *testing.B) {
	hub := startBus(b)
	db := open(b, filepath.Join(b.TempDir(), "view.db"), schema)
	run(b, db, hub, bus.StreamCases)
	for n := 0; b.Loop(); n++ {
		wait(b, db, bus.StreamCases, publish(b, hub, n))
	}
}
