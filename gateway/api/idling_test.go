package api

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhoLooksInVainRests: twice as long each time up to a bound, and no more once something
// was found; the end of the watch does not wait for it.
func TestWhoLooksInVainRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var idle idling
		rest := func(ctx context.Context) time.Duration {
			began := time.Now()
			idle.rest(ctx)
			return time.Since(began)
		}
		if took := rest(t.Context()); took != 0 {
			t.Errorf("at first it rests %s", took)
		}
		for _, want := range []time.Duration{firstIdle, 2 * firstIdle, 4 * firstIdle, 8 * firstIdle, longestIdle, longestIdle} {
			idle.looked(false)
			if took := rest(t.Context()); took != want {
				t.Errorf("it rests %s, want %s", took, want)
			}
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if took := rest(ended); took != 0 {
			t.Errorf("the end of a watch waits %s", took)
		}
		idle.looked(true)
		if took := rest(t.Context()); took != 0 {
			t.Errorf("after something was found it rests %s", took)
		}
	})
}
