package projection_test

import (
	"os"
	"path/filepath"
	"testing"
)

// closed makes a projection of 5 events and closes it.
func closed(t *testing.T) string {
	t.Helper()
	path, log := filepath.Join(t.TempDir(), "view.db"), newMemoryLog()
	log.add("CASES", 5)
	db := open(t, path, schema)
	stop := run(t, db, log, "CASES")
	wait(t, db, "CASES", 5)
	stop()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Whichever byte is damaged while the file is closed, its rows are built again:
// SQLite itself notices few of these.
func TestAByteThatFlipsInAClosedFileIsNoticed(t *testing.T) {
	path := closed(t)
	sound, seal := read(t, path), read(t, path+"-seal")
	for at := 100; at < len(sound); at += 997 { // behind SQLite's header
		damaged := []byte(sound)
		damaged[at] ^= 0x10
		write(t, path, string(damaged))
		write(t, path+"-seal", seal)
		db := open(t, path, schema)
		if db.Position("CASES") != 0 {
			t.Errorf("byte %d is damaged, and the file is kept", at)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path, sound)
	write(t, path+"-seal", seal)
	if db := open(t, path, schema); db.Position("CASES") != 5 {
		t.Error("a sound file is not kept")
	}
}

// A file that is open, or that a crash left behind, changes without its seal.
func TestASealIsBrokenByOpening(t *testing.T) {
	path := closed(t)
	open(t, path, schema)
	if _, err := os.Stat(path + "-seal"); err == nil {
		t.Error("the file is open and still sealed")
	}
}
