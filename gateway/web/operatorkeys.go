package web

import (
	"fmt"
	"net/http"
	"strings"

	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
)

// operatorKeysView shows an operator the keys of all systems, and where somebody is signed in.
type operatorKeysView struct {
	*frame
	Keys []operatorKey
	// Find asks for a person; Person is who was asked for.
	Find     field
	Person   string
	Sessions []operatorSession
	EndAll   form
	Next     string
	First    string
}

type operatorKey struct {
	*keysv1.Key
	ID, Whose string
	May       []string
	Ended     bool
	Revoke    form
}

type operatorSession struct {
	*identityv1.Session
	End form
}

func (s *server) operatorKeysPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showOperatorKeys(w, r, f, http.StatusOK, nil, "")
}

func (s *server) showOperatorKeys(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent, person string) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	f.Title, f.sent = f.T("operator.keys_title"), was
	ctx := f.as(r.Context())
	answer, err := s.Keys.ListKeys(ctx, &keysv1.ListKeysRequest{PageSize: 50, PageToken: f.query.Get("page")})
	if err != nil {
		return fmt.Errorf("web: list keys: %w", err)
	}
	view := operatorKeysView{frame: f, Person: person, Find: f.personField().place("find", was)}
	if view.Find.Value == "" {
		view.Find.Value = person
	}
	today := string(catalogue.DateOf(f.now))
	for _, k := range answer.GetKeys() {
		id := requestKey(k.GetName())
		view.Keys = append(view.Keys, operatorKey{
			Key: k, ID: id, Whose: f.keyOwner(k.GetParent()), May: f.May(k.GetScopes()), Ended: k.GetRevokedAt() != nil || k.GetValidTo() < today,
			Revoke: form{
				F: f, ID: "revoke-" + id, Do: "revoke", Title: f.T("keys.revoke"), Button: f.T("keys.revoke_button"), Warning: f.T("keys.revoke_warning"),
				Hidden: []hidden{{"name", k.GetName()}},
			}.finish(was),
		})
	}
	if token := answer.GetNextPageToken(); token != "" {
		view.Next = f.link(map[string]string{"page": token, "done": ""})
	}
	if f.query.Get("page") != "" {
		view.First = f.link(map[string]string{"page": "", "done": ""})
	}
	if person != "" {
		if err := s.sessionsOf(r, f, &view, was); err != nil {
			return err
		}
	}
	return s.render(w, "operatorkeys", code, view)
}

// FirstPage is the address of the first page; empty on it.
func (v operatorKeysView) FirstPage() string { return v.First }

func (f *frame) keyOwner(parent string) string {
	if strings.HasPrefix(parent, "providers/") {
		return f.Provider(parent)
	}
	return requestKey(parent)
}

func (s *server) sessionsOf(r *http.Request, f *frame, view *operatorKeysView, was *sent) error {
	answer, err := s.Identity.ListSessions(f.as(r.Context()), &identityv1.ListSessionsRequest{Person: view.Person})
	if err != nil {
		return fmt.Errorf("web: list sessions: %w", err)
	}
	for _, one := range answer.GetSessions() {
		view.Sessions = append(view.Sessions, operatorSession{Session: one, End: form{
			F: f, ID: "end-" + one.GetId(), Do: "end", Button: f.T("operator.end"), Hidden: []hidden{{"id", one.GetId()}, {"person", view.Person}},
		}.finish(was)})
	}
	view.EndAll = form{F: f, ID: "end-all", Do: "end_all", Button: f.T("operator.end_all"), Hidden: []hidden{{"person", view.Person}}}.finish(was)
	return nil
}

// operatorKeysAction revokes a key, or looks for sessions and ends them. Who is looked
// for travels in a body and never in an address.
func (s *server) operatorKeysAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	was := sentForm(r.PostForm)
	v, ctx := was.values, f.as(r.Context())
	person := strings.TrimSpace(v.Get("person"))
	var err error
	switch v.Get("do") {
	case "revoke":
		if _, err = s.Keys.RevokeKey(ctx, &keysv1.RevokeKeyRequest{RequestId: v.Get("request_id"), Name: v.Get("name")}); err == nil {
			http.Redirect(w, r, f.path+"?done=revoke", http.StatusSeeOther)
			return nil
		}
	case "find":
		if f.check(was, []field{f.personField()}); was.failed() {
			return s.showOperatorKeys(w, r, f, http.StatusUnprocessableEntity, was, "")
		}
	case "end":
		_, err = s.Identity.RevokeSession(ctx, &identityv1.RevokeSessionRequest{RequestId: v.Get("request_id"), Id: v.Get("id")})
	case "end_all":
		if person == "" || person == "-" {
			// An empty one would be the operator's own, and "-" everybody's: not from this page.
			return problem.New(problem.Invalid, "PERSON_MISSING", "person is %q; look for one person first", person)
		}
		_, err = s.Identity.RevokeAllSessions(ctx, &identityv1.RevokeAllSessionsRequest{RequestId: v.Get("request_id"), Person: person})
	default:
		err = problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", v.Get("do"))
	}
	if err != nil {
		if err := f.refused(was, err, nil); err != nil {
			return err
		}
		return s.showOperatorKeys(w, r, f, problem.From(err).HTTPStatus(), was, person)
	}
	if v.Get("do") != "find" {
		f.Done = f.T("operator.ended")
	}
	return s.showOperatorKeys(w, r, f, http.StatusOK, nil, person)
}

// personField asks for the id of a person.
func (f *frame) personField() field {
	return f.text("person", f.T("operator.person")).must().hinted(f.T("operator.person_hint"))
}
