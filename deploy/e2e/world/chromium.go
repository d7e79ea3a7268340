package world

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// chromiumNeeded is set where a missing Chromium fails the tests that need one.
const chromiumNeeded = "HUB_TEST_CHROMIUM"

// inBrowser is how long a page may take to show something.
const inBrowser = 20 * time.Second

// Person is somebody with a real browser of their own: what is kept in it nobody else
// sees.
type Person struct {
	t    testing.TB
	base string
	ctx  context.Context
}

// Tab is a tab of a person's browser.
type Tab struct {
	t    testing.TB
	base string
	ctx  context.Context
}

// chromium answers the program. Where there is none the test says so and is skipped.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	if os.Getenv(chromiumNeeded) != "" {
		t.Fatalf("%s is set, and there is no Chromium: install chromium", chromiumNeeded)
	}
	t.Skip("NOT TESTED in a real browser: there is no Chromium on this machine; install chromium")
	return ""
}

// Person opens a browser of somebody's own for the hub's pages. cookies are what it
// keeps from the start, such as SignedIn.
func (w *World) Person(t testing.TB, cookies ...*http.Cookie) *Person {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &Person{t: t, base: "http://" + w.At.Web, ctx: ctx}
	tab := &Tab{t: t, base: p.base, ctx: ctx}
	for _, c := range cookies {
		tab.run(network.SetCookie(c.Name, c.Value).WithURL(p.base).WithHTTPOnly(true))
	}
	return p
}

// Tab opens a page in a tab.
func (p *Person) Tab(path string) *Tab {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	tab := &Tab{t: p.t, base: p.base, ctx: ctx}
	return tab.Front().Go(path)
}

// Front shows the tab; the person's others are hidden then.
func (tab *Tab) Front() *Tab {
	tab.t.Helper()
	tab.run(page.BringToFront())
	return tab
}

// run takes steps in the tab, within the time that a page may take.
func (tab *Tab) run(steps ...chromedp.Action) {
	tab.t.Helper()
	// The first step ties the tab to its context, which therefore must not end with it.
	if chromedp.FromContext(tab.ctx).Target == nil {
		must(tab.t, chromedp.Run(tab.ctx))
	}
	ctx, cancel := context.WithTimeout(tab.ctx, inBrowser)
	defer cancel()
	if err := chromedp.Run(ctx, steps...); err != nil {
		tab.t.Fatalf("%v\n%s", err, tab.where())
	}
}

// where says what the tab shows, for a test that failed.
func (tab *Tab) where() string {
	ctx, cancel := context.WithTimeout(tab.ctx, 5*time.Second)
	defer cancel()
	var address, text string
	if err := chromedp.Run(ctx, chromedp.Location(&address), chromedp.Evaluate("document.body.innerText", &text)); err != nil {
		return "the tab does not answer: " + err.Error()
	}
	return address + "\n" + text
}

// Go opens the page at a path.
func (tab *Tab) Go(path string) *Tab {
	tab.t.Helper()
	tab.run(chromedp.Navigate(tab.base + path))
	return tab
}

// First runs a script in each page that the tab opens from now on, before the page's own.
func (tab *Tab) First(script string) *Tab {
	tab.t.Helper()
	tab.run(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
	return tab
}

// Path is where the tab is.
func (tab *Tab) Path() string {
	tab.t.Helper()
	var address string
	tab.run(chromedp.Location(&address))
	return strings.TrimPrefix(address, tab.base)
}

// Is evaluates a JavaScript expression in the page.
func (tab *Tab) Is(expression string) (answer any) {
	tab.t.Helper()
	tab.run(chromedp.Evaluate(expression, &answer))
	return answer
}

// Await waits until a JavaScript expression is true in the page.
func (tab *Tab) Await(what, expression string) *Tab {
	tab.t.Helper()
	limit := time.Now().Add(inBrowser)
	for {
		var holds bool
		ctx, cancel := context.WithTimeout(tab.ctx, inBrowser)
		err := chromedp.Run(ctx, chromedp.Evaluate("Boolean("+expression+")", &holds))
		cancel()
		if err == nil && holds {
			return tab
		}
		if time.Now().After(limit) { // an error may be of a page that was just left
			tab.t.Fatalf("not within %s: %s (%v)\n%s", inBrowser, what, err, tab.where())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Sees waits until each text is on the page, where a person can read it.
func (tab *Tab) Sees(texts ...string) *Tab {
	tab.t.Helper()
	for _, text := range texts {
		tab.Await("the page shows "+text, "document.body.innerText.includes("+quote(text)+")")
	}
	return tab
}

// Fill types into the field that a selector names, in place of what is there.
func (tab *Tab) Fill(selector, text string) *Tab {
	tab.t.Helper()
	tab.run(chromedp.ScrollIntoView(selector, chromedp.ByQuery), chromedp.Evaluate("document.querySelector("+quote(selector)+").value = ''", nil), chromedp.SendKeys(selector, text, chromedp.ByQuery))
	return tab
}

// Click clicks on what a selector names.
func (tab *Tab) Click(selector string) *Tab {
	tab.t.Helper()
	tab.run(chromedp.ScrollIntoView(selector, chromedp.ByQuery), chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
	return tab
}

// Press presses keys where the focus is.
func (tab *Tab) Press(keys string) *Tab {
	tab.t.Helper()
	tab.run(chromedp.KeyEvent(keys))
	return tab
}

// Seen makes the tab believe that it is in front, beside those that are.
func (tab *Tab) Seen() *Tab {
	tab.t.Helper()
	tab.run(emulation.SetFocusEmulationEnabled(true))
	return tab
}

// Size makes the window so many pixels wide and high.
func (tab *Tab) Size(width, height int64) *Tab {
	tab.t.Helper()
	tab.run(emulation.SetDeviceMetricsOverride(width, height, 1, width < 700))
	return tab
}

// Media shows the page as on print, or as on a screen again when empty, with features such
// as prefers-color-scheme and their values in turn.
func (tab *Tab) Media(media string, features ...string) *Tab {
	tab.t.Helper()
	var set []*emulation.MediaFeature
	for i := 0; i+1 < len(features); i += 2 {
		set = append(set, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	tab.run(emulation.SetEmulatedMedia().WithMedia(media).WithFeatures(set))
	return tab
}

// Shot keeps a picture of the whole page in a folder.
func (tab *Tab) Shot(folder, name string) *Tab {
	tab.t.Helper()
	var picture []byte
	tab.run(chromedp.FullScreenshot(&picture, 100))
	must(tab.t, os.MkdirAll(folder, 0o755))
	must(tab.t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
	return tab
}

func quote(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}
