package web_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/services/kit/problem"
)

// send makes a request with headers and cookies, without following where it leads.
func (b *browser) send(method, path string, form url.Values, header http.Header, cookies ...*http.Cookie) *http.Response {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	client := &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer
}

// signedIn signs in with whatever cookies are there and answers the session's cookie.
func (b *browser) signedIn(token string, header http.Header, cookies ...*http.Cookie) *http.Cookie {
	b.t.Helper()
	answer := b.send(http.MethodPost, "/sign-in", url.Values{"token": {token}}, header, cookies...)
	for _, c := range answer.Cookies() {
		if strings.HasSuffix(c.Name, "hub_session") && c.Value != "" {
			return c
		}
	}
	b.t.Fatalf("sign-in answers %s with %v", answer.Status, answer.Cookies())
	return nil
}

// isIn tells whether a cookie shows the company's cases.
func (b *browser) isIn(header http.Header, cookie *http.Cookie) bool {
	b.t.Helper()
	return b.send(http.MethodGet, "/cases", nil, header, cookie).StatusCode == http.StatusOK
}

var overHTTPS = http.Header{"X-Forwarded-Proto": {"https"}}

func behindProxy(o *web.Options) { o.BehindProxy = true }

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
			b := newBrowser(t, func(o *web.Options) { o.BehindProxy = test.proxied })
			cookie := b.signedIn(companyToken(), test.header)
			want := "hub_session"
			if test.secure {
				want = "__Host-hub_session"
			}
			if cookie.Name != want || cookie.Secure != test.secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 0 {
				t.Errorf("the session's cookie is %v", cookie)
			}
			if !b.isIn(test.header, cookie) {
				t.Error("the cookie does not sign in")
			}
			answer := b.send(http.MethodGet, "/?lang=sv", nil, test.header)
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
	b := newBrowser(t, behindProxy)
	planted := b.signedIn(companyToken(), overHTTPS)
	planted.Name = "hub_session"
	if b.isIn(overHTTPS, planted) {
		t.Error("over https a cookie without the prefix signs in")
	}
}

func TestTheSessionIsNewAtSignIn(t *testing.T) {
	b := newBrowser(t)
	first := b.signedIn(companyToken(), nil)
	second := b.signedIn(companyToken(), nil)
	if first.Value == second.Value {
		t.Error("two sign-ins with one token have one session")
	}
	if !b.isIn(nil, first) || !b.isIn(nil, second) {
		t.Error("one of two sessions does not work")
	}
	// Who planted a cookie before sign-in knows nothing afterwards.
	third := b.signedIn(companyToken(), nil, first)
	if third.Value == first.Value || b.isIn(nil, first) || !b.isIn(nil, third) || !b.isIn(nil, second) {
		t.Error("the session from before sign-in goes on, or another has ended")
	}
	for _, secret := range []string{companyToken(), strings.Split(companyToken(), ".")[1]} {
		if strings.Contains(first.Value, secret) {
			t.Error("the cookie shows the token")
		}
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	b := newBrowser(t)
	cookie, other := b.signedIn(companyToken(), nil), b.signedIn(companyToken(), nil)
	answer := b.send(http.MethodPost, "/sign-out", nil, nil, cookie)
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

func TestSessionsAreSealed(t *testing.T) {
	b := newBrowser(t)
	cookie := b.signedIn(companyToken(), nil)
	elsewhere := newBrowser(t).signedIn(companyToken(), nil) // sealed by another key
	for name, value := range map[string]string{
		"token itself": companyToken(), "changed": cookie.Value[:40] + "AAAA" + cookie.Value[44:], "cut": cookie.Value[:len(cookie.Value)-4],
		"longer": cookie.Value + "AAAA", "short": "AAAA", "not base64": "***", "another hub's": elsewhere.Value,
	} {
		if b.isIn(nil, &http.Cookie{Name: "hub_session", Value: value}) {
			t.Errorf("a cookie that is %s signs in", name)
		}
	}
}

// TestNoIdentityFromHeaders: who somebody is comes from the session alone, whatever
// else a request says, also behind a proxy.
func TestNoIdentityFromHeaders(t *testing.T) {
	claims := http.Header{}
	for _, name := range []string{
		"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-Groups", "X-Remote-User", "Remote-User", "X-User",
		"X-Authenticated-User", "X-Auth-Request-User", "X-Webauth-User", "X-Original-User", "X-Subject", "X-Role", "X-Hub-Role", "X-Company-Id",
		"Grpc-Metadata-Authorization", "Grpc-Metadata-X-Forwarded-User", "Authorization", "Proxy-Authorization", "X-Access-Token", "Hub-Visitor", "Hub-Relay",
	} {
		claims.Set(name, "Bearer "+companyToken())
	}
	for _, proxied := range []bool{false, true} {
		b := newBrowser(t, func(o *web.Options) { o.BehindProxy = proxied })
		if answer := b.send(http.MethodGet, "/cases", nil, claims); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("behind a proxy %t: headers open the cases: %s", proxied, answer.Status)
		}
		cookie := b.signedIn(advisorToken("advisor"), nil)
		b.send(http.MethodGet, "/desk/omnia", nil, claims, cookie)
		if got := b.api.last(t, "ListRequests").authorization; got != "Bearer "+advisorToken("advisor") {
			t.Errorf("behind a proxy %t: the API was called as %q", proxied, got)
		}
	}
}

func TestPagesAreLimitedByAddress(t *testing.T) {
	b := newBrowser(t, behindProxy, func(o *web.Options) { o.RateLimit = 0.2 }) // one at once
	from := func(addresses ...string) *http.Response {
		return b.send(http.MethodGet, "/status", nil, http.Header{"X-Forwarded-For": addresses})
	}
	if answer := from("192.0.2.1"); answer.StatusCode != http.StatusOK {
		t.Fatalf("the first page: %s", answer.Status)
	}
	for _, addresses := range [][]string{{"192.0.2.1"}, {"203.0.113.9, 192.0.2.1"}, {"203.0.113.9", "10.0.0.1, 192.0.2.1"}} {
		answer := from(addresses...)
		if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%q: %s, Retry-After %q", addresses, answer.Status, answer.Header.Get("Retry-After"))
		}
	}
	if answer := from("192.0.2.2"); answer.StatusCode != http.StatusOK {
		t.Errorf("another address: %s", answer.Status)
	}
	// Without a proxy the header is the visitor's own word.
	b = newBrowser(t, func(o *web.Options) { o.RateLimit = 0.2 })
	from("192.0.2.1")
	if answer := from("192.0.2.2"); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a visitor chose their address: %s", answer.Status)
	}
}

// TestTooOftenSaysWhen: what the API refuses for a while is told with the time, and
// what was filled in stays.
func TestTooOftenSaysWhen(t *testing.T) {
	limited := problem.New(problem.Exhausted, "RATE_LIMITED", "more calls than the limit").Retry(2500*time.Millisecond).Meta("seconds", "3")
	b := newBrowser(t)
	b.signIn(companyToken())
	b.api.failing("ListCases", limited)
	p := b.get("/cases?lang=en")
	if p.has(t, "Try again in 3 seconds"); p.code != http.StatusTooManyRequests || p.head.Get("Retry-After") != "3" {
		t.Errorf("a page: %d, Retry-After %q", p.code, p.head.Get("Retry-After"))
	}
	b.api.failing("PostMessage", limited)
	p = b.post("/cases/"+caseID, url.Values{"form": {"message-omnia-1"}, "do": {"message"}, "request": {"omnia-1"}, "text": {"Tärkeä viesti"}, "request_id": {"7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11"}})
	if p.has(t, "Try again in 3 seconds"); p.code != http.StatusTooManyRequests || p.head.Get("Retry-After") != "3" {
		t.Errorf("a form: %d, Retry-After %q", p.code, p.head.Get("Retry-After"))
	}
}

func TestForgedTokensDoNotSignIn(t *testing.T) {
	b := newBrowser(t, func(o *web.Options) {
		o.Verify = func(string) error { return problem.New(problem.Unauthenticated, "TOKEN_SIGNATURE", "is not signed") }
	})
	jar, _ := cookiejar.New(nil) // never fails
	b.client.Jar = jar
	for i := range 20 {
		if p := b.post("/sign-in", url.Values{"token": {companyToken()}}); p.code != http.StatusUnprocessableEntity {
			t.Fatalf("attempt %d: %d", i, p.code)
		}
	}
	if p := b.post("/sign-in", url.Values{"token": {companyToken()}}); p.code != http.StatusTooManyRequests || p.head.Get("Retry-After") == "" {
		t.Errorf("the 21st attempt: %d, Retry-After %q", p.code, p.head.Get("Retry-After"))
	}
}
