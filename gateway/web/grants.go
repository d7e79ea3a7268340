package web

import (
	"net/http"
	"slices"
	"strings"

	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/systemkey"
)

// grantsView shows which systems act for the visitor's companies.
type grantsView struct {
	*frame
	Grants []grantView
	// None tells that no system could be let in.
	None bool
	Form form
}

// grantView is one grant, with the form that withdraws it.
type grantView struct {
	*keysv1.Grant
	Systems  string
	May      []string
	Withdraw form
}

// May says in words what scopes stand for.
func (f *frame) May(scopes []string) []string {
	words := map[string]string{
		systemkey.CaseRead: f.T("scope.case_read"), systemkey.CaseWrite: f.T("scope.case_write"), systemkey.ApplicationRead: f.T("scope.application_read"),
		systemkey.RequestRead: f.T("scope.request_read"), systemkey.RequestDecide: f.T("scope.request_decide"),
	}
	var list []string
	for _, scope := range scopes {
		list = append(list, words[scope])
	}
	return list
}

func (s *server) grantsPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showGrants(w, r, f, http.StatusOK, nil)
}

func (s *server) showGrants(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	if f.Session == nil {
		return errSignIn()
	}
	if f.Session.Role != "company" {
		return problem.New(problem.Denied, "ROLE_NOT_ALLOWED", "only those who act for a company say which systems do")
	}
	ctx := f.as(r.Context())
	integrators, err := s.Grants.ListIntegrators(ctx, &keysv1.ListIntegratorsRequest{})
	if err != nil {
		return err
	}
	grants, err := s.Grants.ListGrants(ctx, &keysv1.ListGrantsRequest{PageSize: 200})
	if err != nil {
		return err
	}
	f.Title, f.sent = f.T("grants.title"), was
	systems := map[string]string{}
	for _, i := range integrators.Integrators {
		systems[i.Organisation] = strings.Join(i.Systems, ", ")
	}
	view := grantsView{frame: f, None: len(integrators.Integrators) == 0}
	for _, g := range grants.Grants {
		id := "withdraw-" + slug(g.Company+"-"+g.Organisation)
		view.Grants = append(view.Grants, grantView{
			Grant: g, Systems: orText(systems[g.Organisation], g.Organisation), May: f.May(g.Scopes),
			Withdraw: form{
				F: f, ID: id, Do: "withdraw_grant", Title: f.T("grants.withdraw"), Button: f.T("grants.withdraw_button"), Warning: f.T("grants.withdraw_warning"),
				Hidden: []hidden{{"company", g.Company}, {"organisation", g.Organisation}},
			}.finish(was),
		})
	}
	give := form{F: f, ID: "grant", Do: "grant", Button: f.T("grants.button"), Main: true, Fields: f.grantFields(integrators.Integrators)}
	if len(f.Session.Companies) == 1 {
		// Another tab may choose another company before this form is sent.
		give.Hidden = []hidden{{"company", f.Session.Companies[0]}}
	}
	view.Form = give.finish(was)
	return s.render(w, "grants", code, view)
}

func orText(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

func (f *frame) grantFields(integrators []*keysv1.Integrator) []field {
	choices := []choice{{Label: f.T("grants.choose")}}
	for _, i := range integrators {
		choices = append(choices, choice{Value: i.Organisation, Label: strings.Join(i.Systems, ", ") + " (" + i.Organisation + ")"})
	}
	fields := []field{f.choose("select", "organisation", f.T("grants.system"), choices).must()}
	if own := f.companyChoices(); len(own) > 1 {
		fields = append(fields, f.choose("select", "company", f.T("grants.company"), own).must())
	}
	return append(fields,
		f.text("write", f.T("scope.case_write")).as("check"),
		f.text("application", f.T("scope.application_read")).as("check"),
		f.text("valid_to", f.T("grants.valid_to")).as("date").hinted(f.T("grants.valid_to_hint")))
}

func (s *server) grantsAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.Session == nil {
		return errSignIn()
	}
	was := sentForm(r.PostForm)
	v, ctx := was.values, f.as(r.Context())
	company := v.Get("company")
	var err error
	do := "grant"
	if v.Get("do") == "withdraw_grant" {
		do = "withdraw_grant"
		_, err = s.Grants.WithdrawGrant(ctx, &keysv1.WithdrawGrantRequest{RequestId: v.Get("request_id"), Company: company, Organisation: v.Get("organisation")})
	} else {
		if v.Get("organisation") == "" {
			was.fail("organisation", fieldError{Text: f.T("error.choose", "field", f.T("grants.system"))})
			return s.showGrants(w, r, f, http.StatusUnprocessableEntity, was)
		}
		_, err = s.Grants.GrantAccess(ctx, &keysv1.GrantAccessRequest{
			RequestId: v.Get("request_id"), Company: company, Organisation: v.Get("organisation"), ValidTo: isoDate(v.Get("valid_to")),
			Scopes: ticked(was, systemkey.CaseRead, "write", systemkey.CaseWrite, "application", systemkey.ApplicationRead),
		})
	}
	if err != nil {
		if err := f.refused(was, err, func(path string) string { return path }); err != nil {
			return err
		}
		return s.showGrants(w, r, f, problem.From(err).HTTPStatus(), was)
	}
	http.Redirect(w, r, "/grants?done="+do, http.StatusSeeOther)
	return nil
}

// ticked answers the scope that is always given and those whose boxes are ticked, given
// as pairs of a field's name and a scope.
func ticked(was *sent, always string, pairs ...string) []string {
	scopes := []string{always}
	for pair := range slices.Chunk(pairs, 2) {
		if was.values.Get(pair[0]) == "yes" {
			scopes = append(scopes, pair[1])
		}
	}
	return scopes
}
