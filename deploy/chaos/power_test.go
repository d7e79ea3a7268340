package chaos

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/businessespoo/hub/deploy/hub"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/bus/embedded/powercut"
	"github.com/businessespoo/hub/services/kit/name"
)

// inProcess is the whole hub in the test's own process, where the test can see
// what of its log is on disk.
type inProcess struct {
	log     *embedded.Server
	said    *words
	address string
	cancel  context.CancelFunc
	ended   chan error
}

// words keeps what a hub logs.
type words struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

// count answers how often something was said.
func (w *words) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Count(w.text.Bytes(), []byte(what))
}

// startInProcess runs what hub run runs, and waits until it is ready.
func startInProcess(t *testing.T, data string, groupCommitOff bool) *inProcess {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background()) // stop ends it, in good order
	h := &inProcess{said: &words{}, cancel: cancel, ended: make(chan error, 1)}
	ready := make(chan hub.Addresses, 1)
	go func() {
		h.ended <- hub.Run(ctx, hub.Options{
			Data: data, Listen: "127.0.0.1:0", Web: "127.0.0.1:0", Health: "127.0.0.1:0", ProviderListen: "127.0.0.1:0",
			Log: slog.New(slog.NewTextHandler(h.said, nil)), Ready: func(a hub.Addresses) { ready <- a },
			Trial: hub.Trial{GroupCommitOff: groupCommitOff, Opened: func(s *embedded.Server) { h.log = s }},
		})
	}()
	select {
	case a := <-ready:
		h.address = a.GRPC
	case err := <-h.ended:
		cancel()
		t.Fatalf("the hub ended at its start: %v", err)
	case <-time.After(readyWithin):
		cancel()
		t.Fatalf("the hub was not ready within %s", readyWithin)
	}
	t.Cleanup(h.stop)
	return h
}

// stop ends the hub and waits; more than once does no harm.
func (h *inProcess) stop() {
	h.cancel()
	if err, open := <-h.ended; open {
		_ = err // a hub that loses its power has nothing to say
		close(h.ended)
	}
}

// cut is what a power cut left, and what was known before it.
type cut struct {
	calls          []call
	company, inbox *watcher
	party          string
}

// cutPower lets clients play cases, cuts the power in the middle of it, and leaves
// the data folder as it would be found: the log cut back to what was synced, the
// projections as far ahead of it as they came.
func cutPower(t *testing.T, r *rand.Rand, data string, groupCommitOff bool) cut {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h, l, history := startInProcess(t, data, groupCommitOff), newLine(), newHistory()
	tg := l.up(t, h.address)
	p := openPeople(t, data)
	if err := hire(ctx, tg, p); err != nil {
		t.Fatal(err)
	}
	first := opened(ctx, t, l, p, history, branch(r))
	scope, err := name.ParseRequest(first.Scope)
	if err != nil {
		t.Fatal(err)
	}
	c := cut{party: scope.Party, company: watchCompany(p, first.Revision), inbox: watchInbox(p, scope.Party, first.Revision)}
	running := errgroup.Group{}
	running.Go(func() error { return c.company.run(ctx, l) })
	running.Go(func() error { return c.inbox.run(ctx, l) })
	running.Go(func() error { return load(ctx, l, p, history, branch(r), nil) })
	pause(ctx, r, 300, 1200)
	// The order matters: what is told after the lengths are taken may be lost.
	c.calls, c.company, c.inbox = history.snapshot(), c.company.frozen(), c.inbox.frozen()
	left := filepath.Join(t.TempDir(), "left")
	if err := powercut.Copy(branch(r), filepath.Join(data, "jetstream"), left, h.log.SyncedLengths, false); err != nil {
		t.Fatal(err)
	}
	pause(ctx, r, 50, 200) // and the projections run ahead of what is left
	l.down()
	cancel()
	if err := running.Wait(); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	h.stop()
	c.calls = append(c.calls, sinceThen(c.calls, history.snapshot())...)
	if err := errors.Join(os.RemoveAll(filepath.Join(data, "jetstream")), os.Rename(left, filepath.Join(data, "jetstream"))); err != nil {
		t.Fatal(err)
	}
	report(t, history.seen())
	return c
}

// sinceThen are the calls that began after a snapshot: whatever their clients were
// told, the power was gone, so they may have happened or not. It completes the
// names of cases that were opened, but not told, before.
func sinceThen(frozen, final []call) []call {
	for i := range frozen {
		if frozen[i].Case == "" && frozen[i].Kind == of(casesv1.EntryKind_ENTRY_KIND_CASE_OPENED) {
			frozen[i].Case, frozen[i].Scope = final[i].Case, final[i].Scope
		}
	}
	later := final[len(frozen):]
	for i := range later {
		later[i].Outcome, later[i].Revision, later[i].Sequence = inDoubt, "", 0
	}
	return later
}

// arriving is how long the hub may take to carry on, after a start, what it had
// begun before: to bring requests to their inboxes.
const arriving = 45 * time.Second

// recovery is how a hub came back.
type recovery struct {
	// rebuilt is how many projections were ahead of the log and built again.
	rebuilt int
	// routed is how long requests under way took to their inboxes.
	routed time.Duration
}

// afterCut starts the hub on what is left and compares: at once what was
// acknowledged, and everything as soon as the router has caught up.
func afterCut(t *testing.T, data string, c cut) (problems []string, found recovery) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	h, l := startInProcess(t, data, false), newLine()
	defer h.stop()
	re := reader{l.up(t, h.address), openPeople(t, data)}
	problems = check(ctx, re, c.calls, busy)
	if len(problems) > 0 {
		return problems, found
	}
	found.rebuilt = h.said.count("projection does not fit the log")
	began := time.Now()
	for {
		problems = check(ctx, re, c.calls, quiet)
		if found.routed = time.Since(began); len(problems) == 0 || found.routed > arriving {
			break
		}
		if err := rest(ctx, 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	watching := errgroup.Group{}
	watching.Go(func() error { return c.company.run(ctx, l) })
	watching.Go(func() error { return c.inbox.run(ctx, l) })
	problems = append(problems, compareWatches(ctx, re, c.calls, c.company, c.inbox, c.party)...)
	history, stop := newHistory(), make(chan struct{})
	go func() { defer close(stop); _ = rest(ctx, 300*time.Millisecond) }()
	if err := load(ctx, l, re.people, history, rand.New(rand.NewPCG(1, 1)), stop); err != nil {
		t.Fatal(err)
	}
	for _, one := range append(check(ctx, re, history.snapshot(), busy), history.seen()...) {
		problems = append(problems, "after the cut: "+one)
	}
	cancel()
	_ = watching.Wait() // it ends with ctx
	return problems, found
}

// TestPowerCut cuts the power under load and wants everything back that was
// acknowledged or shown before.
func TestPowerCut(t *testing.T) {
	r, rebuilt := dice(t), 0
	for round := range *cuts {
		data := filepath.Join(t.TempDir(), "data")
		c := cutPower(t, r, data, false)
		problems, found := afterCut(t, data, c)
		report(t, problems)
		rebuilt += found.rebuilt
		acked, _ := count(c.calls, acknowledged)
		doubtful, _ := count(c.calls, inDoubt)
		t.Logf("round %d: %d calls were acknowledged before the cut, %d were in doubt or came too late; %d projections were ahead of the log and built again; requests under way were in their inboxes after %s",
			round, acked, doubtful, found.rebuilt, found.routed.Round(time.Millisecond))
	}
	if rebuilt == 0 {
		t.Error("no projection was ahead of the log, so the test proves less than it should")
	}
}

// TestWithoutGroupCommitAPowerCutLoses shows that TestPowerCut can fail: with the
// group commit off, what was acknowledged is gone.
func TestWithoutGroupCommitAPowerCutLoses(t *testing.T) {
	r := dice(t)
	data := filepath.Join(t.TempDir(), "data")
	startInProcess(t, data, false).stop() // so that only cases can be lost
	c := cutPower(t, r, data, true)
	problems, _ := afterCut(t, data, c)
	if len(problems) == 0 {
		t.Error("nothing is lost, so TestPowerCut proves nothing")
	} else {
		t.Logf("%d differences, such as: %s", len(problems), problems[0])
	}
}
