package projection_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/businessespoo/hub/services/kit/problem"
)

func TestWait(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "view.db"), schema)
	log := newMemoryLog()
	log.add("CASES", 3)
	run(t, db, log, "CASES")
	wait(t, db, "CASES", 3)

	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if got := problem.From(db.Wait(short, "CASES", 4)); got.Kind != problem.Deadline || got.Reason != "REVISION_NOT_REACHED" || got.RetryAfter == 0 {
		t.Errorf("a revision that does not come: %v", got)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Wait(gone, "CASES", 4); problem.KindOf(err) != problem.Canceled {
		t.Errorf("a caller who left: %v", err)
	}
	if err := db.Wait(gone, "CASES", 3); err != nil {
		t.Errorf("what is there needs no waiting: %v", err)
	}

	changed := db.Notify()
	done := make(chan error, 1)
	go func() { done <- db.Wait(soon(t), "CASES", 5) }()
	log.add("CASES", 2)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	<-changed
	if got := facts(t, db, "CASES"); got != "5 to 5" {
		t.Errorf("rows after Wait %s", got)
	}
}

// A filtered follower may never get the very sequence that a caller waits for.
func TestWaitForAnEventOfOthers(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "view.db"), schema)
	log := newMemoryLog()
	log.add("CASES", 3)
	stop := run(t, db, log, "CASES")
	wait(t, db, "CASES", 3)
	stop()
	done := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		close(started)
		done <- db.Wait(soon(t), "CASES", 99)
	}()
	<-started
	for { // the wait may begin after any of these follows did; one begins after it
		stop := run(t, db, log, "CASES")
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
		stop()
	}
}
