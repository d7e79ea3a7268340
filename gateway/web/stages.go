package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// stageView is one page of opening a case.
type stageView struct {
	*frame
	stage
	// Heading is the title without the step.
	Heading string
	// At is which of the pages it is; Number and Of count them with need and services.
	At, Number, Of int
	Asks           *serviceView
	Fields         []field
	Contact        field
	Secret         field
	Company        companyFields
	Consent        consentView
	Shares         []shareView
	// Answers are all that was filled in, on the last page.
	Answers   []answered
	RequestID string
	Carry     []hidden
	Saved     savedView
}

// shareView says what one provider will see, and asks for the consent to it.
type shareView struct {
	Provider  string
	Questions []string
	Tick      field
}

// answered is a part of what was filled in, with the step that changes it.
type answered struct {
	Title, Change string
	Words         string
	Lines         []AnswerView
}

// showStage shows a page of opening a case.
func (s *server) showStage(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent, at int) error {
	values := was.values
	services := values["service"]
	stages := f.stages(services)
	at = place(strconv.Itoa(at), len(stages))
	if !values.Has("contact_language") {
		values.Set("contact_language", f.Lang)
	}
	if !values.Has("request_id") || was.used {
		values.Set("request_id", newRequestID())
	}
	one := stages[at]
	f.narrow(was, stages, at)
	f.Title = f.T("saved.stage_" + one.Kind)
	f.LanguageForm, f.LanguageAction, f.Enter = "check", "/check", "next"
	f.sent = was
	company, wanted := f.checkCompany(was)
	register := s.askRegister(r, f, was, "/check", company, wanted, services)
	if register.ID != "" {
		values.Set("register_id", register.ID) // goes along to the other pages
	}
	view := stageView{frame: f, stage: one, At: at, Number: at + 3, Of: len(stages) + 2, Saved: f.saved(values)}
	switch one.Kind {
	case "service":
		service := f.Service(one.Service)
		view.Asks, f.Title = &service, service.Title
		for _, x := range f.asked(services, one.Service) {
			view.Fields = append(view.Fields, x.place("check", was))
		}
	case "company":
		view.Contact = f.contactField().place("check", was)
		view.Secret = f.text("secret", f.T("check.secret")).as("check").hinted(f.T("check.secret_hint")).place("check", was)
		view.Company = f.companyFields(was)
		view.Company.Register = register
	case "consent":
		consent, err := s.consent(r, f, was, "check", providersOf(f, services), values.Get("text"), services[0])
		if err != nil {
			return err
		}
		view.Consent, view.Shares = consent, f.shares(services, consent)
	case "answers":
		f.Enter = "send"
		view.Answers = f.allAnswers(values, stages)
	}
	view.Heading = f.Title
	f.Title += " – " + f.T("saved.stage", "n", view.Number, "all", view.Of)
	view.Carry = carried(values, func(name string) bool {
		return opens(name) && !f.owns(services, one, name) && name != "draft" && (name != "changing" || one.Kind != "answers")
	})
	return s.render(w, "stage", code, view)
}

// narrow leaves of what was refused that which the page can mend, and what no page can.
func (f *frame) narrow(was *sent, stages []stage, at int) {
	errors, order, services := was.errors, was.order, was.values["service"]
	was.errors, was.order, was.placed = nil, nil, nil
	for _, name := range order {
		first := f.firstName(services, name)
		if page := slices.IndexFunc(stages, func(one stage) bool { return f.owns(services, one, first) }); page == at || page < 0 {
			was.fail(first, *errors[name])
		}
	}
}

// shares says what each provider will see: the answers to its own services.
func (f *frame) shares(services []string, consent consentView) []shareView {
	var all []shareView
	for i, provider := range providersOf(f, services) {
		one := shareView{Provider: f.Provider(provider), Tick: consent.Fields[i]}
		for _, service := range services {
			if providerOf(service) != provider && f.dir.service[service].GetJointWith() != provider {
				continue
			}
			for _, q := range f.dir.service[service].GetInputs() {
				if label := in(f.Lang, q.GetDisplayName()); !slices.Contains(one.Questions, label) {
					one.Questions = append(one.Questions, label)
				}
			}
		}
		all = append(all, one)
	}
	return all
}

// allAnswers are all that was filled in, each part with the step that leads to it.
func (f *frame) allAnswers(values url.Values, stages []stage) []answered {
	need := answered{Title: f.T("check.need"), Change: "to:need", Words: strings.TrimSpace(values.Get("text"))}
	if need.Words == "" && values.Get("need") != "" {
		need.Words = f.NeedName(values.Get("need"))
	}
	chosen := answered{Title: f.T("check.services"), Change: "to:choose"}
	for _, service := range values["service"] {
		chosen.Lines = append(chosen.Lines, AnswerView{Question: f.ServiceName(service), Answer: f.Provider(providerOf(service))})
	}
	all := []answered{need, chosen}
	for i, one := range stages {
		part := answered{Title: f.T("saved.stage_" + one.Kind), Change: "to:" + strconv.Itoa(i)}
		switch one.Kind {
		case "service":
			part.Title = f.ServiceName(one.Service)
			for _, x := range f.asked(values["service"], one.Service) {
				id := strings.TrimPrefix(x.Name, inputName(one.Service, ""))
				for _, q := range f.dir.service[one.Service].GetInputs() {
					if q.GetId() == id {
						part.Lines = append(part.Lines, AnswerView{Question: x.Label, Answer: f.filledIn(f.answer(q, isoDate(values.Get(x.Name))))})
					}
				}
			}
		case "company":
			part.Lines = f.companyAnswers(values)
		case "consent":
			for _, provider := range providersOf(f, values["service"]) {
				answer := f.T("saved.not_agreed")
				if values.Get(consentPrefix+provider) == "yes" {
					answer = f.T("saved.agreed")
				}
				part.Lines = append(part.Lines, AnswerView{Question: f.Provider(provider), Answer: answer})
			}
		default:
			continue
		}
		all = append(all, part)
	}
	return all
}

func (f *frame) filledIn(value string) string {
	if strings.TrimSpace(value) == "" {
		return f.T("saved.no_answer")
	}
	return value
}

// companyAnswers say who the case is for, and how its company is served.
func (f *frame) companyAnswers(values url.Values) []AnswerView {
	who := f.T("company.nameless")
	if f.Session != nil && !f.Session.Desk() {
		switch own, isOwn := strings.CutPrefix(values.Get("company"), "own:"); {
		case isOwn:
			who = own
		case values.Get("company") == "other":
			who = values.Get("company_id")
		case values.Get("company") == "none":
			who = f.T("company.not_yet")
		}
		if name := values.Get("company_name"); name != "" && values.Get("company") != "nameless" {
			who += ", " + name
		}
	}
	lines := []AnswerView{{Question: f.T("company.question"), Answer: f.filledIn(who)}, {Question: f.T("check.contact_language"), Answer: f.LanguageName(values.Get("contact_language"))}}
	if values.Get("secret") == "yes" {
		lines = append(lines, AnswerView{Question: f.T("check.secret"), Answer: f.T("input.yes")})
	}
	return lines
}
