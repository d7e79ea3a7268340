package world

import (
	"os"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// farthest is how many times somebody presses Tab in search of something.
const farthest = 250

// Keyboard is somebody who uses a tab without a mouse. Wherever the Tab key stops, what
// has the focus must be seen and look focused; else the test fails.
type Keyboard struct {
	tab    *Tab
	script string
	// Stops is how many stops were looked at.
	Stops int
}

// stop is where the Tab key stopped.
type stop struct {
	At, Key string
	There   bool
	Wrong   []string
}

// Keyboard puts the mouse away. script is the file that looks at a stop.
func (tab *Tab) Keyboard(script string) *Keyboard {
	tab.t.Helper()
	text, err := os.ReadFile(script)
	must(tab.t, err)
	return &Keyboard{tab: tab, script: string(text)}
}

// look looks at where the focus is.
func (k *Keyboard) look(selector string) stop {
	k.tab.t.Helper()
	var at stop
	k.tab.Ask("(() => { if (!window.atStop) { "+k.script+" } return atStop("+quote(selector)+"); })()", &at)
	if at.At == "" {
		return at
	}
	k.Stops++
	for _, wrong := range at.Wrong {
		k.tab.t.Errorf("%s: the focus on %s is %s", k.tab.Path(), at.At, wrong)
	}
	return at
}

// On presses Tab until what the selector names has the focus.
func (k *Keyboard) On(selector string) *Keyboard { k.tab.t.Helper(); return k.search(selector, 0) }

// Back presses Shift and Tab until it has.
func (k *Keyboard) Back(selector string) *Keyboard {
	k.tab.t.Helper()
	return k.search(selector, input.ModifierShift)
}

func (k *Keyboard) search(selector string, with input.Modifier) *Keyboard {
	k.tab.t.Helper()
	k.tab.Await("there is "+selector, "document.readyState === 'complete' && document.querySelector("+quote(selector)+")")
	var way []string
	for range farthest {
		k.tab.run(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(with)))
		at := k.look(selector)
		if at.There {
			return k
		}
		if n := len(way); n > 8 && way[n-1] == at.At && way[n-8] == at.At {
			k.tab.t.Fatalf("%s: the Tab key does not leave %s", k.tab.Path(), at.At)
		}
		way = append(way, at.At)
	}
	k.tab.t.Fatalf("%s: the Tab key does not reach %s; it stops at %q", k.tab.Path(), selector, way)
	return k
}

// Round presses Tab until the focus has been everywhere, and fails the test when something
// that can be pressed was no stop, or the focus stays somewhere.
func (k *Keyboard) Round() *Keyboard {
	k.tab.t.Helper()
	k.tab.Is("window.stopped = []")
	first, last, same := "", "", 0
	for n := range farthest {
		k.tab.run(chromedp.KeyEvent(kb.Tab))
		at := k.look("")
		switch {
		case at.Key == "":
			continue // beyond the last one
		case first == "":
			first = at.Key
		case at.Key == first && n > 1 && last != first:
			var missed []string
			k.tab.Ask("missed()", &missed)
			for _, one := range missed {
				k.tab.t.Errorf("%s: the Tab key does not stop at %s", k.tab.Path(), one)
			}
			return k
		}
		if same++; at.Key != last {
			same = 0
		}
		if last = at.Key; same > 8 {
			k.tab.t.Fatalf("%s: the Tab key does not leave %s", k.tab.Path(), at.At)
		}
	}
	k.tab.t.Fatalf("%s: %d stops, and no end", k.tab.Path(), farthest)
	return k
}

// Type types where the focus is.
func (k *Keyboard) Type(text string) *Keyboard { k.tab.t.Helper(); k.tab.Press(text); return k }

// Enter presses Enter where the focus is. It is one event with its text, so that a link
// that moves the focus has the whole of it, as when a person presses the key.
func (k *Keyboard) Enter() *Keyboard {
	k.tab.t.Helper()
	key := func(kind input.KeyType) *input.DispatchKeyEventParams {
		return input.DispatchKeyEvent(kind).WithKey("Enter").WithCode("Enter").WithWindowsVirtualKeyCode(13).WithNativeVirtualKeyCode(13)
	}
	k.tab.run(key(input.KeyDown).WithText("\r").WithUnmodifiedText("\r"), key(input.KeyUp))
	return k
}

// Space presses the space bar where the focus is.
func (k *Keyboard) Space() *Keyboard { k.tab.t.Helper(); return k.Type(" ") }

// Focused tells whether what the selector names has the focus.
func (k *Keyboard) Focused(selector string) bool {
	k.tab.t.Helper()
	return k.tab.Is("document.activeElement.matches("+quote(selector)+")") == true
}

// Is evaluates a JavaScript expression in the page.
func (k *Keyboard) Is(expression string) any { k.tab.t.Helper(); return k.tab.Is(expression) }
