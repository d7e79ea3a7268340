package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/bus/embedded/powercut"
)

// acknowledged is what publishers have been told is kept, and what is erased.
type acknowledged struct {
	mu   sync.Mutex
	last map[string]map[uint64]string // stream, sequence, body
	// frozen is what last was when the power was cut, but for what has been erased since.
	frozen map[string]map[uint64]string
	drafts map[string]uint64
	gone   []string // bodies
	n      int
	want   int
	full   chan struct{} // closed when n reaches want
}

func newAcknowledged(want int) *acknowledged {
	return &acknowledged{last: make(map[string]map[uint64]string), drafts: make(map[string]uint64), want: want, full: make(chan struct{})}
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

// erasing says that a message is about to be erased: it is there or not.
func (a *acknowledged) erasing(stream string, sequence uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.last[stream], sequence)
	delete(a.frozen[stream], sequence)
}

// draft says what revision of a draft is kept.
func (a *acknowledged) draft(key string, revision uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drafts[key] = revision
}

func (a *acknowledged) erased(body string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gone = append(a.gone, body)
}

// freeze takes the present state: what is told later is not in it.
func (a *acknowledged) freeze() (drafts map[string]uint64, gone []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.frozen = make(map[string]map[uint64]string)
	for stream, sequences := range a.last {
		a.frozen[stream] = maps.Clone(sequences)
	}
	return maps.Clone(a.drafts), slices.Clone(a.gone)
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

// load publishes with ten publishers until n messages are acknowledged, and on
// until the returned function is called: six on the cases, in bodies large
// enough to fill more than one block, one in a bucket, and three that erase: what
// is known of a person, drafts that are replaced, and cases among the others.
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
	drafts, err := hub.Bucket(ctx, bus.BucketDrafts)
	if err != nil {
		t.Fatal(err)
	}
	var kept [5]uint64 // the revision of each draft
	repeat(func(i int) error {
		of, key, body := i%len(kept), fmt.Sprint("d", i%len(kept)), fmt.Sprintf("draft %d.", i)
		told.erasing("KV_"+bus.BucketDrafts, kept[of])
		revision, err := drafts.Put(ctx, key, []byte(body), kept[of])
		if err != nil {
			return err
		}
		told.add("KV_"+bus.BucketDrafts, revision, body)
		if i >= len(kept) {
			told.erased(fmt.Sprintf("draft %d.", i-len(kept)))
		}
		told.draft(key, revision)
		kept[of] = revision
		return nil
	})
	written := map[uint64]string{}
	repeat(func(i int) error {
		body := fmt.Sprintf("to be erased %d.", i)
		sequence, err := hub.Publish(ctx, bus.Message{Subject: "case.e.hub.0.hub", Data: []byte(body)})
		if err != nil {
			return err
		}
		told.add(bus.StreamCases, sequence, body)
		if written[sequence] = body; len(written) < 20 {
			return nil
		}
		for sequence, body := range written { // any of them
			delete(written, sequence)
			told.erasing(bus.StreamCases, sequence)
			if err := hub.Erase(ctx, bus.StreamCases, sequence); err != nil {
				return err
			}
			told.erased(body)
			break
		}
		return nil
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

// cutPower answers the folder that a power cut would leave of dir.
func cutPower(t *testing.T, dir string, synced func() map[string]int64) string {
	t.Helper()
	left := filepath.Join(t.TempDir(), "left")
	r := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	if err := powercut.Copy(r, dir, left, synced, true); err != nil {
		t.Fatal(err)
	}
	return left
}

// lost counts what was acknowledged and is not in the log of dir.
func lost(t *testing.T, dir string, told map[string]map[uint64]string, drafts map[string]uint64) int {
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
	bucket, err := hub.Bucket(t.Context(), bus.BucketDrafts)
	if err != nil {
		t.Fatal(err)
	}
	for key, revision := range drafts {
		if entry, err := bucket.Get(t.Context(), key); err != nil || entry.Revision < revision {
			missing++
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
	drafts, gone := told.freeze()
	left := cutPower(t, dir, server.SyncedLengths)
	stop()
	hub.Close()
	server.Shutdown()
	if found := find(t, left, gone); len(found) > 0 {
		t.Errorf("of %d erased messages, the power cut left %q", len(gone), found)
	}
	t.Logf("%d messages were erased", len(gone))
	return lost(t, left, told.frozen, drafts)
}

// find answers which of the texts are in some file below dir.
func find(t *testing.T, dir string, texts []string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(content, []byte(text)) {
				found = append(found, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
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
	killed := cutPower(t, dir, func() map[string]int64 { return everything(t, dir) }) // a kill leaves what was written
	hub.Close()
	server.Shutdown()

	server, hub = open(t, killed, false)
	if _, err := hub.Get(t.Context(), bus.StreamCases, sequence); err != nil {
		t.Fatal(err)
	}
	left := cutPower(t, killed, server.SyncedLengths)
	hub.Close()
	server.Shutdown()
	if missing := lost(t, left, map[string]map[uint64]string{bus.StreamCases: {sequence: "x"}}, nil); missing > 0 {
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
