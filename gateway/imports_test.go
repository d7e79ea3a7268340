package gateway_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const hub = "github.com/businessespoo/hub/"

// may is what the gateway may import of ours. A provider is none of it: the
// gateway knows providers by their catalogues and their contract.
var may = []string{hub + "proto/", hub + "services/kit/", hub + "services/casework", hub + "gateway/"}

// foreign are libraries that are the bus's alone.
var foreign = []string{"github.com/nats-io/nats.go", "github.com/nats-io/nats-server"}

// serverRoom is the embedded server, which only tests may import: the gateway's own binary
// carries none.
const serverRoom = hub + "services/kit/bus/embedded"

// badNames tell a reader nothing about what lives there.
var badNames = []string{"common", "util", "utils", "helper", "helpers", "pkg", "misc", "shared", "base"}

// Each module parses its own files: a test that reads another module's stays cached
// when those change.
func TestImports(t *testing.T) {
	eachFile(t, parser.ImportsOnly, func(file string, parsed *ast.File) {
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(imported, hub) && !slices.ContainsFunc(may, func(may string) bool { return within(imported, may) }) {
				t.Errorf("%s imports %s, which this module may not", file, imported)
			}
			if within(imported, serverRoom) && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s imports %s, which only tests may", file, imported)
			}
			for _, library := range foreign {
				if within(imported, library) {
					t.Errorf("%s imports %s; the bus is spoken to through services/kit/bus", file, imported)
				}
			}
		}
	})
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

// eachFile parses this module's own Go files.
func eachFile(t *testing.T, mode parser.Mode, visit func(file string, parsed *ast.File)) {
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
		files++
		visit(filepath.ToSlash(name), parsed)
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files: %v", files, err)
	}
}
