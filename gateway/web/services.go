package web

import (
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
)

// serviceView is a service as the pages show it, in the page's language.
type serviceView struct {
	// F is the page that shows it.
	F                                           *frame
	Name, Title, Description, Audience, Outcome string
	Provider, ProviderName                      string
	// Time is how long it takes; Estimate says that nobody has confirmed the
	// figure, and TimeSource where it comes from.
	Time, TimeSource string
	Estimate         bool
	// Official is set when the matter is decided elsewhere.
	Official *officialView
	// Price is the text for free, members or charged; empty when not known.
	Price               string
	MembersOnly, Secret bool
	// Joint is the name of the provider that takes part.
	Joint string
}

// officialView says where to apply.
type officialView struct{ Name, URL, Reference string }

// Service describes a service of the catalogue; one that it does not know has
// only its key.
func (f *frame) Service(name string) serviceView {
	v := serviceView{F: f, Name: name, Title: f.ServiceName(name), Provider: providerOf(name), ProviderName: f.Provider(providerOf(name))}
	service := f.dir.service[name]
	if service == nil {
		return v
	}
	v.Description = in(f.Lang, service.GetDescription())
	v.Audience = in(f.Lang, service.GetAudience())
	v.Outcome = in(f.Lang, service.GetOutcome())
	v.MembersOnly, v.Secret = service.GetMembersOnly(), service.GetSecret()
	if o := service.GetOfficial(); o != nil {
		v.Official = &officialView{Name: in(f.Lang, o.GetDisplayName()), URL: o.GetUrl(), Reference: in(f.Lang, o.GetReference())}
	}
	switch service.GetPrice() {
	case "free", "members", "charged":
		v.Price = f.T("price." + service.GetPrice())
	}
	if partner := service.GetJointWith(); partner != "" {
		v.Joint = f.Provider(partner)
	}
	if t := service.GetExpectedTime(); t != nil {
		v.Time = f.duration(t.GetMin(), t.GetMax(), t.GetUnit(), t.GetDated(), t.GetImmediate())
		v.Estimate, v.TimeSource = estimated(t.GetMark(), t.GetMax()), t.GetSource()
	}
	return v
}

// TimeMarked is the expected time in one line, marked when it is an estimate.
func (v serviceView) TimeMarked() string {
	if !v.Estimate {
		return v.Time
	}
	return v.Time + " (" + v.F.T("service.estimate") + ")"
}

// RequestTime is how long a request is expected to take.
func (f *frame) RequestTime(t *casesv1.ExpectedTime) string {
	if t == nil {
		return ""
	}
	return f.duration(t.GetMin(), t.GetMax(), t.GetUnit(), t.GetDated(), false)
}

// Estimated tells whether the expected time is an example or an estimate.
func (f *frame) Estimated(t *casesv1.ExpectedTime) bool {
	return estimated(t.GetMark(), t.GetMax())
}

// estimated: what is marked O or E is shown as an estimate, never as a fact.
func estimated(mark string, most int32) bool { return most > 0 && (mark == "O" || mark == "E") }

func (f *frame) duration(least, most int32, unit string, dated, immediate bool) string {
	switch {
	case dated:
		return f.T("time.dated")
	case immediate:
		return f.T("time.immediate")
	case most == 0:
		return f.T("time.agreed")
	}
	switch unit {
	case "working_days", "days", "weeks", "months":
	default:
		unit = "days"
	}
	switch {
	case least == most:
		return f.N("time."+unit, int(most))
	case least == 0:
		return f.T("time.up_to", "time", f.N("time."+unit, int(most)))
	default:
		return f.T("time."+unit+"_range", "min", least, "max", most)
	}
}

// catalogueGroup is the services of one provider.
type catalogueGroup struct {
	Provider, Title string
	Services        []serviceView
}

// groups lists the services that pass the filter by provider, in the order of
// the catalogue.
func (f *frame) groups(pass func(*cataloguev1.Service) bool) []catalogueGroup {
	var out []catalogueGroup
	for _, provider := range f.dir.Providers {
		group := catalogueGroup{Provider: provider.GetName(), Title: f.Provider(provider.GetName())}
		for _, service := range f.dir.Services {
			if providerOf(service.GetName()) == provider.GetName() && pass(service) {
				group.Services = append(group.Services, f.Service(service.GetName()))
			}
		}
		if len(group.Services) > 0 {
			out = append(out, group)
		}
	}
	return out
}

// askable leaves out the invited half of a joint service: the company asks the
// provider that leads it.
func askable(service *cataloguev1.Service) bool {
	return service.GetJointWith() == "" || service.GetJointLead()
}
