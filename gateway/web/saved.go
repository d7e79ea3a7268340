package web

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// savedView is how a page that opens a case keeps what is filled in.
type savedView struct {
	F *frame
	// Key names the draft; empty for whom none is kept.
	Key string
	// Known tells that the draft is there already, so that one which was deleted or
	// sent meanwhile is not made anew.
	Known bool
	// Page names the page as it was shown this time, among those that save the draft.
	Page string
	// Drafts are those to go on with.
	Drafts []draftView
}

// draftView is a draft in a list.
type draftView struct {
	Key, Title string
	At         time.Time
}

// saves tells whether the visitor has drafts.
func (f *frame) saves() bool { return f.Session != nil && f.Session.Role == "company" }

func (f *frame) saved(values url.Values) savedView {
	view := savedView{F: f}
	if f.saves() {
		view.Page = newRequestID()
		view.Key, view.Known = values.Get("draft"), f.draft != "" && f.draft == values.Get("draft")
		if view.Key == "" {
			view.Key = newRequestID()
		}
	}
	return view
}

// draftContent is what a draft holds: the fields of its form, and the page to go on with.
type draftContent struct {
	At     string     `json:"at"`
	Values url.Values `json:"values"`
	Turns  turns      `json:"turns,omitempty"`
}

// draft reads a draft of the visitor; nil for none.
func (s *server) draft(r *http.Request, f *frame, key string) url.Values {
	if !f.saves() || key == "" {
		return nil
	}
	content, err := s.readDraft(r, f, key)
	if err != nil {
		return nil // what the form holds goes on without it
	}
	return content.Values
}

func (s *server) readDraft(r *http.Request, f *frame, key string) (draftContent, error) {
	answer, err := s.Cases.GetDraft(f.as(r.Context()), &casesv1.GetDraftRequest{Key: key})
	if err != nil {
		return draftContent{}, err
	}
	var content draftContent
	if json.Unmarshal([]byte(answer.GetDraft().GetContent()), &content) != nil || content.Values == nil {
		return draftContent{}, problem.New(problem.NotFound, "NO_SUCH_PAGE", "this draft was not made on these pages")
	}
	f.draft, f.draftEtag, f.draftTurns = key, answer.GetDraft().GetEtag(), content.Turns
	return content, nil
}

// keepTries is how often a draft is saved when other tabs save it too.
const keepTries = 5

// keep saves what is filled in as the visitor's draft, in place of the one that was read
// for this. When another tab was faster, its changes are taken in first.
func (s *server) keep(r *http.Request, f *frame, values url.Values, at string) error {
	for tries := 1; ; tries++ {
		newer, fits := f.draftTurns.with(values)
		if !fits {
			return nil // what the page saved later is there already
		}
		err := s.keepOver(r, f, values, at, newer)
		if err == nil || problem.From(err).Reason != "STALE_ETAG" || tries == keepTries {
			return err
		}
		f.draft, f.draftEtag, f.draftTurns = "", "", nil
		s.mergeDraft(r, f, values)
		if f.draft == "" {
			return err // sent or deleted meanwhile
		}
	}
}

func (s *server) keepOver(r *http.Request, f *frame, values url.Values, at string, newer turns) error {
	content := draftContent{At: at, Values: url.Values{}, Turns: newer}
	for name, v := range values {
		if opens(name) && name != "changing" {
			content.Values[name] = v
		}
	}
	if form := values.Get("form"); form == "need" {
		content.Values["form"] = []string{form} // what fits best is not ticked yet
	}
	if values.Get("draft") == "" {
		values.Set("draft", newRequestID())
	}
	content.Values.Set("draft", values.Get("draft"))
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	draft := &casesv1.Draft{Key: values.Get("draft"), Content: string(body), DisplayName: f.draftTitle(values)}
	if f.draft == draft.Key {
		draft.Etag = f.draftEtag
	}
	_, err = s.Cases.SaveDraft(f.as(r.Context()), &casesv1.SaveDraftRequest{RequestId: newRequestID(), Draft: draft})
	return err
}

// draftTitle is what a draft is called in a list.
func (f *frame) draftTitle(values url.Values) string {
	title := strings.Join(strings.Fields(values.Get("text")), " ")
	if title == "" && values.Get("need") != "" {
		title = f.NeedName(values.Get("need"))
	}
	if title == "" && len(values["service"]) > 0 {
		title = f.ServiceName(values["service"][0])
	}
	if runes := []rune(title); len(runes) > 80 {
		title = string(runes[:79]) + "…"
	}
	return title
}

// goTo leads to a page of the opening. For whom drafts are kept, what was filled in is
// saved and the page has an address, so that going back and loading anew lose nothing.
func (s *server) goTo(w http.ResponseWriter, r *http.Request, f *frame, values url.Values, at string) error {
	if f.saves() {
		err := s.keep(r, f, values, at)
		if err == nil {
			to := url.Values{"at": {at}}
			if values.Get("changing") == "yes" {
				to.Set("changing", "yes")
			}
			http.Redirect(w, r, "/drafts/"+values.Get("draft")+"?"+to.Encode(), http.StatusSeeOther)
			return nil
		}
		s.Log.WarnContext(r.Context(), "a draft was not saved", "error", problem.From(err).Reason)
	}
	return s.resume(w, r, f, values, at)
}

// resume shows a page of the opening with what was filled in.
func (s *server) resume(w http.ResponseWriter, r *http.Request, f *frame, values url.Values, at string) error {
	if f.dirError != nil {
		return f.dirError
	}
	values["service"] = known(f, values["service"])
	switch {
	case at == "need":
		return s.showNeed(w, r, f, http.StatusOK, &sent{form: "need", values: values})
	case at == "choose" || len(values["service"]) == 0:
		return s.showChoose(w, r, f, http.StatusOK, values)
	}
	f.spread(values)
	return s.showStage(w, r, f, http.StatusOK, &sent{form: "check", values: values}, place(at, len(f.stages(values["service"]))))
}

// draftPage goes on with a draft.
func (s *server) draftPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	if !f.saves() {
		return errSignIn()
	}
	content, err := s.readDraft(r, f, r.PathValue("draft"))
	if err != nil {
		return err
	}
	at := content.At
	if f.query.Has("at") {
		at = f.query.Get("at")
	}
	if f.query.Get("changing") == "yes" {
		content.Values.Set("changing", "yes")
	}
	return s.resume(w, r, f, content.Values, at)
}

// saveDraft keeps what is filled in so far: for the script while somebody types, whom
// a line of text answers, or for the button that leaves it for later.
func (s *server) saveDraft(w http.ResponseWriter, r *http.Request, f *frame) error {
	if !f.saves() {
		if r.Header.Get(liveHeader) != "" {
			return s.say(w, http.StatusUnauthorized, f.T("live.ended"))
		}
		return errSignIn()
	}
	values, err := s.posted(r, f)
	if err == nil {
		at := map[string]string{"need": "need", "choose": "choose"}[values.Get("form")]
		if at == "" {
			at = values.Get("at")
		}
		if values.Get("known") == "yes" && f.draft == "" && r.Header.Get(liveHeader) != "" {
			return s.say(w, http.StatusConflict, f.T("saved.not")) // sent or deleted meanwhile
		}
		err = s.keep(r, f, values, at)
	}
	switch {
	case r.Header.Get(liveHeader) == "" && err != nil:
		return err
	case r.Header.Get(liveHeader) == "":
		http.Redirect(w, r, "/cases?done=draft_saved", http.StatusSeeOther)
		return nil
	case err != nil:
		return s.say(w, problem.From(err).HTTPStatus(), f.T("saved.not"))
	}
	return s.say(w, http.StatusOK, f.T("saved.at", "time", f.Clock(timestamppb.New(f.now))))
}

// say answers the script with a line of text.
func (s *server) say(w http.ResponseWriter, code int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text)
	return nil
}

// deleteDraft deletes a draft of the visitor.
func (s *server) deleteDraft(w http.ResponseWriter, r *http.Request, f *frame) error {
	if !f.saves() {
		return errSignIn()
	}
	if _, err := s.Cases.DeleteDraft(f.as(r.Context()), &casesv1.DeleteDraftRequest{Key: r.PathValue("draft"), RequestId: newRequestID()}); err != nil {
		return err
	}
	http.Redirect(w, r, "/cases?done=draft_deleted", http.StatusSeeOther)
	return nil
}

// dropDraft takes the draft away of what has been sent.
func (s *server) dropDraft(r *http.Request, f *frame, key string) {
	if !f.saves() || key == "" {
		return
	}
	if _, err := s.Cases.DeleteDraft(f.as(r.Context()), &casesv1.DeleteDraftRequest{Key: key, RequestId: newRequestID()}); err != nil {
		s.Log.WarnContext(r.Context(), "the draft of what was sent is still there", "error", problem.From(err).Reason)
	}
}

// drafts lists what the visitor can go on with. Without them the page is whole too.
func (s *server) drafts(r *http.Request, f *frame) []draftView {
	if !f.saves() {
		return nil
	}
	answer, err := s.Cases.ListDrafts(f.as(r.Context()), &casesv1.ListDraftsRequest{})
	if err != nil {
		s.Log.WarnContext(r.Context(), "drafts cannot be listed", "error", problem.From(err).Reason)
		return nil
	}
	var list []draftView
	for _, d := range answer.GetDrafts() {
		if d.GetKey() == f.draft {
			continue // it is the one on the page
		}
		title := d.GetDisplayName()
		if title == "" {
			title = f.T("saved.untitled")
		}
		list = append(list, draftView{Key: d.GetKey(), Title: title, At: d.GetUpdatedAt().AsTime()})
	}
	return list
}

// fields are the names of a form's values, in order.
func fields(values url.Values) []string { return slices.Sorted(maps.Keys(values)) }
