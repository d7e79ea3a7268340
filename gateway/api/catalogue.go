package api

import (
	"context"
	"slices"

	"github.com/businessespoo/hub/gateway/journey"
	"github.com/businessespoo/hub/gateway/registry"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
)

// Catalogue is the catalogue service.
type Catalogue struct {
	cataloguev1.UnsafeCatalogueServiceServer
	Registry *registry.Registry
	Journeys *journey.Set
	Today    func() catalogue.Date
}

// ListProviders lists the providers in their fixed order.
func (s *Catalogue) ListProviders(context.Context, *cataloguev1.ListProvidersRequest) (*cataloguev1.ListProvidersResponse, error) {
	answer := &cataloguev1.ListProvidersResponse{}
	for _, key := range name.Providers {
		if p, ok := s.Registry.Provider(key); ok {
			answer.Providers = append(answer.Providers, s.provider(p))
		}
	}
	return answer, nil
}

// GetProvider answers one provider.
func (s *Catalogue) GetProvider(_ context.Context, req *cataloguev1.GetProviderRequest) (*cataloguev1.GetProviderResponse, error) {
	key, err := name.ParseProvider(req.Name)
	if err != nil {
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "%s", err)
	}
	p, ok := s.Registry.Provider(key)
	if !ok {
		return nil, problem.New(problem.Unavailable, "CATALOGUE_NOT_PUBLISHED", "%s has not published its catalogue yet; try again in a moment", req.Name)
	}
	return &cataloguev1.GetProviderResponse{Provider: s.provider(p)}, nil
}

// ListServices lists the services that are valid today.
func (s *Catalogue) ListServices(_ context.Context, req *cataloguev1.ListServicesRequest) (*cataloguev1.ListServicesResponse, error) {
	var all []*cataloguev1.Service
	for _, key := range name.Providers {
		p, ok := s.Registry.Provider(key)
		if !ok || req.Parent != "" && req.Parent != name.Provider(key) {
			continue
		}
		for _, service := range p.ServicesOn(s.Today()) {
			if req.NeedCode == "" || slices.Contains(service.Needs, req.NeedCode) {
				all = append(all, showService(p.Key, service))
			}
		}
	}
	place, err := paging.Decode(req, req.PageToken, 1)
	if err != nil {
		return nil, err
	}
	start := 0
	if place != nil {
		// The place is the service before: another may be published between two pages.
		before := slices.IndexFunc(all, func(shown *cataloguev1.Service) bool { return shown.Name == place[0] })
		if before < 0 {
			const right = "the service that the last page ended with is no longer offered; begin anew without page_token"
			return nil, problem.New(problem.Invalid, "PAGE_TOKEN_INVALID", "%s", right).Field("page_token", right)
		}
		start = before + 1
	}
	end := min(len(all), start+paging.Size(req.PageSize, 100))
	answer := &cataloguev1.ListServicesResponse{Services: all[start:end]}
	if end < len(all) {
		if answer.NextPageToken, err = paging.Encode(req, all[end-1].Name); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// GetService answers one service.
func (s *Catalogue) GetService(_ context.Context, req *cataloguev1.GetServiceRequest) (*cataloguev1.GetServiceResponse, error) {
	p, service, ok := s.Registry.Service(req.Name)
	if !ok {
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "there is no %s today; ListServices lists what there is", req.Name)
	}
	return &cataloguev1.GetServiceResponse{Service: showService(p.Key, service)}, nil
}

// ListNeeds lists the need codes.
func (s *Catalogue) ListNeeds(context.Context, *cataloguev1.ListNeedsRequest) (*cataloguev1.ListNeedsResponse, error) {
	in, err := s.Registry.Intake()
	if err != nil {
		return nil, err
	}
	answer := &cataloguev1.ListNeedsResponse{}
	for _, n := range s.Registry.Needs() {
		need := &cataloguev1.Need{Code: n.ID, DisplayName: texts(n.Names)}
		for _, found := range in.ByNeed(n.ID) {
			need.Services = append(need.Services, found.Service)
		}
		answer.Needs = append(answer.Needs, need)
	}
	return answer, nil
}

// ListJourneys lists the journeys.
func (s *Catalogue) ListJourneys(context.Context, *cataloguev1.ListJourneysRequest) (*cataloguev1.ListJourneysResponse, error) {
	answer := &cataloguev1.ListJourneysResponse{}
	for i := range s.Journeys.Journeys {
		answer.Journeys = append(answer.Journeys, showJourney(&s.Journeys.Journeys[i]))
	}
	return answer, nil
}

func (s *Catalogue) provider(p *catalogue.Provider) *cataloguev1.Provider {
	shown := &cataloguev1.Provider{
		Name: name.Provider(p.Key), DisplayName: texts(p.Names), Description: texts(p.Descriptions), Web: p.Contact.Web,
		CatalogueVersion: p.Version, ServiceCount: int32(len(p.ServicesOn(s.Today()))),
	}
	for _, e := range p.LegalEntities {
		shown.LegalEntities = append(shown.LegalEntities, &cataloguev1.LegalEntity{
			DisplayName: e.Name, BusinessId: e.BusinessID, Form: texts(e.Form), Authority: e.Authority,
			ValidFrom: string(e.ValidFrom), ValidTo: string(e.ValidTo),
		})
	}
	return shown
}

func texts(t catalogue.Texts) *cataloguev1.Texts {
	return &cataloguev1.Texts{Fi: t.FI, Sv: t.SV, En: t.EN}
}

func showService(provider string, s *catalogue.Service) *cataloguev1.Service {
	e := s.ExpectedTime
	shown := &cataloguev1.Service{
		Name: name.Service(provider, s.ID), DisplayName: texts(s.Names), Description: texts(s.Descriptions), Audience: texts(s.Who),
		Needs: s.Needs, OutcomeType: string(s.Outcome.Type), Outcome: texts(s.Outcome.Names), MembersOnly: s.MembersOnly, Secret: s.Secret,
		Price: string(s.Price), Languages: s.Languages, Source: s.Source, Mark: string(s.Mark),
		ValidFrom: string(s.ValidFrom), ValidTo: string(s.ValidTo),
		ExpectedTime: &cataloguev1.ServiceTime{
			Min: int32(e.Min), Max: int32(e.Max), Unit: string(e.Unit), Source: e.Source, Mark: string(e.Mark), Dated: e.Dated, Immediate: e.Immediate,
		},
	}
	if s.Decided.Where == catalogue.DecidedOfficially {
		shown.Official = &cataloguev1.OfficialService{DisplayName: texts(s.Decided.Names), Url: s.Decided.URL, Reference: texts(s.Decided.Reference)}
	}
	if s.Joint != nil {
		shown.JointWith, shown.JointLead = name.Provider(s.Joint.With), s.Joint.Role == catalogue.JointLead
	}
	for i := range s.Inputs {
		shown.Inputs = append(shown.Inputs, showInput(&s.Inputs[i]))
	}
	return shown
}

func showInput(in *catalogue.Input) *cataloguev1.InputField {
	shown := &cataloguev1.InputField{
		Id: in.ID, DisplayName: texts(in.Names), Hint: texts(in.Hints), Type: string(in.Type), Required: in.Required,
		Min: in.Min, Max: in.Max, MaxLength: int32(in.LengthLimit()),
	}
	for _, c := range in.Choices {
		shown.Choices = append(shown.Choices, &cataloguev1.InputChoice{Id: c.ID, DisplayName: texts(c.Names)})
	}
	return shown
}
