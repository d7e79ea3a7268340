package chaos

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// killed is the evidence of a hub that was killed again and again.
type killed struct {
	history  *history
	company  *watcher
	inbox    *watcher
	problems []string
	// kills counts those under load, early those before the hub was ready.
	kills, early int
}

// kill lets clients play cases against the real binary, kills it n times at
// random moments, starts it again on the same folder, and checks all that was
// acknowledged: after each start what was touched since the one before, and at
// the end everything.
func kill(t *testing.T, r *rand.Rand, n int) *killed {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	data := filepath.Join(t.TempDir(), "data")
	h, l, k := newHubProcess(t, data), newLine(), &killed{history: newHistory()}
	tg := begin(t, h, l)
	p := openPeople(t, data)
	if err := hire(ctx, tg, p); err != nil {
		t.Fatal(err)
	}
	first := opened(ctx, t, l, p, k.history, branch(r))
	watched, _ := name.ParseRequest(first.Scope)
	k.company, k.inbox = watchCompany(p, first.Revision), watchInbox(p, watched.Party, first.Revision)
	watching, stop := errgroup.Group{}, make(chan struct{})
	watching.Go(func() error { return k.company.run(ctx, l) })
	watching.Go(func() error { return k.inbox.run(ctx, l) })
	playing := errgroup.Group{}
	playing.Go(func() error { return load(ctx, l, p, k.history, branch(r), stop) })
	checked := time.Duration(0)
	for range n {
		pause(ctx, r, 50, 600)
		h.kill()
		l.down()
		k.kills++
		for r.IntN(4) == 0 {
			if err := h.launch(); err != nil {
				t.Fatal(err)
			}
			pause(ctx, r, 1, 400)
			h.kill()
			k.early++
		}
		tg = begin(t, h, l)
		calls := k.history.snapshot()
		k.problems = append(k.problems, check(ctx, reader{tg, p}, touched(calls, checked), busy)...)
		checked = time.Since(k.history.start)
	}
	close(stop)
	if err := playing.Wait(); err != nil {
		t.Fatal(err)
	}
	calls, re := k.history.snapshot(), reader{tg, p}
	k.problems = append(k.problems, check(ctx, re, calls, quiet)...)
	k.problems = append(k.problems, checkExclusive(calls)...)
	k.problems = append(k.problems, compareWatches(ctx, re, calls, k.company, k.inbox, watched.Party)...)
	k.problems = append(k.problems, k.history.seen()...)
	cancel()
	if err := watching.Wait(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if out, err := h.command(t.Context(), "verify", "--data", data); err != nil {
		k.problems = append(k.problems, "hub verify: "+out)
	}
	return k
}

// begin starts the hub and lets the clients at it.
func begin(t *testing.T, h *hubProcess, l *line) *target {
	t.Helper()
	address, err := h.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l.up(t, address)
}

// pause waits for some milliseconds, from least to most.
func pause(ctx context.Context, r *rand.Rand, least, most int) {
	_ = rest(ctx, time.Duration(least+r.IntN(most-least))*time.Millisecond) // its end is the test's
}

// opened plays one case before the others, and answers the last call in it that
// the watches begin behind.
func opened(ctx context.Context, t *testing.T, l *line, p *people, h *history, r *rand.Rand) call {
	t.Helper()
	c := &client{caller: caller{line: l, history: h, dice: r}, number: clients, people: p}
	if err := c.play(ctx); err != nil {
		t.Fatal(err)
	}
	var last call
	for _, c := range h.snapshot() {
		if c.Sequence > last.Sequence {
			last = c
		}
	}
	return last
}

// touched are the calls of those cases in which a call ended since then, and what
// belongs to no case.
func touched(calls []call, since time.Duration) []call {
	cases := map[string]bool{}
	for _, c := range calls {
		cases[c.Case] = cases[c.Case] || c.Case == "" || c.Ended >= since
	}
	var some []call
	for _, c := range calls {
		if cases[c.Case] {
			some = append(some, c)
		}
	}
	return some
}

// places are where the entries of all cases of a history stand in the log, and
// those of the requests of one provider.
func places(ctx context.Context, r reader, calls []call, provider string) (all, some []uint64, err error) {
	for _, c := range calls {
		if c.Kind != of(casesv1.EntryKind_ENTRY_KIND_CASE_OPENED) || c.Case == "" {
			continue
		}
		seen, err := r.caseOf(ctx, c, nil)
		if c.Outcome == inDoubt && errorCode(err) == codes.NotFound {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for _, e := range seen.Case.Timeline {
			all = append(all, sequenceOf(e.Revision))
			if scope, err := name.ParseRequest(e.Request); err == nil && scope.Party == provider {
				some = append(some, sequenceOf(e.Revision))
			}
		}
	}
	return all, some, nil
}

// compareWatches wants the watches to have been sent every entry of every case.
func compareWatches(ctx context.Context, r reader, calls []call, company, inbox *watcher, provider string) []string {
	all, some, err := places(ctx, r, calls, provider)
	if err != nil {
		return []string{err.Error()}
	}
	return append(company.compare(ctx, all), inbox.compare(ctx, some)...)
}

// TestKill kills the hub under load, 20 times unless -chaos.rounds says otherwise.
func TestKill(t *testing.T) {
	k := kill(t, dice(t), *rounds)
	report(t, k.problems)
	calls := k.history.snapshot()
	acked, repeated := count(calls, acknowledged)
	doubtful, _ := count(calls, inDoubt)
	t.Logf("%d kills under load and %d during the start; %d calls acknowledged, %d of them after more than one try, %d left in doubt; the watches were resumed %d and %d times",
		k.kills, k.early, acked, repeated, doubtful, k.company.resumed, k.inbox.resumed)
	if doubtful > 0 {
		t.Errorf("%d calls were never answered", doubtful)
	}
	if repeated == 0 {
		t.Error("no kill interrupted a call, so the test proves nothing")
	}
}

// TestWithoutRequestIDsAKillDoubles shows that the checks above can fail: clients
// repeat their calls under new request_ids.
func TestWithoutRequestIDsAKillDoubles(t *testing.T) {
	before := *freshIDs
	*freshIDs = true
	defer func() { *freshIDs = before }()
	if k := kill(t, dice(t), 1); len(k.problems) == 0 {
		t.Error("nothing was found, so TestKill proves nothing")
	}
}
