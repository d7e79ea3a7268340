package projection_test

import (
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/businessespoo/hub/services/kit/projection"
)

func TestOpenDecidesByTheFile(t *testing.T) {
	newer := schema
	newer.Version = 2
	otherSQL := schema
	otherSQL.SQL += "\n;CREATE TABLE more (id INTEGER)"
	tests := []struct {
		name   string
		change func(t *testing.T, path string) // after 5 events under version 1
		schema projection.Schema
		kept   bool
		err    string
	}{
		{"the same", func(*testing.T, string) {}, schema, true, ""},
		{"an older version", func(*testing.T, string) {}, newer, false, ""},
		{"other SQL", func(*testing.T, string) {}, otherSQL, false, ""},
		{"a text file", func(t *testing.T, path string) { write(t, path, strings.Repeat("hello ", 100)) }, schema, false, ""},
		{"an empty file", func(t *testing.T, path string) { write(t, path, "") }, schema, false, ""},
		{"a cut file", func(t *testing.T, path string) { write(t, path, read(t, path)[:5000]) }, schema, false, ""},
		{"zeros behind the header", func(t *testing.T, path string) {
			data := read(t, path)
			write(t, path, data[:100]+strings.Repeat("\x00", len(data)-100))
		}, schema, false, ""},
		{"a write-ahead log without its file", func(t *testing.T, path string) {
			write(t, path+"-wal", strings.Repeat("x", 8192))
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}, schema, false, ""},
		{"a note that it is corrupt", func(t *testing.T, path string) { write(t, path+"-rebuild", "") }, schema, false, ""},
		{"half a new file", func(t *testing.T, path string) { write(t, path+".new", "SQLite format 3\x00") }, schema, true, ""},
		{"another program's", func(t *testing.T, path string) {
			elsewhere := filepath.Join(t.TempDir(), "letters.db")
			other, err := sql.Open("sqlite", elsewhere)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := other.Exec("CREATE TABLE letters (text)"); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(other.Close(), os.Rename(elsewhere, path)); err != nil {
				t.Fatal(err)
			}
		}, schema, false, "another program"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a folder ?#%", "view.db")
			if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			log := newMemoryLog()
			log.add("CASES", 5)
			db := open(t, path, schema)
			stop := run(t, db, log, "CASES")
			wait(t, db, "CASES", 5)
			stop()
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			test.change(t, path)
			before := ""
			if test.err != "" {
				before = read(t, path)
			}
			db, err := projection.Open(path, test.schema, projection.WithLog(slog.New(slog.DiscardHandler)))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || read(t, path) != before {
					t.Fatalf("error %v; the file is the same: %v", err, read(t, path) == before)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if kept := db.Position("CASES") == 5; kept != test.kept {
				t.Errorf("kept: %v, want %v", kept, test.kept)
			}
			stop = run(t, db, log, "CASES")
			wait(t, db, "CASES", 5)
			stop()
			if got := facts(t, db, "CASES"); got != "5 to 5" {
				t.Errorf("rows %s", got)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestANewerFileIsRefusedUntouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view.db")
	newer := schema
	newer.Version = 7
	if err := open(t, path, newer).Close(); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	if _, err := projection.Open(path, schema); err == nil || !strings.Contains(err.Error(), "version 7") {
		t.Errorf("a newer file: %v", err)
	}
	if read(t, path) != before {
		t.Error("the newer file was changed")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}
