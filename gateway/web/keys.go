package web

import (
	"net/http"
	"strings"

	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/systemkey"
)

// keysView shows a lead the keys of the provider's systems.
type keysView struct {
	*frame
	ProviderName string
	// Issued is what was just issued; Secret is empty when it has been shown before.
	Issued *keysv1.Key
	Secret string
	Keys   []keyView
	Form   form
}

// keyView is one key, with the form that revokes it.
type keyView struct {
	*keysv1.Key
	ID     string
	May    []string
	Ended  bool
	Revoke form
}

func (s *server) keysPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showKeys(w, r, f, http.StatusOK, nil, nil)
}

func (s *server) showKeys(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent, issued *keysv1.IssueKeyResponse) error {
	provider := "providers/" + r.PathValue("provider")
	if err := f.mayKeepKeys(r.PathValue("provider")); err != nil {
		return err
	}
	view := keysView{frame: f, ProviderName: f.Provider(provider), Issued: issued.GetKey(), Secret: issued.GetSecret()}
	f.Title, f.sent = f.T("keys.title"), was
	today := string(catalogue.DateOf(f.now))
	for page := ""; ; {
		answer, err := s.Keys.ListKeys(f.as(r.Context()), &keysv1.ListKeysRequest{Parent: provider, PageSize: 200, PageToken: page})
		if err != nil {
			return err
		}
		for _, k := range answer.Keys {
			id := strings.TrimPrefix(k.Name, "keys/")
			view.Keys = append(view.Keys, keyView{
				Key: k, ID: id, May: f.May(k.Scopes), Ended: k.RevokedAt != nil || k.ValidTo < today,
				Revoke: form{
					F: f, ID: "revoke-" + id, Do: "revoke", Title: f.T("keys.revoke"), Button: f.T("keys.revoke_button"), Warning: f.T("keys.revoke_warning"),
					Hidden: []hidden{{"name", k.Name}},
				}.finish(was),
			})
		}
		if page = answer.NextPageToken; page == "" {
			break
		}
	}
	view.Form = form{F: f, ID: "issue", Do: "issue", Button: f.T("keys.button"), Main: true, Fields: f.keyFields()}.finish(was)
	// The secret stays on no disk of the visitor.
	w.Header().Set("Cache-Control", "no-store")
	return s.render(w, "keys", code, view)
}

func (f *frame) mayKeepKeys(provider string) error {
	switch {
	case f.Session == nil:
		return errSignIn()
	case !f.Session.Lead():
		return problem.New(problem.Denied, "ROLE_NOT_ALLOWED", "only a lead keeps the keys of a provider's systems")
	case f.Session.Provider != provider:
		return problem.New(problem.Denied, "OTHER_PROVIDER", "you belong to %s", f.Session.Provider)
	}
	return nil
}

func (f *frame) keyFields() []field {
	last := f.text("valid_to", f.T("keys.valid_to")).as("date").must().hinted(f.T("keys.valid_to_hint"))
	return []field{
		f.text("display_name", f.T("keys.name")).must().hinted(f.T("keys.name_hint")),
		f.text("decide", f.T("scope.request_decide")).as("check"),
		last,
	}
}

func (s *server) keysAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if err := f.mayKeepKeys(r.PathValue("provider")); err != nil {
		return err
	}
	was := sentForm(r.PostForm)
	v, ctx := was.values, f.as(r.Context())
	var issued *keysv1.IssueKeyResponse
	var err error
	if v.Get("do") == "revoke" {
		_, err = s.Keys.RevokeKey(ctx, &keysv1.RevokeKeyRequest{RequestId: v.Get("request_id"), Name: v.Get("name")})
	} else {
		if f.check(was, f.keyFields()); was.failed() {
			return s.showKeys(w, r, f, http.StatusUnprocessableEntity, was, nil)
		}
		issued, err = s.Keys.IssueKey(ctx, &keysv1.IssueKeyRequest{
			RequestId: v.Get("request_id"), Parent: "providers/" + r.PathValue("provider"), DisplayName: strings.TrimSpace(v.Get("display_name")),
			Scopes: ticked(was, systemkey.RequestRead, "decide", systemkey.RequestDecide), ValidTo: isoDate(v.Get("valid_to")),
		})
	}
	if err != nil {
		if err := f.refused(was, err, func(path string) string { return path }); err != nil {
			return err
		}
		return s.showKeys(w, r, f, problem.From(err).HTTPStatus(), was, nil)
	}
	if issued != nil {
		// Not by way of another address: the key is shown here and never again.
		return s.showKeys(w, r, f, http.StatusOK, nil, issued)
	}
	http.Redirect(w, r, f.path+"?done=revoke", http.StatusSeeOther)
	return nil
}
