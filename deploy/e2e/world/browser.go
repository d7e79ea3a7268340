package world

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// Browser visits the hub's pages as a person does who has no JavaScript: it
// follows links and redirects, keeps cookies, and fills in the forms that a page
// holds and no others.
type Browser struct {
	t      testing.TB
	base   string
	client *http.Client
	door   *Door
}

// Page is what a browser got.
type Page struct {
	browser *Browser
	// address is the page's own, with its host.
	address *url.URL
	// Status is the HTTP status, Path where the browser is now.
	Status int
	Path   string
	// Text is what a person reads.
	Text string
	// Raw is the whole answer, with its headers.
	Raw []byte

	root *html.Node
}

// Form is a form of a page, with what is filled in so far.
type Form struct {
	page   *Page
	node   *html.Node
	action string
	values url.Values
}

// Browser opens a browser.
func (w *World) Browser(t testing.TB) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &Browser{t: t, base: "http://" + w.At.Web, door: w.Door, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// Cookies are what the browser keeps.
func (b *Browser) Cookies() []*http.Cookie {
	b.t.Helper()
	at, err := url.Parse(b.base)
	must(b.t, err)
	return b.client.Jar.Cookies(at)
}

// Keep gives the browser cookies, such as those of somebody who is signed in.
func (b *Browser) Keep(cookies ...*http.Cookie) *Browser {
	b.t.Helper()
	at, err := url.Parse(b.base)
	must(b.t, err)
	b.client.Jar.SetCookies(at, cookies)
	return b
}

// Open opens the page at a path.
func (b *Browser) Open(path string) *Page {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	must(b.t, err)
	return b.load(request)
}

func (b *Browser) load(request *http.Request) *Page {
	b.t.Helper()
	answer, err := b.client.Do(request)
	must(b.t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	must(b.t, err)
	root, err := html.Parse(bytes.NewReader(body))
	must(b.t, err)
	p := &Page{browser: b, address: answer.Request.URL, Status: answer.StatusCode, Path: answer.Request.URL.Path, Raw: fmt.Appendf(body, "%v", answer.Header), root: root}
	var text strings.Builder
	for node := range root.Descendants() {
		if node.Type == html.TextNode && node.Parent.Data != "style" {
			text.WriteString(node.Data)
		}
	}
	p.Text = strings.Join(strings.Fields(text.String()), " ")
	return p
}

// Has fails the test unless a person can read each text on the page.
func (p *Page) Has(texts ...string) *Page {
	p.browser.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.Text, text) {
			p.browser.t.Errorf("%s (%d) does not say %q; it says: %.600s", p.Path, p.Status, text, p.Text)
		}
	}
	return p
}

// Link answers where the first link leads that begins with a path.
func (p *Page) Link(prefix string) string {
	p.browser.t.Helper()
	for node := range p.root.Descendants() {
		if node.Data == "a" && strings.HasPrefix(attr(node, "href"), prefix) {
			return attr(node, "href")
		}
	}
	p.browser.t.Fatalf("%s has no link to %s", p, prefix)
	return ""
}

// Form finds a form by its id, and reads what is filled in already. That of a page
// which gives its forms no id is found by "".
func (p *Page) Form(id string) *Form {
	p.browser.t.Helper()
	if f, ok := p.HasForm(id); ok {
		return f
	}
	p.browser.t.Fatalf("%s (%d) has no form %s: %.600s", p.Path, p.Status, id, p.Text)
	return nil
}

// HasForm is Form for a page that may not have it.
func (p *Page) HasForm(id string) (*Form, bool) {
	for node := range p.root.Descendants() {
		if node.Data == "form" && attr(node, "id") == id {
			f := &Form{page: p, node: node, action: attr(node, "action"), values: url.Values{}}
			f.read()
			return f, true
		}
	}
	return nil, false
}

// Forms are the page's forms that are sent and not only asked with.
func (p *Page) Forms() []*Form {
	var forms []*Form
	for node := range p.root.Descendants() {
		if node.Data == "form" && strings.EqualFold(attr(node, "method"), http.MethodPost) {
			f := &Form{page: p, node: node, action: attr(node, "action"), values: url.Values{}}
			f.read()
			forms = append(forms, f)
		}
	}
	return forms
}

// ID tells the form from the others of its page: its id, or where it goes with the step
// that it takes.
func (f *Form) ID() string {
	if id := attr(f.node, "id"); id != "" {
		return id
	}
	return f.action + " " + f.values.Get("do")
}

// Write writes the same text into every field that takes any, chooses where there is a
// choice to make, and answers the names of the fields it wrote into.
func (f *Form) Write(text string) (written []string) {
	for node := range f.node.Descendants() {
		name, kind := attr(node, "name"), attr(node, "type")
		switch {
		case name == "":
		case node.Data == "textarea", node.Data == "input" && (kind == "text" || kind == "url" || kind == "search" || kind == ""):
			f.values.Set(name, text)
			written = append(written, name)
		case node.Data == "input" && (kind == "radio" || kind == "checkbox") && f.values.Get(name) == "":
			f.values.Set(name, attr(node, "value"))
		case node.Data == "select" && f.values.Get(name) == "":
			for option := range node.Descendants() {
				if option.Data == "option" && f.values.Get(name) == "" {
					f.values.Set(name, attr(option, "value"))
				}
			}
		}
	}
	return written
}

// Steps are what the form's buttons do: the values of its buttons named do.
func (f *Form) Steps() (steps []string) {
	for node := range f.node.Descendants() {
		if node.Data == "button" && attr(node, "name") == "do" {
			steps = append(steps, attr(node, "value"))
		}
	}
	return steps
}

// By answers the same form, with what is filled in, for another browser to send.
func (f *Form) By(b *Browser) *Form {
	page := *f.page
	page.browser = b
	return &Form{page: &page, node: f.node, action: f.action, values: maps.Clone(f.values)}
}

// Hidden are the names of the fields that a person does not see.
func (f *Form) Hidden() (names []string) {
	for node := range f.node.Descendants() {
		if node.Data == "input" && attr(node, "type") == "hidden" {
			names = append(names, attr(node, "name"))
		}
	}
	return names
}

// Forge puts a value into a field whatever the form offers, as somebody can who makes the
// request by hand.
func (f *Form) Forge(name, value string) *Form {
	f.values.Set(name, value)
	return f
}

// Written are the texts that stand in the fields of the page.
func (p *Page) Written() []string {
	var texts []string
	for node := range p.root.Descendants() {
		if node.Data == "textarea" && node.FirstChild != nil {
			texts = append(texts, node.FirstChild.Data)
		}
		if node.Data == "input" && attr(node, "type") != "hidden" {
			texts = append(texts, attr(node, "value"))
		}
	}
	return texts
}

// read takes the values that a browser would send of an untouched form.
func (f *Form) read() {
	for node := range f.node.Descendants() {
		name := attr(node, "name")
		if name == "" {
			continue
		}
		switch kind := attr(node, "type"); {
		case node.Data == "input" && (kind == "checkbox" || kind == "radio"):
			if has(node, "checked") {
				f.values.Add(name, attr(node, "value"))
			}
		case node.Data == "input":
			f.values.Add(name, attr(node, "value"))
		case node.Data == "textarea" && node.FirstChild != nil:
			f.values.Add(name, node.FirstChild.Data)
		case node.Data == "select":
			f.values.Add(name, selected(node))
		}
	}
}

// selected is the chosen option of a list: the first one when none is marked.
func selected(list *html.Node) string {
	first, seen := "", false
	for node := range list.Descendants() {
		if node.Data != "option" {
			continue
		}
		if has(node, "selected") {
			return attr(node, "value")
		}
		if !seen {
			first, seen = attr(node, "value"), true
		}
	}
	return first
}

// Fill fills in a field. It fails the test when the form has no such field, or
// does not offer that choice.
func (f *Form) Fill(name, value string) *Form {
	f.page.browser.t.Helper()
	found := false
	for node := range f.node.Descendants() {
		if attr(node, "name") != name {
			continue
		}
		switch kind := attr(node, "type"); {
		case kind == "radio":
			if found = found || attr(node, "value") == value; found {
				f.values.Set(name, value)
			}
		case kind == "checkbox":
			if attr(node, "value") == value {
				found = true
				if !has(node, "checked") {
					f.values.Add(name, value)
				}
			}
		default:
			found = true
			f.values.Set(name, value)
		}
	}
	if !found {
		f.page.browser.t.Fatalf("the form %s of %s does not take %s=%s", attr(f.node, "id"), f.page.Path, name, value)
	}
	return f
}

// Fields are the names of the fields that the form asks a person to fill in.
func (f *Form) Fields() []string {
	var names []string
	for node := range f.node.Descendants() {
		name := attr(node, "name")
		asked := node.Data == "textarea" || node.Data == "select" || node.Data == "input" && attr(node, "type") != "hidden"
		if asked && name != "" && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	}
	return names
}

// Send presses the button with this value of the field do; the form's only button
// when it is empty.
func (f *Form) Send(do string) *Page {
	f.page.browser.t.Helper()
	if do != "" {
		f.values.Set("do", do)
	}
	target, err := f.page.address.Parse(f.action) // an empty one is the page itself
	must(f.page.browser.t, err)
	request, err := http.NewRequestWithContext(f.page.browser.t.Context(), http.MethodPost, target.String(), strings.NewReader(f.values.Encode()))
	must(f.page.browser.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", f.page.address.Scheme+"://"+f.page.address.Host)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return f.page.browser.load(request)
}

func attr(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(node *html.Node, key string) bool {
	for _, a := range node.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// String shows the page for a failed test.
func (p *Page) String() string { return fmt.Sprintf("%s (%d): %.800s", p.Path, p.Status, p.Text) }
