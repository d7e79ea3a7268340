package bus_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// quietLog drops what is of no use in a test's output.
func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// startLog runs an empty log with its streams and returns it with the hub's bus.
func startLog(t testing.TB) (*embedded.Server, *bus.Bus) {
	t.Helper()
	return startLogIn(t, embedded.Options{Dir: t.TempDir()})
}

func startLogIn(t testing.TB, o embedded.Options) (*embedded.Server, *bus.Bus) {
	t.Helper()
	o.Log = quietLog()
	server, err := embedded.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	hub := connect(t, server, bus.Hub)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server, hub
}

func connect(t testing.TB, server *embedded.Server, party string) *bus.Bus {
	t.Helper()
	return connectWith(t, server.BusOptions(party))
}

func connectWith(t testing.TB, o bus.Options) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// background runs f until the test ends and fails the test if f ends by itself
// with an error.
func background(t testing.TB, f func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("background work: %v", err)
		}
	})
}

func publish(t testing.TB, b *bus.Bus, subject, body string) uint64 {
	t.Helper()
	sequence, err := b.Publish(t.Context(), bus.Message{Subject: subject, Data: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}

// receive waits for the next value, generously: a test that needs the whole time
// has failed.
func receive[T any](t testing.TB, values <-chan T) T {
	t.Helper()
	select {
	case v := <-values:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came within 20 s")
		panic("unreachable")
	}
}

// within reports whether something becomes so, and waits for it generously.
func within(so func() bool) bool {
	deadline := time.After(20 * time.Second)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !so() {
		select {
		case <-ticker.C:
		case <-deadline:
			return false
		}
	}
	return true
}

// await fails the test when something does not become so.
func await(t testing.TB, what string, so func() bool) {
	t.Helper()
	if !within(so) {
		t.Fatalf("not within 20 s: %s", what)
	}
}
