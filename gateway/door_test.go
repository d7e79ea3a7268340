package gateway_test

import (
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/businessespoo/hub/gateway"
	"github.com/businessespoo/hub/gateway/devissuer"
	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/services/kit/catalogue"
)

// door is a gateway with pages and an issuer for people who act for companies and one
// for Omnia's staff; what they say can be changed.
type door struct {
	*node
	base string

	mutex   sync.Mutex
	people  map[string]map[string]any // by issuer and key: companies/anna
	issuers map[string]*httptest.Server
}

func (w *world) door() *door {
	t := w.t
	t.Helper()
	d := &door{people: map[string]map[string]any{}, issuers: map[string]*httptest.Server{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	d.base = "http://" + listener.Addr().String()
	config := &signin.Config{HubURL: d.base}
	for _, c := range []signin.IssuerConfig{
		{ID: "companies", For: signin.Companies, RepresentationsClaim: "representations"},
		{
			ID: "omnia", For: signin.Staff, Provider: "omnia", AdvisorClaim: "staff_id",
			Roles: []signin.RoleRule{{Claim: "groups", Value: "leads", Role: "lead"}, {Claim: "groups", Value: "advisors", Role: "advisor"}},
		},
		{ID: "operators", For: signin.Operators, Roles: []signin.RoleRule{{Claim: "groups", Value: "operators", Role: "operator"}}},
	} {
		issuer := &devissuer.Issuer{
			Title: c.ID, Now: w.clock.Now, Personas: func() []devissuer.Persona { return d.personas(c.ID) },
			Redirect: func(_ *http.Request, address string) bool { return address == d.base+signin.CallbackPath(c.ID) },
		}
		server := httptest.NewServer(issuer)
		t.Cleanup(server.Close)
		issuer.URL, d.issuers[c.ID] = server.URL, server
		c.URL, c.ClientID, c.Names = server.URL, "hub", catalogue.Texts{FI: c.ID, SV: c.ID, EN: c.ID}
		config.Issuers = append(config.Issuers, c)
	}
	d.node = w.start(func(o *gateway.Options) { o.Web, o.Key, o.SignIn = listener, w.key, config })
	return d
}

// personas are the people of an issuer as they are now.
func (d *door) personas(issuer string) []devissuer.Persona {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var list []devissuer.Persona
	for _, place := range slices.Sorted(maps.Keys(d.people)) {
		if key, ok := strings.CutPrefix(place, issuer+"/"); ok {
			list = append(list, devissuer.Persona{Key: key, Label: key, Claims: d.people[place]})
		}
	}
	return list
}

// says changes what an issuer says of somebody; nil forgets them.
func (d *door) says(issuer, key string, claims map[string]any) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if claims == nil {
		delete(d.people, issuer+"/"+key)
		return
	}
	d.people[issuer+"/"+key] = claims
}

// mandates are the claims of somebody who may act for companies.
func mandates(companies ...string) map[string]any {
	list := []map[string]string{}
	for _, company := range companies {
		list = append(list, map[string]string{"company": company, "basis": "mandate", "role": "accounting"})
	}
	return map[string]any{"representations": list}
}

// person is a browser that follows redirects.
type person struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (d *door) person() *person {
	d.w.t.Helper()
	jar, err := cookiejar.New(nil)
	must(d.w.t, err)
	return &person{t: d.w.t, base: d.base, client: &http.Client{Jar: jar, Timeout: patience}}
}

// seen is a page that somebody got.
type seen struct {
	status int
	at     *url.URL
	body   string
	header http.Header
}

func (p *person) ask(method, address string, form url.Values) seen {
	p.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = p.base + address
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, address, body)
	must(p.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := p.client.Do(r)
	must(p.t, err)
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	must(p.t, err)
	return seen{answer.StatusCode, answer.Request.URL, string(data), answer.Header}
}

// still keeps the browser where it is when it is sent on.
func (p *person) still() *person {
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return p
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// signIn signs in as a persona, and answers where that led.
func (p *person) signIn(issuer, key, next string) seen {
	p.t.Helper()
	at := p.ask(http.MethodPost, "/sign-in/"+issuer, url.Values{"next": {next}})
	if at.status != http.StatusOK {
		p.t.Fatalf("the issuer answers %d at %s: %s", at.status, at.at, at.body)
	}
	return p.ask(http.MethodPost, at.at.String(), chosen(at, key))
}

// chosen is the form of an issuer's page with a persona.
func chosen(at seen, key string) url.Values {
	form := url.Values{"persona": {key}}
	for _, match := range hiddenField.FindAllStringSubmatch(at.body, -1) {
		form.Set(match[1], strings.NewReplacer("&#43;", "+", "&amp;", "&").Replace(match[2]))
	}
	return form
}

// cookie is the browser's cookie of a name; nil when there is none.
func (p *person) cookie(name string) *http.Cookie {
	p.t.Helper()
	at, err := url.Parse(p.base)
	must(p.t, err)
	for _, c := range p.client.Jar.Cookies(at) {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// hold puts a cookie into the browser.
func (p *person) hold(c *http.Cookie) {
	p.t.Helper()
	at, err := url.Parse(p.base)
	must(p.t, err)
	p.client.Jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/"}})
}

// isIn tells whether the browser is signed in.
func (p *person) isIn() bool {
	p.t.Helper()
	return p.ask(http.MethodGet, "/me", nil).status == http.StatusOK
}
