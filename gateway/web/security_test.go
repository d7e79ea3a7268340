package web_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway/web"
)

// addresses are one address for each pattern of the pages, by pattern.
func addresses() map[string]string {
	all := map[string]string{}
	fill := strings.NewReplacer("{$}", "", "{case}", caseID, "{provider}", "omnia", "{request}", "omnia-2")
	for _, pattern := range web.Patterns() {
		_, path, found := strings.Cut(pattern, " ")
		if !found {
			path = "/nowhere"
		}
		all[pattern] = fill.Replace(path)
	}
	return all
}

// raw sends bytes as they are and answers what came back until the server closes.
func (b *browser) raw(request string) string {
	b.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.base, "http://"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		return err.Error()
	}
	_ = conn.(*net.TCPConn).CloseWrite() // so that the server closes too, once it has answered
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// TestEveryAnswerSaysWhatItIs: each answer with a body names its type and its charset,
// and the body is of that type.
func TestEveryAnswerSaysWhatItIs(t *testing.T) {
	b := newBrowser(t)
	paths := []string{"//a//b", "/desk/../status", "/cases/", "/static/none.css"}
	for _, address := range addresses() {
		paths = append(paths, address)
	}
	first := b.get("/")
	paths = append(paths, regexp.MustCompile(`/static/[a-z]+-[0-9a-f]+\.(?:css|svg)`).FindAllString(first.body, -1)...)
	for _, cookie := range []*http.Cookie{{Name: "none", Value: "x"}, b.begin(companyToken()), b.begin(advisorToken("advisor"))} {
		for _, path := range paths {
			answer := b.raw("GET " + path + " HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nCookie: " + cookie.Name + "=" + cookie.Value + "\r\n\r\n")
			r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			body, _ := io.ReadAll(r.Body)
			if len(body) == 0 {
				continue
			}
			kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
			if err != nil || !strings.EqualFold(parameters["charset"], "utf-8") {
				t.Errorf("%s: %s is %q", path, r.Status, r.Header.Get("Content-Type"))
			}
			begins := map[string]string{"text/html": "<", "text/css": "/*", "image/svg+xml": "<svg"}[kind]
			if begins == "" || !bytes.HasPrefix(bytes.TrimSpace(body), []byte(begins)) {
				t.Errorf("%s says that it is %s and begins %.20q", path, kind, body)
			}
		}
	}
}

// TestSignedInPagesAreKeptNowhere, neither by browsers nor on the way, and they offer
// to sign out. What is the same for all may be kept.
func TestSignedInPagesAreKeptNowhere(t *testing.T) {
	for _, who := range []string{companyToken(), advisorToken("advisor"), advisorToken("lead")} {
		b := newBrowser(t)
		b.signIn(who)
		for pattern, address := range addresses() {
			if strings.HasPrefix(pattern, "POST") {
				continue
			}
			p := b.get(address)
			if got := p.head.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s signed in: Cache-Control is %q", address, got)
			}
			p.has(t, `<form method="post" action="/sign-out">`)
		}
	}
	b := newBrowser(t)
	values := b.get("/open-code").hidden(t, "form-open")
	values.Set("code", "ABCD-EFGH")
	values.Set("secret", "s3cret-w0rd")
	if p := b.post("/open-code", values); p.head.Get("Cache-Control") != "no-store" {
		t.Errorf("the case of a code, %d at %s: Cache-Control is %q", p.code, p.url, p.head.Get("Cache-Control"))
	} else if !strings.Contains(p.body, `action="/leave-case"`) {
		t.Error("the case of a code does not offer to leave it")
	}
	if got := newBrowser(t).get("/privacy").head.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("a page for all: Cache-Control is %q", got)
	}
}

// TestLeavingForgets: sign-out, and leaving a case, tell the browser to drop what it
// keeps; the language stays.
func TestLeavingForgets(t *testing.T) {
	b := newBrowser(t)
	cookie := b.begin(companyToken())
	for _, path := range []string{"/sign-out", "/leave-case"} {
		answer := b.send(http.MethodPost, path, nil, cookie)
		if got := answer.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` || answer.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Clear-Site-Data %s, Cache-Control %s", path, got, answer.Header.Get("Cache-Control"))
		}
	}
}

// TestNoPostFromAnotherSite: no form at all is taken from another site, whichever way
// its browser says so, and nothing is asked of the API.
func TestNoPostFromAnotherSite(t *testing.T) {
	b := newBrowser(t)
	cookie := b.begin(companyToken())
	posts := 0
	for pattern, address := range addresses() {
		if !strings.HasPrefix(pattern, "POST") {
			continue
		}
		posts++
		for _, header := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}},
			{"Sec-Fetch-Site": {"same-site"}},
			{"Origin": {"https://evil.example"}},
			{"Origin": {"null"}},
			{"Origin": {b.base + ".evil.example"}},
		} {
			before := b.api.total()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+address, strings.NewReader("do=close&form=close&token="+companyToken()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(cookie)
			if p := b.do(r); p.code != http.StatusForbidden {
				t.Errorf("%s with %v: status %d", address, header, p.code)
			}
			if n := b.api.total() - before; n > 4 { // the catalogue, for the page that explains
				t.Errorf("%s with %v: %d calls of the API", address, header, n)
			}
		}
	}
	if posts < 10 || !b.isIn(nil, cookie) {
		t.Errorf("%d forms were tried, and the session lives: %t", posts, b.isIn(nil, cookie))
	}
}

// TestOtherMethodsDoNothing: a page takes GET, HEAD and, where it has a form, POST. No
// other method, no header and no field makes one of them of another.
func TestOtherMethodsDoNothing(t *testing.T) {
	b := newBrowser(t)
	cookie := b.begin(companyToken())
	for _, address := range addresses() {
		for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "post", "GETS"} {
			before := b.api.changes()
			answer := b.raw(method + " " + address + "?_method=POST HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\nX-HTTP-Method-Override: POST\r\n" +
				"Cookie: " + cookie.Name + "=" + cookie.Value + "\r\nX-Mark: zmark\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\ndo=close")
			status, _, _ := strings.Cut(answer, "\r\n")
			if !strings.Contains(status, " 404 ") && !strings.Contains(status, " 405 ") && !strings.Contains(status, " 400 ") {
				t.Errorf("%s %s: %s", method, address, status)
			}
			if strings.Contains(answer, "zmark") || strings.Contains(answer, "Access-Control-Allow") || b.api.changes() != before {
				t.Errorf("%s %s repeats the request, opens itself to other sites, or changed something", method, address)
			}
		}
	}
	before := b.api.changes()
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		b.send(http.MethodGet, "/cases/"+caseID+"?form=close&do=close&_method=POST&request_id=7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", http.Header{header: {"POST"}}, cookie)
	}
	if b.api.changes() != before {
		t.Error("a GET changed something")
	}
}

// TestSmuggledRequests: what follows a message whose length can be read in two ways is
// not answered as a request of its own.
func TestSmuggledRequests(t *testing.T) {
	b := newBrowser(t)
	const inner = "GET /static/smuggled HTTP/1.1\r\nHost: hub\r\n\r\n"
	head := "POST /sign-out HTTP/1.1\r\nHost: hub\r\n"
	for name, request := range map[string]string{
		"two lengths":                head + "Content-Length: 0\r\nContent-Length: " + fmt.Sprint(len(inner)) + "\r\n\r\n" + inner,
		"a list of lengths":          head + "Content-Length: 0, " + fmt.Sprint(len(inner)) + "\r\n\r\n" + inner,
		"a signed length":            head + "Content-Length: +5\r\n\r\nabcde" + inner,
		"a negative length":          head + "Content-Length: -1\r\n\r\n" + inner,
		"another encoding":           head + "Transfer-Encoding: xchunked\r\n\r\n" + inner,
		"chunked twice":              head + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + inner,
		"two encodings":              head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + inner,
		"a space before the colon":   head + "Content-Length : 5\r\n\r\nabcde" + inner,
		"a length beside chunks":     head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
		"a bad chunk":                head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" + inner,
		"two hosts":                  "GET /status HTTP/1.1\r\nHost: hub\r\nHost: evil\r\n\r\n" + inner,
		"no host":                    "GET /status HTTP/1.1\r\n\r\n" + inner,
		"a bare newline in the path": "GET /status\n HTTP/1.1\r\nHost: hub\r\n\r\n" + inner,
	} {
		answer := b.raw(request)
		if strings.Contains(answer, "HTTP/1.1 404 ") || !strings.HasPrefix(answer, "HTTP/1.1 ") {
			t.Errorf("%s:\n%s", name, answer)
		}
	}
	if answer := b.raw(head + "Content-Length: 0\r\n\r\n" + inner); !strings.Contains(answer, "HTTP/1.1 404 ") {
		t.Errorf("two good requests are not both answered, so the others prove nothing:\n%s", answer)
	}
}

// TestSlowFormsEnd: a form that arrives byte by byte is given up, and the connection
// with it; others are answered meanwhile and after.
func TestSlowFormsEnd(t *testing.T) {
	b := newBrowser(t, func(o *web.Options) { o.SlowestForm = 100 * time.Millisecond })
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	_, _ = io.WriteString(conn, "POST /choose HTTP/1.1\r\nHost: hub\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntext=a")
	if p := b.get("/status"); p.code != http.StatusOK {
		t.Errorf("another page meanwhile: %d", p.code)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Errorf("the slow form holds its connection: %v", err)
	}
	if strings.Contains(string(answer), " 200 ") {
		t.Errorf("half a form is answered:\n%.200s", answer)
	}
	if p := b.get("/status"); p.code != http.StatusOK {
		t.Errorf("another page after it: %d", p.code)
	}
}

// TestNoHeaderOfAVisitorsMaking: nothing that is sent ends a header or leads to another site.
func TestNoHeaderOfAVisitorsMaking(t *testing.T) {
	b := newDoor(t)
	for _, next := range []string{
		"//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/\t/evil.example", "/\r\nSet-Cookie: hub_session=x", "javascript:alert(1)",
		"/%0d%0aSet-Cookie:%20hub_session=x", " //evil.example", "/ok\x00", "http:evil.example", "/.//evil.example", "/@evil.example",
	} {
		_, answer := b.enter(next, nil)
		to, err := url.Parse(answer.Header.Get("Location"))
		if err != nil || to.Host != "" || to.Scheme != "" || !strings.HasPrefix(to.Path, "/") || strings.HasPrefix(answer.Header.Get("Location"), "//") {
			t.Errorf("next %q leads to %q", next, answer.Header.Get("Location"))
		}
		if n := len(answer.Header.Values("Set-Cookie")); n != 2 { // the session, and the end of the way
			t.Errorf("next %q sets %d cookies", next, n)
		}
	}
	// The host that a visitor names is in no answer.
	answer := b.raw("GET /check HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n")
	if strings.Contains(answer, "evil.example") || !strings.Contains(answer, "Location: /\r\n") {
		t.Errorf("a redirect names the host that the visitor chose:\n%s", answer)
	}
	for _, path := range []string{"/?lang=fi%0d%0aX-Evil:1", "/cases?done=x%0d%0aX-Evil:1", "//evil.example/%2f..", "/%5c%5cevil.example", "/%0d%0aX-Evil:1"} {
		answer := b.raw("GET " + path + " HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
		head, _, _ := strings.Cut(answer, "\r\n\r\n")
		if strings.Contains(head, "\nX-Evil") || strings.Contains(head, "Location: //") || strings.Contains(head, "Location: /\\") {
			t.Errorf("%s:\n%s", path, head)
		}
	}
}

// TestAFaultOfAPageTellsNothing: a page that fails or panics explains itself with a
// reference alone, the log has the cause, and the next page works.
func TestAFaultOfAPageTellsNothing(t *testing.T) {
	out := &bytes.Buffer{}
	broken := true
	b := newBrowser(t, func(o *web.Options) {
		o.Log = slog.New(slog.NewTextHandler(out, nil))
		o.Status = func(context.Context) []web.PartStatus {
			if broken {
				panic("open /var/lib/hub/view.db: no space left")
			}
			return nil
		}
	})
	p := b.get("/status?lang=en")
	if p.code != http.StatusInternalServerError || p.head.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("a panic is answered %d, %s", p.code, p.head.Get("Content-Type"))
	}
	p.lacks(t, "view.db", "goroutine", ".go:", "panic")
	if got := out.String(); !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "no space left") || strings.Count(got, "\n") != 1 {
		t.Errorf("the log says %q", got)
	}
	reference := regexp.MustCompile(`reference=([a-z0-9]{10})`).FindStringSubmatch(out.String())
	if reference == nil || !strings.Contains(p.body, reference[1]) {
		t.Errorf("the page does not tell the reference %v", reference)
	}
	broken = false
	if p := b.get("/status"); p.code != http.StatusOK {
		t.Errorf("the next page is answered %d", p.code)
	}
}

// TestVisitsAreLogged: who signs in or out, who may not, and what another site tried,
// are lines of the log; nothing that was sent is in them.
func TestVisitsAreLogged(t *testing.T) {
	out := &bytes.Buffer{}
	b := newDoor(t, func(o *web.Options) { o.Log = slog.New(slog.NewTextHandler(out, nil)) })
	step := func(want string, do func()) {
		t.Helper()
		out.Reset()
		do()
		if got := out.String(); strings.Count(got, "msg=security") != 1 || !strings.Contains(got, want) || !strings.Contains(got, " caller=") {
			t.Errorf("want %s, the log says %q", want, got)
		}
		for _, private := range []string{"9000001-1", "eyJ", "p1", "maija", "127.0.0.1", "zforged"} {
			if strings.Contains(out.String(), private) {
				t.Errorf("the log holds %s: %s", private, out)
			}
		}
	}
	var cookie *http.Cookie
	step(`level=INFO msg=security event=sign_in issuer=broker page="GET /sign-in/{issuer}/callback" role=company`, func() { _, cookie = b.signedIn(nil) })
	step(`level=WARN msg=security event=sign_in_refused issuer=broker page="GET /sign-in/{issuer}/callback" reason=SIGN_IN_NOT_BEGUN`, func() {
		b.send(http.MethodGet, "/sign-in/broker/callback?code=zforged&state="+url.QueryEscape("zforged\nlevel=INFO msg=security event=sign_in"), nil)
	})
	step(`level=WARN msg=security event=cross_origin_refused role=company`, func() {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+"/sign-out", nil)
		r.Header.Set("Origin", "https://zforged.example")
		r.AddCookie(cookie)
		b.do(r)
	})
	step(`level=INFO msg=security event=sign_out page="POST /sign-out" role=company`, func() { b.send(http.MethodPost, "/sign-out", nil, cookie) })
	b = newBrowser(t, func(o *web.Options) { o.Log, o.RateLimit = slog.New(slog.NewTextHandler(out, nil)), 0.2 })
	b.get("/status")
	step(`level=WARN msg=security event=rate_limited`, func() { b.get("/status") })
}
