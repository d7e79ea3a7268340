package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/web"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// endSession ends the visitor's session, as time does.
func (b *browser) endSession() {
	b.t.Helper()
	at, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "hub_session", Path: "/", MaxAge: -1}})
}

const message = "Hei, <b>onko</b> lomake jo tullut?"

func messageForm() url.Values {
	return url.Values{"form": {"message-omnia-1"}, "do": {"message"}, "request": {"omnia-1"}, "text": {message}, "request_id": {"7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11"}}
}

// TestAMessageAfterTheSession: what was written when the session had ended is shown,
// goes along through the sign-in, and is sent as it was.
func TestAMessageAfterTheSession(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	b.get("/cases/" + caseID)
	b.endSession()
	p := b.post("/cases/"+caseID, messageForm())
	if p.code != http.StatusUnauthorized || b.api.count("PostMessage") != 0 {
		t.Errorf("status %d after %d calls", p.code, b.api.count("PostMessage"))
	}
	p.has(t, "onko&lt;/b&gt;", "Kirjaudu sisään ja jatka")
	values := p.hidden(t, "kept")
	// In another language it is still there.
	values.Set("lang", "en")
	b.post("/kept", values).has(t, "What you wrote is safe", "onko&lt;/b&gt;", "Sign in and go on")
	values.Del("lang")
	values.Set("do", "sign_in")
	if p = b.post("/kept", values); p.url != "/sign-in?next=%2Fkept" {
		t.Fatalf("it leads to %s", p.url)
	}
	p.lacks(t, "lomake")
	if p = b.get("/kept"); p.code != http.StatusUnauthorized {
		t.Errorf("before the sign-in: %d", p.code)
	}
	p.lacks(t, "lomake")
	b.signIn(companyToken())
	for range 2 { // also when it is loaded anew
		p = b.get("/kept")
		p.has(t, "onko&lt;/b&gt;", `action="/cases/`+caseID+`"`)
	}
	again := p.hidden(t, "again")
	b.post("/cases/"+caseID, again)
	got := b.api.last(t, "PostMessage")
	if r := got.request.(*casesv1.PostMessageRequest); r.Text != message || r.RequestId != messageForm().Get("request_id") || got.authorization != "Bearer "+companyToken() {
		t.Errorf("sent as %v with %q", r, got.authorization)
	}
	// Another browser has nothing of it, and neither has this one once it signed out.
	b.post("/sign-out", nil)
	b.signIn(companyToken())
	if p := b.get("/kept"); p.code != http.StatusNotFound {
		t.Errorf("after the sign-out: %d", p.code)
	}
}

// TestEveryFieldIsKept: a form whose only answer is a number, a date, a choice or a name is
// kept like one with a text; a button that sends nothing but what it is for is not.
func TestEveryFieldIsKept(t *testing.T) {
	for name, value := range map[string]string{
		"reference": "P-2041", "on": "2026-12-01", "company_id": "9000003-8", "company_name": "Kahvila Oy", "stars": "4", "text": message, "in:hours": "37,5",
	} {
		b := newBrowser(t)
		p := b.post("/cases/"+caseID, url.Values{"form": {"x"}, "do": {"x"}, "request": {"omnia-1"}, "request_id": {"7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11"}, name: {value}})
		if got := p.hidden(t, "kept").Get("kept"); !strings.Contains(got, url.QueryEscape(name)+"="+url.QueryEscape(value)) {
			t.Errorf("of %s %q is kept", name, got)
		}
	}
	b := newBrowser(t)
	b.post("/cases/"+caseID, url.Values{"form": {"withdraw-omnia-1"}, "do": {"withdraw"}, "request": {"omnia-1"}, "etag": {"5"}, "request_id": {"7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11"}}).lacks(t, `id="kept"`)
}

// TestAnOpeningAfterTheSession: nothing is sent without a name because a session ended,
// and what was filled in goes on after the sign-in.
func TestAnOpeningAfterTheSession(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	first, _ := choose(t, b, apprenticeship)
	last := b.walk(first, filled(url.Values{"company": {"own:9000001-1"}}))
	b.endSession()
	p, _ := b.sends(last)
	if p.code != http.StatusUnauthorized || b.api.count("OpenCase") != 0 {
		t.Fatalf("status %d, %d cases", p.code, b.api.count("OpenCase"))
	}
	p.has(t, "Kassatyö")
	values := p.hidden(t, "kept")
	values.Set("do", "sign_in")
	b.post("/kept", values)
	b.signIn(companyToken())
	p = b.get("/kept")
	if !strings.HasPrefix(p.url, "/drafts/") {
		t.Errorf("it goes on at %s", p.url)
	}
	after, _ := b.sends(p)
	after.has(t, "Pyynnöt on lähetetty")
	if got := b.api.last(t, "OpenCase"); got.authorization != "Bearer "+companyToken() || got.request.(*casesv1.OpenCaseRequest).Services[0].Inputs[0].Value != "Kassatyö\nja leivonta" {
		t.Errorf("sent as %v", got)
	}
}

// TestSigningInOnTheWay: what somebody filled in who was not signed in goes along.
func TestSigningInOnTheWay(t *testing.T) {
	b := newBrowser(t)
	first, _ := choose(t, b, apprenticeship)
	first.has(t, "Kirjaudu sisään ja jatka")
	values := filled(first.hidden(t, "check"))
	values.Set("do", "sign_in")
	if p := b.post("/kept", values); p.url != "/sign-in?next=%2Fkept" {
		t.Fatalf("it leads to %s (%d)", p.url, p.code)
	}
	b.signIn(companyToken())
	p := b.get("/kept")
	p.has(t, "Kassatyö", `value="37,5"`)
	if key := p.hidden(t, "check").Get("draft"); b.api.drafts[key] == nil {
		t.Error("it is no draft")
	}
	if p := b.get("/kept"); p.code != http.StatusNotFound {
		t.Errorf("what was taken up is still left: %d", p.code)
	}
	// Who works for a provider opens nothing with a name, and keeps the words all the same.
	b = newBrowser(t)
	b.post("/kept", values)
	b.signIn(advisorToken("advisor"))
	b.get("/kept").has(t, "Kassatyö")
}

// TestKeptIsBounded: nothing is kept for long, nothing large, and not often.
func TestKeptIsBounded(t *testing.T) {
	now := noon()
	b := newBrowser(t, func(o *web.Options) { o.Sessions = newSessions(t, func() time.Time { return now }) })
	large := url.Values{"form": {"need"}, "do": {"sign_in"}, "text": {strings.Repeat("x", 100_001)}}
	if p := b.post("/kept", large); p.code != http.StatusBadRequest {
		t.Errorf("a large form: %d", p.code)
	}
	small := url.Values{"form": {"need"}, "do": {"sign_in"}, "text": {"Tarvitsen tilan"}}
	for range 10 {
		b.post("/kept", small)
	}
	p := b.post("/kept", small)
	p.has(t, "Tarvitsen tilan")
	if p.code != http.StatusTooManyRequests {
		t.Errorf("too often: %d", p.code)
	}
	store := newSessions(t, func() time.Time { return now })
	cookie, err := store.Leave(t.Context(), "words")
	var words string
	if err != nil || store.Left(t.Context(), cookie, &words) != nil || words != "words" {
		t.Fatalf("%v, left %q", err, words)
	}
	now = now.Add(session.KeptLife)
	if err := store.Left(t.Context(), cookie, &words); !errors.Is(err, session.ErrNone) {
		t.Errorf("after an hour: %v", err)
	}
}

// TestAFailureKeepsTheWords: whatever keeps a form from being taken, its words are on the
// page, and it can be sent again. Another site's form is not offered.
func TestAFailureKeepsTheWords(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	b.api.failing("GetCase", problem.New(problem.Unavailable, "AWAY", "away"))
	b.api.failing("PostMessage", problem.New(problem.Unavailable, "AWAY", "away"))
	p := b.post("/cases/"+caseID, messageForm())
	p.has(t, "onko&lt;/b&gt;")
	again := p.hidden(t, "again")
	b.api.failing("GetCase", nil)
	b.api.failing("PostMessage", nil)
	b.post("/cases/"+caseID, again)
	if got := b.api.last(t, "PostMessage").request.(*casesv1.PostMessageRequest); got.Text != message {
		t.Errorf("sent again as %v", got)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+"/cases/"+caseID, strings.NewReader(messageForm().Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.do(r).lacks(t, "lomake", `id="again"`, `id="kept"`)
}
