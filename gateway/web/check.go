package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// checkService is one service with its questions.
type checkService struct {
	serviceView
	Fields []field
}

// companyFields are the questions about who the case is for.
type companyFields struct {
	F *frame
	// Nameless says that the visitor is not signed in, so that the case can have no name.
	Nameless bool
	Choice   field
	ID       field
	Name     field
	// Register fills the rest from the company register.
	Register registerView
}

// consentView is the consent text with one tick for each provider.
type consentView struct {
	Text, Version string
	Fields        []field
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

func (f *frame) contactField() field {
	return f.choose("select", "contact_language", f.T("check.contact_language"), f.languageChoices()).must().hinted(f.T("check.contact_language_hint"))
}

// companyFields asks who the case is for. Only somebody who is signed in can
// open a case with a name.
func (f *frame) companyFields(was *sent) companyFields {
	c := companyFields{F: f, Nameless: f.Session == nil || f.Session.Desk()}
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
