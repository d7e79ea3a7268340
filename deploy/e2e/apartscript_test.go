package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/deploy/e2e/world"
)

// TestApartLeavesAFolderInUse runs the script of make apart on the folder of a hub that
// runs: two servers on one log would damage it.
func TestApartLeavesAFolderInUse(t *testing.T) {
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip("no flock on this machine: the script cannot lock")
	}
	w := world.On(t, &binaries, filepath.Join(t.TempDir(), "data"))
	script, err := os.ReadFile(filepath.Join("..", "apart", "run.sh"))
	if err != nil {
		t.Fatal(err)
	}
	hub, err := binaries.Binary("hub")
	if err != nil {
		t.Fatal(err)
	}
	// It goes by where it lies, and there is nothing but hub here: what it would start
	// is not found.
	root := t.TempDir()
	place := filepath.Join(root, "deploy", "apart")
	for _, dir := range []string{place, filepath.Join(root, "bin")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(hub, filepath.Join(root, "bin", "hub")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(place, "run.sh"), script, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	told, err := exec.CommandContext(ctx, filepath.Join(place, "run.sh"), w.Data).CombinedOutput()
	if err == nil || !strings.Contains(string(told), "in use by another process") {
		t.Errorf("it says %q (%v), want that the folder is in use", told, err)
	}
	if _, err := os.Stat(filepath.Join(w.Data, "run", "nats-server.log")); err == nil {
		t.Error("it has started a nats-server there")
	}
}
