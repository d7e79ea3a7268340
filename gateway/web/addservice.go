package web

import (
	"net/http"
	"net/url"
	"slices"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// addView adds a service to a case: first the catalogue, then the questions.
type addView struct {
	*frame
	Case    *casesv1.Case
	Groups  []catalogueGroup
	Link    string
	Service *serviceView
	Form    *form
	Consent string
}

func (s *server) addPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showAdd(w, r, f, http.StatusOK, f.query.Get("service"), nil)
}

func (s *server) showAdd(w http.ResponseWriter, r *http.Request, f *frame, code int, service string, was *sent) error {
	if f.dirError != nil {
		return f.dirError
	}
	c, err := s.readCase(r.Context(), f, r.PathValue("case"))
	if err != nil {
		return err
	}
	f.Title = f.T("add.title")
	f.sent = was
	view := addView{frame: f, Case: c, Link: caseLink(c.GetName()) + "/add"}
	if f.dir.service[service] == nil {
		view.Groups = f.groups(askable)
		return s.render(w, "add", code, view)
	}
	about := f.Service(service)
	view.Service = &about
	f.Title += ": " + about.Title
	fm := form{
		F: f, ID: "add", Do: "add", Button: f.T("add.button"), Open: true, Main: true,
		Hidden: []hidden{{"service", service}}, Fields: f.inputFields(service),
	}
	providers := missingConsents(f, c, service)
	consent, err := s.consent(r, f, was, "add", providers, "", service)
	if err != nil {
		return err
	}
	fm = fm.finish(was)
	if len(providers) > 0 {
		view.Consent = consent.Text
		fm.Hidden = append(fm.Hidden, hidden{"consent_version", consent.Version})
		fm.Fields = append(fm.Fields, consent.Fields...)
	}
	view.Form = &fm
	return s.render(w, "add", code, view)
}

// missingConsents are the providers of a service, its own and the partner of a
// joint one, for which the case holds no consent yet.
func missingConsents(f *frame, c *casesv1.Case, service string) []string {
	return slices.DeleteFunc(providersOf(f, []string{service}), func(provider string) bool {
		return slices.ContainsFunc(c.GetConsents(), func(given *casesv1.Consent) bool {
			serves := given.GetPurpose() == casesv1.ConsentPurpose_CONSENT_PURPOSE_SERVICE
			holds := given.GetWithdrawnAt() == nil && given.GetReplacedAt() == nil && (given.GetValidTo() == "" || given.GetValidTo() >= f.today())
			return given.GetProvider() == provider && serves && holds
		})
	})
}

func (s *server) addAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.dirError != nil {
		return f.dirError
	}
	was := sentForm(r.PostForm)
	service, id := was.values.Get("service"), r.PathValue("case")
	if f.dir.service[service] == nil {
		return problem.New(problem.NotFound, "NO_SUCH_SERVICE", "the catalogue has no service %.80q", service)
	}
	request := &casesv1.AddRequestRequest{
		Name: "cases/" + id, RequestId: was.values.Get("request_id"),
		Service: &casesv1.ServiceChoice{Service: service, Inputs: f.answers(was, service)},
	}
	if was.values.Has("consent_version") {
		c, err := s.readCase(r.Context(), f, id)
		if err != nil {
			return err
		}
		providers := missingConsents(f, c, service)
		f.check(was, f.consentFields(providers))
		request.Consents = consents(was.values, providers)
	}
	if was.failed() {
		return s.showAdd(w, r, f, http.StatusUnprocessableEntity, service, was)
	}
	answer, err := s.Cases.AddRequest(f.holding(r.Context(), id), request)
	if err != nil {
		names := func(path string) string { return inputField(service, request.GetService().GetInputs(), path) }
		if err := f.refused(was, err, names); err != nil {
			return err
		}
		return s.showAdd(w, r, f, problem.From(err).HTTPStatus(), service, was)
	}
	query := url.Values{"rev": {answer.GetRevision()}, "done": {"add"}}
	http.Redirect(w, r, "/cases/"+id+"?"+query.Encode(), http.StatusSeeOther)
	return nil
}
