package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/businessespoo/hub/services/kit/problem"

	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
)

// operatorEraseView shows the protocols of erasures, and what an order would do before
// it is given.
type operatorEraseView struct {
	*frame
	Erasures []erasureView
	Order    form
	// Plan is what was asked for and not ordered yet; nil before.
	Plan            *erasePlan
	Next, FirstPage string
}

type erasureView struct {
	*rightsv1.Erasure
	ID      string
	Waiting []string
	Removed []removedView
}

type removedView struct {
	Party string
	*rightsv1.Removed
}

// erasePlan says in words what an order would do.
type erasePlan struct {
	Of, Ground string
	Goes       []string
	Stays      []string
	Confirm    form
}

func (s *server) operatorErasePage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showOperatorErase(w, r, f, http.StatusOK, nil, nil)
}

func (s *server) showOperatorErase(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent, plan *erasePlan) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	f.Title, f.sent = f.T("operator.erase_title"), was
	answer, err := s.Rights.ListErasures(f.as(r.Context()), &rightsv1.ListErasuresRequest{PageSize: lettersShown, PageToken: f.query.Get("page")})
	if err != nil {
		return fmt.Errorf("web: list erasures: %w", err)
	}
	view := operatorEraseView{frame: f, Plan: plan}
	for _, e := range answer.GetErasures() {
		one := erasureView{Erasure: e, ID: requestKey(e.GetName())}
		for _, key := range e.GetWaitingFor() {
			one.Waiting = append(one.Waiting, f.party(key))
		}
		for _, removed := range e.GetRemoved() {
			one.Removed = append(one.Removed, removedView{Party: f.party(removed.GetParty()), Removed: removed})
		}
		view.Erasures = append(view.Erasures, one)
	}
	if token := answer.GetNextPageToken(); token != "" {
		view.Next = f.link(map[string]string{"page": token, "done": ""})
	}
	if f.query.Get("page") != "" {
		view.FirstPage = f.link(map[string]string{"page": "", "done": ""})
	}
	view.Order = form{F: f, ID: "plan", Do: "plan", Button: f.T("operator.erase_show"), Fields: f.eraseFields()}.finish(was)
	return s.render(w, "operatorerase", code, view)
}

// ErasureState is how far an erasure is.
func (f *frame) ErasureState(state rightsv1.ErasureState) string {
	return f.Enum("erasure", state, "ERASURE_STATE_")
}

func eraseKinds() []string { return []string{"case", "company", "person"} }

func (f *frame) eraseFields() []field {
	var kinds []choice
	for _, kind := range eraseKinds() {
		kinds = append(kinds, choice{Value: kind, Label: f.T("operator.erase_" + kind), Hint: f.T("operator.erase_" + kind + "_hint")})
	}
	limited := func(x field, limit int) field { x.MaxLength = limit; return x }
	return []field{
		f.choose("radios", "kind", f.T("operator.erase_kind"), kinds).must(),
		f.text("of", f.T("operator.erase_of")).must(),
		limited(f.text("law", f.T("operator.erase_law")).must().hinted(f.T("operator.erase_law_hint")), 100),
		limited(f.text("section", f.T("operator.erase_section")).must().hinted(f.T("operator.erase_section_hint")), 50),
		f.long("reason", f.T("operator.erase_reason"), 500).must().hinted(f.T("operator.erase_reason_hint")),
	}
}

// eraseRequest reads the order from the form.
func eraseRequest(was *sent) *rightsv1.EraseRequest {
	v := was.values
	of := strings.TrimSpace(v.Get("of"))
	request := &rightsv1.EraseRequest{
		RequestId: v.Get("request_id"), Ground: &rightsv1.Ground{Law: strings.TrimSpace(v.Get("law")), Section: strings.TrimSpace(v.Get("section")), Reason: strings.TrimSpace(v.Get("reason"))},
	}
	switch v.Get("kind") {
	case "case":
		request.Case = "cases/" + strings.TrimPrefix(of, "cases/")
	case "company":
		request.Company = of
	case "person":
		request.Person = of
	}
	return request
}

// operatorEraseAction shows what an order would do, and gives it once that was confirmed.
func (s *server) operatorEraseAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	was := sentForm(r.PostForm)
	f.check(was, f.eraseFields())
	if kind := was.values.Get("kind"); kind != "" && !contains(eraseKinds(), kind) {
		was.fail("kind", fieldError{Text: f.T("error."+emptyError("select"), "field", f.T("operator.erase_kind"))})
	}
	if was.failed() {
		was.form = "plan"
		return s.showOperatorErase(w, r, f, http.StatusUnprocessableEntity, was, nil)
	}
	switch do := was.values.Get("do"); {
	case do == "plan":
		return s.showOperatorErase(w, r, f, http.StatusOK, nil, f.erasePlan(was, nil))
	case do != "erase":
		return problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", do)
	case was.values.Get("sure") != "yes":
		was.fail("sure", fieldError{Text: f.T("operator.erase_unsure")})
		plan := f.erasePlan(was, was)
		return s.showOperatorErase(w, r, f, http.StatusUnprocessableEntity, was, plan)
	}
	if _, err := s.Rights.Erase(f.as(r.Context()), eraseRequest(was)); err != nil {
		if err := f.refused(was, err, eraseField(was.values.Get("kind"))); err != nil {
			return err
		}
		was.form = "plan"
		return s.showOperatorErase(w, r, f, problem.From(err).HTTPStatus(), was, nil)
	}
	http.Redirect(w, r, f.path+"?done=erase", http.StatusSeeOther)
	return nil
}

// eraseField leads from a field of the API to that of the form.
func eraseField(kind string) func(string) string {
	return func(path string) string {
		if path == kind {
			return "of"
		}
		return strings.TrimPrefix(path, "ground.")
	}
}

// erasePlan says what would happen, with the form that makes it happen.
func (f *frame) erasePlan(asked, was *sent) *erasePlan {
	v, kind := asked.values, asked.values.Get("kind")
	plan := &erasePlan{
		Of: f.T("operator.erase_"+kind) + ": " + strings.TrimSpace(v.Get("of")), Ground: strings.TrimSpace(v.Get("law") + " " + v.Get("section")),
		Goes:  []string{f.T("operator.goes_" + kind), f.T("operator.goes_log"), f.T("operator.goes_providers"), f.T("operator.goes_notes")},
		Stays: []string{f.T("operator.stays_access"), f.T("operator.stays_backup"), f.T("operator.stays_protocol")},
	}
	confirm := form{
		F: f, ID: "erase", Do: "erase", Button: f.T("operator.erase_button"), Warning: f.T("operator.erase_warning"), Main: true,
		Fields: []field{f.text("sure", f.T("operator.erase_sure")).as("check").must()},
	}
	for _, name := range []string{"kind", "of", "law", "section", "reason"} {
		confirm.Hidden = append(confirm.Hidden, hidden{name, v.Get(name)})
	}
	plan.Confirm = confirm.finish(was)
	return plan
}
