package web

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
)

// signInView lists who lets people in.
type signInView struct {
	*frame
	Groups []issuerGroup
	Next   string
}

type issuerGroup struct {
	Title   string
	Issuers []issuerView
}

type issuerView struct{ ID, Action, Name string }

func (s *server) signInPage(w http.ResponseWriter, _ *http.Request, f *frame) error {
	f.Title = f.T("sign_in.title")
	view := signInView{frame: f, Next: localPath(f.query.Get("next"))}
	elsewhere := " https:" // the form leads on to an issuer, and that one perhaps to others
	for _, kind := range []signin.Kind{signin.Companies, signin.Staff, signin.Operators} {
		group := issuerGroup{Title: f.T("sign_in." + string(kind))}
		for _, issuer := range s.SignIn.Issuers() {
			if issuer.For != kind {
				continue
			}
			if at, err := url.Parse(issuer.URL); err == nil && at.Scheme == "http" && at.Host != "" {
				elsewhere += " http://" + at.Host // on this machine
			}
			name := issuer.Names.In(f.Lang)
			if name == "" {
				name = f.Provider("providers/" + issuer.Provider)
			}
			group.Issuers = append(group.Issuers, issuerView{ID: "sign-in-" + issuer.ID, Action: "/sign-in/" + issuer.ID, Name: name})
		}
		if len(group.Issuers) > 0 {
			view.Groups = append(view.Groups, group)
		}
	}
	w.Header().Set("Content-Security-Policy", contentPolicy(elsewhere))
	return s.render(w, "signin", http.StatusOK, view)
}

// signInStart sends the browser to an issuer. It keeps, sealed, what the answer must fit.
// It takes a form of these pages alone: nobody is signed in by a link from elsewhere.
func (s *server) signInStart(w http.ResponseWriter, r *http.Request, _ *frame) error {
	to, pending, err := s.SignIn.Begin(r.Context(), r.PathValue("issuer"), localPath(r.PostForm.Get("next")), base(r))
	if err != nil {
		return err
	}
	sealed, err := s.cookies.Seal(signInCookie, pending)
	if err != nil {
		return err
	}
	setCookie(w, r, signInCookie, sealed)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// base is the address under which the browser sees the pages. It is the visitor's word, and
// counts in a demo alone: elsewhere the configuration says it.
func base(r *http.Request) string {
	if secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// signInCallback reads what an issuer has sent back, and begins a session.
func (s *server) signInCallback(w http.ResponseWriter, r *http.Request, f *frame) error {
	address, now := Visitor(r.Context()), time.Now() // real time: a demo's clock leaps
	if wait := s.limits.wrong.Wait(address, now); wait > 0 {
		s.tell(r, nil, security.RateLimited, "WRONG_SIGN_INS")
		return host.TooOften(wait, "sign-ins that were not right came from your address", 1/wrongSignInEvery.Seconds(), wrongSignIns)
	}
	var pending signin.Pending
	if cookie, err := r.Cookie(cookieName(r, signInCookie)); err == nil {
		s.cookies.Open(signInCookie, cookie.Value, &pending)
	}
	dropCookie(w, r, signInCookie)
	login, err := s.finish(r, pending, f)
	if err != nil {
		if problem.KindOf(err) == problem.Unauthenticated {
			s.limits.wrong.Charge(address, now)
			s.tell(r, nil, security.SignInRefused, problem.From(err).Reason, s.issuer(r))
		}
		return err
	}
	// A session that was there ends: its cookie may be known to somebody else.
	s.endSession(r, f.Session)
	made := sessionOf(login)
	if _, err := s.Token(r.Context(), &made, pageLife); err != nil {
		return err
	}
	cookie, made, err := s.Sessions.Begin(r.Context(), made)
	if err != nil {
		return err
	}
	setCookie(w, r, sessionCookie, cookie)
	w.Header().Set("Cache-Control", "no-store")
	who := &visitor{Session: made, Role: roleOf(made), Provider: made.Principal.Provider}
	s.tell(r, who, security.SignIn, "", s.issuer(r))
	next := localPath(pending.Next)
	switch {
	case made.Acting == "" && len(made.Representations) > 0 || len(made.Dropped) > 0:
		to := "/me" // who acts for somebody says for whom
		if next != "" {
			to += "?" + encoded("next", next)
		}
		next = to
	case next == "":
		next = who.Home()
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// issuer says in the log which issuer's page it is; an address that names none says none.
func (s *server) issuer(r *http.Request) slog.Attr {
	id := r.PathValue("issuer")
	if !slices.ContainsFunc(s.SignIn.Issuers(), func(known signin.IssuerConfig) bool { return known.ID == id }) {
		return slog.Attr{}
	}
	return slog.String("issuer", id)
}

// finish has an answer read once: a copy of the browser's cookie brings nothing.
func (s *server) finish(r *http.Request, pending signin.Pending, f *frame) (signin.Login, error) {
	if s.Sessions == nil {
		return signin.Login{}, errNoPage()
	}
	if pending.State != "" {
		switch err := s.Sessions.Once(r.Context(), pending.State); {
		case errors.Is(err, session.ErrNone):
			pending = signin.Pending{}
		case err != nil:
			return signin.Login{}, err
		}
	}
	return s.SignIn.Finish(r.Context(), r.PathValue("issuer"), f.query, pending)
}

// sessionOf is the session of a login. Who may act for one company only does so at once.
func sessionOf(login signin.Login) session.Session {
	made := session.Session{
		Issuer: login.Issuer, Principal: login.Principal, Representations: login.Representations,
		Access: login.Tokens.Access, Refresh: login.Tokens.Refresh, Expires: login.Tokens.Expires,
	}
	for _, company := range login.Expired {
		made.Dropped = append(made.Dropped, session.Dropped{Company: company, Why: "expired"})
	}
	for _, company := range login.Invalid {
		made.Dropped = append(made.Dropped, session.Dropped{Company: company, Why: "invalid"})
	}
	if len(made.Representations) == 1 {
		made.Acting = made.Representations[0].Company
	}
	return made
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request, f *frame) error {
	s.endSession(r, f.Session)
	if f.Session != nil {
		s.tell(r, f.Session, security.SignOut, "")
	}
	forget(w)
	dropCookie(w, r, sessionCookie)
	dropCookie(w, r, holderCookie)
	dropCookie(w, r, keptCookie)
	http.Redirect(w, r, "/?done=signed_out", http.StatusSeeOther)
	return nil
}

// endSession signs a session out, if there is one. When the log does not take it, it
// has ended at this gateway.
func (s *server) endSession(r *http.Request, who *visitor) {
	if who == nil {
		return
	}
	if err := s.Sessions.End(r.Context(), who.ID); err != nil {
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
