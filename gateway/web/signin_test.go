package web_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway/devissuer"
	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/services/kit/catalogue"
)

// newDoor is a browser of pages that an issuer lets people in to, who act for a company.
func newDoor(t *testing.T, change ...func(*web.Options)) *browser {
	t.Helper()
	issuer := &devissuer.Issuer{
		Title: "Broker", Now: time.Now, Redirect: func(*http.Request, string) bool { return true },
		Personas: func() []devissuer.Persona {
			return []devissuer.Persona{{Key: "aino", Label: "Aino", Claims: map[string]any{
				"representations": []map[string]string{{"company": "9000001-1", "basis": "self"}},
			}}}
		},
	}
	server := httptest.NewServer(issuer)
	t.Cleanup(server.Close)
	issuer.URL = server.URL
	config := signin.Config{HubURL: "https://hub.example", Issuers: []signin.IssuerConfig{
		{ID: "broker", URL: server.URL, ClientID: "hub", Names: catalogue.Texts{FI: "Välittäjä", SV: "Förmedlare", EN: "Broker"}, For: signin.Companies, RepresentationsClaim: "representations"},
		{ID: "omnia", URL: server.URL + "/none", ClientID: "hub", For: signin.Staff, Provider: "omnia"},
	}}
	return newBrowser(t, append([]func(*web.Options){func(o *web.Options) {
		o.SignIn = signin.New(config, signin.Options{SubjectKey: make([]byte, 32)})
	}}, change...)...)
}

// enter goes to the issuer and comes back from it with what it says of Aino. It answers the
// cookie of the way, and the answer to the callback.
func (b *browser) enter(next string, header http.Header) (pending *http.Cookie, end *http.Response) {
	b.t.Helper()
	start := b.sendForm(http.MethodPost, "/sign-in/broker", url.Values{"next": {next}}, header)
	for _, c := range start.Cookies() {
		if strings.HasSuffix(c.Name, "hub_sign_in") {
			pending = c
		}
	}
	to, err := url.Parse(start.Header.Get("Location"))
	if err != nil || pending == nil {
		b.t.Fatalf("the way to the issuer: %s, %v, %v", start.Status, start.Cookies(), err)
	}
	form := to.Query()
	form.Set("persona", "aino")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.PostForm(to.Scheme+"://"+to.Host+to.Path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(back.String(), "https://hub.example/sign-in/broker/callback?") {
		b.t.Fatalf("the issuer answers %s, to %s", answer.Status, back)
	}
	return pending, b.send(http.MethodGet, back.RequestURI(), header, pending)
}

// signedIn signs in with whatever headers are there, and answers the cookie of
// the way to the issuer and that of the session.
func (b *browser) signedIn(header http.Header) (pending, session *http.Cookie) {
	b.t.Helper()
	pending, end := b.enter("", header)
	for _, c := range end.Cookies() {
		if strings.HasSuffix(c.Name, "hub_session") && c.Value != "" {
			session = c
		}
	}
	if session == nil {
		b.t.Fatalf("the callback answers %s with %v", end.Status, end.Cookies())
	}
	return pending, session
}

func TestCookieAttributes(t *testing.T) {
	for name, test := range map[string]struct {
		proxied bool
		header  http.Header
		secure  bool
	}{
		"plain":                     {false, nil, false},
		"plain that claims https":   {false, overHTTPS, false},
		"through a proxy, plain":    {true, http.Header{"X-Forwarded-Proto": {"http"}}, false},
		"through a proxy, by https": {true, overHTTPS, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newDoor(t, func(o *web.Options) { o.BehindProxy = test.proxied })
			pending, session := b.signedIn(test.header)
			prefix := ""
			if test.secure {
				prefix = "__Host-"
			}
			for want, c := range map[string]*http.Cookie{"hub_session": session, "hub_sign_in": pending} {
				if c.Name != prefix+want || c.Secure != test.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
					t.Errorf("the cookie is %v", c)
				}
			}
			if session.MaxAge != 0 || pending.MaxAge != 600 {
				t.Errorf("the session's cookie lives %d s, the other %d", session.MaxAge, pending.MaxAge)
			}
			if !b.isIn(test.header, session) {
				t.Error("the cookie does not sign in")
			}
			answer := b.send(http.MethodGet, "/?lang=sv", test.header)
			for _, c := range answer.Cookies() {
				if c.Secure != test.secure || !c.HttpOnly || strings.HasPrefix(c.Name, "__Host-") != test.secure {
					t.Errorf("the cookie %v", c)
				}
			}
			if hsts := answer.Header.Get("Strict-Transport-Security"); (hsts != "") != test.secure {
				t.Errorf("Strict-Transport-Security is %q", hsts)
			}
		})
	}
	// A plain page, or one of a neighbouring host, can set the name without the prefix.
	b := newDoor(t, behindProxy)
	_, planted := b.signedIn(overHTTPS)
	planted.Name = "hub_session"
	if b.isIn(overHTTPS, planted) {
		t.Error("over https a cookie without the prefix signs in")
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	b := newDoor(t)
	_, cookie := b.signedIn(nil)
	_, other := b.signedIn(nil)
	answer := b.send(http.MethodPost, "/sign-out", nil, cookie)
	if len(answer.Cookies()) == 0 {
		t.Error("sign-out leaves the cookies as they are")
	}
	for _, c := range answer.Cookies() {
		if c.MaxAge >= 0 {
			t.Errorf("sign-out leaves %v", c)
		}
	}
	if b.isIn(nil, cookie) {
		t.Error("a copy of the cookie still signs in")
	}
	if !b.isIn(nil, other) {
		t.Error("the same person's other browser was signed out too")
	}
}

// TestTheCookieOfASessionShowsNothing: a random name, and sealed what is not.
func TestTheCookieOfASessionShowsNothing(t *testing.T) {
	b := newDoor(t)
	pending, session := b.signedIn(nil)
	if len(session.Value) != 52 || strings.ContainsAny(session.Value, ".-_=") {
		t.Errorf("the session's cookie is %q", session.Value)
	}
	if strings.Contains(pending.Value, "broker") || strings.Contains(pending.Value, "eyJ") {
		t.Errorf("the cookie of the way shows %q", pending.Value)
	}
	for name, value := range map[string]string{"changed": "A" + session.Value[1:], "cut": session.Value[:51], "longer": session.Value + "A", "a token": companyToken()} {
		if value != session.Value && b.isIn(nil, &http.Cookie{Name: "hub_session", Value: value}) {
			t.Errorf("a cookie that is %s signs in", name)
		}
	}
}

// TestTheCookieOfACaseIsSealed: code and secret are not to be read in it, and nobody makes one.
func TestTheCookieOfACaseIsSealed(t *testing.T) {
	b := newBrowser(t)
	b.post("/open-code", url.Values{"code": {"BE-AAAA-BBBB"}, "secret": {"THESECRETOFACASE"}})
	at, _ := url.Parse(b.base)
	found := ""
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == "hub_case" {
			found = c.Value
		}
	}
	if found == "" || strings.Contains(found, "VEhFU0VDUkVU") || strings.Contains(found, "eyJ") {
		t.Errorf("the cookie is %q", found)
	}
	jar, _ := cookiejar.New(nil)
	b.client.Jar = jar
	jar.SetCookies(at, []*http.Cookie{{Name: "hub_case", Value: "eyJjYXNlIjoieCIsImNvZGUiOiJ4Iiwic2VjcmV0IjoieCJ9"}})
	b.get("/").lacks(t, "/cases/x")
}

// TestSignInPage shows who lets people in, in each language, and nothing that a stranger
// could sign in with.
func TestSignInPage(t *testing.T) {
	b := newDoor(t)
	b.get("/sign-in?lang=fi").has(t, "Välittäjä", `<form method="post" action="/sign-in/broker" id="sign-in-broker">`, `action="/sign-in/omnia"`, "Palveluntarjoajien henkilöstö")
	const next = `name="next" value="`
	b.get("/sign-in?lang=sv&next=/cases/x%3Fa=b").has(t, "Förmedlare", next+`/cases/x?a=b"`)
	for _, evil := range []string{"https://evil.example", "//evil.example"} {
		b.get("/sign-in?lang=en&next="+url.QueryEscape(evil)).lacks(t, next, `"https://evil`, `"//evil`)
	}
	b.get("/sign-in").lacks(t, `name="token"`, `name="persona"`, `type="password"`)
	newBrowser(t).get("/sign-in?lang=en").has(t, "Nobody can sign in here yet.")
	if p := b.post("/sign-in/nobody", nil); p.code != http.StatusNotFound {
		t.Errorf("an issuer that there is not: %d", p.code)
	}
	if p := b.post("/sign-in/omnia", nil); p.code != http.StatusServiceUnavailable {
		t.Errorf("an issuer that is away: %d", p.code)
	}
}

// TestSignInIsBegunByAPerson: no link, frame or form of another site sends a browser to an
// issuer, where who is signed in already would come back signed in here. Browsers let the
// form of the sign-in page lead on to issuers, and no other form.
func TestSignInIsBegunByAPerson(t *testing.T) {
	b := newDoor(t)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if answer := b.send(method, "/sign-in/broker?next=/cases", nil); answer.StatusCode != http.StatusNotFound || answer.Header.Get("Location") != "" || len(answer.Cookies()) > 0 {
			t.Errorf("%s begins a sign-in: %s, %v", method, answer.Status, answer.Header)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+"/sign-in/broker", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if p := b.do(r); p.code != http.StatusForbidden || strings.Contains(p.head.Get("Set-Cookie"), "hub_sign_in") {
		t.Errorf("another site's form begins a sign-in: %d, %v", p.code, p.head)
	}
	if got := b.get("/sign-in").head.Get("Content-Security-Policy"); !strings.Contains(got, "; form-action 'self' https: http://127.0.0.1:") {
		t.Errorf("the sign-in page: %s", got)
	}
	if got := b.get("/status").head.Get("Content-Security-Policy"); !strings.Contains(got, "; form-action 'self'; ") {
		t.Errorf("another page: %s", got)
	}
}

// TestPagesAreFound: what concerns a person is linked from the pages where they would look,
// in each language.
func TestPagesAreFound(t *testing.T) {
	links := func(b *browser, page string, wants ...string) {
		t.Helper()
		for _, lang := range []string{"fi", "sv", "en"} {
			p := b.get(page + "?lang=" + lang)
			for _, want := range wants {
				if !strings.Contains(p.body, `href="`+want+`"`) {
					t.Errorf("%s in %s (%d) does not lead to %s", page, lang, p.code, want)
				}
			}
		}
	}
	company, lead := newBrowser(t), newBrowser(t)
	company.signIn(companyToken())
	lead.signIn(advisorToken("lead"))
	links(newBrowser(t), "/", "/sign-in", "/open-code", "/privacy", "/data", "/status")
	links(company, "/cases", "/me", "/grants", "/data", "/privacy")
	links(company, "/me", "/data", "/grants")
	links(company, "/cases/"+caseID, "/cases/"+caseID+"/access", "/cases/"+caseID+"/add")
	links(lead, "/desk/omnia", "/me", "/desk/omnia/keys", "/desk/omnia/access", "/desk/omnia/new", "/data")
}
