package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// acknowledged is what publishers have been told is kept.
type acknowledged struct {
	mu   sync.Mutex
	last map[string]map[uint64]string // stream, sequence, body
	n    int
	want int
	full chan struct{} // closed when n reaches want
}

func newAcknowledged(want int) *acknowledged {
	return &acknowledged{last: make(map[string]map[uint64]string), want: want, full: make(chan struct{})}
}

func (a *acknowledged) add(stream string, sequence uint64, body string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last[stream] == nil {
		a.last[stream] = make(map[uint64]string)
	}
	a.last[stream][sequence] = body
	if a.n++; a.n == a.want {
		close(a.full)
	}
}

// freeze takes the present state: what is told later is not in it.
func (a *acknowledged) freeze() map[string]map[uint64]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	frozen := make(map[string]map[uint64]string)
	for stream, sequences := range a.last {
		frozen[stream] = make(map[uint64]string)
		for sequence, body := range sequences {
			frozen[stream][sequence] = body
		}
	}
	return frozen
}

func open(t *testing.T, dir string, off bool) (*embedded.Server, *bus.Bus) {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Dir: dir, Log: slog.New(slog.DiscardHandler), GroupCommitOff: off})
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
	return server, hub
}

// load publishes with eight publishers until n messages are acknowledged, and on
// until the returned function is called: six on the cases, in bodies large
// enough to fill more than one block, one in a bucket, and one that erases what
// it wrote.
func load(ctx context.Context, t *testing.T, hub *bus.Bus, n int) (*acknowledged, func()) {
	t.Helper()
	told := newAcknowledged(n)
	bucket, err := hub.Bucket(ctx, bus.BucketHub)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var publishers sync.WaitGroup
	repeat := func(step func(i int) error) {
		publishers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := step(i); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	filler := make([]byte, 16<<10)
	for p := range 6 {
		repeat(func(i int) error {
			body := fmt.Sprintf("%d/%d %s", p, i, filler[:rand.IntN(len(filler))])
			sequence, err := hub.Publish(ctx, bus.Message{Subject: fmt.Sprintf("case.c%d.hub.0.hub", p), Data: []byte(body)})
			if err == nil {
				told.add(bus.StreamCases, sequence, body)
			}
			return err
		})
	}
	repeat(func(i int) error {
		revision, err := bucket.Create(ctx, fmt.Sprintf("k%d", i), []byte("value"))
		if err == nil {
			told.add("KV_"+bus.BucketHub, revision, "value")
		}
		return err
	})
	repeat(func(i int) error {
		_, err := hub.PutPerson(ctx, bus.Message{Subject: "people.omnia.p", Data: fmt.Appendf(nil, "name %d", i)})
		return err
	})
	select {
	case <-told.full:
	case <-ctx.Done():
		t.Fatal("the test's time is over")
	}
	return told, func() {
		cancel()
		publishers.Wait()
	}
}

// cutPower copies what a power cut would leave of dir: of each file at least the
// bytes of its last sync, and of what was written after, any part or none.
func cutPower(t *testing.T, dir string, lengths map[string]int64) string {
	t.Helper()
	left := t.TempDir()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server removed it just now
		}
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(left, relative), 0o700)
		}
		length, synced := lengths[path]
		if !synced && rand.IntN(2) == 0 {
			return nil
		}
		body, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if extra := int64(len(body)) - length; extra > 0 {
			keep := int64(0)
			if rand.IntN(2) == 0 {
				keep = rand.Int64N(extra + 1)
			}
			body = body[:length+keep]
		}
		return os.WriteFile(filepath.Join(left, relative), body, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// lost counts what was acknowledged and is not in the log of dir.
func lost(t *testing.T, dir string, told map[string]map[uint64]string) int {
	t.Helper()
	server, hub := open(t, dir, false)
	defer server.Shutdown()
	defer hub.Close()
	missing := 0
	for stream, sequences := range told {
		for sequence, body := range sequences {
			event, err := hub.Get(t.Context(), stream, sequence)
			switch {
			case errors.Is(err, bus.ErrNotFound):
				missing++
			case err != nil:
				t.Fatal(err)
			case string(event.Data) != body:
				t.Errorf("%s at %d holds another message", stream, sequence)
			}
		}
	}
	publishAgain(t, hub)
	return missing
}

// publishAgain shows that the log takes messages after the cut.
func publishAgain(t *testing.T, hub *bus.Bus) {
	t.Helper()
	if _, err := hub.Publish(t.Context(), bus.Message{Subject: "case.after.hub.0.hub"}); err != nil {
		t.Error(err)
	}
}

// cut loads a log, cuts the power at some moment, and counts what is lost.
func cut(t *testing.T, off bool, n int) int {
	t.Helper()
	dir := t.TempDir()
	server, hub := open(t, dir, off)
	told, stop := load(t.Context(), t, hub, n)
	// The order matters: what is told after the lengths are taken may be lost.
	frozen := told.freeze()
	lengths := server.SyncedLengths()
	left := cutPower(t, dir, lengths)
	stop()
	hub.Close()
	server.Shutdown()
	return lost(t, left, frozen)
}

func TestAPowerCutLosesNothingThatWasAcknowledged(t *testing.T) {
	for round, n := range []int{1, 50 + rand.IntN(200), 1000 + rand.IntN(3000)} {
		if missing := cut(t, false, n); missing > 0 {
			t.Errorf("round %d, %d messages: %d acknowledged ones are lost", round, n, missing)
		}
	}
}

func TestWithoutGroupCommitAPowerCutLosesSomething(t *testing.T) {
	if missing := cut(t, true, 1000); missing == 0 {
		t.Error("nothing is lost, so the test above proves nothing")
	}
}

func TestWhatAKilledProcessWroteIsSyncedBeforeItIsSeen(t *testing.T) {
	dir := t.TempDir()
	server, hub := open(t, dir, true)
	sequence, err := hub.Publish(t.Context(), bus.Message{Subject: "case.a.hub.0.hub", Data: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	killed := cutPower(t, dir, everything(t, dir)) // a kill leaves what was written
	hub.Close()
	server.Shutdown()

	server, hub = open(t, killed, false)
	if _, err := hub.Get(t.Context(), bus.StreamCases, sequence); err != nil {
		t.Fatal(err)
	}
	left := cutPower(t, killed, server.SyncedLengths())
	hub.Close()
	server.Shutdown()
	if missing := lost(t, left, map[string]map[uint64]string{bus.StreamCases: {sequence: "x"}}); missing > 0 {
		t.Error("an event was seen, and then the power cut took it back")
	}
}

// everything is the present length of each file.
func everything(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	lengths := make(map[string]int64)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			lengths[path] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lengths
}
