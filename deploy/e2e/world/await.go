package world

import (
	"fmt"
	"testing"
	"time"
)

// patience is how long something may take that the hub does by itself: bringing a
// request to its inbox, closing a case. What works takes moments; the machine may be
// slow and busy.
const patience = time.Minute

// Await waits until the condition answers nil, and fails the test with its last
// answer when that takes too long. It is for what the hub does by itself; what a
// call has done is there when the call is answered.
func Await(t testing.TB, what string, condition func() error) {
	t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		err := condition()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("waited %s for %s: %v", patience, what, err)
		case <-t.Context().Done():
			t.Fatalf("the test ended while it waited for %s: %v", what, err)
		case <-ticker.C:
		}
	}
}

// Not makes an error for Await of what is not so yet.
func Not(format string, args ...any) error { return fmt.Errorf(format, args...) }
