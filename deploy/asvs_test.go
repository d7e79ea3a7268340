package deploy_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/businessespoo/hub/services/kit/security"
)

// items are those of levels 1 and 2 in ASVS 5.0.0, by chapter: each with its level.
var items = map[string]string{
	"V4": "4.1.1:1 4.1.2:2 4.1.3:2 4.2.1:2 4.3.1:2 4.3.2:2 4.4.1:1 4.4.2:2 4.4.3:2 4.4.4:2",
	"V7": "7.1.1:2 7.1.2:2 7.1.3:2 7.2.1:1 7.2.2:1 7.2.3:1 7.2.4:1 7.3.1:2 7.3.2:2 7.4.1:1 7.4.2:1 7.4.3:2 7.4.4:2 7.4.5:2 7.5.1:2 7.5.2:2 7.6.1:2 7.6.2:2",
	"V8": "8.1.1:1 8.1.2:2 8.2.1:1 8.2.2:1 8.2.3:2 8.3.1:1 8.4.1:2",
	"V9": "9.1.1:1 9.1.2:1 9.1.3:1 9.2.1:1 9.2.2:2 9.2.3:2 9.2.4:2",
	"V10": "10.1.1:2 10.1.2:2 10.2.1:2 10.2.2:2 10.3.1:2 10.3.2:2 10.3.3:2 10.3.4:2 10.4.1:1 10.4.2:1 10.4.3:1 10.4.4:1 10.4.5:1 10.4.6:2 10.4.7:2 10.4.8:2 " +
		"10.4.9:2 10.4.10:2 10.4.11:2 10.5.1:2 10.5.2:2 10.5.3:2 10.5.4:2 10.5.5:2 10.6.1:2 10.6.2:2 10.7.1:2 10.7.2:2 10.7.3:2",
	"V14": "14.1.1:2 14.1.2:2 14.2.1:1 14.2.2:2 14.2.3:2 14.2.4:2 14.3.1:1 14.3.2:2 14.3.3:2",
	"V16": "16.1.1:2 16.2.1:2 16.2.2:2 16.2.3:2 16.2.4:2 16.2.5:2 16.3.1:2 16.3.2:2 16.3.3:2 16.3.4:2 16.4.1:2 16.4.2:2 16.4.3:2 16.5.1:2 16.5.2:2 16.5.3:2",
}

var states = []string{"tested", "documented", "not applicable", "open"}

// row is one line of asvs.md.
type row struct{ id, level, asks, state, where string }

var (
	rowForm = regexp.MustCompile(`(?m)^\| ([0-9]+\.[0-9]+\.[0-9]+) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`)
	named   = regexp.MustCompile("(?:`([a-z][a-z/]*)` )?((?:`Test[A-Za-z0-9]+`(?:, )?)+)")
	aTest   = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	aLink   = regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]+))?\)`)
)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheTablesAreTrue: every item of the standard has its row, every row a state that
// says where, and every test that a document of ours names is there. It reads other
// modules, which go's cache does not see: make check runs it anew each time.
func TestTheTablesAreTrue(t *testing.T) {
	found := map[string]row{}
	for _, match := range rowForm.FindAllStringSubmatch(read(t, "asvs.md"), -1) {
		r := row{match[1], match[2], match[3], match[4], match[5]}
		if _, twice := found[r.id]; twice {
			t.Errorf("%s has two rows", r.id)
		}
		found[r.id] = r
		checkRow(t, r)
	}
	listed := 0
	counts := map[string]map[string]int{}
	for chapter, text := range items {
		counts[chapter] = map[string]int{}
		for _, item := range strings.Fields(text) {
			id, level, _ := strings.Cut(item, ":")
			listed++
			if r := found[id]; r.level != level {
				t.Errorf("%s of level %s has the row %+v", id, level, r)
			}
			counts[chapter][found[id].state]++
		}
	}
	if listed != len(found) || listed != 96 {
		t.Errorf("%d items, %d rows", listed, len(found))
	}
	summary := read(t, "security.md")
	for chapter, by := range counts {
		line := "| " + chapter
		for _, state := range states {
			line += fmt.Sprintf(" | %d", by[state])
		}
		if !strings.Contains(summary, line+" |\n") {
			t.Errorf("security.md lacks the line %s |", line)
		}
	}
}

func checkRow(t *testing.T, r row) {
	t.Helper()
	switch {
	case !slices.Contains(states, r.state):
		t.Errorf("%s: state %q is none of %q", r.id, r.state, states)
	case r.state == "tested" && !aTest.MatchString(r.where):
		t.Errorf("%s is tested by no test", r.id)
	case r.state == "documented" && !aLink.MatchString(r.where):
		t.Errorf("%s is documented nowhere", r.id)
	}
}

// TestNamedTestsExist: a test that security.md, asvs.md or accessibility.md names is in the
// folder that they say, and a place that they lead to is there.
func TestNamedTestsExist(t *testing.T) {
	tests := testsByFolder(t)
	for _, file := range []string{"security.md", "asvs.md", "accessibility.md"} {
		text := read(t, file)
		looked := 0
		for line := range strings.Lines(text) {
			for _, match := range named.FindAllStringSubmatch(line, -1) {
				folder := match[1]
				if folder == "" {
					folder = "deploy/e2e"
				}
				for _, name := range aTest.FindAllStringSubmatch(match[2], -1) {
					looked++
					if !tests[folder+" "+name[1]] {
						t.Errorf("%s names %s of %s, which is not there", file, name[1], folder)
					}
				}
			}
		}
		if all := len(aTest.FindAllString(text, -1)); looked != all || all < 40 {
			t.Errorf("%s: %d of %d names of tests were looked for", file, looked, all)
		}
		for _, link := range aLink.FindAllStringSubmatch(text, -1) {
			if link[1] == "" || strings.HasPrefix(link[1], "https://") {
				continue
			}
			if place := strings.ReplaceAll(link[2], "-", " "); place != "" && !strings.Contains(strings.ToLower(read(t, link[1])), "# "+place+"\n") {
				t.Errorf("%s leads to %s, which has no heading %q", file, link[1], place)
			} else if _, err := os.Stat(link[1]); err != nil {
				t.Errorf("%s leads to %s: %v", file, link[1], err)
			}
		}
	}
}

// testsByFolder are the tests of the four modules, as "services/kit/host TestAccess".
func testsByFolder(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	for _, module := range []string{"proto", "services", "gateway", "deploy"} {
		err := filepath.WalkDir(filepath.Join("..", module), func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, "_test.go") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), "../")
			for _, d := range parsed.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
					tests[folder+" "+f.Name.Name] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return tests
}

// TestEveryEventIsDescribed: the README says of each security event what it means, and
// of none that there is not.
func TestEveryEventIsDescribed(t *testing.T) {
	var described []string
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (?:info|warn) \\|").FindAllStringSubmatch(read(t, "README.md"), -1) {
		described = append(described, match[1])
	}
	var written []string
	for event, level := range security.Events() {
		written = append(written, string(event))
		if line := fmt.Sprintf("| `%s` | %s |", event, strings.ToLower(level.String())); !strings.Contains(read(t, "README.md"), line) {
			t.Errorf("README.md lacks the line %s ...", line)
		}
	}
	slices.Sort(described)
	slices.Sort(written)
	if !slices.Equal(described, written) {
		t.Errorf("README.md describes %q, the code writes %q", described, written)
	}
}
