package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/gateway/web"
)

// actor is a person of a story with a page open, who uses nothing but what it shows.
type actor struct {
	*world.Tab
	t    *testing.T
	lang string
	// scripts tells that pages run scripts; without them news come with loading again.
	scripts bool
}

var phrase = web.Phrases()

// comes opens the hub's first page, and chooses a language there.
func comes(t *testing.T, person *world.Person, lang string, scripts bool) *actor {
	t.Helper()
	a := &actor{t: t, Tab: person.Tab("/status").Seen(), lang: lang, scripts: scripts}
	if !scripts {
		a.WithoutScripts()
	}
	a.Go("/")
	if a.Is("document.documentElement.lang") != lang {
		a.Follow(".tongues [lang=" + lang + "]")
	}
	return a
}

// signsIn begins at the sign-in page and goes on at the issuer.
func (a *actor) signsIn(issuer, persona string) {
	a.t.Helper()
	a.Follow("#sign-in-" + issuer + " button").Follow("#personas [value='" + persona + "']")
}

// shows waits until an expression is true of the page; what others do comes by itself
// where there are scripts.
func (a *actor) shows(what, expression string) {
	a.t.Helper()
	if a.scripts {
		a.Await(what, expression)
		return
	}
	world.Await(a.t, what, func() error {
		if a.Is("Boolean("+expression+")") == true {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
		a.Reload()
		return world.Not("at %s", a.Path())
	})
}

// sees waits until the page shows texts.
func (a *actor) sees(texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		a.shows("the page shows "+text, "document.body.innerText.includes("+inScript(text)+")")
	}
}

// reads waits until the page shows texts of the pages in the actor's language.
func (a *actor) reads(keys ...string) {
	a.t.Helper()
	for _, key := range keys {
		text := phrase(a.lang, key)
		if before, _, filled := strings.Cut(text, "{"); filled {
			text = strings.TrimSpace(before)
		}
		a.sees(text)
	}
	if lang := a.Is("document.documentElement.lang"); lang != a.lang {
		a.t.Errorf("%s is in %v", a.Path(), lang)
	}
}

// lacks fails the test when the page shows a text, folded or not.
func (a *actor) lacks(texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		if a.Is("document.documentElement.outerHTML.includes("+inScript(text)+")") == true {
			a.t.Errorf("%s holds %q", a.Path(), text)
		}
	}
}

// fills fills in a form's fields, given as names and values in turn.
func (a *actor) fills(form string, fields ...string) {
	a.t.Helper()
	a.Unfold(form)
	for i := 0; i+1 < len(fields); i += 2 {
		field := form + " [name=" + inScript(fields[i]) + "]"
		switch a.Is("(document.querySelector(" + inScript(field) + ") || {}).type") {
		case "radio", "checkbox":
			a.Click(field + "[value=" + inScript(fields[i+1]) + "]")
		case "select-one":
			if a.Is("document.querySelector("+inScript(field)+").value = "+inScript(fields[i+1])+"; document.querySelector("+inScript(field)+").value") != fields[i+1] {
				a.t.Fatalf("%s does not offer %s", field, fields[i+1])
			}
		default:
			a.Write(field, fields[i+1])
		}
	}
}

// chooses ticks these of the suggested services, and no others.
func (a *actor) chooses(services ...string) {
	a.t.Helper()
	others := "#choose input:checked"
	for _, service := range services {
		box := "#choose .cards input[value$='/" + service + "']"
		if a.Is("document.querySelector("+inScript(box)+").checked") != true {
			a.Click(box)
		}
		others += ":not([value$='/" + service + "'])"
	}
	for a.Is("Boolean(document.querySelector("+inScript(others)+"))") == true {
		a.Click(others)
	}
}

// fillsIfAsked fills in what a page of opening a case may ask.
func (a *actor) fillsIfAsked(name, value string) {
	a.t.Helper()
	if a.Is("Boolean(document.querySelector("+inScript("#check [name="+inScript(name)+"]:not([type=hidden])")+"))") == true {
		a.fills("#check", name, value)
	}
}

// sends fills in a form and presses its button.
func (a *actor) sends(form string, fields ...string) {
	a.t.Helper()
	a.fills(form, fields...)
	a.Follow(form + " > p button")
	if wrong := a.Is("(document.querySelector('.summary') || {}).innerText"); wrong != nil {
		a.t.Fatalf("sending %s is refused: %v", form, wrong)
	}
}

func inScript(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}
