package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/deploy/e2e/world"
)

// axeTags are the groups of axe-core's rules that every page must keep.
var axeTags = []string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"}

// inspector looks at pages in one tab of a real browser, which is somebody else's in turn.
type inspector struct {
	t      *testing.T
	g      *gallery
	tab    *world.Tab
	script string
	who    string
	// titles are which page has each title.
	titles map[string]string
	// visited are the paths of the pages that were shown.
	visited []string
	looked  int
}

func newInspector(t *testing.T, g *gallery, axe string) *inspector {
	t.Helper()
	var script strings.Builder
	for _, name := range []string{filepath.Join(axe, "node_modules", "axe-core", "axe.min.js"), filepath.Join(axe, "audit.js")} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script.Write(append(text, "\n"...))
	}
	return &inspector{t: t, g: g, tab: g.w.Person(t).Tab("/status"), script: script.String(), who: "-", titles: map[string]string{}}
}

// look is what is looked at a page with.
type look struct {
	language string
	world.Look
}

// shows shows a view in a language, to who sees it.
func (i *inspector) shows(v view, language string) {
	i.t.Helper()
	if i.who != v.who || v.steps != nil {
		i.tab.Become(i.g.people[v.who]...)
		i.who = v.who
		if v.steps != nil {
			i.who = "-" // they may have left other cookies
		}
	}
	i.g.show(i.tab, v, language)
}

// inspects says what is wrong with what the tab shows.
func (i *inspector) inspects(v view, l look) {
	i.t.Helper()
	var found struct {
		Wrong   []string
		Title   string
		Status  int
		Targets int
		Summary bool
	}
	i.tab.Look(l.Look).Ask("(() => { if (!window.audit) { "+i.script+" } return audit("+encoded(axeTags)+", {}, "+encoded(i.g.words)+"); })()", &found)
	at := i.tab.Path()
	i.visited = append(i.visited, strings.SplitN(at, "?", 2)[0])
	i.looked++
	called := v.group + ": " + v.page + " (" + at + ", " + encoded(l) + ")"
	for _, wrong := range found.Wrong {
		i.t.Errorf("%s: %s", called, wrong)
	}
	if want := max(v.status, 200); found.Status != want && !(strings.Contains(v.page, "error") && found.Status == 422) {
		i.t.Errorf("%s: answered %d, want %d", called, found.Status, want)
	}
	if found.Summary != strings.Contains(v.page, "with an error") {
		i.t.Errorf("%s: is there an error summary? %v", called, found.Summary)
	}
	if found.Targets < 5 {
		i.t.Errorf("%s: it has %d things to press, so this proves little", called, found.Targets)
	}
	if page, known := i.titles[v.who+found.Title]; known && page != v.page {
		i.t.Errorf("%s: has the title of another page, %s: %q", called, page, found.Title)
	}
	i.titles[v.who+found.Title] = v.page
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// narrow are looks at a window of 320 pixels, so chosen that each value of one thing meets
// each value of every other: the language, the scheme, forced colours, and whether it is
// narrow itself or 1280 wide at 400 %.
var narrow = []look{
	{"fi", world.Look{Width: 320, Zoom: 1}},
	{"fi", world.Look{Width: 320, Zoom: 4, Dark: true, Forced: true}},
	{"sv", world.Look{Width: 320, Zoom: 1, Forced: true}},
	{"sv", world.Look{Width: 320, Zoom: 4, Dark: true}},
	{"en", world.Look{Width: 320, Zoom: 4}},
	{"en", world.Look{Width: 320, Zoom: 1, Dark: true, Forced: true}},
}

// TestAccessible holds every page, in a real browser, 320 pixels wide, against axe-core's
// rules and what no rule of it tells; in each group of pages each pair of language, scheme,
// forced colours and zoom is met.
func TestAccessible(t *testing.T) {
	axe := npm(t, "axe", "against the rules of axe-core")
	began := time.Now()
	g := newGallery(t)
	i := newInspector(t, g, axe)
	t.Logf("the gallery has %d views after %s", len(g.views), time.Since(began).Round(time.Millisecond))
	groups := g.groups()
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		views := groups[name]
		for n := range max(len(views), len(narrow)) {
			v, l := views[n%len(views)], narrow[n%len(narrow)]
			i.shows(v, l.language)
			i.inspects(v, l)
		}
	}
	if missing := g.lacks(i.visited); len(missing) > 0 {
		t.Errorf("not looked at: %q; add them to the list of views", missing)
	}
	t.Logf("looked %d times at pages in %s", i.looked, time.Since(began).Round(time.Millisecond))
}

// gridAsked is set where every page is looked at in every way.
const gridAsked = "HUB_TEST_GRID"

// TestAccessibleInEveryWay is the same for all pages in all languages, with every look.
func TestAccessibleInEveryWay(t *testing.T) {
	if os.Getenv(gridAsked) == "" {
		t.Skipf("every page in every language with every look takes half an hour and more: make browser sets %s", gridAsked)
	}
	axe := npm(t, "axe", "against the rules of axe-core")
	g := newGallery(t)
	i := newInspector(t, g, axe)
	for n, v := range g.views {
		for _, language := range []string{"fi", "sv", "en"} {
			i.tab.Look(world.Look{Width: 320, Zoom: 1})
			i.shows(v, language)
			for _, size := range []world.Look{{Width: 320, Zoom: 1}, {Width: 1280, Zoom: 1}, {Width: 320, Zoom: 4}} {
				for _, dark := range []bool{false, true} {
					for _, forced := range []bool{false, true} {
						size.Dark, size.Forced = dark, forced
						i.inspects(v, look{language, size})
					}
				}
			}
		}
		t.Logf("%d of %d: %s: %s", n+1, len(g.views), v.group, v.page)
	}
	t.Logf("looked %d times at pages", i.looked)
}

// TestPairsAreMet: the narrow looks meet each pair.
func TestPairsAreMet(t *testing.T) {
	things := []func(look) any{
		func(l look) any { return l.language },
		func(l look) any { return l.Dark },
		func(l look) any { return l.Forced },
		func(l look) any { return l.Zoom },
	}
	for i, one := range things {
		for _, other := range things[i+1:] {
			ones, others, pairs := map[any]bool{}, map[any]bool{}, map[[2]any]bool{}
			for _, l := range narrow {
				ones[one(l)], others[other(l)], pairs[[2]any{one(l), other(l)}] = true, true, true
			}
			if len(ones) < 2 || len(pairs) != len(ones)*len(others) {
				t.Errorf("of %d times %d values %d pairs are met: %v", len(ones), len(others), len(pairs), pairs)
			}
		}
	}
}
