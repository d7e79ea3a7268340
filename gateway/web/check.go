package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// checkView is the page on which everything is filled in and sent.
type checkView struct {
	*frame
	Text, Need  string
	Services    []checkService
	Contact     field
	Company     companyFields
	Secret      field
	Consent     consentView
	Register    registerView
	RequestID   string
	MoreService bool
}

// checkService is one chosen service with its questions.
type checkService struct {
	serviceView
	Fields []field
}

// companyFields are the questions about who the case is for.
type companyFields struct {
	// Nameless says that the visitor is not signed in, so that the case can have no name.
	Nameless bool
	Choice   field
	ID       field
	Name     field
}

// consentView is the consent text with one tick for each provider.
type consentView struct {
	Text, Version string
	Fields        []field
}

// checkPageKeeps tells which values of the check page the choose page carries
// along, so that going back loses nothing.
func checkPageKeeps(name string) bool {
	return strings.HasPrefix(name, "in:") || registerKeeps(name) || slices.Contains([]string{
		"contact_language", "company", "company_id", "company_name", "secret", "request_id",
	}, name)
}

// checkPage shows the check page, or sends the case when that was asked.
func (s *server) checkPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.dirError != nil {
		return f.dirError
	}
	values := r.PostForm
	if gone := values.Get("remove"); gone != "" {
		values["service"] = slices.DeleteFunc(values["service"], func(name string) bool { return name == gone })
	}
	values["service"] = known(f, values["service"])
	if len(values["service"]) == 0 {
		f.sent = &sent{form: "choose"}
		f.sent.fail("service", fieldError{Text: f.T("choose.none")})
		f.sent.show("service", "services")
		return s.showChoose(w, r, f, http.StatusUnprocessableEntity, values)
	}
	was := &sent{form: "check", values: values}
	if values.Get("do") != "send" {
		return s.showCheck(w, r, f, f.wantsLookup(was), was)
	}
	return s.send(w, r, f, was)
}

// known keeps each service of the catalogue once, at most as many as a case may have.
func known(f *frame, names []string) []string {
	var out []string
	for _, name := range names {
		if f.dir.service[name] != nil && !slices.Contains(out, name) && len(out) < mostServices {
			out = append(out, name)
		}
	}
	return out
}

// mostServices is the contract's limit of services in one call.
const mostServices = 20

func (s *server) showCheck(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	values := was.values
	f.Title = f.T("check.title")
	f.LanguageForm, f.LanguageAction, f.Enter = "check", "/check", "send"
	f.sent = was
	if !values.Has("contact_language") {
		values.Set("contact_language", f.Lang)
	}
	if !values.Has("request_id") {
		values.Set("request_id", newRequestID())
	}
	if was.used {
		values.Set("request_id", newRequestID())
	}
	company, wanted := f.checkCompany(was)
	register := s.askRegister(r, f, was, "/check", company, wanted, values["service"])
	view := checkView{frame: f, Register: register, Text: values.Get("text"), Need: values.Get("need"), RequestID: values.Get("request_id")}
	for _, name := range values["service"] {
		service := checkService{serviceView: f.Service(name)}
		for _, x := range f.inputFields(name) {
			service.Fields = append(service.Fields, x.place("check", was))
		}
		view.Services = append(view.Services, service)
	}
	view.MoreService = len(view.Services) > 1
	view.Contact = f.contactField().place("check", was)
	view.Secret = f.text("secret", f.T("check.secret")).as("check").hinted(f.T("check.secret_hint")).place("check", was)
	view.Company = f.companyFields(was)
	consent, err := s.consent(r, f, was, "check", providersOf(f, values["service"]), values.Get("text"), values["service"][0])
	if err != nil {
		return err
	}
	view.Consent = consent
	return s.render(w, "check", code, view)
}

func (f *frame) contactField() field {
	return f.choose("select", "contact_language", f.T("check.contact_language"), f.languageChoices()).must().hinted(f.T("check.contact_language_hint"))
}

// companyFields asks who the case is for. Only somebody who is signed in can
// open a case with a name.
func (f *frame) companyFields(was *sent) companyFields {
	c := companyFields{Nameless: f.Session == nil || f.Session.Desk()}
	if c.Nameless {
		return c
	}
	var choices []choice
	for _, id := range f.Session.Companies {
		choices = append(choices, choice{Value: "own:" + id, Label: id})
	}
	choices = append(choices,
		choice{Value: "other", Label: f.T("company.other")},
		choice{Value: "none", Label: f.T("company.not_yet"), Hint: f.T("company.not_yet_hint")},
		choice{Value: "nameless", Label: f.T("company.nameless"), Hint: f.T("company.nameless_hint")})
	c.Choice = f.choose("radios", "company", f.T("company.question"), choices).must()
	c.ID = f.text("company_id", f.T("company.other_id")).hinted(f.T("company.id_hint"))
	c.Name = f.text("company_name", f.T("company.name"))
	f.actingCompany(was)
	c.Choice, c.ID, c.Name = c.Choice.place("check", was), c.ID.place("check", was), c.Name.place("check", was)
	return c
}

// providersOf lists the providers of some services once each, with those that
// take part in a joint one.
func providersOf(f *frame, services []string) []string {
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, name := range services {
		add(providerOf(name))
		add(f.dir.service[name].GetJointWith())
	}
	return out
}

// consent shows the consent text as the API states it today, with one tick for
// each provider. A text that has changed since it was shown must be ticked anew.
func (s *server) consent(r *http.Request, f *frame, was *sent, formID string, providers []string, text, service string) (consentView, error) {
	need := ""
	if needs := f.dir.service[service].GetNeeds(); len(needs) > 0 {
		need = needs[0]
	}
	if text == "" && need == "" {
		text = f.ServiceName(service)
	}
	answer, err := s.suggest(r.Context(), f, text, need)
	if err != nil {
		return consentView{}, err
	}
	view := consentView{Text: answer.GetConsentText(), Version: answer.GetConsentTextVersion()}
	if was != nil && was.values.Get("consent_version") != view.Version {
		values := url.Values{}
		for name, v := range was.values {
			if !strings.HasPrefix(name, consentPrefix) {
				values[name] = v
			}
		}
		if was.placed == nil {
			was.placed = map[string]string{}
		}
		copied := *was
		copied.values = values
		was = &copied
	}
	for _, x := range f.consentFields(providers) {
		view.Fields = append(view.Fields, x.place(formID, was))
	}
	return view, nil
}

const consentPrefix = "consent:"

func (f *frame) consentFields(providers []string) []field {
	var fields []field
	for _, provider := range providers {
		fields = append(fields, f.text(consentPrefix+provider, f.T("consent.tick", "provider", f.Provider(provider))).as("check").must())
	}
	return fields
}

// consents are those that were ticked.
func consents(values url.Values, providers []string) []*casesv1.Consent {
	var out []*casesv1.Consent
	for _, provider := range providers {
		if values.Get(consentPrefix+provider) == "yes" {
			out = append(out, &casesv1.Consent{
				Provider: provider, TextVersion: values.Get("consent_version"),
				DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE, policyv1.DataClass_DATA_CLASS_APPLICATION},
			})
		}
	}
	return out
}
