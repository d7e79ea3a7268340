package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/gateway/web"
)

// visitor asks for pages as nobody should: with any path, and without following
// redirects.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
	// from is where a proxy says that the visitor is; empty without one.
	from string
}

func newVisitor(t *testing.T, w *world.World, token string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, base: "http://" + w.At.Web, client: &http.Client{
		Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if token != "" {
		at, err := url.Parse(v.base)
		if err != nil {
			t.Fatal(err)
		}
		jar.SetCookies(at, w.SignedIn(t, token))
	}
	return v
}

// given is what a visitor got.
type given struct {
	status int
	header http.Header
	body   string
}

// ask sends a request whose path is written into the request line as it is.
func (v *visitor) ask(method, path string, form url.Values) given {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.base, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.URL.Opaque = "//" + strings.TrimPrefix(v.base, "http://") + path
	if v.from != "" {
		request.Header.Set("X-Forwarded-For", v.from)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	answer, err := v.client.Do(request)
	if err != nil {
		v.t.Fatalf("%s %.100q: %v", method, path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return given{answer.StatusCode, answer.Header, string(body)}
}

var (
	placeholder = regexp.MustCompile(`\{[a-z]+\}`)
	anyUUID     = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
)

// anonymous is an answer without the id that was asked for, and without what is new
// in each: its time and the ids of its forms.
func (g given) anonymous(id string) string {
	g.header.Del("Date")
	body := anyUUID.ReplaceAllString(strings.ReplaceAll(g.body, id, "?"), "!")
	return strings.ReplaceAll(fmt.Sprintf("%d %v", g.status, g.header), id, "?") + "\n" + body
}

// pageSteps are what forms of a page may ask for, so that each way into the API is tried.
var pageSteps = []string{
	"", "message", "answer", "withdraw", "rate", "close", "reopen", "confirm", "link", "add", "agree", "refuse",
	"pickup", "handback", "assign", "reply", "note", "ask", "decline", "refer", "decide", "complete", "contact",
}

// filled is a form that fills in what any of them needs.
func filled(do string) url.Values {
	return url.Values{
		"form": {do}, "do": {do}, "request_id": {newID()}, "request": {"omnia-1"}, "text": {"Hei"}, "number": {"1"}, "stars": {"5"},
		"company": {theirs}, "company_id": {theirs}, "advisor": {"providers/chamber/advisors/" + world.FirstAdvisor}, "question": {"Mitä?"},
		"due_date": {world.InDays(7)}, "reason": {"DECLINE_REASON_OTHER"}, "title": {"Päätös"}, "result": {"DECISION_RESULT_GRANTED"},
		"reasons": {"Ehdot täyttyvät"}, "summary": {"Valmis"}, "kind": {"CONTACT_KIND_CALL"}, "service": {world.Full("omnia/staff-training")},
	}
}

// TestAnothersPageCannotBeToldFromNone asks for every page that has an id in its
// address, and sends every form there: for another's id and for a random one the
// answer is the same, byte for byte, with its headers.
func TestAnothersPageCannotBeToldFromNone(t *testing.T) {
	t.Parallel()
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := newFixture(t, w)
	full := f.request("referral")
	id, nowhere := caseID.FindString(full), f.nowhere()
	visitors := map[string]*visitor{
		"nobody":                     newVisitor(t, w, ""),
		"another company":            newVisitor(t, w, w.Token(t, world.CompanyUser("stranger", theirs))),
		"another provider's advisor": newVisitor(t, w, w.Token(t, world.AdvisorOf("chamber", world.FirstAdvisor))),
		"another provider's lead":    newVisitor(t, w, w.Token(t, world.LeadOf("chamber", world.Lead))),
		"an operator":                newVisitor(t, w, w.Token(t, world.Operator())),
	}
	compared := 0
	for _, pattern := range web.Patterns() {
		if !strings.Contains(pattern, "{case}") {
			continue
		}
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			t.Errorf("%s names no method", pattern)
		}
		steps := pageSteps
		if method == http.MethodGet {
			steps = steps[:1]
		}
		for who, v := range visitors {
			for _, party := range []string{"omnia", "chamber"} {
				of := func(id string) string {
					address := strings.NewReplacer("{case}", id, "{provider}", party, "{request}", party+"-1").Replace(path)
					if left := placeholder.FindString(address); left != "" {
						t.Fatalf("say what to put for %s of %s", left, pattern)
					}
					return address + "?request=omnia-1&number=1"
				}
				for _, do := range steps {
					one, other := v.ask(method, of(id), filled(do)), v.ask(method, of(nowhere), filled(do))
					if one.status < 400 || one.status >= 500 {
						t.Errorf("%s %s as %s: answered %d", pattern, do, who, one.status)
					}
					if a, b := one.anonymous(id), other.anonymous(nowhere); a != b {
						t.Errorf("%s %s as %s: another's and none can be told apart:\n%.3000s\n%.3000s", pattern, do, who, a, b)
					}
					compared++
				}
			}
		}
	}
	if compared < 200 {
		t.Errorf("compared %d answers only", compared)
	}
}

// TestHostilePaths puts hostile pieces where each page's address has an id.
func TestHostilePaths(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := newFixture(t, w)
	full := f.request("mine")
	company := newVisitor(t, w, w.Token(t, sample{}.caller()))
	advisor := newVisitor(t, w, w.Token(t, world.AdvisorOf("omnia", world.FirstAdvisor)))
	right := strings.NewReplacer("{case}", caseID.FindString(full), "{provider}", "omnia", "{request}", "omnia-1")
	pieces := append(slices.Clone(hostile), "..%2f..%2fdesk%2fomnia", "%2e%2e", "%c0%ae%c0%ae", "%ff", "%zz", "{case}", "omnia-1%00", "omnia-01", "omnia-99999999999999999999")
	for _, pattern := range web.Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		for _, part := range placeholder.FindAllString(path, -1) {
			for _, piece := range pieces {
				escaped := piece
				if !strings.Contains(piece, "%") {
					escaped = url.PathEscape(piece)
				}
				address := right.Replace(strings.Replace(path, part, escaped, 1))
				for _, v := range []*visitor{company, advisor} {
					got := v.ask(method, address, filled("message"))
					to := got.header.Get("Location")
					inside := got.status >= 300 && got.status < 400 && strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//")
					if (got.status < 400 || got.status >= 500) && !inside {
						t.Errorf("%s %.120s: answered %d, to %q", method, address, got.status, to)
					}
					for _, inner := range []string{"sqlite", "goroutine", ".go:", "nats:"} {
						if strings.Contains(got.body, inner) {
							t.Errorf("%s %.120s tells %q", method, address, inner)
						}
					}
				}
			}
		}
	}
	if errors := strings.Count(w.Process("gateway").Log(), "level=ERROR"); errors > 0 {
		t.Errorf("%d faults of the hub are in its log", errors)
	}
}
