package web

import (
	"fmt"
	"net/http"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// casesView is the list of a company's cases.
type casesView struct {
	*frame
	Filters []field
	// Groups are the cases: those that wait for the visitor first, then by company.
	Groups []caseGroup
	// Filtered tells an empty list from one that the filters empty.
	Filtered  bool
	Next      string
	FirstPage string
	// Saved has the drafts to go on with.
	Saved savedView
}

// caseStatuses are the states to filter by, as they stand in an address.
func caseStatuses() []string { return []string{"open", "unconfirmed", "closing", "closed", "lapsed"} }

func (s *server) casesPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	f.Title = f.T("cases.title")
	ctx := f.as(r.Context())
	switch {
	case f.Session == nil && f.Holder != nil:
		http.Redirect(w, r, "/cases/"+f.Holder.Case, http.StatusSeeOther)
		return nil
	case f.Session == nil:
		return errSignIn()
	}
	q := f.query
	request := &casesv1.ListCasesRequest{
		PageToken: q.Get("page"), Query: strings.TrimSpace(q.Get("q")), Provider: q.Get("provider"),
		CompanyId: q.Get("company"), AsksMe: q.Get("asks") == "yes", MinRevision: q.Get("rev"),
	}
	if status, ok := casesv1.CaseStatus_value["CASE_STATUS_"+strings.ToUpper(q.Get("status"))]; ok && q.Get("status") != "" {
		request.Statuses = []casesv1.CaseStatus{casesv1.CaseStatus(status)}
	}
	answer, err := newest(request.GetMinRevision(), func(revision string) (*casesv1.ListCasesResponse, error) {
		request.MinRevision = revision
		return s.Cases.ListCases(ctx, request)
	})
	if err != nil {
		return fmt.Errorf("web: list cases: %w", err)
	}
	if request.GetPageToken() == "" {
		f.Watch = "*"
	}
	view := casesView{frame: f, Filters: f.caseFilters()}
	view.Filtered = request.GetQuery() != "" || request.GetProvider() != "" || request.GetAsksMe() || len(request.GetStatuses()) > 0 || request.GetCompanyId() != ""
	waiting, err := s.waiting(ctx, &view, request)
	if err != nil {
		return err
	}
	view.Groups = f.caseGroups(waiting, answer.GetCases())
	if request.GetPageToken() == "" && !view.Filtered {
		view.Saved = savedView{F: f, Drafts: s.drafts(r, f)}
	}
	if token := answer.GetNextPageToken(); token != "" {
		view.Next = f.link(map[string]string{"page": token, "done": ""})
	}
	if request.GetPageToken() != "" {
		view.FirstPage = f.link(map[string]string{"page": "", "done": ""})
	}
	return s.render(w, "cases", http.StatusOK, view)
}

func (f *frame) caseFilters() []field {
	all := choice{Value: "", Label: f.T("filter.all")}
	statuses := []choice{all}
	for _, status := range caseStatuses() {
		statuses = append(statuses, choice{Value: status, Label: f.T("case_status." + status)})
	}
	providers := []choice{all}
	for _, p := range f.dir.Providers {
		providers = append(providers, choice{Value: p.GetName(), Label: in(f.Lang, p.GetDisplayName())})
	}
	fields := []field{
		f.text("q", f.T("filter.search")),
		f.choose("select", "status", f.T("filter.status"), statuses),
		f.choose("select", "provider", f.T("filter.provider"), providers),
	}
	if own := f.companyChoices(); len(own) > 1 {
		fields = append(fields, f.choose("select", "company", f.T("filter.company"), append([]choice{all}, own...)))
	}
	fields = append(fields, f.text("asks", f.T("filter.asks")).as("check"))
	for i := range fields {
		fields[i] = fields[i].place("filter", &sent{form: "filter", values: f.query})
	}
	return fields
}

// Open counts the requests of a case that have not ended.
func (f *frame) Open(c *casesv1.Case) int {
	n := 0
	for _, r := range c.GetRequests() {
		if !ended(r.GetStatus()) {
			n++
		}
	}
	return n
}

// Finished counts those that have.
func (f *frame) Finished(c *casesv1.Case) int { return len(c.GetRequests()) - f.Open(c) }

// openCodeView asks for the code and secret of a case without a name.
type openCodeView struct {
	*frame
	Form form
}

func (s *server) openCodePage(w http.ResponseWriter, _ *http.Request, f *frame) error {
	return s.showOpenCode(w, f, http.StatusOK, nil)
}

func (s *server) showOpenCode(w http.ResponseWriter, f *frame, code int, was *sent) error {
	f.Title = f.T("open_code.title")
	f.sent = was
	return s.render(w, "opencode", code, openCodeView{frame: f, Form: f.openCodeForm().finish(was)})
}

func (f *frame) openCodeForm() form {
	return form{F: f, ID: "open", Do: "open", Button: f.T("open_code.button"), Open: true, Main: true, Fields: []field{
		f.text("code", f.T("open_code.code")).must(),
		f.text("secret", f.T("open_code.secret")).as("secret").must().hinted(f.T("open_code.secret_hint")),
	}}
}

// openCodeAction tries the code and secret on the API: they open the list of
// the one case that they belong to.
func (s *server) openCodeAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	was := sentForm(r.PostForm)
	f.check(was, f.openCodeForm().Fields)
	if was.failed() {
		return s.showOpenCode(w, f, http.StatusUnprocessableEntity, was)
	}
	was.values.Set("code", strings.TrimSpace(was.values.Get("code")))
	h := &holder{Code: was.values.Get("code"), Secret: strings.TrimSpace(was.values.Get("secret"))}
	wrong := func() error {
		was.fail("code", fieldError{Text: f.T("open_code.wrong")})
		return s.showOpenCode(w, f, http.StatusUnprocessableEntity, was)
	}
	if !printable(h.Code) || !printable(h.Secret) || strings.Contains(h.Code, ":") {
		return wrong()
	}
	answer, err := s.Cases.ListCases(with(r.Context(), h), &casesv1.ListCasesRequest{PageSize: 1})
	if isKind(err, problem.Unauthenticated, problem.Denied, problem.NotFound, problem.Invalid) || err == nil && len(answer.GetCases()) == 0 {
		return wrong()
	}
	if err != nil {
		return fmt.Errorf("web: open by code: %w", err)
	}
	h.Case = requestKey(answer.GetCases()[0].GetName())
	if err := s.setHolder(w, r, h); err != nil {
		return err
	}
	http.Redirect(w, r, "/cases/"+h.Case, http.StatusSeeOther)
	return nil
}

// leaveCase forgets the code and secret, on a machine that others use too.
func (s *server) leaveCase(w http.ResponseWriter, r *http.Request, _ *frame) error {
	dropCookie(w, r, holderCookie)
	forget(w)
	http.Redirect(w, r, "/?done=left", http.StatusSeeOther)
	return nil
}
