package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
)

// signInView lists whom to sign in as. Proper sign-in with strong
// identification is not here: a token says who somebody is.
type signInView struct {
	*frame
	Groups []personaGroup
	Form   form
	Next   string
}

type personaGroup struct {
	Title    string
	Personas []personaView
}

type personaView struct {
	Number      int
	Label, Kind string
}

// longestToken keeps a cookie within the 4096 bytes that browsers keep.
const longestToken = 3800

func (s *server) signInPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	if token := f.query.Get("token"); token != "" {
		return s.signIn(w, r, f, token)
	}
	return s.showSignIn(w, f, http.StatusOK, nil)
}

func (s *server) showSignIn(w http.ResponseWriter, f *frame, code int, was *sent) error {
	f.Title = f.T("sign_in.title")
	f.sent = was
	view := signInView{frame: f, Next: localPath(f.query.Get("next")), Form: f.signInForm().finish(was)}
	for number, persona := range s.personas() {
		who := readSession(persona.Token)
		title := f.T("sign_in.companies")
		switch {
		case who.Desk():
			title = f.Provider("providers/" + who.Provider)
		case persona.Kind != "company":
			title = f.T("sign_in.others")
		}
		i := slices.IndexFunc(view.Groups, func(g personaGroup) bool { return g.Title == title })
		if i < 0 {
			i = len(view.Groups)
			view.Groups = append(view.Groups, personaGroup{Title: title})
		}
		kind := persona.Kind
		if key := "role." + kind; f.texts.has(f.Lang, key) {
			kind = f.T(key)
		}
		view.Groups[i].Personas = append(view.Groups[i].Personas, personaView{Number: number, Label: persona.Label, Kind: kind})
	}
	return s.render(w, "signin", code, view)
}

func (f *frame) signInForm() form {
	token := f.long("token", f.T("sign_in.token"), longestToken).must().hinted(f.T("sign_in.token_hint"))
	return form{F: f, ID: "token", Do: "token", Button: f.T("sign_in.button"), Open: true, Fields: []field{token}}
}

func (s *server) personas() []Persona {
	if s.Personas == nil {
		return nil
	}
	return s.Personas()
}

// signInAction signs in by a persona's number or by a pasted token.
func (s *server) signInAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if number, err := strconv.Atoi(r.PostForm.Get("persona")); err == nil {
		if all := s.personas(); number >= 0 && number < len(all) {
			return s.signIn(w, r, f, all[number].Token)
		}
	}
	return s.signIn(w, r, f, strings.TrimSpace(r.PostForm.Get("token")))
}

// signIn keeps the token in the cookie and leads on, so that it does not stay
// in the address.
func (s *server) signIn(w http.ResponseWriter, r *http.Request, f *frame, token string) error {
	address, now := Visitor(r.Context()), time.Now() // real time: a demo's clock leaps
	if wait := s.limits.wrong.Wait(address, now); wait > 0 {
		s.tell(r, nil, security.RateLimited, "WRONG_TOKENS")
		return host.TooOften(wait, "wrong tokens came from your address", 1/wrongTokenEvery.Seconds(), wrongTokens)
	}
	who := readSession(token)
	if who == nil || !printable(token) || len(token) > longestToken || s.Verify != nil && s.Verify(token) != nil {
		s.limits.wrong.Charge(address, now)
		s.tell(r, nil, security.SignInRefused, "TOKEN")
		was := &sent{form: "token", values: map[string][]string{}}
		was.fail("token", fieldError{Text: f.T("sign_in.wrong")})
		return s.showSignIn(w, f, http.StatusUnprocessableEntity, was)
	}
	cookie := s.sessions.begin(token)
	if cookie == "" {
		return problem.New(problem.Invalid, "TOKEN_MALFORMED", "the token is not a JSON Web Token of three parts; sign in again for a new one")
	}
	// A session that was there ends: its cookie may be known to somebody else.
	s.endSession(r, f.Session)
	setCookie(w, r, sessionCookie, cookie)
	w.Header().Set("Cache-Control", "no-store")
	s.tell(r, who, security.SignIn, "")
	next := localPath(r.Form.Get("next"))
	if next == "" {
		next = who.Home()
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request, f *frame) error {
	s.endSession(r, f.Session)
	if f.Session != nil {
		s.tell(r, f.Session, security.SignOut, "")
	}
	forget(w)
	dropCookie(w, r, sessionCookie)
	dropCookie(w, r, holderCookie)
	http.Redirect(w, r, "/?done=signed_out", http.StatusSeeOther)
	return nil
}

// endSession signs a session out, if there is one. When the log does not take it, it
// has ended at this gateway.
func (s *server) endSession(r *http.Request, who *session) {
	if who == nil {
		return
	}
	if err := s.sessions.end(r.Context(), who, s.Clock()); err != nil {
		s.Log.WarnContext(r.Context(), "a sign-out did not reach the log", "error", err)
	}
}

// localPath keeps a path of these pages and drops every other address.
func localPath(path string) string {
	odd := func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f || r == utf8.RuneError }
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsFunc(path, odd) {
		return ""
	}
	return path
}
