package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// assessed is the local day on which deploy/accessibility.md was last gone through.
const assessed = "2026-11-22"

// feedbackService is the service that answers feedback on the pages, within the 14
// days of the Act on the Provision of Digital Services (306/2019).
const feedbackService = "providers/espoo-city/services/feedback"

// accessibilityView is the accessibility statement, which that act asks for.
type accessibilityView struct {
	*frame
	Assessed string
}

func (s *server) accessibilityPage(w http.ResponseWriter, _ *http.Request, f *frame) error {
	f.Title = f.T("accessibility.title")
	return s.render(w, "accessibility", http.StatusOK, accessibilityView{f, assessed})
}

// feedbackView is the form for feedback on the pages. Feedback is a case as any other:
// its sender reads the answer in it.
type feedbackView struct {
	*frame
	Consent string
	Form    form
}

func (s *server) feedbackPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showFeedback(w, r, f, http.StatusOK, nil)
}

func (s *server) showFeedback(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	if f.dirError != nil {
		return f.dirError
	}
	if f.dir.service[feedbackService] == nil {
		return problem.New(problem.NotFound, "NO_SUCH_SERVICE", "the catalogue has no service %s", feedbackService)
	}
	f.Title, f.LanguageForm, f.LanguageAction = f.T("feedback.title"), "form-feedback", "/feedback"
	f.sent = was
	consent, err := s.consent(r, f, was, "feedback", providersOf(f, []string{feedbackService}), "", feedbackService)
	if err != nil {
		return err
	}
	fm := form{
		F: f, ID: "feedback", Do: "send", Button: f.T("feedback.button"), Open: true, Main: true,
		Hidden: []hidden{{"consent_version", consent.Version}}, Fields: f.inputFields(feedbackService),
	}
	for i := range fm.Fields {
		if fm.Fields[i].Name == inputName(feedbackService, "page") {
			fm.Fields[i].Value = f.query.Get("page")
		}
	}
	fm = fm.finish(was)
	fm.Fields = append(fm.Fields, consent.Fields...)
	return s.render(w, "feedback", code, feedbackView{f, consent.Text, fm})
}

func (s *server) feedbackAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.dirError != nil {
		return f.dirError
	}
	was := sentForm(r.PostForm)
	if was.values.Has("lang") {
		return s.showFeedback(w, r, f, http.StatusOK, was)
	}
	providers := providersOf(f, []string{feedbackService})
	request := &casesv1.OpenCaseRequest{
		RequestId: was.values.Get("request_id"), Title: f.ServiceName(feedbackService), NeedText: f.ServiceName(feedbackService),
		Language: f.Lang, ContactLanguage: f.Lang, Consents: consents(was.values, providers),
		Services: []*casesv1.ServiceChoice{{Service: feedbackService, Inputs: f.answers(was, feedbackService)}},
	}
	f.check(was, f.consentFields(providers))
	if was.failed() {
		return s.showFeedback(w, r, f, http.StatusUnprocessableEntity, was)
	}
	ctx := r.Context()
	if f.Session != nil && f.Session.Role == "company" {
		ctx = f.as(ctx)
	}
	answer, err := s.Cases.OpenCase(ctx, request)
	if err != nil {
		if err := f.refused(was, err, openCaseField(request)); err != nil {
			return err
		}
		return s.showFeedback(w, r, f, problem.From(err).HTTPStatus(), was)
	}
	return s.toOpened(w, r, answer)
}

var pathValue = regexp.MustCompile(`\{[^}]*\}`)

// FeedbackLink leads to the feedback on this page. It names the kind of page alone: the
// name of a case is nothing for whoever answers feedback.
func (f *frame) FeedbackLink() string {
	_, page, _ := strings.Cut(f.pattern, " ")
	if page == "" || strings.HasPrefix(page, "/feedback") {
		return "/feedback"
	}
	page = pathValue.ReplaceAllString(strings.TrimSuffix(page, "{$}"), "…")
	return "/feedback?" + url.Values{"page": {page}}.Encode()
}
