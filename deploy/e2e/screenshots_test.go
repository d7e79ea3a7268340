package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
)

// shots are the pages to look at that an address leads to, by who sees them: an issuer and
// somebody whom it knows. Where a name ends with > the address is that of the first link on
// the page before which begins with it.
var shots = []struct {
	issuer, persona string
	pages           [][2]string
}{
	{"", "", [][2]string{
		{"start", "/"}, {"services", "/services"}, {"privacy", "/privacy"}, {"accessibility", "/accessibility"}, {"feedback", "/feedback"}, {"status", "/status"}, {"sign-in", "/sign-in"}, {"open-code", "/open-code"}, {"missing", "/nowhere"},
	}},
	{world.Companies, "demo-board-chair", [][2]string{
		{"cases", "/cases"}, {"case>", "/cases/"}, {"seen>", "access"}, {"case-add>", "/add"}, {"me", "/me"}, {"grants", "/grants"}, {"data", "/data"},
	}},
	{"omnia", "demo-omnia-a2", [][2]string{
		{"inbox", "/desk/omnia"},
		{"request>", "/desk/omnia/requests/"},
		{"whole-case>", "/desk/omnia/cases/"},
		{"texts", "/desk/omnia/texts"},
		{"behalf", "/desk/omnia/new"},
		{"behalf-form", "/desk/omnia/new?service=providers/omnia/services/apprenticeship"},
	}},
	{"omnia", "demo-omnia-a1", [][2]string{{"team", "/desk/omnia/team"}, {"keys", "/desk/omnia/keys"}, {"desk-seen", "/desk/omnia/access"}}},
	{world.Operators, "demo-operator", [][2]string{
		{"operator", "/operator"},
		{"operator-staff", "/operator/staff"},
		{"operator-keys", "/operator/keys"},
		{"operator-erasures", "/operator/erasures"},
		{"operator-catalogue", "/operator/catalogue?provider=omnia"},
	}},
}

// TestScreenshots keeps a picture of each page in each language, on a phone and at a desk,
// for people to look at. It also finds the page that is wider than a phone.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv(pictures)
	if folder == "" {
		t.Skip("make browser takes the pictures")
	}
	w := world.On(t, &binaries, filepath.Join(t.TempDir(), "data"), "--demo")
	world.Await(t, "the demo to be filled", func() error {
		_, err := os.Stat(filepath.Join(w.Data, "demo.json"))
		return err
	})
	people := w.People(t, len(shots)+3)
	for i, one := range shots {
		a := comes(t, people[i], "fi", true)
		if one.issuer != "" {
			a.Go("/sign-in").Follow("#sign-in-" + one.issuer + " button").Follow("#personas [value='" + one.persona + "']")
		}
		at := "/"
		for _, page := range one.pages {
			name, path := page[0], page[1]
			if found, ok := strings.CutSuffix(name, ">"); ok {
				name = found
				link := a.Go(at).Is(fmt.Sprintf("[...document.querySelectorAll('main a')].map((e) => e.getAttribute('href')).find((h) => h.startsWith(%q) || h.endsWith(%q))", path, path))
				if link == nil {
					t.Errorf("%s has no link to %s", at, path)
					continue
				}
				path = link.(string)
			}
			if at = path; name == "seen" || name == "case-add" {
				at, _, _ = strings.Cut(strings.TrimSuffix(strings.TrimSuffix(path, "/add"), "/access"), "?")
			}
			for _, lang := range []string{"sv", "en", "fi"} {
				separator := "?"
				if strings.Contains(path, "?") {
					separator = "&"
				}
				a.lang = lang
				a.Go(path + separator + "lang=" + lang)
				a.shoots(folder, name)
			}
		}
	}
	for i, lang := range []string{"fi", "sv", "en"} {
		a := comes(t, people[len(shots)+i], lang, true)
		a.Go("/sign-in").Follow("#sign-in-companies button").Follow("#personas [value='demo-sole-trader']")
		a.Go("/")
		a.sends("#need", "text", threeWords[lang].need)
		a.shoots(folder, "step-choose")
		a.chooses("apprenticeship")
		a.Follow("#choose .go button")
		a.Follow("#check .go button") // with nothing filled in
		a.shoots(folder, "step-missing")
		a.Go("/cases")
		a.shoots(folder, "cases-draft")
		a.Go("/")
		a.sends("#need", "text", threeWords[lang].need)
		a.chooses("apprenticeship")
		a.Follow("#choose .go button")
		for step := 1; ; step++ {
			a.shoots(folder, fmt.Sprint("step-", step))
			if a.Is("Boolean(document.querySelector('#check [value=send]'))") == true {
				break
			}
			in := "in:providers/omnia/services/apprenticeship:"
			for name, value := range map[string]string{
				in + "apprentice": "new_employee", in + "tasks": threeWords[lang].tasks, in + "weekly_hours": "37.5", in + "instructor_named": "yes", "consent:providers/omnia": "yes",
			} {
				a.fillsIfAsked(name, value)
			}
			a.Follow("#check .go button")
		}
	}
}

// shoots keeps the page as on a phone and at a desk.
func (a *actor) shoots(folder, name string) {
	a.t.Helper()
	for _, width := range []int64{390, 1200} {
		a.Size(width, 900).Shot(folder, fmt.Sprintf("%s-%s-%d", name, a.lang, width))
		if wide := a.Is("document.documentElement.scrollWidth"); wide.(float64) > float64(width) {
			a.t.Errorf("%s in %s is %v wide in a window of %d", name, a.lang, wide, width)
		}
	}
	a.Size(1200, 900)
}
