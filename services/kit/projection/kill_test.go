package projection_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/businessespoo/hub/services/kit/projection"
)

const killFile = "PROJECTION_KILL_FILE"

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(killFile); path != "" {
		if err := fillUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

const killEvents = 60_000

func killLog() *memoryLog {
	log := newMemoryLog()
	log.add("CASES", killEvents)
	return log
}

// fillUntilKilled prints a line after each transaction.
func fillUntilKilled(path string) error {
	db, err := projection.Open(path, schema, projection.WithObserver(func(projection.Batch) { fmt.Println("committed") }))
	if err != nil {
		return err
	}
	return db.Run(context.Background(), smallBatches{killLog()}, "CASES", apply)
}

// smallBatches makes many transactions, so that there are many moments to die in.
type smallBatches struct{ *memoryLog }

func (l smallBatches) Follow(ctx context.Context, stream string, from uint64, _ int, handle handler) error {
	return l.memoryLog.Follow(ctx, stream, from, 700, handle)
}

func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view.db")
	before := uint64(0)
	for round := range 6 {
		// The time between the last line read and the kill differs by itself.
		child := exec.CommandContext(soon(t), os.Args[0])
		child.Env = append(os.Environ(), killFile+"="+path)
		child.Stderr = os.Stderr
		output, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(output)
		for range 3 + round {
			if !lines.Scan() {
				t.Fatalf("round %d: the child ended by itself", round)
			}
		}
		if err := child.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the child was not killed")
		}

		db := open(t, path, schema)
		position := db.Position("CASES")
		if position <= before {
			t.Errorf("round %d: position %d after %d, so something was built again", round, position, before)
		}
		before = position
		if got, want := facts(t, db, "CASES"), fmt.Sprintf("%d to %[1]d", position); got != want {
			t.Errorf("round %d: rows %s at position %d", round, got, position)
		}
		var applied uint64
		if err := db.Reader().QueryRow("SELECT sum(times) FROM subjects").Scan(&applied); err != nil || applied != position {
			t.Errorf("round %d: %d events applied at position %d, %v", round, applied, position, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db := open(t, path, schema)
	run(t, db, killLog(), "CASES")
	wait(t, db, "CASES", killEvents)
	if got, want := facts(t, db, "CASES"), fmt.Sprintf("%d to %[1]d", killEvents); got != want {
		t.Errorf("in the end %s, want %s", got, want)
	}
}
