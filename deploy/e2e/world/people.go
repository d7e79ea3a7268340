package world

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// People are n persons who share one Chromium: each has a session of their own in it,
// with cookies and storage that the others do not see.
func (w *World) People(t testing.TB, n int) []*Person {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	browser, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	must(t, chromedp.Run(browser))
	var people []*Person
	for range n {
		own, cancel := chromedp.NewContext(browser, chromedp.WithExistingBrowserContext(session(t, browser)))
		t.Cleanup(cancel)
		people = append(people, &Person{t: t, base: "http://" + w.At.Web, ctx: own})
	}
	return people
}

// session makes a session of a browser, with a window: Chromium opens no tab without one.
func session(t testing.TB, browser context.Context) cdp.BrowserContextID {
	t.Helper()
	executor := cdp.WithExecutor(browser, chromedp.FromContext(browser).Browser)
	id, err := target.CreateBrowserContext().Do(executor)
	must(t, err)
	_, err = target.CreateTarget("about:blank").WithBrowserContextID(id).WithNewWindow(true).Do(executor)
	must(t, err)
	return id
}

// WithoutScripts runs no script of any page in the tab from now on.
func (tab *Tab) WithoutScripts() *Tab {
	tab.t.Helper()
	tab.run(emulation.SetScriptExecutionDisabled(true))
	return tab
}

// Reload loads the page again.
func (tab *Tab) Reload() *Tab {
	tab.t.Helper()
	tab.run(chromedp.Reload())
	return tab
}

// Unfold opens, by clicking, whatever is folded around what a selector names.
func (tab *Tab) Unfold(selector string) *Tab {
	tab.t.Helper()
	folded := fmt.Sprintf(`(() => { let found = null;
		for (let e = document.querySelector(%s); e; e = e.parentElement) if (e.matches('details:not([open])')) found = e;
		return found && found.querySelector('summary'); })()`, quote(selector))
	for tab.Is("Boolean("+folded+")") == true {
		tab.run(chromedp.ScrollIntoView(folded, chromedp.ByJSPath), chromedp.Click(folded, chromedp.ByJSPath))
	}
	return tab
}

// Follow clicks on what a selector names, and waits for the page that it leads to.
func (tab *Tab) Follow(selector string) *Tab {
	tab.t.Helper()
	tab.Is("document.documentElement.setAttribute('data-before', '')")
	tab.Click(selector)
	return tab.Await("the page behind "+selector, "document.readyState === 'complete' && !document.documentElement.hasAttribute('data-before')")
}

// Write types into the field that a selector names, in place of what is there, as a
// keyboard that sends whole words.
func (tab *Tab) Write(selector, text string) *Tab {
	tab.t.Helper()
	tab.run(chromedp.ScrollIntoView(selector, chromedp.ByQuery), chromedp.Focus(selector, chromedp.ByQuery))
	tab.Is("document.activeElement.select()")
	tab.run(input.InsertText(text))
	return tab
}

// Picture takes the upper part of the page as WebP, sharp enough for a screen of twice the
// pixels. Its size is that of the window.
func (tab *Tab) Picture() []byte {
	tab.t.Helper()
	var picture []byte
	tab.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		picture, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatWebp).WithQuality(80).Do(ctx)
		return err
	}))
	return picture
}
