package hub

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// ringOptions are those of a new folder, with a server's configuration in it.
func ringOptions(t *testing.T) NATSOptions {
	t.Helper()
	dir := t.TempDir()
	folder, err := OpenFolder(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := folder.TokenKey()
	if err != nil {
		t.Fatal(err)
	}
	return NATSOptions{Out: filepath.Join(dir, "out"), Name: "test", Listen: free, Store: filepath.Join(dir, "log"), Key: key}
}

func write(t *testing.T, o NATSOptions) NATSFiles {
	t.Helper()
	files, err := WriteNATSConfig(o)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Both halves of a rotation, on a server that runs: at every moment the seed in a
// party's file is one that the server takes.
func TestRotateAndRetire(t *testing.T) {
	o := ringOptions(t)
	files := write(t, o)
	former := contents(t, o.Out)
	server, err := embedded.StartFromConfig(files.Config, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	takes := func(party, file string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		b, err := bus.Connect(ctx, bus.Options{Party: party, Seed: bus.SeedFile(file), URLs: server.ClientURL()})
		if err == nil {
			b.Close()
		}
		return err
	}
	all := func() {
		t.Helper()
		for _, party := range parties() {
			if err := takes(party, files.Seeds[party]); err != nil {
				t.Errorf("%s is refused: %v", party, err)
			}
		}
	}
	reload := func() {
		t.Helper()
		if err := server.Reload(); err != nil {
			t.Fatal(err)
		}
	}
	// What an operator has added to the server's configuration stays.
	mine := append([]byte(former[files.Config]), "max_connections: 100\n"...)
	if err := os.WriteFile(files.Config, mine, 0o600); err != nil {
		t.Fatal(err)
	}
	all()
	rotate := o
	rotate.Rotate = []string{AllParties}
	next := write(t, rotate).Next
	if len(next) != len(parties()) {
		t.Errorf("%d parties have a next seed, want all %d", len(next), len(parties()))
	}
	staged := contents(t, o.Out)
	if diff := cmp.Diff(next, write(t, rotate).Next); diff != "" || cmp.Diff(staged, contents(t, o.Out)) != "" {
		t.Errorf("rotating twice changes what was begun: %s", diff)
	}
	all()
	reload()
	all()
	retire := o
	retire.Retire = []string{"omnia", bus.Hub}
	write(t, retire)
	all()
	reload()
	all()
	old := filepath.Join(t.TempDir(), "old")
	if err := os.WriteFile(old, []byte(former[files.Seeds["omnia"]]), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := takes("omnia", old); err == nil {
		t.Error("the former key of omnia is taken after it was retired")
	}
	if err := takes("chamber", next["chamber"]); err != nil {
		t.Errorf("the next key of chamber: %v", err)
	}
	retire.Retire = []string{AllParties}
	if left := write(t, retire).Next; len(left) != 0 {
		t.Errorf("%v are between two keys after all were retired", left)
	}
	reload()
	all()
	after := contents(t, o.Out)
	for path, text := range after {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v (%v), want 600", path, info.Mode().Perm(), err)
		}
		for _, seed := range files.Seeds {
			if path != seed && strings.Contains(text, strings.TrimSpace(after[seed])) {
				t.Errorf("%s holds what is in %s", path, seed)
			}
		}
	}
	if after[files.Config] != string(mine) {
		t.Errorf("the server's own configuration became another:\n%s", cmp.Diff(string(mine), after[files.Config]))
	}
}

func TestAKeyIsNotTakenFromWhoNeedsIt(t *testing.T) {
	o := ringOptions(t)
	change := func(rotate, retire []string) error {
		o := o
		o.Rotate, o.Retire = rotate, retire
		_, err := WriteNATSConfig(o)
		return err
	}
	if err := change([]string{"omnia"}, nil); err == nil || !strings.Contains(err.Error(), "--out") {
		t.Errorf("in a folder without a configuration: %v", err)
	}
	write(t, o)
	if err := change([]string{"omnia"}, nil); err != nil {
		t.Fatal(err)
	}
	before := contents(t, o.Out)
	for _, test := range []struct {
		rotate, retire []string
		want           string
	}{
		{nil, []string{"chamber"}, "--rotate chamber"},
		{nil, []string{"omnia", "chamber"}, "--rotate chamber"},
		{nil, []string{"omnai"}, "omnai"},
		{[]string{"chamber", "../omnia"}, nil, "../omnia"},
		{[]string{"chamber"}, []string{"omnia"}, "one of them at a time"},
	} {
		if err := change(test.rotate, test.retire); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("rotate %v, retire %v: %v, want %q in it", test.rotate, test.retire, err, test.want)
		}
	}
	if diff := cmp.Diff(before, contents(t, o.Out)); diff != "" {
		t.Errorf("a refused change left something:\n%s", diff)
	}
	if err := change(nil, []string{AllParties}); err != nil {
		t.Error(err)
	}
	if err := change(nil, []string{AllParties}); err == nil || !strings.Contains(err.Error(), "nobody has a next key") {
		t.Errorf("retire all where nobody has a next key: %v", err)
	}
}
