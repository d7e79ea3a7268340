package e2e

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/deploy/hub"
	"github.com/businessespoo/hub/services/provider"
)

// What a start refuses, and that it touches nothing then.

// folderOf makes a data folder that a hub has used.
func folderOf(t *testing.T) (*world.World, string) {
	t.Helper()
	w := world.Single(t, &binaries)
	w.Hire(t)
	w.Company(t, world.CompanyUser("aino")).Open(world.Opening{Need: "apua", Services: []string{"omnia/apprenticeship"}})
	return w, w.Data
}

func TestRefusedStarts(t *testing.T) {
	w, data := folderOf(t)
	t.Run("two processes on one folder", func(t *testing.T) {
		refuses(t, data, "another process")
		// The first one does not notice.
		w.Company(t, world.CompanyUser("aino")).Open(world.Opening{Need: "apua", Services: []string{"omnia/apprenticeship"}})
	})
	w.Stop(t, "gateway")
	t.Run("a newer format", func(t *testing.T) {
		version := filepath.Join(data, "VERSION")
		was, err := os.ReadFile(version)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := os.WriteFile(version, was, 0o600); err != nil {
				t.Error(err)
			}
		}()
		if err := os.WriteFile(version, []byte("{\"format\":2}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := fingerprint(t, data)
		refuses(t, data, "format 2")
		if diff := cmp.Diff(before, fingerprint(t, data)); diff != "" {
			t.Errorf("the folder was touched (-before +after):\n%s", diff)
		}
	})
	t.Run("a folder of something else", func(t *testing.T) {
		strange := t.TempDir()
		if err := os.WriteFile(filepath.Join(strange, "thesis.txt"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := fingerprint(t, strange)
		refuses(t, strange, "no data folder")
		if diff := cmp.Diff(before, fingerprint(t, strange)); diff != "" {
			t.Errorf("the folder was touched (-before +after):\n%s", diff)
		}
	})
	t.Run("a demo on real data", func(t *testing.T) { refuses(t, data, "demo", "--demo") })
	// After all that it starts as if nothing had been.
	w.Start(t, "gateway")
}

// refuses runs the hub on a folder and wants one line that says why not.
func refuses(t *testing.T, data string, why string, flags ...string) {
	t.Helper()
	first, err := world.FreePorts(10)
	if err != nil {
		t.Fatal(err)
	}
	port := func(n int) string { return fmt.Sprintf("127.0.0.1:%d", first+n) }
	out, err := world.Run(t.Context(), &binaries, "hub", append([]string{
		"run", "--data", data, "--listen", port(0), "--web", port(1), "--health", port(2), "--provider-listen", port(3), "--log-level", "error",
	}, flags...)...)
	if err == nil {
		t.Fatalf("the hub started on %s", data)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "hub: ") || !strings.Contains(lines[0], why) {
		t.Errorf("the hub refuses with %q; want one line that says %q", out, why)
	}
}

// fingerprint is every file of a folder with its mode, time and content.
func fingerprint(t *testing.T, dir string) map[string]string {
	t.Helper()
	prints := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		prints[path] = fmt.Sprintf("%s %s %x", info.Mode(), info.ModTime(), sha256.Sum256(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return prints
}

// A catalogue with a mistake stops the start with one line that names the file
// and the field.
func TestACatalogueWithAMistakeStopsTheStart(t *testing.T) {
	for _, d := range hub.Definitions() {
		for _, mistake := range []struct {
			name      string
			old, with string
			want      []string
		}{
			{"an unknown language", "sv:", "se:", []string{d.Key + "/catalogue.yaml", "names.se"}},
			{"a wrong check", "required: true", "required: perhaps", []string{d.Key + "/catalogue.yaml", "required"}},
			{"no YAML", "services:", "services: [", []string{d.Key + "/catalogue.yaml"}},
			{"a wrong date", "valid_from: 20", "valid_from: 30.2.20", []string{d.Key + "/catalogue.yaml", "valid_from"}},
		} {
			t.Run(d.Key+": "+mistake.name, func(t *testing.T) {
				broken := d
				broken.Catalogue = []byte(strings.Replace(string(d.Catalogue), mistake.old, mistake.with, 1))
				if string(broken.Catalogue) == string(d.Catalogue) {
					t.Fatalf("its catalogue has no %q", mistake.old)
				}
				_, err := provider.New(provider.Options{Definition: broken, Dir: t.TempDir()})
				if err == nil {
					t.Fatal("it starts")
				}
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("more than one line: %v", err)
				}
				for _, want := range mistake.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%v does not name %s", err, want)
					}
				}
			})
		}
	}
}
