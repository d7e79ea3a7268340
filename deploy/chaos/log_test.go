package chaos

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// block is the file of the log that holds the facts of cases.
func block(t *testing.T, data string) string {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(data, "jetstream", "*", "streams", "CASES", "msgs", "*.blk"))
	if err != nil || len(blocks) != 1 {
		t.Fatalf("blocks of CASES: %v, %v", blocks, err)
	}
	return blocks[0]
}

// copyOf copies a data folder, so that it can be damaged.
func copyOf(t *testing.T, data string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	// CopyFS makes files that all may read, and the hub refuses such a key.
	err := errors.Join(os.CopyFS(to, os.DirFS(data)), os.Chmod(filepath.Join(to, "keys", "token.key"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// flip flips one bit in a file, in its first nine tenths.
func flip(t *testing.T, r *rand.Rand, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[r.IntN(len(content)*9/10)] ^= 1 << r.IntN(8)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// claimsWithin is how long a hub gets to claim that it is ready when it should not.
const claimsWithin = 5 * time.Second

// TestDamagedLog flips a bit among the facts of a stopped hub. hub verify finds it
// each time. A hub whose projections are sound answers as before; one that has to
// build them again from the damaged log does not pass for whole: it is not ready,
// or has dead letters.
func TestDamagedLog(t *testing.T) {
	r := dice(t)
	p := play(t, r, time.Second)
	sound := p.data
	if out, err := p.hub.command(t.Context(), "verify", "--data", sound); err != nil || !strings.Contains(out, " 0 faults") {
		t.Fatalf("before any damage: %v\n%s", err, out)
	}
	for range 2 {
		p.data = copyOf(t, sound)
		p.hub.data = p.data
		flip(t, r, block(t, p.data))
		if out, err := p.hub.command(t.Context(), "verify", "--data", p.data); err == nil || !strings.Contains(out, "fact ") {
			t.Errorf("hub verify on a damaged log: %v\n%s", err, out)
		}
		report(t, p.compare(t))
		if err := os.RemoveAll(filepath.Join(p.data, "projections")); err != nil {
			t.Fatal(err)
		}
		if err := p.hub.launch(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.hub.ended:
			t.Error("the hub ended at its start")
			continue
		case <-p.hub.said.ready:
			out, err := p.hub.command(t.Context(), "dead-letters", "list", "--data", p.data, "--gateway", p.hub.said.grpc)
			if err != nil || strings.Count(out, "\n") < 2 {
				t.Errorf("a hub on a damaged log is ready, without dead letters: %v\n%s", err, out)
			}
		case <-time.After(claimsWithin):
		}
		if err := p.hub.stop(); err != nil {
			t.Error(err)
		}
	}
}
