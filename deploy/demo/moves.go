package demo

import (
	"context"
	"strings"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// open opens the case on a day.
func (p *play) open(day int) {
	p.steps = append(p.steps, step{day: day, what: "open", opens: true, run: func(ctx context.Context, call string) error {
		in := &casesv1.OpenCaseRequest{
			RequestId: call, Title: p.story.title.in(p.language), NeedText: p.story.need.in(p.language), Language: p.language, ContactLanguage: p.contactLanguage,
			Services: p.choices(day), Consents: p.consents(p.story.services...), Secret: p.secret, Journey: p.story.journey,
		}
		if p.company != nil {
			in.Company = p.company.message()
		}
		out, err := p.fill.cases.OpenCase(p.fill.callers.as(ctx, p.who), in)
		if err != nil {
			return err
		}
		p.name, p.code, p.pass = out.Case.Name, out.Case.Code, out.Secret
		return nil
	}})
}

// openOnBehalf has an advisor of the first service's provider open the case.
func (p *play) openOnBehalf(day int) {
	provider, _, _ := strings.Cut(p.story.services[0], "/")
	p.steps = append(p.steps, step{day: day, what: "open on behalf", opens: true, run: func(ctx context.Context, call string) error {
		return insist(ctx, func(ctx context.Context) error {
			in := &providerv1.OpenCaseOnBehalfRequest{
				Parent: name.Provider(provider), RequestId: call, Company: p.company.message(), NeedText: p.story.need.in(p.language),
				Language: p.language, ContactLanguage: p.contactLanguage, Kind: casesv1.ContactKind_CONTACT_KIND_CALL,
			}
			for _, c := range p.choices(day) {
				in.Services = append(in.Services, &providerv1.Choice{Service: c.Service, Inputs: c.Inputs})
			}
			out, err := p.fill.desk.OpenCaseOnBehalf(p.fill.callers.as(ctx, p.advisor(provider).Principal()), in)
			if err != nil {
				return err
			}
			p.name = out.CaseName
			return nil
		})
	}})
}

// choices are the services of the story, with their questions answered.
func (p *play) choices(day int) []*casesv1.ServiceChoice {
	var list []*casesv1.ServiceChoice
	for _, service := range p.story.services {
		list = append(list, &casesv1.ServiceChoice{Service: resource(service), Inputs: p.inputs(service, day)})
	}
	return list
}

// resource is the resource name of a service given as provider/service.
func resource(service string) string {
	provider, id, _ := strings.Cut(service, "/")
	return name.Service(provider, id)
}

// inputs answers all questions that must be answered.
func (p *play) inputs(service string, day int) []*casesv1.Input {
	_, id, _ := strings.Cut(service, "/")
	opened := p.fill.Began.AddDate(0, 0, day)
	var list []*casesv1.Input
	for _, q := range p.fill.services[resource(service)].GetInputs() {
		if !q.Required {
			continue
		}
		value := ""
		switch q.Type {
		case "number", "integer", "money":
			if value = numbers[q.Id]; value == "" {
				value = "10"
			}
		case "choice":
			if value = choices[id+"/"+q.Id]; value == "" {
				value = q.Choices[0].Id
			}
		case "yes_no":
			value = "yes"
		case "date":
			value = opened.AddDate(0, 1, 0).Format(time.DateOnly)
			if strings.HasPrefix(q.Id, "end") {
				value = opened.AddDate(0, 1, 14).Format(time.DateOnly)
			}
		default:
			if text, ok := answers[q.Id]; ok {
				value = text.in(p.language)
			} else {
				value = p.story.need.in(p.language)
			}
		}
		list = append(list, &casesv1.Input{Id: q.Id, Value: value})
	}
	return list
}

// consents let the providers of the services see what the company tells.
func (p *play) consents(services ...string) []*casesv1.Consent {
	var list []*casesv1.Consent
	seen := map[string]bool{}
	give := func(provider string) {
		if provider == "" || seen[provider] {
			return
		}
		seen[provider] = true
		list = append(list, &casesv1.Consent{
			Provider: provider, TextVersion: p.fill.consent,
			DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE, policyv1.DataClass_DATA_CLASS_APPLICATION},
		})
	}
	for _, service := range services {
		provider, _, _ := strings.Cut(service, "/")
		give(name.Provider(provider))
		give(p.fill.services[resource(service)].GetJointWith())
	}
	return list
}

// byCompany adds a step that the company, or the holder of the case, takes.
func (p *play) byCompany(day int, what string, do func(ctx context.Context, call string) error) {
	p.add(day, what, func(ctx context.Context, call string) error {
		return insist(ctx, func(ctx context.Context) error { return do(p.asCompany(ctx), call) })
	})
}

// byAdvisor adds a step that the advisor of a request takes.
func (p *play) byAdvisor(day int, what, request string, do func(ctx context.Context, call string) error) {
	provider := request[:strings.LastIndex(request, "-")]
	p.add(day, what, func(ctx context.Context, call string) error {
		return insist(ctx, func(ctx context.Context) error {
			return do(p.fill.callers.as(ctx, p.advisor(provider).Principal()), call)
		})
	})
}
