package bus_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// A provider goes over to another key while it publishes all the time. Whatever
// the order in which server and provider learn of the key, nothing acknowledged is
// lost and the former key is refused in the end. In the right order no call fails.
func TestAKeyIsRotatedWithoutAStop(t *testing.T) {
	for _, order := range []struct {
		name  string
		play  func(t *testing.T, r *rotation)
		fails bool // whether a publish may fail before it is tried again
	}{
		{"in the right order", func(t *testing.T, r *rotation) {
			r.serverTakes(t, r.former, r.next)
			r.goesOn(t)
			if n := bus.Conn(r.omnia).Stats().Reconnects; n != 0 {
				t.Errorf("the first reload cost %d connections", n)
			}
			r.putSeed(t)
			r.hasMoved(t)
			r.goesOn(t)
			r.serverTakes(t, r.next)
		}, false},
		{"the seed before the server", func(t *testing.T, r *rotation) {
			r.putSeed(t)
			if told := receive(t, r.told); told != "the connection keeps the key it has" {
				t.Error(told)
			}
			if bus.Key(r.omnia) != r.former {
				t.Error("it has given up the key that holds for one that does not")
			}
			r.goesOn(t)
			r.serverTakes(t, r.former, r.next)
			r.hasMoved(t)
			r.serverTakes(t, r.next)
		}, false},
		{"the server before the seed is noticed", func(t *testing.T, r *rotation) {
			r.serverTakes(t, r.former, r.next)
			r.putSeed(t)
			r.serverTakes(t, r.next)
			r.hasMoved(t)
		}, true},
		{"the former key is refused before the seed is there", func(t *testing.T, r *rotation) {
			r.serverTakes(t, r.next)
			await(t, "it is cut off", func() bool { return !bus.Conn(r.omnia).IsConnected() })
			r.putSeed(t)
			r.hasMoved(t)
		}, true},
	} {
		t.Run(order.name, func(t *testing.T) {
			t.Parallel()
			r := startRotation(t)
			r.goesOn(t)
			order.play(t, r)
			r.goesOn(t)
			r.end(t, order.fails)
		})
	}
}

// rotation is a server, and a provider that publishes to it and follows itself.
type rotation struct {
	settings     bus.ServerSettings
	config, seed string // files
	server       *embedded.Server
	hub, omnia   *bus.Bus
	idler        *bus.Bus // a replica that is never given the next seed
	former, next string   // public keys
	formerSeed   bus.Seed
	nextSeed     bus.Seed
	told         chan string // what omnia warned of

	stop     chan struct{}
	stopped  chan struct{}
	acked    []string // bodies; read once stopped
	count    atomic.Int64
	failures atomic.Int64
	followed atomic.Uint64 // the last sequence that omnia got
}

func startRotation(t *testing.T) *rotation {
	settings, seeds := settingsOf(t)
	r := &rotation{
		settings: settings, config: filepath.Join(t.TempDir(), "nats-server.conf"), seed: filepath.Join(t.TempDir(), "omnia"),
		former: settings.Keys["omnia"][0], formerSeed: seeds["omnia"], told: make(chan string, 1000),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	r.nextSeed, r.next = newKey(t)
	writeSeed(t, r.seed, r.formerSeed)
	writeConfigOf(t, r.config, settings)
	r.server = startExternal(t, r.config)
	r.hub = connectWith(t, bus.Options{Party: bus.Hub, Seed: seeds[bus.Hub], URLs: r.server.ClientURL(), Log: quietLog()})
	if err := r.hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	background(t, r.hub.ServeConsumers)
	r.omnia = connectWith(t, bus.Options{Party: "omnia", Seed: bus.SeedFile(r.seed), URLs: r.server.ClientURL(), Log: slog.New(warnings(r.told))})
	r.idler = connectWith(t, bus.Options{Party: "omnia", Seed: r.formerSeed, Replica: 1, URLs: r.server.ClientURL(), Log: quietLog()})
	background(t, func(ctx context.Context) error {
		return r.omnia.Follow(ctx, bus.PrivateStream("omnia"), 1, 100, func(_ context.Context, events []bus.Event) error {
			for _, e := range events {
				if after := r.followed.Load(); e.Sequence != after+1 {
					return fmt.Errorf("omnia got %d after %d", e.Sequence, after)
				}
				r.followed.Store(e.Sequence)
			}
			return nil
		})
	})
	go r.publishAllTheTime(t.Context())
	return r
}

// publishAllTheTime tries each body until it is acknowledged.
func (r *rotation) publishAllTheTime(ctx context.Context) {
	defer close(r.stopped)
	for i := 0; ; {
		select {
		case <-r.stop:
			return
		default:
		}
		body := fmt.Sprint("note ", i)
		if _, err := r.omnia.Publish(ctx, bus.Message{Subject: "private.omnia.note", Data: []byte(body)}); err != nil {
			r.failures.Add(1)
			if ctx.Err() != nil {
				return
			}
			continue
		}
		r.acked = append(r.acked, body)
		r.count.Add(1)
		i++
	}
}

// goesOn waits until more was published.
func (r *rotation) goesOn(t *testing.T) {
	t.Helper()
	enough := r.count.Load() + 20
	await(t, "omnia goes on publishing", func() bool { return r.count.Load() >= enough })
}

// serverTakes lets the server read a configuration with other keys of omnia.
func (r *rotation) serverTakes(t *testing.T, keys ...string) {
	t.Helper()
	r.settings.Keys["omnia"] = keys
	writeConfigOf(t, r.config, r.settings)
	if err := r.server.Reload(); err != nil {
		t.Fatal(err)
	}
}

func (r *rotation) putSeed(t *testing.T) {
	t.Helper()
	writeSeed(t, r.seed, r.nextSeed)
}

func (r *rotation) hasMoved(t *testing.T) {
	t.Helper()
	await(t, "omnia has moved to the next key", func() bool { return bus.Key(r.omnia) == r.next && bus.Conn(r.omnia).IsConnected() })
}

// end compares what was acknowledged with what the log holds, and tries the
// former key.
func (r *rotation) end(t *testing.T, mayFail bool) {
	close(r.stop)
	receive(t, r.stopped)
	if n := r.failures.Load(); n > 0 && !mayFail {
		t.Errorf("%d publishes failed", n)
	}
	kept := map[string]bool{}
	extent, err := r.hub.Extent(t.Context(), bus.PrivateStream("omnia"))
	if err != nil {
		t.Fatal(err)
	}
	for sequence := extent.First; sequence <= extent.Last; sequence++ {
		event, err := r.hub.Get(t.Context(), bus.PrivateStream("omnia"), sequence)
		if err != nil {
			t.Fatal(err)
		}
		kept[string(event.Data)] = true
	}
	for _, body := range r.acked {
		if !kept[body] {
			t.Errorf("%q was acknowledged and is lost", body)
		}
	}
	await(t, "omnia has followed to the end", func() bool { return r.followed.Load() == extent.Last })
	if n := bus.Conn(r.hub).Stats().Reconnects; n != 0 {
		t.Errorf("the hub, whose key is what it was, was cut off %d times", n)
	}
	await(t, "who has the former key is cut off", func() bool { return !bus.Conn(r.idler).IsConnected() })
	b, err := bus.Connect(t.Context(), bus.Options{Party: "omnia", Seed: r.formerSeed, URLs: r.server.ClientURL(), Log: quietLog()})
	if err == nil {
		b.Close()
	}
	if err == nil || !strings.Contains(err.Error(), r.former) {
		t.Errorf("the former key: %v, want a refusal that names it", err)
	}
	t.Logf("%d publishes acknowledged, %d failed before they were tried again", len(r.acked), r.failures.Load())
}

// writeSeed puts a seed in place as an operator should: the whole file at once.
func writeSeed(t testing.TB, file string, seed bus.Seed) {
	t.Helper()
	text, err := seed()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".new", append(bytes.Clone(text), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// warnings is a log that passes on what an operator is warned of.
type warnings chan string

func (w warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (w warnings) WithAttrs([]slog.Attr) slog.Handler               { return w }
func (w warnings) WithGroup(string) slog.Handler                    { return w }

func (w warnings) Handle(_ context.Context, r slog.Record) error {
	select {
	case w <- r.Message:
	default:
	}
	return nil
}
