package web

import (
	"fmt"
	"net/http"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// caseForm is one step that a company can take, about a request or, when that
// is nil, about the case. What it asks depends on the step alone, so that a form
// sent from an older page is read the same way.
func (f *frame) caseForm(do string, r *casesv1.Request, c *casesv1.Case) form {
	fm := form{F: f, ID: do, Do: do, Title: f.T("act." + do), Button: f.T("act." + do + "_button")}
	if r != nil {
		fm.ID = do + "-" + requestKey(r.GetName())
		fm.Hidden = append(fm.Hidden, hidden{"request", requestKey(r.GetName())})
	}
	// What cannot be undone is bound to the state that the person saw.
	switch do {
	case "withdraw":
		fm.Hidden = append(fm.Hidden, hidden{"etag", r.GetEtag()})
	case "close", "reopen", "link", "confirm", "share", "unshare":
		fm.Hidden = append(fm.Hidden, hidden{"etag", c.GetEtag()})
	}
	fm.Fields = f.caseFields(do)
	switch do {
	case "withdraw", "close", "remove":
		fm.Warning = f.T("act." + do + "_warning")
	case "link", "reopen", "report":
		fm.Intro = f.T("act." + do + "_intro")
	}
	if do == "close" {
		fm.Intro = f.closes(c)
	}
	return fm
}

// caseFields are what a step asks.
func (f *frame) caseFields(do string) []field {
	switch do {
	case "message":
		return []field{f.long("text", f.T("act.message_text"), longText).must()}
	case "answer":
		return []field{f.long("text", f.T("act.answer_text"), longText).must()}
	case "report":
		return f.reportFields()
	case "withdraw", "close", "reopen":
		return []field{f.long("reason", f.T("act.reason"), shortText)}
	case "rate":
		var stars []choice
		for i := 5; i >= 1; i-- {
			stars = append(stars, choice{Value: fmt.Sprint(i), Label: f.T(fmt.Sprintf("stars.%d", i))})
		}
		return []field{
			f.choose("radios", "stars", f.T("act.rate_stars"), stars).must(),
			f.long("comment", f.T("act.rate_comment"), shortText),
		}
	case "correct":
		return []field{
			f.long("text", f.T("act.correct_text"), longText).must(), f.text("reason", f.T("act.reason")),
			f.text("remove_old", f.T("act.correct_remove")).as("check"),
		}
	case "share":
		return f.shareFields()
	case "link":
		id := f.text("company_id", f.T("company.id")).must().hinted(f.T("company.id_hint"))
		if own := f.companyChoices(); len(own) > 0 {
			id = f.choose("select", "company_id", f.T("act.link_which"), own).must()
		}
		return []field{id, f.text("company_name", f.T("company.name"))}
	}
	return nil
}

// caseActions are the steps on the case as a whole that its state invites.
func (f *frame) caseActions(c *casesv1.Case, was *sent) []form {
	var forms []form
	add := func(do string) { forms = append(forms, f.caseForm(do, nil, c).finish(was)) }
	companySide := f.Session != nil && !f.Session.Desk()
	if c.GetCompany() == nil && companySide && c.GetStatus() == casesv1.CaseStatus_CASE_STATUS_OPEN {
		add("link")
	}
	switch c.GetStatus() {
	case casesv1.CaseStatus_CASE_STATUS_OPEN:
		add("close")
	case casesv1.CaseStatus_CASE_STATUS_CLOSED:
		add("reopen")
	}
	return forms
}

// ask shows one thing that is asked of the company, with the form that answers it.
func (s *server) ask(r *http.Request, f *frame, c *casesv1.Case, ask *casesv1.Ask, was *sent) (askView, error) {
	v := askView{Ask: ask, Heading: f.Enum("ask", ask.GetKind(), "ASK_KIND_"), When: f.left(ask.GetDueDate())}
	request := requestOf(c, ask.GetRequest())
	if request != nil {
		v.About = f.requestTitle(request) + " – " + f.Provider(request.GetProvider())
	}
	place := func(fm form) *form {
		if ask.GetNumber() > 0 {
			fm.ID += fmt.Sprintf("-%d", ask.GetNumber())
			fm.Hidden = append(fm.Hidden, hidden{"number", fmt.Sprint(ask.GetNumber())})
		}
		fm.Title = ""
		fm.Main = true
		fm = fm.finish(was)
		return &fm
	}
	switch ask.GetKind() {
	case casesv1.AskKind_ASK_KIND_ANSWER_SUPPLEMENT:
		if request != nil {
			v.How, v.Form = f.T("journey_view.how_answer"), place(f.caseForm("answer", request, c))
		}
	case casesv1.AskKind_ASK_KIND_ANSWER_REFERRAL:
		v.How = f.T("journey_view.how_referral")
		v.Link = fmt.Sprintf("%s/referrals?request=%s&number=%d", caseLink(c.GetName()), requestKey(ask.GetRequest()), ask.GetNumber())
		v.Heading += ": " + f.ServiceName(ask.GetTarget()) + " – " + f.Provider(providerOf(ask.GetTarget()))
	case casesv1.AskKind_ASK_KIND_APPLY_ELSEWHERE:
		v.Official = f.official(request, ask)
		v.How = f.T("journey_view.how_apply")
		if request != nil {
			fm := f.caseForm("report", request, c).finish(was)
			v.Form = &fm
		}
	case casesv1.AskKind_ASK_KIND_CONFIRM_CASE:
		fm, err := s.confirmForm(r, f, c, was)
		if err != nil {
			return askView{}, err
		}
		v.Form = &fm
	}
	return v, nil
}

// official says where to apply, in the page's language where the catalogue knows it.
func (f *frame) official(r *casesv1.Request, ask *casesv1.Ask) *casesv1.Official {
	if known := f.Service(r.GetService()).Official; known != nil {
		return &casesv1.Official{DisplayName: known.Name, Url: known.URL, Reference: known.Reference}
	}
	if r.GetOfficial() != nil {
		return r.GetOfficial()
	}
	return &casesv1.Official{DisplayName: ask.GetTarget(), Url: ask.GetTarget()}
}

// confirmForm confirms a case that a provider opened on the company's behalf.
func (s *server) confirmForm(r *http.Request, f *frame, c *casesv1.Case, was *sent) (form, error) {
	fm := f.caseForm("confirm", nil, c)
	providers := caseProviders(c)
	service := ""
	if len(c.GetRequests()) > 0 {
		service = c.GetRequests()[0].GetService()
	}
	if was != nil && was.form != fm.ID {
		was = nil
	}
	consent, err := s.consent(r, f, was, fm.ID, providers, c.GetNeedText(), service)
	if err != nil {
		return form{}, err
	}
	fm.Title, fm.Intro, fm.Main = "", consent.Text, true
	fm.Hidden = append(fm.Hidden, hidden{"consent_version", consent.Version}, hidden{"providers", strings.Join(providers, " ")})
	fm = fm.finish(was)
	fm.Fields = consent.Fields
	return fm, nil
}

func caseProviders(c *casesv1.Case) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range c.GetRequests() {
		if !seen[r.GetProvider()] {
			seen[r.GetProvider()] = true
			out = append(out, r.GetProvider())
		}
	}
	return out
}

func requestOf(c *casesv1.Case, name string) *casesv1.Request {
	for _, r := range c.GetRequests() {
		if r.GetName() == name {
			return r
		}
	}
	return nil
}
