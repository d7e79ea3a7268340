package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// The views say how many requests each holds, and a request is picked up right from its
// row: the page of the request offers the way back, and what the inbox listed goes along.
func TestPickUpFromTheRow(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	p := b.get("/desk/omnia?view=unassigned&q=kahvi&lang=en")
	for _, count := range []string{">1<", ">20<", ">300<", ">4<", ">5<", ">6<"} {
		p.has(t, `class="count"`+count)
	}
	form := regexp.MustCompile(`(?s)<form method="post" action="([^"]+)"><input type="hidden" name="do" value="pickup"><input type="hidden" name="name" value="([^"]+)"><input type="hidden" name="request_id" value="([^"]+)">`).FindStringSubmatch(p.body)
	if form == nil {
		t.Fatal("no row can be picked up")
	}
	action := strings.ReplaceAll(form[1], "&amp;", "&")
	after := b.post(action, url.Values{"do": {"pickup"}, "name": {form[2]}, "request_id": {form[3]}})
	picked := b.api.last(t, "PickUp").request.(*providerv1.PickUpRequest)
	if picked.GetName() != requestName("omnia-1") || picked.GetRequestId() != form[3] {
		t.Errorf("the row picks up %v", picked)
	}
	if !strings.Contains(after.url, deskPath+"omnia-1?") || !strings.Contains(after.url, "done=pickup") || !strings.Contains(after.url, "q=kahvi") {
		t.Errorf("it leads to %s", after.url)
	}
	after.has(t, `href="/desk/omnia?q=kahvi&amp;view=unassigned"`)
	// Somebody was faster: the inbox says who.
	b.api.failing("PickUp", problem.New(problem.State, "ALREADY_PICKED_UP", "Kalle has it"))
	if p := b.post(action, url.Values{"do": {"pickup"}, "name": {form[2]}, "request_id": {form[3]}}); p.code != http.StatusConflict || !strings.Contains(p.body, `class="summary"`) || !strings.Contains(p.body, `class="inbox"`) {
		t.Errorf("a lost race answers %d", p.code)
	}
	if p := b.post("/desk/omnia", url.Values{"do": {"complete"}}); p.code != http.StatusBadRequest {
		t.Errorf("another step on the inbox answers %d", p.code)
	}
}

// What can be undone is offered right after the step, what cannot is corrected, and
// nothing is offered later or in another state.
func TestUndo(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	p := b.get(deskPath + "omnia-2?done=pickup&view=mine&lang=en")
	b.post(deskPath+"omnia-2?view=mine", formOf(t, p, "undo", nil))
	if back := b.api.last(t, "HandBack").request.(*providerv1.HandBackRequest); back.GetName() != requestName("omnia-2") || back.GetEtag() == "" {
		t.Errorf("the way back is %v", back)
	}
	p = b.get(deskPath + "omnia-1?done=handback&lang=en")
	b.post(deskPath+"omnia-1", formOf(t, p, "undo", nil))
	if again := b.api.last(t, "PickUp").request.(*providerv1.PickUpRequest); again.GetName() != requestName("omnia-1") {
		t.Errorf("the way back is %v", again)
	}
	for _, query := range []string{"", "?done=pickup&x=1"} {
		b.get(deskPath+"omnia-1"+query).lacks(t, `id="form-undo"`) // new: nothing to hand back
	}
	b.get(deskPath+"omnia-2").lacks(t, `id="form-undo"`, "cannot be unsent")
	b.get(deskPath+"omnia-2?done=reply&lang=en").has(t, "cannot be unsent", `words=15#own-15"`)
}

// The next request is looked up only when somebody asks, in the same list.
func TestNeighbours(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	b.get("/desk/omnia")
	before := b.api.count("ListRequests")
	b.get(deskPath+"omnia-2?view=mine&page=token-1").has(t, "/desk/omnia/next?of=", "view=mine", "page=token-1")
	if b.api.count("ListRequests") != before {
		t.Error("the page of a request lists others")
	}
	for _, test := range []struct{ of, to, want string }{
		{"omnia-1", "", deskPath + "omnia-2"}, {"omnia-2", "previous", deskPath + "omnia-1"}, {"omnia-1", "previous", "/desk/omnia"}, {"omnia-99", "", deskPath + "omnia-1"},
	} {
		p := b.get("/desk/omnia/next?view=mine&of=" + url.QueryEscape(requestName(test.of)) + "&to=" + test.to)
		if at, _, _ := strings.Cut(strings.TrimPrefix(p.url, b.base), "?"); at != test.want && p.url != test.want || !strings.Contains(p.url, "view=mine") {
			t.Errorf("from %s, %q: %s, want %s", test.of, test.to, p.url, test.want)
		}
	}
	if listed := b.api.last(t, "ListRequests").request.(*providerv1.ListRequestsRequest); listed.GetAdvisor() == "" {
		t.Errorf("the list is %v", listed)
	}
}

// A text block is in the language of the company with its names filled in; without
// JavaScript a button puts it behind what was written, and nothing is sent.
func TestTextBlocksInAReply(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	p := b.get(deskPath + "omnia-2")
	p.has(t, `id="block-`+blockID+`"`)
	values := formOf(t, p, "reply", url.Values{"text": {"Kirjoitin tämän."}, "block": {blockID}, "insert": {"text"}})
	after := b.post(deskPath+"omnia-2?view=mine", values)
	if after.code != http.StatusOK || b.api.count("Reply") != 0 {
		t.Fatalf("answered %d, with %d replies", after.code, b.api.count("Reply"))
	}
	text := regexp.MustCompile(`(?s)<textarea id="reply-text"[^>]*>([^<]*)</textarea>`).FindStringSubmatch(after.body)
	if text == nil || !strings.HasPrefix(text[1], "Kirjoitin tämän.\n\nHe") || strings.Contains(text[1], "{") || !strings.Contains(text[1], "Kahvila") {
		t.Errorf("the reply is now %q", text)
	}
	after.has(t, `<details class="act" open>`, values.Get("request_id"))
	values.Set("block", "another")
	values.Set("insert", "summary") // another form's field
	if p := b.post(deskPath+"omnia-2", values); p.code != http.StatusOK || b.api.changes() != 0 {
		t.Errorf("a block that is not there answers %d, with %d changes", p.code, b.api.changes())
	}
}

// Enter in any field of a step takes the step: the first button of the form is what it
// presses.
func TestEnterTakesAStep(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	p := b.get(deskPath + "omnia-2")
	p.has(t, `name="insert"`)
	for _, one := range strings.Split(p.body, "<form ")[1:] {
		one, _, _ = strings.Cut(one, "</form>")
		if first := regexp.MustCompile(`<button[^>]*>`).FindString(one); strings.Contains(first, `name="insert"`) {
			t.Errorf("Enter in the form %.60s inserts a text block", one)
		}
	}
}

// A lead keeps the text blocks, an advisor reads them.
func TestTextBlocksPage(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	shown := b.get("/desk/omnia/texts?lang=en")
	shown.has(t, "Hej {company}", `lang="sv"`)
	shown.lacks(t, "form-add", "form-delete")
	b = newBrowser(t)
	b.signIn(advisorToken("lead"))
	p := b.get("/desk/omnia/texts?lang=en")
	b.post("/desk/omnia/texts", formOf(t, p, "add", url.Values{"title": {"Aika"}, "fi": {"Varaa aika"}, "sv": {"Boka tid"}, "en": {"Book a time"}}))
	if added := b.api.last(t, "SetTextBlock").request.(*providerv1.SetTextBlockRequest); added.GetParent() != "providers/omnia" || added.GetId() != "" || added.GetSv() != "Boka tid" {
		t.Errorf("added %v", added)
	}
	b.post("/desk/omnia/texts", formOf(t, p, "edit-"+blockID, url.Values{"title": {"Hei"}, "fi": {"a"}, "sv": {"b"}, "en": {"c"}}))
	if changed := b.api.last(t, "SetTextBlock").request.(*providerv1.SetTextBlockRequest); changed.GetId() != blockID {
		t.Errorf("changed %v", changed)
	}
	b.post("/desk/omnia/texts", formOf(t, p, "delete-"+blockID, nil))
	if gone := b.api.last(t, "DeleteTextBlock").request.(*providerv1.DeleteTextBlockRequest); gone.GetId() != blockID {
		t.Errorf("deleted %v", gone)
	}
	calls := b.api.count("SetTextBlock")
	refused := b.post("/desk/omnia/texts", formOf(t, p, "add", url.Values{"title": {"Vain suomeksi"}, "fi": {"Moi"}}))
	if refused.code != http.StatusUnprocessableEntity || b.api.count("SetTextBlock") != calls {
		t.Errorf("a block in one language answers %d", refused.code)
	}
	refused.has(t, `href="#add-sv"`, "Vain suomeksi")
}

// Keyboard shortcuts are on until somebody turns them off, and stay so.
func TestShortcutsAreTurnedOff(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	for _, path := range []string{"/desk/omnia?view=mine", deskPath + "omnia-2?view=mine"} {
		b.get(path).has(t, `data-on="yes"`, "<kbd>?</kbd>", "/static/desk-")
		after := b.post(path, url.Values{"do": {"shortcuts"}, "shortcuts": {"off"}})
		if !strings.HasSuffix(after.url, path) {
			t.Errorf("turning them off leads to %s", after.url)
		}
		after.lacks(t, `data-on="yes"`, `aria-keyshortcuts="r"`, "<kbd>")
		b.get("/desk/omnia").lacks(t, `data-on="yes"`)
		b.post(path, url.Values{"do": {"shortcuts"}, "shortcuts": {"on"}})
	}
	b.get("/cases").lacks(t, "/static/desk-")
}

// The request's page shows what others do in the case, as far as it may, and stays when
// that cannot be read.
func TestOthersPartsBesideTheRequest(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	b.get(deskPath+"omnia-2?lang=en").has(t, "The same case with other providers", "Espoo and Kauniainen employment area")
	b.api.failing("GetSharedCase", problem.New(problem.Unavailable, "AWAY", "away"))
	b.get(deskPath+"omnia-2?lang=en").has(t, "cannot be shown right now", "form-reply")
	b.api.failing("GetSharedCase", problem.New(problem.NotFound, "CASE_NOT_FOUND", "none"))
	if p := b.get(deskPath + "omnia-2?lang=en"); p.code != http.StatusOK {
		t.Errorf("without a shared case the page answers %d", p.code)
	}
}
