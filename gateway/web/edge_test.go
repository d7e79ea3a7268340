package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/services/kit/problem"
)

// send makes a request with headers and cookies, without following where it leads.
func (b *browser) send(method, path string, header http.Header, cookies ...*http.Cookie) *http.Response {
	b.t.Helper()
	return b.sendForm(method, path, nil, header, cookies...)
}

// sendForm is send with a form.
func (b *browser) sendForm(method, path string, form url.Values, header http.Header, cookies ...*http.Cookie) *http.Response {
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

// isIn tells whether a cookie shows the company's cases.
func (b *browser) isIn(header http.Header, cookie *http.Cookie) bool {
	b.t.Helper()
	return b.send(http.MethodGet, "/cases", header, cookie).StatusCode == http.StatusOK
}

var overHTTPS = http.Header{"X-Forwarded-Proto": {"https"}}

func behindProxy(o *web.Options) { o.BehindProxy = true }

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
		if answer := b.send(http.MethodGet, "/cases", claims); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("behind a proxy %t: headers open the cases: %s", proxied, answer.Status)
		}
		cookie := b.begin(advisorToken("advisor"))
		b.send(http.MethodGet, "/desk/omnia", claims, cookie)
		if got := b.api.last(t, "ListRequests").authorization; got != "Bearer "+advisorToken("advisor") {
			t.Errorf("behind a proxy %t: the API was called as %q", proxied, got)
		}
	}
}

func TestPagesAreLimitedByAddress(t *testing.T) {
	b := newBrowser(t, behindProxy, func(o *web.Options) { o.RateLimit = 0.2 }) // one at once
	from := func(addresses ...string) *http.Response {
		return b.send(http.MethodGet, "/status", http.Header{"X-Forwarded-For": addresses})
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
	if p.has(t, "Try again in 3 s"); p.code != http.StatusTooManyRequests || p.head.Get("Retry-After") != "3" {
		t.Errorf("a page: %d, Retry-After %q", p.code, p.head.Get("Retry-After"))
	}
	b.api.failing("PostMessage", limited)
	p = b.post("/cases/"+caseID, url.Values{"form": {"message-omnia-1"}, "do": {"message"}, "request": {"omnia-1"}, "text": {"Tärkeä viesti"}, "request_id": {"7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11"}})
	if p.has(t, "Try again in 3 s"); p.code != http.StatusTooManyRequests || p.head.Get("Retry-After") != "3" {
		t.Errorf("a form: %d, Retry-After %q", p.code, p.head.Get("Retry-After"))
	}
	b.api.failing("ListCases", problem.New(problem.Exhausted, "RATE_LIMITED", "more").Retry(time.Second).Meta("seconds", "1"))
	b.get("/cases?lang=en").has(t, "Try again in one second.")
}
