package world

import (
	"net/http"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Look is how somebody looks at a page.
type Look struct {
	// Dark and Forced are what they have set: a dark scheme, colours of their own.
	Dark, Forced bool
	// Width is how many CSS pixels wide the window is, and Zoom how many pixels of the
	// screen each of them is: a window of 1280 at 400 % is 320 wide with a zoom of 4.
	Width int64
	Zoom  float64
}

// Look shows the page as somebody looks at it.
func (tab *Tab) Look(l Look) *Tab {
	tab.t.Helper()
	scheme, forced := "light", "none"
	if l.Dark {
		scheme = "dark"
	}
	if l.Forced {
		forced = "active"
	}
	height := int64(900)
	if l.Zoom > 1 {
		height = int64(1024 / l.Zoom)
	}
	tab.run(emulation.SetDeviceMetricsOverride(l.Width, height, l.Zoom, false))
	return tab.Media("", "prefers-color-scheme", scheme, "forced-colors", forced)
}

// Become makes the tab's browser that of somebody else: it keeps these cookies and no
// others.
func (tab *Tab) Become(cookies ...*http.Cookie) *Tab {
	tab.t.Helper()
	tab.run(network.ClearBrowserCookies())
	return tab.Keep(cookies...)
}

// Keep has the browser keep cookies beside those that it has.
func (tab *Tab) Keep(cookies ...*http.Cookie) *Tab {
	tab.t.Helper()
	for _, c := range cookies {
		tab.run(network.SetCookie(c.Name, c.Value).WithURL(tab.base).WithHTTPOnly(true))
	}
	return tab
}

// Drop has the browser forget a cookie.
func (tab *Tab) Drop(name string) *Tab {
	tab.t.Helper()
	tab.run(network.DeleteCookies(name).WithURL(tab.base))
	return tab
}

// Ask evaluates a JavaScript expression in the page, waits for what it promises, and
// reads the answer.
func (tab *Tab) Ask(expression string, answer any) *Tab {
	tab.t.Helper()
	tab.run(chromedp.Evaluate(expression, answer, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return tab
}

// Send presses a button of a form, that of a step when one is named, and waits for the
// page that it leads to.
func (tab *Tab) Send(form, step string) *Tab {
	tab.t.Helper()
	button := "f"
	if step != "" {
		button = "f.querySelector('button[name=do][value=\"" + step + "\"]')"
	}
	tab.Await("there is the form "+form, "document.readyState === 'complete' && document.querySelector("+quote(form)+")")
	tab.run(chromedp.Evaluate("(() => { const f = document.querySelector("+quote(form)+"), b = "+button+"; window.before = true; f.dataset.there = 'yes'; b === f ? f.requestSubmit() : f.requestSubmit(b); })()", nil))
	return tab.Await("the page after "+form, "!window.before && document.readyState === 'complete'")
}
