package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/token"
)

// meView says who the visitor is signed in as, for whom they may act, and where else
// they are signed in.
type meView struct {
	*frame
	Who      string
	Choices  []actingView
	Dropped  []string
	Sessions []sessionView
	Next     string
}

// actingView is somebody for whom the visitor may act.
type actingView struct {
	Company, Label, Hint string
	Current              bool
}

type sessionView struct {
	ID          string
	Began, Seen time.Time
	Current     bool
}

func (s *server) mePage(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.Session == nil {
		return errSignIn()
	}
	f.Title = f.T("me.title")
	view := meView{frame: f, Who: f.WhoAmI(), Next: localPath(f.query.Get("next"))}
	if f.Session.Role == "company" {
		for _, representation := range f.Session.Representations {
			view.Choices = append(view.Choices, actingView{
				Company: representation.Company, Label: representation.Company,
				Hint: f.Basis(representation), Current: representation.Company == f.Session.Acting,
			})
		}
		view.Choices = append(view.Choices, actingView{Label: f.T("me.self"), Hint: f.T("me.self_hint"), Current: f.Session.Acting == ""})
		for _, dropped := range f.Session.Dropped {
			view.Dropped = append(view.Dropped, f.T("me.dropped_"+dropped.Why, "company", dropped.Company))
		}
	}
	list, err := s.Sessions.List(r.Context(), f.Session.Principal.Subject)
	if err != nil {
		return err
	}
	for _, one := range list {
		view.Sessions = append(view.Sessions, sessionView{ID: one.ID, Began: one.Began, Seen: one.Seen, Current: one.ID == f.Session.ID})
	}
	return s.render(w, "me", http.StatusOK, view)
}

// Basis says in words on what basis somebody acts.
func (f *frame) Basis(r token.Representation) string {
	text := f.T("basis." + r.Basis)
	if r.Role != "" {
		text += " (" + f.roleWord(r.Role) + ")"
	}
	if !r.ValidTo.IsZero() {
		text += ", " + f.T("me.until", "date", f.day(r.ValidTo.Add(-time.Second).In(catalogue.Helsinki())))
	}
	return text
}

// roleWord is the word for a role or a theme that is known here, else as it is written.
func (f *frame) roleWord(role string) string {
	if key := "representation." + strings.ReplaceAll(role, "-", "_"); f.texts.has(f.Lang, key) {
		return f.T(key)
	}
	return role
}

// Moment shows a time of a session.
func (f *frame) Moment(at time.Time) string { return f.instant(at) }

func (s *server) meAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.Session == nil {
		return errSignIn()
	}
	switch r.PostForm.Get("do") {
	case "act":
		return s.act(w, r, f)
	case "end":
		return s.endOne(w, r, f)
	case "everywhere":
		list, err := s.Sessions.List(r.Context(), f.Session.Principal.Subject)
		if err != nil {
			return err
		}
		for _, one := range list {
			if err := s.Sessions.End(r.Context(), one.ID); err != nil {
				return err
			}
		}
		s.tell(r, f.Session, security.SessionEnded, "")
		return s.signOut(w, r, f)
	}
	return errNoPage()
}

// act changes for whom the visitor acts: one company, or themselves.
func (s *server) act(w http.ResponseWriter, r *http.Request, f *frame) error {
	company := r.PostForm.Get("company")
	known := slices.ContainsFunc(f.Session.Representations, func(one token.Representation) bool { return one.Company == company })
	if company != "" && !known {
		return problem.New(problem.Denied, "NOT_YOURS", "you do not act for %.80q", company)
	}
	if _, err := s.Sessions.Change(r.Context(), f.Session.ID, func(changed *session.Session) { changed.Acting = company }); err != nil {
		return err
	}
	next := localPath(r.PostForm.Get("next"))
	if next == "" {
		next = f.Session.Home()
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// endOne ends another session of the same person.
func (s *server) endOne(w http.ResponseWriter, r *http.Request, f *frame) error {
	list, err := s.Sessions.List(r.Context(), f.Session.Principal.Subject)
	if err != nil {
		return err
	}
	for _, one := range list {
		if one.ID == r.PostForm.Get("session") {
			if err := s.Sessions.End(r.Context(), one.ID); err != nil {
				return err
			}
			s.tell(r, f.Session, security.SessionEnded, "")
		}
	}
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}

func roleOf(s session.Session) string { return token.RoleName(s.Principal.Role) }

func encoded(name, value string) string { return url.Values{name: {value}}.Encode() }
