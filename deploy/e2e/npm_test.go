package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// nodeNeeded is set where the tests that need npm must not be left out.
const nodeNeeded = "HUB_TEST_NODE"

// npm installs what a folder of testdata names, each package by its digest, and answers
// where. Without npm the test is left out, and says what of it is not tested.
func npm(t *testing.T, folder, what string) string {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv(nodeNeeded) != "" {
				t.Fatalf("%s is set, and there is no %s: install nodejs and npm", nodeNeeded, tool)
			}
			t.Skipf("NOT TESTED %s: there is no %s on this machine; install nodejs and npm", what, tool)
		}
	}
	dir := filepath.Join(t.TempDir(), folder)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", folder))); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return dir
}
