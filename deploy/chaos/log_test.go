package chaos

import (
	"bytes"
	"encoding/binary"
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
	if err := os.CopyFS(to, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	// CopyFS makes files that all may read, and the hub refuses such keys.
	for _, pattern := range []string{"*.key", "*/*.key"} {
		keys, err := filepath.Glob(filepath.Join(to, "keys", pattern))
		for _, key := range keys {
			err = errors.Join(err, os.Chmod(key, 0o600))
		}
		if err != nil || len(keys) == 0 {
			t.Fatalf("keys %s: %d, %v", pattern, len(keys), err)
		}
	}
	return to
}

// flip flips one bit in a file, in its first half: a projection whose very last
// fact is lost does not fit the log any more, and is built again.
func flip(t *testing.T, r *rand.Rand, path string) {
	t.Helper()
	change(t, path, func(content []byte) { content[r.IntN(len(content)/2)] ^= 1 << r.IntN(8) })
}

func change(t *testing.T, path string, with func(content []byte)) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	with(content)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// logDamages are what can happen to a file of the log while the hub is stopped. Of
// each, the server alone would cut off the rest of the file, but for the sequence:
// there it fills the gap in memory until there is none left.
var logDamages = []struct {
	name   string
	most   int // facts that it can reach
	damage func(t *testing.T, r *rand.Rand, path string)
}{
	{"one bit", 1, flip},
	{"another bit", 1, flip},
	{"a page of zeros", 1 + 4096/300, func(t *testing.T, r *rand.Rand, path string) {
		change(t, path, func(content []byte) {
			at := r.IntN(len(content)/2 - 4096)
			clear(content[at : at+4096])
		})
	}},
	{"a sequence far ahead", 1, func(t *testing.T, r *rand.Rand, path string) {
		change(t, path, func(content []byte) {
			at, skip := 0, r.IntN(50)
			for range skip {
				at += int(binary.LittleEndian.Uint32(content[at:]) &^ (1 << 31))
			}
			content[at+4+5] ^= 0x10 // the record's sequence is its bytes 4 to 11
		})
	}},
}

// TestDamagedLog damages the facts of a stopped hub. hub verify finds it, and the
// hub refuses to start and leaves the file as it is. After hub repair it starts,
// with sound projections answers as before, and with projections that it must build
// anew differs in no more cases than facts were damaged.
func TestDamagedLog(t *testing.T) {
	r := dice(t)
	p := play(t, r, time.Second)
	sound := p.data
	if out, err := p.hub.command(t.Context(), "verify", "--data", sound); err != nil || !strings.Contains(out, " 0 faults") {
		t.Fatalf("before any damage: %v\n%s", err, out)
	}
	for _, d := range logDamages {
		t.Run(d.name, func(t *testing.T) {
			p.data = copyOf(t, sound)
			p.hub.data = p.data
			path := block(t, p.data)
			d.damage(t, r, path)
			damaged, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := p.hub.command(t.Context(), "verify", "--data", p.data); err == nil || !strings.Contains(out, path) {
				t.Errorf("hub verify on a damaged log: %v\n%s", err, out)
			}
			if _, err := p.hub.start(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
				p.hub.kill()
				t.Errorf("the hub on a damaged log: %v", err)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, damaged) {
				t.Errorf("the damaged file was changed (%v)", err)
			}
			out, err := p.hub.command(t.Context(), "repair", "--data", p.data)
			if err != nil || !strings.Contains(out, "set aside: fact") {
				t.Fatalf("hub repair: %v\n%s", err, out)
			}
			report(t, p.compare(t))
			if err := os.RemoveAll(filepath.Join(p.data, "projections")); err != nil {
				t.Fatal(err)
			}
			changed, _ := p.changed(t)
			cases := map[string]bool{}
			for _, what := range changed {
				if id, isCase := strings.CutPrefix(what, "cases/"); isCase {
					id, _, _ = strings.Cut(id, "/")
					cases[id] = true
				}
			}
			t.Logf("%d of %d cases have another answer after all projections were built anew", len(cases), len(p.answers))
			if len(cases) > d.most {
				t.Errorf("the answers of %d cases are others, want those of %d at most", len(cases), d.most)
			}
		})
	}
}
