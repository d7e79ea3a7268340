package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

const sharedCasePattern = "/desk/{provider}/cases/{case}"

// sharedView is a case as another provider sees the others' parts of it.
type sharedView struct {
	*frame
	Shared       *sharingv1.SharedCase
	ProviderName string
	Inbox        string
	// Open tells that the company or a law shows more than the header.
	Open     bool
	What     string
	Requests []sharedRequest
	Timeline []entryView
	More     moreView
	// Disclose records what a law lets the provider see; nil where it is no authority.
	Disclose *form
	Grounds  []*sharingv1.LegalGround
}

// sharedRequest is one provider's part.
type sharedRequest struct {
	*casesv1.Request
	Title, ProviderName string
	Answers             []AnswerView
}

func (s *server) sharedCasePage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showSharedCase(w, r, f, http.StatusOK, nil)
}

func (s *server) showSharedCase(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	if f.Session == nil {
		return errSignIn()
	}
	if f.Session.Home() != "/desk/"+r.PathValue("provider") {
		return problem.New(problem.NotFound, "NO_SUCH_PAGE", "the desk %.60q is another provider's", r.PathValue("provider"))
	}
	name, ctx := "cases/"+r.PathValue("case"), f.as(r.Context())
	answer, err := newest(f.query.Get("rev"), func(revision string) (*sharingv1.GetSharedCaseResponse, error) {
		return s.Sharing.GetSharedCase(ctx, &sharingv1.GetSharedCaseRequest{Name: name, MinRevision: revision})
	})
	if err != nil {
		return fmt.Errorf("web: read shared case: %w", err)
	}
	shared := answer.GetSharedCase()
	c := shared.GetCase()
	f.speak(c.GetContactLanguage(), c.GetLanguage())
	f.Title, f.sent = f.T("shared.title"), was
	provider := "providers/" + r.PathValue("provider")
	view := sharedView{
		frame: f, Shared: shared, ProviderName: f.Provider(provider), Inbox: "/desk/" + r.PathValue("provider"),
		Open: slices.Contains(shared.GetDataClasses(), policyv1.DataClass_DATA_CLASS_PROGRESS), What: f.What(shared.GetDataClasses()),
		Timeline: f.timeline(c.GetTimeline(), c.GetRequests(), c.GetLanguage()),
	}
	view.Timeline, view.More = f.newest(view.Timeline)
	for _, request := range c.GetRequests() {
		part := sharedRequest{Request: request, ProviderName: f.Provider(request.GetProvider()), Answers: f.Answers(request.GetService(), request.GetInputs())}
		if part.Title = part.ProviderName; request.GetService() != "" {
			part.Title = f.requestTitle(request)
		}
		view.Requests = append(view.Requests, part)
	}
	grounds, err := s.Sharing.ListLegalGrounds(ctx, &sharingv1.ListLegalGroundsRequest{Language: f.Lang})
	if err != nil {
		return fmt.Errorf("web: list legal grounds: %w", err)
	}
	if slices.ContainsFunc(f.dir.provider[provider].GetLegalEntities(), (*cataloguev1.LegalEntity).GetAuthority) {
		view.Grounds = grounds.GetLegalGrounds()
		fm := form{F: f, ID: "disclose", Do: "disclose", Title: f.T("shared.disclose"), Button: f.T("shared.disclose_button"), Warning: f.T("shared.disclose_warning")}
		fm.Fields = f.disclosureFields(view.Grounds)
		fm = fm.finish(was)
		view.Disclose = &fm
	}
	// What others have told in confidence stays on no disk of the advisor's.
	w.Header().Set("Cache-Control", "no-store")
	return s.render(w, "sharedcase", code, view)
}

func (f *frame) disclosureFields(grounds []*sharingv1.LegalGround) []field {
	var sections []choice
	for _, g := range grounds {
		sections = append(sections, choice{Value: g.GetAct() + " " + g.GetSection(), Label: fmt.Sprintf("%s (%s), %s §: %s", g.GetDisplayName(), g.GetAct(), g.GetSection(), f.What(g.GetDataClasses()))})
	}
	return []field{
		f.choose("select", "ground", f.T("shared.ground"), sections).must(),
		f.text("see_progress", f.T("class.progress")).as("check"),
		f.text("see_application", f.T("class.application")).as("check"),
		f.text("see_decision", f.T("class.decision")).as("check"),
		f.long("reason", f.T("shared.reason"), shortText).must().hinted(f.T("shared.reason_hint")),
	}
}

// sharedCaseAction records a disclosure by law and shows the case after it.
func (s *server) sharedCaseAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	was := sentForm(r.PostForm)
	if was.values.Get("do") != "disclose" {
		return problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", was.values.Get("do"))
	}
	grounds, err := s.Sharing.ListLegalGrounds(f.as(r.Context()), &sharingv1.ListLegalGroundsRequest{Language: f.Lang})
	if err != nil {
		return fmt.Errorf("web: list legal grounds: %w", err)
	}
	if f.check(was, f.disclosureFields(grounds.GetLegalGrounds())); was.failed() {
		return s.showSharedCase(w, r, f, http.StatusUnprocessableEntity, was)
	}
	act, section, _ := strings.Cut(was.values.Get("ground"), " ")
	request := &sharingv1.RecordDisclosureRequest{
		Parent: "cases/" + r.PathValue("case"), RequestId: was.values.Get("request_id"), Act: act, Section: section, Reason: was.values.Get("reason"),
	}
	for field, classes := range map[string][]policyv1.DataClass{
		"see_progress": {policyv1.DataClass_DATA_CLASS_PROGRESS}, "see_application": {policyv1.DataClass_DATA_CLASS_APPLICATION},
		"see_decision": {policyv1.DataClass_DATA_CLASS_DECISION, policyv1.DataClass_DATA_CLASS_RESULT},
	} {
		if was.values.Get(field) == "yes" {
			request.DataClasses = append(request.DataClasses, classes...)
		}
	}
	slices.Sort(request.DataClasses)
	answer, err := s.Sharing.RecordDisclosure(f.as(r.Context()), request)
	if err != nil {
		if err := f.refused(was, err, func(path string) string {
			return map[string]string{"data_classes": "see_progress", "act": "ground", "section": "ground"}[path]
		}); err != nil {
			return err
		}
		return s.showSharedCase(w, r, f, problem.From(err).HTTPStatus(), was)
	}
	http.Redirect(w, r, f.path+"?"+url.Values{"rev": {answer.GetRevision()}, "done": {"disclose"}}.Encode(), http.StatusSeeOther)
	return nil
}
