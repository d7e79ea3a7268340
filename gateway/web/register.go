package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/problem"
)

// registerPatience is how long a page waits for the company register. Nobody is stopped
// by it: the page is shown without what it would have told.
const registerPatience = 2 * time.Second

// registered is what the company register says of the company of a page.
type registered struct {
	company *companyv1.Company
	// fills are the values of fields that follow from it, by the fields' names.
	fills map[string]string
}

// registerView is the part of a form that fills the rest from the company register.
type registerView struct {
	*frame
	// Offered tells that the hub asks a register.
	Offered bool
	// Action is where the form goes, ID the company that it was filled for.
	Action, ID string
	// Hidden are the values that were filled in, so that what a person wrote in their
	// place is never written over.
	Hidden []hidden
	// Note says what came of the look-up when it was nothing.
	Note string
	// Facts are what the register says, When is of when.
	Facts []registerFact
	When  string
}

// registerFact is one thing that the register says; Lang is its language where that
// is not the page's.
type registerFact struct{ Label, Value, Lang string }

// filledPrefix is before the names of the hidden values.
const filledPrefix = "filled:"

// registerKeeps tells which of the values are the register's part of a form.
func registerKeeps(name string) bool {
	return name == "register_id" || strings.HasPrefix(name, filledPrefix)
}

// wantsLookup checks what somebody wrote who wants to fetch a company's details, and
// answers the status of the page.
func (f *frame) wantsLookup(was *sent) int {
	if !lookupAsked(was) || f.Session == nil {
		return http.StatusOK
	}
	typed := typedCompany(was)
	if typed == "" {
		if strings.HasPrefix(was.values.Get("company"), "own:") {
			return http.StatusOK
		}
		was.fail("company_id", fieldError{Text: f.T("error.empty", "field", f.T("company.id"))})
		return http.StatusUnprocessableEntity
	}
	if _, err := identifier.ParseBusinessID(typed); err != nil {
		was.fail("company_id", f.wrongBusinessID(f.T("company.id"), typed, "error.business_id"))
		return http.StatusUnprocessableEntity
	}
	// The company that was written is the one that is meant, unless it is one's own.
	if !f.Session.Desk() && was.values.Get("company") != "own:"+typed {
		was.values.Set("company", "other")
	}
	return http.StatusOK
}

// wrongBusinessID says what is wrong with a company's identifier: which one it would be
// with the right check digit, else what identifiers look like.
func (f *frame) wrongBusinessID(label, value, otherwise string) fieldError {
	if right := identifier.SuggestBusinessID(value); right != "" {
		return fieldError{Text: f.T("register.check_digit", "field", label, "right", right)}
	}
	return fieldError{Text: f.T(otherwise, "field", label)}
}

// typedCompany is the identifier that was written into the form.
func typedCompany(was *sent) string { return strings.TrimSpace(was.values.Get("company_id")) }

// actingCompany takes the company that the visitor acts for as the one that is meant.
func (f *frame) actingCompany(was *sent) {
	if f.Session != nil && len(f.Session.Companies) == 1 && !was.values.Has("company") {
		was.values.Set("company", "own:"+f.Session.Companies[0])
	}
}

// lookupAsked tells whether the visitor wants a company's details to be fetched.
func lookupAsked(was *sent) bool { return was.values.Get("do") == "lookup" }

// checkCompany is the company of the check page, the one chosen or the one written, and
// whether to fetch its details: nobody has to ask for what the hub can know of the
// company that they act for.
func (f *frame) checkCompany(was *sent) (company string, wanted bool) {
	if f.Session == nil || f.Session.Desk() {
		return "", false
	}
	f.actingCompany(was)
	switch own, isOwn := strings.CutPrefix(was.values.Get("company"), "own:"); {
	case isOwn:
		return own, lookupAsked(was) || was.values.Get("register_id") != own && was.values.Get("do") != "send"
	case was.values.Get("company") == "other":
		return typedCompany(was), lookupAsked(was)
	}
	return "", false
}

// askRegister asks the register for the company of a form when that is wanted, and
// again while the form is filled for it, and fills the fields that nobody has filled.
func (s *server) askRegister(r *http.Request, f *frame, was *sent, action, company string, wanted bool, services []string) registerView {
	view := registerView{frame: f, Offered: s.Companies != nil && f.Session != nil, Action: action, ID: was.values.Get("register_id")}
	if !view.Offered {
		return view
	}
	id, err := identifier.ParseBusinessID(company)
	if err == nil && (wanted || view.ID == id) {
		ctx, cancel := context.WithTimeout(f.as(r.Context()), registerPatience)
		defer cancel()
		answer, err := s.Companies.LookupCompany(ctx, &companyv1.LookupCompanyRequest{BusinessId: id})
		if err != nil {
			view.Note = f.noRegister(id, err)
		} else {
			f.register = &registered{company: answer.GetCompany(), fills: f.fills(answer.GetCompany(), services)}
			view.Facts, view.When = f.registerFacts(answer.GetCompany()), f.Day(answer.GetCompany().GetLookedUpTime())
			if wanted {
				f.register.fill(was)
			}
			view.ID = id
		}
	}
	view.Hidden = carried(was.values, func(name string) bool { return strings.HasPrefix(name, filledPrefix) })
	return view
}

// noRegister says why there is nothing from the register.
func (f *frame) noRegister(id string, err error) string {
	switch problem.KindOf(err) {
	case problem.NotFound:
		return f.T("register.none", "id", id)
	case problem.Exhausted:
		return f.T("register.too_many")
	}
	return f.T("register.away")
}

// fill puts in what the register says where nothing is, or what it said before. What a
// person wrote stays.
func (g *registered) fill(was *sent) {
	for name, value := range g.fills {
		now, before := strings.TrimSpace(was.values.Get(name)), was.values.Get(filledPrefix+name)
		if now == "" || now == before {
			was.values.Set(name, value)
		}
		was.values.Set(filledPrefix+name, value)
	}
}

// fromRegister says of a field that it holds what the register says, while it does.
func (f *frame) fromRegister(name, value string) string {
	if f == nil || f.register == nil || value == "" || f.register.fills[name] != value {
		return ""
	}
	return f.T("register.from", "when", f.Day(f.register.company.GetLookedUpTime()))
}

// lines are the ids of the services' questions for the line of business; a question for a
// company's number has a type of its own.
var lines = []string{"line_of_business", "industry", "sector"}

// espoo is the code of the municipality: a service that asks for an address means one there.
const espoo = "049"

// fills are the answers that follow from what the register says. An empty one takes
// away what another company left.
func (f *frame) fills(c *companyv1.Company, services []string) map[string]string {
	out := map[string]string{"company_name": c.GetDisplayName()}
	for _, service := range services {
		for _, q := range f.dir.service[service].GetInputs() {
			name, text := inputName(service, q.GetId()), q.GetType() == "text"
			switch {
			case q.GetType() == "business_id", q.GetType() == "company_id":
				out[name] = c.GetBusinessId()
			case text && slices.Contains(lines, q.GetId()):
				line, _ := f.words(c.GetLineOfBusiness())
				out[name] = cut(line, int(q.GetMaxLength()))
			case text && q.GetId() == "address":
				out[name] = ""
				if c.GetAddress().GetMunicipalityCode() == espoo {
					out[name] = cut(f.address(c), int(q.GetMaxLength()))
				}
			}
		}
	}
	return out
}

// cut shortens a text to what its field may hold.
func cut(text string, most int) string {
	if runes := []rune(text); most > 0 && len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// words are a text of the register in the page's language, else in one that it has, with
// that language; no language when it is the page's.
func (f *frame) words(w *companyv1.Words) (string, string) {
	in := map[string]string{"fi": w.GetFi(), "sv": w.GetSv(), "en": w.GetEn()}
	if in[f.Lang] != "" {
		return in[f.Lang], ""
	}
	for _, lang := range []string{"fi", "sv", "en"} {
		if in[lang] != "" {
			return in[lang], lang
		}
	}
	return "", ""
}

func (f *frame) address(c *companyv1.Company) string {
	city, _ := f.words(c.GetAddress().GetCity())
	street, place := c.GetAddress().GetStreet(), join(c.GetAddress().GetPostCode(), city)
	if street == "" || place == "" {
		return street + place
	}
	return street + ", " + place
}

// registerFacts are what the register says, and what it does not tell.
func (f *frame) registerFacts(c *companyv1.Company) []registerFact {
	form, formLang := f.words(c.GetForm())
	line, lineLang := f.words(c.GetLineOfBusiness())
	facts := []registerFact{
		{f.T("register.name"), c.GetDisplayName(), ""},
		{f.T("register.form"), form, formLang},
		{f.T("register.line"), line, lineLang},
		{f.T("register.address"), f.address(c), ""},
		{f.T("register.trade"), f.entry(c.GetTradeRegister()), ""},
		{f.T("register.prepayment"), f.entry(c.GetPrepaymentRegister()), ""},
		{f.T("register.vat"), f.entry(c.GetVatRegister()), ""},
		{f.T("register.employer"), f.entry(c.GetEmployerRegister()), ""},
	}
	for i := range facts {
		if facts[i].Value == "" {
			facts[i].Value = f.T("register.unknown")
		}
	}
	if situation := f.situation(c.GetSituation()); situation != "" {
		facts = append(facts, registerFact{f.T("register.situation"), situation, ""})
	}
	if c.GetEndDate() != "" {
		facts = append(facts, registerFact{f.T("register.end"), f.Date(c.GetEndDate()), ""})
	}
	return facts
}

func (f *frame) entry(e companyv1.Entry) string {
	switch e {
	case companyv1.Entry_ENTRY_ENTERED:
		return f.T("register.entered")
	case companyv1.Entry_ENTRY_ENDED:
		return f.T("register.ended")
	case companyv1.Entry_ENTRY_NONE:
		return f.T("register.not_in")
	}
	return ""
}

func (f *frame) situation(s companyv1.Situation) string {
	switch s {
	case companyv1.Situation_SITUATION_BANKRUPTCY:
		return f.T("register.bankruptcy")
	case companyv1.Situation_SITUATION_RESTRUCTURING:
		return f.T("register.restructuring")
	case companyv1.Situation_SITUATION_LIQUIDATION:
		return f.T("register.liquidation")
	case companyv1.Situation_SITUATION_OTHER:
		return f.T("register.other")
	}
	return ""
}
