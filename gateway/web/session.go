package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/services/kit/problem"
	tokens "github.com/businessespoo/hub/services/kit/token"
)

// The cookies. All are HttpOnly and SameSite=Lax and end with the browser's
// session, except the language and a sign-in that is on its way.
const (
	sessionCookie  = "hub_session"
	holderCookie   = "hub_case"
	openedCookie   = "hub_opened"
	signInCookie   = "hub_sign_in"
	languageCookie = "hub_lang"
	keptCookie     = "hub_kept"
)

// How long the tokens live that the pages call the API with. A provider that runs apart
// believes one for so long after its session has ended; the gateway, which a stream goes
// through, ends it with its session.
const (
	pageLife   = time.Minute
	streamLife = 15 * time.Minute
)

// visitor is who is signed in: what the server keeps, and the token that
// the pages call the API with for a moment. What is allowed the API decides.
type visitor struct {
	session.Session
	Token     string
	Role      string
	Provider  string
	AdvisorID string
	Companies []string
}

// session is who the visitor is signed in as; nil for nobody, also while nobody can say.
func (s *server) session(r *http.Request) *visitor {
	who, err := s.whoIs(r)
	if err != nil {
		s.Log.WarnContext(r.Context(), "nobody can say whether a session goes on", "error", err)
	}
	return who
}

// whoIs is who the visitor is signed in as; nil for nobody. It fails when that is not known.
func (s *server) whoIs(r *http.Request) (*visitor, error) {
	cookie, err := r.Cookie(cookieName(r, sessionCookie))
	if err != nil || s.Sessions == nil {
		return nil, nil
	}
	find, lives := s.Sessions.Find, pageLife
	if r.URL.Path == livePath {
		lives = streamLife
	}
	if r.URL.Path == livePath || r.Method == http.MethodGet && r.Header.Get(liveHeader) != "" {
		find = s.Sessions.Peek // nobody may be there to use it; what the script sends somebody writes
	}
	found, err := find(r.Context(), cookie.Value)
	var token string
	if err == nil {
		token, err = s.Token(r.Context(), &found, lives)
	}
	switch {
	case errors.Is(err, session.ErrNone):
		return nil, nil
	case problem.KindOf(err) == problem.Denied: // they have left
		s.endSession(r, &visitor{Session: found})
		return nil, nil
	case err != nil:
		return nil, err
	}
	who := &visitor{
		Session: found, Token: token, Role: tokens.RoleName(found.Principal.Role),
		Provider: found.Principal.Provider, AdvisorID: found.Principal.Advisor,
	}
	if found.Acting != "" {
		who.Companies = []string{found.Acting}
	}
	return who, nil
}

// Desk tells whether the visitor works for a provider.
func (s *visitor) Desk() bool {
	return s != nil && (s.Role == "advisor" || s.Role == "lead" || s.Role == "provider_system")
}

// Lead tells whether the visitor assigns work.
func (s *visitor) Lead() bool { return s != nil && s.Role == "lead" }

// Operator tells whether the visitor runs the hub.
func (s *visitor) Operator() bool { return s != nil && s.Role == "operator" }

// Advisor is the visitor's resource name as an advisor; empty for others.
func (s *visitor) Advisor() string {
	if s == nil || s.AdvisorID == "" {
		return ""
	}
	return "providers/" + s.Provider + "/advisors/" + s.AdvisorID
}

// Home is the page that the visitor works from.
func (s *visitor) Home() string {
	switch {
	case s == nil:
		return "/"
	case s.Desk():
		return "/desk/" + s.Provider
	case s.Role == "operator":
		return "/operator"
	default:
		return "/cases"
	}
}

// holder is the code and secret of the one case without a name that a visitor
// has opened or come back to; the browser holds it sealed.
type holder struct {
	Case   string `json:"case"`
	Code   string `json:"code"`
	Secret string `json:"secret"`
}

func (h *holder) credential() string { return "Case " + h.Code + ":" + h.Secret }

func (s *server) holder(r *http.Request) *holder {
	cookie, err := r.Cookie(cookieName(r, holderCookie))
	if err != nil {
		return nil
	}
	h := &holder{}
	if !s.cookies.Open(holderCookie, cookie.Value, h) || !printable(h.Code) || !printable(h.Secret) || h.Case == "" {
		return nil
	}
	return h
}

// printable tells whether a text can travel as gRPC metadata: ASCII, no spaces.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

func (s *server) setHolder(w http.ResponseWriter, r *http.Request, h *holder) error {
	sealed, err := s.cookies.Seal(holderCookie, h)
	if err == nil {
		setCookie(w, r, holderCookie, sealed)
	}
	return err
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure(r)}
	c.Name = cookieName(r, name)
	switch name {
	case languageCookie, shortcutsCookie:
		c.MaxAge = 365 * 24 * 3600
	case unratedCookie:
		c.MaxAge = int(rateWithin.Seconds()) // nobody is asked after that
	case signInCookie:
		c.MaxAge = 600
	case keptCookie:
		c.MaxAge = int(session.KeptLife.Seconds())
	}
	http.SetCookie(w, c)
}

func dropCookie(w http.ResponseWriter, r *http.Request, name string) {
	http.SetCookie(w, &http.Cookie{Name: cookieName(r, name), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure(r)})
}

func secure(r *http.Request) bool { return visitOf(r.Context()).secure }

// cookieName is what a cookie is called: over https no other host and no plain page
// can set one with this prefix.
func cookieName(r *http.Request, name string) string {
	if secure(r) {
		return "__Host-" + name
	}
	return name
}
