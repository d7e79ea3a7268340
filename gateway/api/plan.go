package api

import (
	"fmt"
	"slices"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

// consentMonths is how long a consent holds when no end is given.
const consentMonths = 12

// plan makes a request for a service, and the invitation that a joint service
// brings along. What is wrong is added to wrong; at is the path in the call before
// service and inputs, such as services[0]. with its dot, or nothing.
func (s *Cases) plan(service string, inputs []*casesv1.Input, language, at string, wrong *problem.Problem) (planned, invitation *eventsv1.PlannedRequest) {
	p, known, why := s.offered(service)
	if why != "" {
		wrong.Field(at+"service", why)
		return nil, nil
	}
	planned = &eventsv1.PlannedRequest{
		Provider: p.Key, Service: known.ID, Terms: s.Registry.Terms(p, known, language),
		Inputs: checkInputs(known, inputs, at+"inputs", func(catalogue.Problem) bool { return true }, wrong),
	}
	if known.Joint != nil {
		if invited, other, ok := s.Registry.Service(name.Service(known.Joint.With, known.ID)); ok {
			invitation = &eventsv1.PlannedRequest{
				Provider: invited.Key, Service: other.ID, Terms: s.Registry.Terms(invited, other, language),
				Inputs: planned.Inputs, InvitedToProvider: p.Key,
			}
		}
	}
	return planned, invitation
}

// offered finds a service that can be asked for today, or says why it cannot.
func (s *Cases) offered(service string) (*catalogue.Provider, *catalogue.Service, string) {
	p, known, ok := s.Registry.Service(service)
	switch {
	case !ok:
		return nil, nil, fmt.Sprintf("%q is not offered today; CatalogueService.ListServices lists what is", service)
	case known.Joint != nil && known.Joint.Role == catalogue.JointInvited:
		return nil, nil, fmt.Sprintf("%q is a joint service led by %s; ask for %s instead", service, known.Joint.With, name.Service(known.Joint.With, known.ID))
	}
	return p, known, ""
}

// checkInputs reads answers to a service's questions into their canonical form, in
// the order of the questions. Of the problems found those that matter are told.
func checkInputs(known *catalogue.Service, inputs []*casesv1.Input, field string, matters func(catalogue.Problem) bool, wrong *problem.Problem) []*casesv1.Input {
	values := make(map[string]string, len(inputs))
	for _, in := range inputs {
		if _, twice := values[in.Id]; twice {
			wrong.Field(field, fmt.Sprintf("%q is answered twice; answer each question once", in.Id))
		}
		values[in.Id] = in.Value
	}
	clean, problems := known.CheckInputs(values, catalogue.Checks{BusinessID: identifier.ParseBusinessID, CompanyID: anyCompany})
	for _, bad := range problems {
		if matters(bad) {
			wrong.Field(fmt.Sprintf("%s[%s]", field, bad.Field), bad.What+"; "+bad.Right)
		}
	}
	var checked []*casesv1.Input
	for _, q := range known.Inputs {
		if value := clean[q.ID]; value != "" {
			checked = append(checked, &casesv1.Input{Id: q.ID, Value: value})
		}
	}
	return checked
}

// asked are the classes of data that the consent text speaks of.
var asked = []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE, policyv1.DataClass_DATA_CLASS_APPLICATION}

// consents checks a call's consents and gives each an end.
func (s *Cases) consents(given []*casesv1.Consent, wrong *problem.Problem) []*casesv1.Consent {
	today := catalogue.DateOf(s.Writer.Now())
	last := today.AddMonths(consentMonths)
	var list []*casesv1.Consent
	for i, c := range given {
		at := fmt.Sprintf("consents[%d]", i)
		if c.TextVersion != ConsentTextVersion {
			wrong.Field(at+".text_version", fmt.Sprintf("is %q; the text that is asked today is version %s, see SuggestServices", c.TextVersion, ConsentTextVersion))
		}
		validTo := catalogue.Date(orElse(c.ValidTo, string(last)))
		if validTo < today || validTo > last {
			wrong.Field(at+".valid_to", fmt.Sprintf("is %s; it must be from %s to %s", validTo, today, last))
		}
		for _, class := range asked {
			if len(c.DataClasses) > 0 && !slices.Contains(c.DataClasses, class) {
				wrong.Field(at+".data_classes", fmt.Sprintf("lacks %s, which a provider needs to serve a request; leave data_classes out to give what the text says", class))
			}
		}
		classes := c.DataClasses
		if len(classes) == 0 {
			classes = asked
		}
		list = append(list, &casesv1.Consent{Provider: c.Provider, DataClasses: classes, TextVersion: c.TextVersion, ValidTo: string(validTo)})
	}
	return list
}
