package web_test

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/web"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
)

// typing sends a form as the script does while somebody types.
func (b *browser) typing(values url.Values) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+"/drafts", strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Hub-Live", "1")
	return b.do(r)
}

// TestWritingIsUse: somebody who types and sends nothing stays signed in; a page that is
// open and looks at what is new by itself does not keep anybody.
func TestWritingIsUse(t *testing.T) {
	now := noon()
	sessions := newSessions(t, func() time.Time { return now })
	b := newBrowser(t, func(o *web.Options) { o.Sessions = sessions })
	b.sessions = sessions
	b.signIn(companyToken())
	_, values := choose(t, b, apprenticeship)
	for range 3 {
		now = now.Add(session.Idle - time.Minute)
		if p := b.typing(values); p.code != http.StatusOK {
			t.Fatalf("who types is answered %d %s", p.code, p.body)
		}
	}
	for range 2 {
		now = now.Add(session.Idle / 2)
		b.fetch("/cases/" + caseID)
	}
	if p := b.get("/cases/" + caseID); p.code != http.StatusUnauthorized {
		t.Errorf("an open page kept a session that nobody used: %d", p.code)
	}
}

// fetch asks for a page as the script does by itself.
func (b *browser) fetch(path string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Hub-Live", "-")
	return b.do(r)
}

// TestEachStepIsSaved: what is filled in is a draft from the first step on, with an
// address that does not tell what it is about; it goes on in another browser, and is
// gone once it is sent.
func TestEachStepIsSaved(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	first, values := choose(t, b, apprenticeship)
	key := values.Get("draft")
	if want := "/drafts/" + key + "?at=0"; key == "" || first.url != want {
		t.Fatalf("the first page of questions is at %s, want %s", first.url, want)
	}
	last := b.walk(first, filled(url.Values{"company": {"own:9000001-1"}}))
	if last.url != "/drafts/"+key+"?at=3" {
		t.Errorf("the last page is at %s", last.url)
	}
	// Going back in the browser shows the page with what was filled in.
	b.get("/drafts/"+key+"?at=0").has(t, "Kassatyö", `value="37,5"`)
	b.get("/drafts/"+key+"?at=choose").has(t, `value="`+apprenticeship+`" checked`)
	b.get("/drafts/"+key+"?at=need").has(t, "Haluan palkata &lt;b&gt;ensimmäisen&lt;/b&gt;")
	for _, path := range []string{"/", "/cases"} {
		b.get(path).has(t, `href="/drafts/`+key+`"`, "Haluan palkata &lt;b&gt;ensimmäisen&lt;/b&gt; työntekijän</a>")
	}
	b.get("/drafts/"+key).has(t, `name="do" value="send"`)
	after, sent := b.sends(last)
	after.has(t, "Pyynnöt on lähetetty")
	if b.api.drafts[key] != nil {
		t.Error("the draft of what was sent is still there")
	}
	// Sent twice, as by a double click, it is the very same call.
	id := b.api.last(t, "OpenCase").request.(*casesv1.OpenCaseRequest).RequestId
	b.post("/check", sent).has(t, "Pyynnöt on lähetetty")
	if again := b.api.last(t, "OpenCase").request.(*casesv1.OpenCaseRequest).RequestId; again != id {
		t.Errorf("the second click has the request id %s, the first %s", again, id)
	}
}

// TestSavedWhileTyping: the script is told when it was saved, the draft is deleted for
// good, and what cannot be saved is said.
func TestSavedWhileTyping(t *testing.T) {
	b := newBrowser(t)
	if p := b.typing(url.Values{"form": {"need"}, "text": {"x"}}); p.code != http.StatusUnauthorized || !strings.HasPrefix(p.head.Get("Content-Type"), "text/plain") || len(b.api.drafts) != 1 {
		t.Errorf("for nobody: %d %s", p.code, p.body)
	}
	b.signIn(companyToken())
	values := b.get("/?lang=fi").hidden(t, "need")
	values.Set("text", "Tarvitsen tilan")
	if p := b.typing(values); p.code != http.StatusOK || p.body != "Tallennettu kello 12.00." {
		t.Fatalf("%d %s", p.code, p.body)
	}
	key := values.Get("draft")
	b.get("/drafts/"+key).has(t, "Tarvitsen tilan</textarea>")
	// Deleted in another tab, it stays so while this one types on.
	values.Set("known", "yes")
	b.post("/drafts/"+key+"/delete", nil).has(t, "Luonnos on poistettu.")
	if p := b.typing(values); p.code != http.StatusConflict || b.api.drafts[key] != nil {
		t.Errorf("after it was deleted: %d %s", p.code, p.body)
	}
	b.api.failing("SaveDraft", errors.New("away"))
	if p := b.typing(url.Values{"form": {"need"}, "text": {"x"}}); p.code < 500 || p.body != "Tallennus ei onnistunut. Kirjoittamasi on yhä tällä sivulla." {
		t.Errorf("when it cannot be kept: %d %s", p.code, p.body)
	}
	// The steps go on without drafts, in the form alone.
	first, _ := choose(t, b, apprenticeship)
	last := b.walk(first, filled(url.Values{"company": {"own:9000001-1"}}))
	after, _ := b.sends(last)
	after.has(t, "Pyynnöt on lähetetty")
	b.api.failing("SaveDraft", nil)
	later := b.get("/?lang=fi").hidden(t, "need")
	later.Set("text", "Myöhemmin")
	b.post("/drafts", later).has(t, "Luonnos on tallennettu", "Myöhemmin</a>")
}

// TestTwoTabsOfADraft: what one tab changed is not undone by the older page of another.
func TestTwoTabsOfADraft(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	in := func(id string) string { return "in:" + apprenticeship + ":" + id }
	one := b.get("/drafts/unfinished?at=0").hidden(t, "check")
	other := b.get("/drafts/unfinished?at=2").hidden(t, "check")
	filled(one)
	one.Set("do", "next")
	b.post("/check", one)
	for name, value := range map[string]string{"company": "none", "contact_language": "en", "do": "next"} {
		other.Set(name, value)
	}
	b.post("/check", other)
	b.get("/drafts/unfinished?at=0").has(t, "leivonta", `value="37,5"`)
	b.get("/drafts/unfinished?at=2").has(t, `value="none" checked`)
	if b.api.drafts["unfinished"] == nil || strings.Contains(b.api.drafts["unfinished"].Content, in("none")) {
		t.Error("the draft is gone")
	}
}

// TestALateSaveOverwritesNothing: what was saved while somebody typed, and reaches the hub
// after the same page has sent more, changes neither the answers nor where to go on.
func TestALateSaveOverwritesNothing(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	page := filled(b.get("/drafts/unfinished?at=0").hidden(t, "check"))
	tasks := "in:" + apprenticeship + ":tasks"
	typed := func(turn, text string) url.Values {
		values := maps.Clone(page)
		values.Set("turn", turn)
		values.Set(tasks, text)
		return values
	}
	sent := typed("3", "Leivonta ja myynti")
	sent.Set("do", "next")
	b.post("/check", sent).has(t, `name="at" value="1"`)
	if p := b.typing(typed("2", "Leivo")); p.code != http.StatusOK {
		t.Errorf("the late one is answered %d %s", p.code, p.body)
	}
	b.get("/drafts/unfinished").has(t, `name="at" value="1"`)
	b.get("/drafts/unfinished?at=0").has(t, "Leivonta ja myynti</textarea>")
	// The same page after going back counts on, and one that is shown anew begins again.
	b.typing(typed("4", "Siivous"))
	b.get("/drafts/unfinished?at=0").has(t, "Siivous</textarea>")
	page = filled(b.get("/drafts/unfinished?at=0").hidden(t, "check"))
	b.typing(typed("1", "Kassa"))
	b.get("/drafts/unfinished").has(t, `name="at" value="0"`, "Kassa</textarea>")
}

// TestTwoTabsSaveAtOnce: a change of another tab that comes between reading the draft and
// saving it is taken in, and nothing of it is lost.
func TestTwoTabsSaveAtOnce(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	one := filled(b.get("/drafts/unfinished?at=0").hidden(t, "check"))
	other := b.get("/drafts/unfinished?at=2").hidden(t, "check")
	other.Set("contact_language", "en")
	b.api.between = func() { b.typing(other) }
	one.Set("do", "next")
	b.post("/check", one)
	b.get("/drafts/unfinished?at=0").has(t, "leivonta", `value="37,5"`)
	b.get("/drafts/unfinished?at=2").has(t, `value="en" selected`)
}

// TestNothingIsAskedTwice: a question that two services share stands on the page of the
// first, and both get the answer.
func TestNothingIsAskedTwice(t *testing.T) {
	b := newBrowser(t)
	for _, service := range b.api.services {
		if service.Name == paySubsidy {
			for _, other := range b.api.services {
				if other.Name == apprenticeship {
					service.Inputs = append(service.Inputs, other.Inputs[0], &cataloguev1.InputField{Id: "hours", DisplayName: texts("Tunnit", "Timmar", "Hours"), Type: "integer"})
				}
			}
		}
	}
	first, _ := choose(t, b, apprenticeship, paySubsidy)
	first.has(t, `name="in:`+apprenticeship+`:tasks"`)
	answers := filled(url.Values{"in:" + paySubsidy + ":job": {"Kokki"}, "in:" + paySubsidy + ":hours": {"20"}, "consent:providers/employment": {"yes"}})
	second := b.walk(first, answers)
	b.sends(second)
	got := map[string]string{}
	for _, service := range b.api.last(t, "OpenCase").request.(*casesv1.OpenCaseRequest).Services {
		for _, input := range service.Inputs {
			got[service.Service+" "+input.Id] = input.Value
		}
	}
	for want, value := range map[string]string{
		paySubsidy + " tasks": "Kassatyö\nja leivonta", paySubsidy + " hours": "20", apprenticeship + " hours": "37.5", apprenticeship + " tasks": "Kassatyö\nja leivonta",
	} {
		if got[want] != value {
			t.Errorf("%s was sent as %q, want %q", want, got[want], value)
		}
	}
	if n := len(regexp.MustCompile("Työtehtävät").FindAllString(second.body, -1)); n != 1 {
		t.Errorf("the shared question stands %d times among the answers", n)
	}
	// A change on the page with all answers leads back there.
	change := second.hidden(t, "check")
	change.Set("do", "to:0")
	page := b.post("/check", change)
	page.has(t, "leivonta")
	back := page.hidden(t, "check")
	filled(back)
	back.Set("in:"+apprenticeship+":tasks", "Siivous")
	back.Set("do", "next")
	b.post("/check", back).has(t, "Siivous", `name="do" value="send"`)
}
