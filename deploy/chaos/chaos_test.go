// Package chaos breaks a running hub on purpose, and then asks it for everything
// that it has ever acknowledged: kills, power cuts, damaged files, events that
// make no sense. README.md says what is tested and how a run is repeated.
package chaos

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

var (
	seedFlag = flag.Uint64("chaos.seed", 0, "seed of a run to repeat; a new one when 0")
	rounds   = flag.Int("chaos.rounds", 20, "how often the hub is killed in one test")
	cuts     = flag.Int("chaos.cuts", 3, "how often the power is cut in one test, each time on a new folder")
	freshIDs = flag.Bool("chaos.fresh-ids", false, "switch a safeguard off: clients repeat a call with a new request_id, so the tests must fail")
)

// built is the binary, made once for all tests of the run.
var built struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if built.dir != "" {
		if err := os.RemoveAll(built.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(code)
}

// hubBinary answers the path of the hub's binary, which is built without the race
// detector: it is the one that people run.
func hubBinary(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "hub-chaos-*"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "hub"), "github.com/businessespoo/hub/deploy/cmd/hub").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build the hub: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "hub")
}

// dice answers the random numbers of one test, and says how to get them again.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("repeat with: go test ./deploy/chaos -count=1 -v -run '^%s$' -chaos.seed=%d -chaos.rounds=%d", t.Name(), seed, *rounds)
	return rand.New(rand.NewPCG(seed, 1))
}

// branch answers random numbers for one of several goroutines.
func branch(r *rand.Rand) *rand.Rand { return rand.New(rand.NewPCG(r.Uint64(), r.Uint64())) }

// report fails the test with what a check has found, at most a few lines of it.
func report(t *testing.T, problems []string) {
	t.Helper()
	const most = 20
	for i, p := range problems {
		if i == most {
			t.Errorf("and %d more", len(problems)-most)
			return
		}
		t.Error(p)
	}
}
