package view_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/businessespoo/hub/gateway/view"
)

// TestWatchersShareARead: whoever reads beside whom, from wherever, each gets what they alone
// would get, and nothing of a case that is not theirs.
func TestWatchersShareARead(t *testing.T) {
	const cases = 12
	hub := startLog(t)
	last := lives(t, hub, cases, silent)
	seers := []view.Seer{{Companies: []string{"9000001-1"}}, {Person: "p1"}, {CaseID: caseID(3)}, {Companies: []string{"9000009-6"}}, {}}
	want := map[string][]view.Happening{}
	for _, who := range seers {
		alone := run(t, hub)
		wait(t, alone, last)
		all, err := allEvents(t.Context(), alone, who, last)
		must(t, err)
		want[fmt.Sprint(who)] = all
	}
	if len(want[fmt.Sprint(seers[0])]) == 0 || len(want[fmt.Sprint(seers[2])]) == 0 {
		t.Fatal("nobody sees anything")
	}
	if len(want[fmt.Sprint(seers[3])])+len(want[fmt.Sprint(seers[4])]) != 0 {
		t.Error("somebody sees what is not theirs")
	}
	together := run(t, hub)
	wait(t, together, last)
	group, ctx := errgroup.WithContext(t.Context())
	for seed := range uint64(20) {
		group.Go(func() error {
			random := rand.New(rand.NewPCG(seed, 1))
			who := seers[seed%uint64(len(seers))]
			all := want[fmt.Sprint(who)]
			for range 30 {
				after, to := random.Uint64N(last), random.Uint64N(last)
				if after > to {
					after, to = to, after
				}
				got, reached, err := together.Events(ctx, who, after, to)
				if err != nil {
					return err
				}
				var due []view.Happening
				for _, h := range all {
					if h.Sequence > after && h.Sequence <= reached {
						due = append(due, h)
					}
				}
				if diff := cmp.Diff(due, got, protocmp.Transform()); diff != "" || reached > to || reached < to && len(got) == 0 && reached == after {
					return fmt.Errorf("%v, behind %d to %d, reached %d (-alone +together)\n%s", who, after, to, reached, diff)
				}
			}
			return nil
		})
	}
	must(t, group.Wait())
}
