package chaos

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// watcher watches over all lives of a hub: when one ends it goes on in the next,
// behind the last revision that it was sent.
type watcher struct {
	what     string
	open     func(ctx context.Context, tg *target, from string) (func() (*casesv1.TimelineEntry, string, error), error)
	mu       sync.Mutex
	start    uint64
	last     string
	seen     []uint64
	resumed  int
	problems []string
}

// watchCompany watches all cases of the company, from behind a revision on.
func watchCompany(p *people, from string) *watcher {
	return &watcher{
		what: "WatchEvents", start: sequenceOf(from), last: from,
		open: func(ctx context.Context, tg *target, from string) (func() (*casesv1.TimelineEntry, string, error), error) {
			stream, err := tg.cases.WatchEvents(p.company(ctx, "watcher"), &casesv1.WatchEventsRequest{Revision: from})
			return func() (*casesv1.TimelineEntry, string, error) {
				step, err := stream.Recv()
				return step.GetEntry(), step.GetRevision(), err
			}, err
		},
	}
}

// watchInbox watches the requests of a provider, from behind a revision on.
func watchInbox(p *people, provider, from string) *watcher {
	return &watcher{
		what: "WatchRequests of " + provider, start: sequenceOf(from), last: from,
		open: func(ctx context.Context, tg *target, from string) (func() (*casesv1.TimelineEntry, string, error), error) {
			stream, err := tg.desks.WatchRequests(p.advisor(ctx, provider, advisors[0]), &providerv1.WatchRequestsRequest{Parent: name.Provider(provider), Revision: from})
			return func() (*casesv1.TimelineEntry, string, error) {
				step, err := stream.Recv()
				return step.GetEntry(), step.GetRevision(), err
			}, err
		},
	}
}

// run watches until ctx ends.
func (w *watcher) run(ctx context.Context, l *line) error {
	for {
		tg, err := l.get(ctx)
		if err != nil {
			return err
		}
		next, err := w.open(ctx, tg, w.last)
		for err == nil {
			var entry *casesv1.TimelineEntry
			var rev string
			if entry, rev, err = next(); err == nil {
				w.take(entry, rev)
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.mu.Lock()
		w.resumed++
		if !mayRepeat(err) {
			w.problems = append(w.problems, fmt.Sprintf("%s behind %d ended with: %v", w.what, sequenceOf(w.last), err))
		}
		w.mu.Unlock()
		if err := rest(ctx, retryPause); err != nil {
			return err
		}
	}
}

func (w *watcher) take(entry *casesv1.TimelineEntry, rev string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := sequenceOf(rev)
	if entry == nil || entry.Revision != rev {
		w.problems = append(w.problems, fmt.Sprintf("%s sent at %d what is no entry of that place", w.what, at))
	}
	w.last, w.seen = rev, append(w.seen, at)
}

// sent answers what the watcher has been sent so far.
func (w *watcher) sent() []uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// compare wants the watcher to have been sent exactly these places, in order and
// each once, and gives it a little time for the last ones.
func (w *watcher) compare(ctx context.Context, want []uint64) []string {
	slices.Sort(want)
	want = slices.DeleteFunc(want, func(at uint64) bool { return at <= w.start })
	for began := time.Now(); len(w.sent()) < len(want) && time.Since(began) < callPatience; {
		if err := rest(ctx, retryPause); err != nil {
			return []string{err.Error()}
		}
	}
	got := w.sent()
	w.mu.Lock()
	problems := slices.Clone(w.problems)
	w.mu.Unlock()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got) || i < len(want) && got[i] > want[i]:
			return append(problems, fmt.Sprintf("%s skipped %d: sent %d entries of %d", w.what, want[i], len(got), len(want)))
		case i >= len(want) || got[i] < want[i]:
			return append(problems, fmt.Sprintf("%s repeated or made up %d: sent %d entries of %d", w.what, got[i], len(got), len(want)))
		}
	}
	return problems
}

// frozen answers a watcher that was sent what this one was sent so far, and goes
// on behind it.
func (w *watcher) frozen() *watcher {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &watcher{what: w.what, open: w.open, start: w.start, last: w.last, seen: slices.Clone(w.seen)}
}
