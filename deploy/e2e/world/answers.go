package world

import (
	"slices"
	"strings"
	"testing"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// Consents are consents for the providers of services, given as
// omnia/apprenticeship, and for those that take part in a joint one.
func (w *World) Consents(t testing.TB, services ...string) []*casesv1.Consent {
	t.Helper()
	var providers []string
	for _, service := range services {
		known := w.Service(t, service)
		for _, p := range []string{name.Provider(strings.Split(service, "/")[0]), known.JointWith} {
			if p != "" && !slices.Contains(providers, p) {
				providers = append(providers, p)
			}
		}
	}
	suggested, err := w.Cases(t).SuggestServices(t.Context(), &casesv1.SuggestServicesRequest{NeedCode: "hire"})
	must(t, err)
	consents := make([]*casesv1.Consent, len(providers))
	for i, p := range providers {
		consents[i] = &casesv1.Consent{
			Provider: p, TextVersion: suggested.ConsentTextVersion,
			DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE, policyv1.DataClass_DATA_CLASS_APPLICATION},
		}
	}
	return consents
}

// Service reads a service of the catalogue, given as omnia/apprenticeship.
func (w *World) Service(t testing.TB, service string) *cataloguev1.Service {
	t.Helper()
	answer, err := w.Catalogue(t).GetService(t.Context(), &cataloguev1.GetServiceRequest{Name: Full(service)})
	must(t, err)
	return answer.Service
}

// Choice answers what a service asks: with the answers given, and with something
// that fits for whatever else it must know.
func (w *World) Choice(t testing.TB, service string, answers map[string]string) *casesv1.ServiceChoice {
	t.Helper()
	known := w.Service(t, service)
	choice := &casesv1.ServiceChoice{Service: known.Name}
	for _, field := range known.Inputs {
		value, given := answers[field.Id]
		if !given && field.Required {
			value = fitting(field)
		}
		if value != "" {
			choice.Inputs = append(choice.Inputs, &casesv1.Input{Id: field.Id, Value: value})
		}
	}
	return choice
}

// fitting is an answer that a question accepts.
func fitting(field *cataloguev1.InputField) string {
	switch field.Type {
	case "number", "integer", "money":
		if field.Min != "" && field.Min != "0" {
			return field.Min
		}
		return "30"
	case "date":
		return InDays(120)
	case "choice":
		return field.Choices[0].Id
	case "yes_no":
		return "yes"
	case "business_id", "company_id":
		return "9000001-1"
	case "url":
		return "https://example.com/plan"
	default:
		return "Kerromme tästä lisää tapaamisessa."
	}
}

// InDays is the local date so many days from now, as YYYY-MM-DD.
func InDays(days int) string {
	helsinki, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		helsinki = time.UTC
	}
	return time.Now().In(helsinki).AddDate(0, 0, days).Format(time.DateOnly)
}

// BusinessID is a company by its Business ID.
func BusinessID(id string) *casesv1.Company {
	return &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: id}
}

// Full is the resource name of a service that is given as omnia/apprenticeship.
func Full(service string) string {
	provider, id, _ := strings.Cut(service, "/")
	return name.Service(provider, id)
}

// short is the other way round.
func short(resource string) string {
	return strings.ReplaceAll(strings.TrimPrefix(resource, "providers/"), "/services/", "/")
}
