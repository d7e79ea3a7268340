package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
)

// keptForm is a form that could not be taken as it was sent: shown, and sent again when
// that can succeed.
type keptForm struct {
	F *frame
	// Path is where the form goes, All its values in one text, and Hidden the same one by one.
	Path, All string
	Hidden    []hidden
	// Texts are what the person typed.
	Texts []string
	// SignIn says that it can be sent by who is signed in alone.
	SignIn bool
}

// leftForm is a form as it is kept while somebody signs in.
type leftForm struct {
	Path   string
	Values url.Values
}

// largestKept bounds a form that is kept for somebody who is not signed in, in bytes.
const largestKept = 100_000

// typed are the answers that a person wrote into a form, by the names of its fields: all
// but what a page put there itself or offered to choose, and no password.
func typed(values url.Values) []string {
	var texts []string
	for _, name := range fields(values) {
		if control(name) || offered(name) {
			continue
		}
		for _, value := range values[name] {
			ticked := value == "yes" && !strings.HasPrefix(name, "in:")
			if strings.TrimSpace(value) != "" && !ticked && !strings.Contains(value, "_REASON_") && !strings.Contains(value, "_RESULT_") {
				texts = append(texts, value)
			}
		}
	}
	return texts
}

// offered are the fields whose values say nothing to a person without the page around them.
func offered(name string) bool {
	if kind, _, found := strings.Cut(name, ":"); found && kind != "in" { // of each of several requests
		return true
	}
	return registerKeeps(name) || slices.Contains([]string{
		"form", "do", "at", "changing", "kind", "viewport", "next", "block", "insert", "view", "order", "status", "shortcuts", "path",
		"request", "request_id", "etag", "name", "id", "draft", "need", "service", "company", "consent", "consent_version", "party", "person", "number", "field",
		"revision", "sequence", "text_version", "provider", "providers", "organisation", "session", "advisor", "ground", "gap", "role",
		"result", "language", "contact_language", "code", "secret",
	}, name)
}

// control are the fields that say how a form was sent, and not what is in it.
func control(name string) bool {
	return slices.Contains([]string{"lang", "signed_in", "known", "page", "turn"}, name)
}

// kept is a form to show again; nil when nobody typed anything.
func (f *frame) kept(left leftForm, signIn bool) *keptForm {
	path, texts := localPath(left.Path), typed(left.Values)
	if path == "" || len(texts) == 0 {
		return nil
	}
	all := url.Values{}
	for name, v := range left.Values {
		if !control(name) {
			all[name] = v
		}
	}
	k := &keptForm{F: f, Path: path, All: all.Encode(), Texts: texts, SignIn: signIn}
	for _, name := range fields(all) {
		for _, value := range all[name] {
			k.Hidden = append(k.Hidden, hidden{name, value})
		}
	}
	return k
}

// unsent is the form that a failure kept from being taken. One that another site sent is
// not offered again.
func (f *frame) unsent(r *http.Request, p *problem.Problem) *keptForm {
	if r.Method != http.MethodPost || p.Reason == "CROSS_ORIGIN" || p.Reason == "FORM_UNREADABLE" {
		return nil
	}
	path := r.URL.RequestURI()
	if path == "/kept" {
		left, err := leftOf(r)
		if err != nil {
			return nil
		}
		return f.kept(left, f.Session == nil)
	}
	if path == "/drafts" {
		path = "/check" // it was on its way to be saved
		if r.PostForm.Get("form") == "need" {
			path = "/choose"
		}
	}
	return f.kept(leftForm{Path: path, Values: r.PostForm}, f.Session == nil && p.Kind == problem.Unauthenticated)
}

// keptView is the page of a form that was kept.
type keptView struct {
	*frame
	Kept *keptForm
}

// leftOf reads the form that is to be kept: one that opens a case sends itself, others
// come in one text of a page that explains.
func leftOf(r *http.Request) (leftForm, error) {
	if !r.PostForm.Has("kept") {
		return leftForm{Path: "/check", Values: r.PostForm}, nil
	}
	path := localPath(r.PostForm.Get("path"))
	values, err := url.ParseQuery(r.PostForm.Get("kept"))
	if err != nil || path == "" {
		return leftForm{}, problem.New(problem.Invalid, "FORM_UNREADABLE", "what was kept cannot be read").Because(err)
	}
	return leftForm{Path: path, Values: values}, nil
}

// keepAction takes a form along to the sign-in page; without that step it shows the form again.
func (s *server) keepAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	left, err := leftOf(r)
	if err != nil {
		return err
	}
	if r.PostForm.Get("do") != "sign_in" {
		return s.showKept(w, f, left)
	}
	if s.Sessions == nil {
		return errNoPage()
	}
	if size := len(left.Values.Encode()); size > largestKept {
		return problem.New(problem.Invalid, "KEPT_TOO_LARGE", "the form has %d bytes; at most %d are kept", size, largestKept)
	}
	now := time.Now() // real time: a demo's clock leaps
	if wait := s.limits.kept.Take(Visitor(r.Context()), now); wait > 0 {
		return host.TooOften(wait, "forms were left from your address", 1/keptEvery.Seconds(), mostKept)
	}
	cookie, err := s.Sessions.Leave(r.Context(), left)
	if err != nil {
		return err
	}
	setCookie(w, r, keptCookie, cookie)
	w.Header().Set("Cache-Control", "no-store")
	next := "/sign-in?next=%2Fkept"
	if f.Session != nil {
		next = "/kept"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// keptPage shows what somebody left who has signed in since.
func (s *server) keptPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	cookie, err := r.Cookie(cookieName(r, keptCookie))
	if err != nil || s.Sessions == nil || len(cookie.Value) > 100 {
		return errNoPage()
	}
	if f.Session == nil {
		return errSignIn()
	}
	var left leftForm
	if err := s.Sessions.Left(r.Context(), cookie.Value, &left); err != nil {
		if errors.Is(err, session.ErrNone) {
			return errNoPage()
		}
		return err
	}
	if !opening(left.Path) {
		w.Header().Set("Cache-Control", "no-store")
		return s.showKept(w, f, left)
	}
	at := startAt(left.Values)
	if !f.saves() {
		return s.resume(w, r, f, left.Values, at)
	}
	if err := s.keep(r, f, left.Values, at); err != nil {
		return err
	}
	if err := s.Sessions.Forget(r.Context(), cookie.Value); err != nil {
		s.Log.WarnContext(r.Context(), "what was left is still there", "error", err)
	}
	dropCookie(w, r, keptCookie)
	http.Redirect(w, r, "/drafts/"+left.Values.Get("draft")+"?at="+url.QueryEscape(at), http.StatusSeeOther)
	return nil
}

// opening tells whether a path is one of those that open a case.
func opening(path string) bool { return path == "/check" || path == "/choose" }

// startAt is the page from which a form came that opens a case.
func startAt(values url.Values) string {
	switch values.Get("form") {
	case "need", "choose":
		return values.Get("form")
	}
	return values.Get("at")
}

func (s *server) showKept(w http.ResponseWriter, f *frame, left leftForm) error {
	k := f.kept(left, f.Session == nil)
	if k == nil {
		return errNoPage()
	}
	f.Title = f.T("saved.kept")
	f.LanguageForm, f.LanguageAction = "kept", "/kept"
	return s.render(w, "kept", http.StatusOK, keptView{frame: f, Kept: k})
}
