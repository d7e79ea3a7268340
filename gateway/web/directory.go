package web

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
)

// catalogueAge is how long the pages use a catalogue that they have read. It is
// short, as the providers of a hub that starts publish theirs one by one.
const catalogueAge = 3 * time.Second

// directory is the whole catalogue: every page names providers and services.
type directory struct {
	read      time.Time
	Providers []*cataloguev1.Provider
	Services  []*cataloguev1.Service
	Needs     []*cataloguev1.Need
	// Journeys are empty while the hub does not tell them: no page depends on them.
	Journeys []*cataloguev1.Journey
	provider map[string]*cataloguev1.Provider
	service  map[string]*cataloguev1.Service
}

type catalogueCache struct {
	mu   sync.Mutex
	last *directory
}

// directory returns the catalogue. While it cannot be read, an older one
// serves; the error comes with an empty one.
func (s *server) directory(ctx context.Context) (*directory, error) {
	s.catalogue.mu.Lock()
	last := s.catalogue.last
	s.catalogue.mu.Unlock()
	// Real time, and not Clock: the clock of a demo stands still or leaps.
	if last != nil && time.Since(last.read) < catalogueAge {
		return last, nil
	}
	fresh, err := s.readDirectory(ctx)
	if err != nil {
		if last != nil {
			return last, nil
		}
		return &directory{}, err
	}
	s.catalogue.mu.Lock()
	s.catalogue.last = fresh
	s.catalogue.mu.Unlock()
	return fresh, nil
}

func (s *server) readDirectory(ctx context.Context) (*directory, error) {
	providers, err := s.Catalogue.ListProviders(ctx, &cataloguev1.ListProvidersRequest{})
	if err != nil {
		return nil, fmt.Errorf("web: list providers: %w", err)
	}
	needs, err := s.Catalogue.ListNeeds(ctx, &cataloguev1.ListNeedsRequest{})
	if err != nil {
		return nil, fmt.Errorf("web: list needs: %w", err)
	}
	d := &directory{
		read: time.Now(), Providers: providers.GetProviders(), Needs: needs.GetNeeds(),
		provider: map[string]*cataloguev1.Provider{}, service: map[string]*cataloguev1.Service{},
	}
	if journeys, err := s.Catalogue.ListJourneys(ctx, &cataloguev1.ListJourneysRequest{}); err == nil {
		d.Journeys = journeys.GetJourneys()
	}
	for token := ""; ; {
		services, err := s.Catalogue.ListServices(ctx, &cataloguev1.ListServicesRequest{PageSize: 200, PageToken: token})
		if err != nil {
			return nil, fmt.Errorf("web: list services: %w", err)
		}
		d.Services = append(d.Services, services.GetServices()...)
		if token = services.GetNextPageToken(); token == "" {
			break
		}
	}
	for _, p := range d.Providers {
		d.provider[p.GetName()] = p
	}
	for _, service := range d.Services {
		d.service[service.GetName()] = service
	}
	return d, nil
}

// in picks the text of a language.
func in(lang string, t *cataloguev1.Texts) string {
	switch lang {
	case "fi":
		return t.GetFi()
	case "sv":
		return t.GetSv()
	default:
		return t.GetEn()
	}
}

// Provider is what a provider is called; its key while the catalogue is missing.
func (f *frame) Provider(name string) string {
	if p := f.dir.provider[name]; p != nil {
		return in(f.Lang, p.GetDisplayName())
	}
	return strings.TrimPrefix(name, "providers/")
}

// ServiceName is what a service is called; its key while the catalogue does not know it.
func (f *frame) ServiceName(name string) string {
	if service := f.dir.service[name]; service != nil {
		return in(f.Lang, service.GetDisplayName())
	}
	return name[strings.LastIndexByte(name, '/')+1:]
}

// NeedName is what a need code says.
func (f *frame) NeedName(code string) string {
	for _, need := range f.dir.Needs {
		if need.GetCode() == code {
			return in(f.Lang, need.GetDisplayName())
		}
	}
	return code
}

// providerOf is the provider in the name of a service.
func providerOf(service string) string {
	provider, _, _ := strings.Cut(service, "/services/")
	return provider
}
