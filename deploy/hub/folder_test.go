package hub

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/token"
)

// contents reads all files below dir, by path.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAFolderThatIsNotOursIsRefusedUntouched(t *testing.T) {
	for _, c := range []struct{ name, file, content, want string }{
		{"newer", versionFile, `{"format":2}`, "start the newer version"},
		{"damaged", versionFile, `format 1`, "is damaged"},
		{"without a format", versionFile, `{}`, "is damaged"},
		{"something else", "thesis.doc", "chapter one", "no data folder of a hub"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			before := contents(t, dir)
			err := Run(t.Context(), Options{Data: dir, Listen: free, Web: free, Health: free, ProviderListen: free})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Errorf("the folder was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestAFolderIsOpenedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "new", "one")
	first, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	key, err := first.TokenKey()
	if err != nil {
		t.Fatal(err)
	}
	second, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	same, err := second.TokenKey()
	if err != nil {
		t.Fatal(err)
	}
	if !key.Public().Equal(same.Public()) {
		t.Error("the folder has another key than before")
	}
	info, err := os.Stat(filepath.Join(dir, keysDir, "token.key"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %o, want 600", info.Mode().Perm())
	}
}

func TestTheClockOfADemoIsKept(t *testing.T) {
	folder, err := OpenFolder(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := openClock(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	ahead := time.Until(c.Advance(36 * time.Hour))
	if ahead < 35*time.Hour || ahead > 36*time.Hour {
		t.Errorf("the clock is %s ahead, want 36 h", ahead)
	}
	again, err := openClock(folder, true)
	if err != nil {
		t.Fatal(err)
	}
	if drift := again.Now().Sub(c.Now()).Abs(); drift > time.Minute {
		t.Errorf("after a restart the clock differs by %s", drift)
	}
	now, err := folder.Now()
	if err != nil || now.Sub(c.Now()).Abs() > time.Minute {
		t.Errorf("the folder's time is %s (%v), want %s", now, err, c.Now())
	}
	if _, err := openClock(folder, false); err == nil || !strings.Contains(err.Error(), "--demo") {
		t.Errorf("without --demo got %v, want a refusal that names it", err)
	}
}

func TestNATSConfigIsWhatAServerAndItsPartiesNeed(t *testing.T) {
	dir := t.TempDir()
	folder, err := OpenFolder(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := folder.TokenKey()
	if err != nil {
		t.Fatal(err)
	}
	o := NATSOptions{Out: filepath.Join(dir, "out"), Name: "test", Listen: free, Store: filepath.Join(dir, "log"), Key: key}
	files, err := WriteNATSConfig(o)
	if err != nil {
		t.Fatal(err)
	}
	before := contents(t, o.Out)
	if _, err := WriteNATSConfig(o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, contents(t, o.Out)); diff != "" {
		t.Errorf("written again it differs (-first +second):\n%s", diff)
	}
	for path := range before {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v (%v), want 600", path, info.Mode().Perm(), err)
		}
	}
	public, err := token.ReadPublicKey(files.PublicKey)
	if err != nil || !key.Public().Equal(public) {
		t.Errorf("the public key is not that of the folder (%v)", err)
	}
	server, err := embedded.StartFromConfig(files.Config, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	for _, party := range append(bus.Providers(), bus.Hub) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		b, err := bus.Connect(ctx, bus.Options{Party: party, Seed: bus.SeedFile(files.Seeds[party]), URLs: server.ClientURL()})
		cancel()
		if err != nil {
			t.Errorf("%s cannot connect: %v", party, err)
			continue
		}
		b.Close()
	}
}

func TestListenersAreAllOrNone(t *testing.T) {
	taken, err := listen(Options{Listen: free, Web: free, Health: free, ProviderListen: free})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.close()
	for _, o := range []Options{
		{Listen: taken.grpc.Addr().String(), Web: free, Health: free, ProviderListen: free},
		{Listen: free, Web: free, Health: free, ProviderListen: taken.providers[0].Addr().String()},
		{Listen: free, Web: free, Health: free, ProviderListen: "nowhere"},
		{Listen: free, Web: free, Health: free, ProviderListen: "127.0.0.1:65533"},
	} {
		l, err := listen(o)
		if err == nil {
			l.close()
			t.Errorf("%+v: no error", o)
			continue
		}
		if !strings.Contains(err.Error(), "--") {
			t.Errorf("%v names no flag", err)
		}
	}
}
