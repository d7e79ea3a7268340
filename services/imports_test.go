package services_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	hub  = "github.com/businessespoo/hub/"
	here = hub + "services/"
)

// rooms say what each folder of this module may import of ours: the first entry
// that a folder lies in holds. A folder in none of them fails the test.
var rooms = []struct {
	room string
	may  []string
}{
	{"kit/", []string{hub + "proto/", here + "kit/"}},
	{"casework/", []string{hub + "proto/"}},
	{"provider/", []string{hub + "proto/", here + "kit/", here + "casework", here + "provider"}},
	{"espoocity/", ofProvider("espoocity")},
	{"enterespoo/", ofProvider("enterespoo")},
	{"omnia/", ofProvider("omnia")},
	{"yrittajat/", ofProvider("yrittajat")},
	{"chamber/", ofProvider("chamber")},
	{"yritysespoo/", ofProvider("yritysespoo")},
	{"employment/", ofProvider("employment")},
	{"cmd/", []string{hub + "proto/", here}},
	{"", nil}, // the tests of the module itself
}

// ofProvider is what a provider may import: never another provider.
func ofProvider(own string) []string {
	return []string{hub + "proto/", here + "kit/", here + "casework", here + "provider", here + own}
}

// owners say which folder alone may import a library.
var owners = map[string]string{
	"github.com/nats-io/nats.go":     "kit/bus/",
	"github.com/nats-io/nkeys":       "kit/bus/",
	"github.com/nats-io/nats-server": "kit/bus/embedded/",
}

// forTests are rooms that only tests may import here, and one another: a provider's
// binary carries neither a server nor the suite that all providers pass.
var forTests = []string{"kit/bus/embedded/", "provider/conformance/"}

// badNames tell a reader nothing about what lives there.
var badNames = []string{"common", "util", "utils", "helper", "helpers", "pkg", "misc", "shared", "base"}

// Each module parses its own files: a test that reads another module's stays cached
// when those change.
func TestImports(t *testing.T) {
	eachFile(t, parser.ImportsOnly, func(folder, file string, parsed *ast.File) {
		room, known := []string(nil), false
		for _, r := range rooms {
			if strings.HasPrefix(folder, r.room) && (r.room != "" || folder == "") {
				room, known = r.may, true
				break
			}
		}
		if !known {
			t.Errorf("%s: the folder has no rule; say in imports_test.go what it may import", file)
			return
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(imported, hub) && !slices.ContainsFunc(room, func(may string) bool { return within(imported, may) }) {
				t.Errorf("%s imports %s, which its room may not", file, imported)
			}
			for library, owner := range owners {
				if within(imported, library) && !strings.HasPrefix(folder, owner) {
					t.Errorf("%s imports %s, which only %s may", file, imported, owner)
				}
			}
			for _, room := range forTests {
				if within(imported, here+room) && !strings.HasSuffix(file, "_test.go") && !slices.Contains(forTests, folder) {
					t.Errorf("%s imports %s, which only tests may", file, imported)
				}
			}
		}
	})
}

// The life of a case is pure: no I/O, no clock, no chance.
func TestCaseworkIsPure(t *testing.T) {
	impure := []string{"os", "io", "net", "log", "context", "database", "math/rand", "crypto/rand", "syscall", "unsafe", "sync", "runtime"}
	files := 0
	eachFile(t, parser.SkipObjectResolution, func(folder, file string, parsed *ast.File) {
		if folder != "casework/" || strings.HasSuffix(file, "_test.go") {
			return
		}
		files++
		for _, spec := range parsed.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if slices.ContainsFunc(impure, func(no string) bool { return within(imported, no) }) {
				t.Errorf("%s imports %s; casework is pure", file, imported)
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker", "AfterFunc"}, s.Sel.Name) {
					t.Errorf("%s calls time.%s; in casework time is an argument", file, s.Sel.Name)
				}
			}
			return true
		})
	})
	if files == 0 {
		t.Error("casework has no files")
	}
}

func TestFolderNames(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains(badNames, d.Name()) {
			t.Errorf("the folder %s says nothing of what lives there; name it after that", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// within tells whether an import path is the given one or lies below it.
func within(imported, parent string) bool {
	parent = strings.TrimSuffix(parent, "/")
	return imported == parent || strings.HasPrefix(imported, parent+"/")
}

// eachFile parses this module's own Go files. folder ends in a slash, and is
// empty for the module's root.
func eachFile(t *testing.T, mode parser.Mode, visit func(folder, file string, parsed *ast.File)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, mode)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		folder := path.Dir(name) + "/"
		if folder == "./" {
			folder = ""
		}
		files++
		visit(folder, name, parsed)
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files: %v", files, err)
	}
}
