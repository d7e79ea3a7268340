package e2e

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/deploy/e2e/world"
)

// planted is what runs, or becomes an element, where a page shows it unescaped; short, as
// some fields are.
const (
	planted      = `"'><script>window.ran=1</script><img data-planted src=x onerror="window.ran=2">`
	plantedToo   = `</textarea><svg data-planted onload="window.ran=3"></svg>{{.T}}${window.ran=4}`
	plantedLinks = `javascript:window.ran=5//<a data-planted href="javascript:window.ran=6">x</a>`
)

// noticing keeps what a policy blocks, and counts a dialog as a script that ran.
const noticing = `window.blocked = []; window.alert = () => { window.ran = 7; };
document.addEventListener('securitypolicyviolation', (e) => window.blocked.push(e.violatedDirective + ' ' + e.blockedURI));`

// badTexts are what is written into every field of every form. Markup comes first, while all
// can still be written to, and last, so that nothing else has taken its place when the pages
// are walked.
var badTexts = []struct{ kind, text string }{
	{"markup", planted},
	{"more markup", plantedToo},
	{"links", plantedLinks},
	{"nothing", ""},
	{"spaces", " \t "},
	{"right-to-left and nothing to see", "\u202egro.live\u202c\u200b\u200d\ufeff"},
	{"emoji", "👩🏽‍🚒🇫🇮 e\u0301"},
	{"a formula", `=HYPERLINK("http://evil.example","x")`},
	{"a line break", "yksi\r\nkaksi"},
	{"too much", strings.Repeat("ä", 60_000)},
	{"markup again", planted},
}

// TestEveryFormTakesBadInput writes into every field of every form of every page, as
// everybody whose page it is. Each answer is a page that people can go on from; what is
// refused stands in its field again, as it was written. Then all pages are walked in a real
// browser: nothing of the markup runs, becomes an element, or is left for the policy to block.
func TestEveryFormTakesBadInput(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	sent, refused := 0, 0
	browsers := map[string]*world.Browser{}
	for _, bad := range badTexts {
		tried := map[string]bool{}
		for _, v := range g.views {
			if v.steps != nil || v.status != 0 && v.status != http.StatusOK {
				continue
			}
			b := browsers[v.who]
			if b == nil {
				b = g.w.Browser(t).Keep(g.people[v.who]...)
				browsers[v.who] = b
			}
			for _, form := range open(b, v.path).Forms() {
				if id := v.who + " " + anyName.ReplaceAllString(form.ID(), "?"); tried[id] || ends(form.ID()) {
					continue
				} else {
					tried[id] = true
				}
				if form = again(open(b, v.path), form.ID()); form == nil {
					continue // the form before it took it off the page
				}
				written := form.Write(bad.text)
				if len(written) == 0 {
					continue
				}
				page := whenAllowed(func() *world.Page { return form.Send("") })
				sent++
				if page.Status >= http.StatusInternalServerError || page.Text == "" || strings.Contains(page.Text, "⟦") {
					t.Errorf("%s at %s writes %s into %v of %s: %s", v.who, v.path, bad.kind, written, form.ID(), page)
				}
				if page.Status == http.StatusUnprocessableEntity && bad.kind != "too much" {
					refused++
					if strings.TrimSpace(bad.text) != "" && !slices.ContainsFunc(page.Written(), func(again string) bool {
						return strings.TrimLeft(again, "\n") == strings.ReplaceAll(bad.text, "\r", "")
					}) {
						t.Errorf("%s at %s: %s refuses %s, and shows it in no field", v.who, v.path, form.ID(), bad.kind)
					}
				}
			}
		}
	}
	t.Logf("%d forms were sent, %d were refused with what was written", sent, refused)
	if sent < 250 || refused < 50 {
		t.Errorf("only %d forms were sent, and %d refused", sent, refused)
	}
	walkPlanted(t, g)
}

// walkPlanted opens every page as everybody whose page it is, and looks for what was planted.
func walkPlanted(t *testing.T, g *gallery) {
	t.Helper()
	tabs, shown := map[string]*world.Tab{}, map[string]int{}
	for _, v := range g.views {
		if v.steps != nil || v.status != 0 && v.status != http.StatusOK {
			continue
		}
		tab := tabs[v.who]
		if tab == nil {
			tab = g.w.Person(t, g.people[v.who]...).Tab("/").First(noticing)
			tabs[v.who] = tab
		}
		tab.Go(v.path)
		if ran := tab.Is("window.ran || 0"); ran != 0.0 {
			t.Errorf("%s at %s: what was planted ran (%v)", v.who, v.path, ran)
		}
		if n := tab.Is("document.querySelectorAll('[data-planted]').length"); n != 0.0 {
			t.Errorf("%s at %s: %v elements were born of what was planted", v.who, v.path, n)
		}
		if blocked := tab.Is("window.blocked.join('; ')"); blocked != "" {
			t.Errorf("%s at %s: the policy had to block %v", v.who, v.path, blocked)
		}
		if tab.Is("document.documentElement.textContent.includes('data-planted')") == true {
			shown[v.who]++
		}
	}
	t.Logf("pages that show what was planted: %v", shown)
	for _, who := range []string{"company", "advisor", "lead"} {
		if shown[who] == 0 {
			t.Errorf("no page of the %s shows what was planted: the walk proves nothing", who)
		}
	}
}

// anyName is what differs from one form to the next of the same kind.
var anyName = regexp.MustCompile(`[a-z2-7]{26}|[0-9a-f-]{36}|\d+`)

// ends tells whether a form would end what the others need.
func ends(id string) bool {
	return slices.ContainsFunc([]string{"sign-out", "leave-case", "form-close", "sign-in"}, func(part string) bool { return strings.Contains(id, part) })
}

// again finds a form on a page that was opened anew.
func again(p *world.Page, id string) *world.Form {
	forms := p.Forms()
	if i := slices.IndexFunc(forms, func(f *world.Form) bool { return f.ID() == id }); i >= 0 {
		return forms[i]
	}
	return nil
}

func open(b *world.Browser, path string) *world.Page {
	return whenAllowed(func() *world.Page { return b.Open(path) })
}

// whenAllowed asks again while somebody who asks this often is told to wait.
func whenAllowed(ask func() *world.Page) *world.Page {
	page := ask()
	for range 20 {
		if page.Status != http.StatusTooManyRequests {
			break
		}
		time.Sleep(500 * time.Millisecond)
		page = ask()
	}
	return page
}
