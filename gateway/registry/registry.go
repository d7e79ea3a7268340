// Package registry knows the catalogues that the providers have published. The
// gateway reads nothing else of a provider's services, so it suggests and shows
// them while a provider is down.
package registry

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/businessespoo/hub/gateway/intake"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// Log is what the registry is read from; *bus.Bus is one.
type Log interface {
	Follow(ctx context.Context, stream string, from uint64, max int, handle func(ctx context.Context, events []bus.Event) error) error
	DeadLetter(ctx context.Context, ev bus.Event, handler, reason string) error
}

// Registry is safe for concurrent use.
type Registry struct {
	log   Log
	now   func() time.Time
	needs []catalogue.Need

	mu        sync.RWMutex
	providers map[string]*catalogue.Provider
	published map[string]time.Time
	ready     bool
	// suggest is built when it is asked for, since catalogues come one by one.
	suggest   *intake.Intake
	suggestOn catalogue.Date
}

// New answers an empty registry; Run fills it.
func New(log Log, now func() time.Time) (*Registry, error) {
	needs, err := catalogue.Needs()
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	return &Registry{log: log, now: now, needs: needs, providers: map[string]*catalogue.Provider{}, published: map[string]time.Time{}}, nil
}

// Run follows the published catalogues until ctx ends.
func (r *Registry) Run(ctx context.Context) error {
	return r.log.Follow(ctx, bus.StreamCatalogue, 1, 50, func(ctx context.Context, events []bus.Event) error {
		for _, e := range events {
			if err := r.take(e); err != nil {
				if err := r.log.DeadLetter(ctx, e, "registry", err.Error()); err != nil {
					return err
				}
			}
		}
		if len(events) == 0 {
			r.mu.Lock()
			r.ready = true
			r.mu.Unlock()
		}
		return nil
	})
}

func (r *Registry) take(e bus.Event) error {
	f, _, err := fact.Decode(e)
	if err != nil {
		return err
	}
	published := f.GetCataloguePublished()
	if published == nil || e.Subject != "catalogue."+published.Provider {
		return fmt.Errorf("registry: %s holds no catalogue of its provider", e.Subject)
	}
	p, err := catalogue.Load(published.Provider+"/catalogue.yaml", published.Catalogue, published.Words)
	if err != nil {
		return err
	}
	if p.Key != published.Provider {
		return fmt.Errorf("registry: %s published a catalogue of %s", published.Provider, p.Key)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.providers[p.Key], r.published[p.Key], r.suggest = p, e.Time, nil
	return nil
}

// Check answers nil once the catalogues of all providers are known.
func (r *Registry) Check(context.Context) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, key := range name.Providers {
		if r.providers[key] == nil {
			return fmt.Errorf("registry: %s has not published its catalogue yet", key)
		}
	}
	return nil
}

// Version answers the version of a provider's catalogue; empty when there is none.
func (r *Registry) Version(provider string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if p := r.providers[provider]; p != nil {
		return p.Version
	}
	return ""
}

// Published answers when a provider published its catalogue, and the version.
func (r *Registry) Published(provider string) (time.Time, string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if p := r.providers[provider]; p != nil {
		return r.published[provider], p.Version
	}
	return time.Time{}, ""
}

// Ready tells whether the published catalogues have been read to their end.
func (r *Registry) Ready() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.ready
}

// Provider answers a provider's catalogue.
func (r *Registry) Provider(key string) (*catalogue.Provider, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p, ok := r.providers[key]
	return p, ok
}

// Needs are the need codes.
func (r *Registry) Needs() []catalogue.Need { return r.needs }

// Service answers a service by its resource name, if it is valid today.
func (r *Registry) Service(resource string) (*catalogue.Provider, *catalogue.Service, bool) {
	provider, id, err := name.ParseService(resource)
	if err != nil {
		return nil, nil, false
	}
	p, ok := r.Provider(provider)
	if !ok {
		return nil, nil, false
	}
	s, ok := p.Service(id)
	if !ok || !s.ValidOn(r.today()) {
		return nil, nil, false
	}
	return p, s, true
}

func (r *Registry) today() catalogue.Date { return catalogue.DateOf(r.now()) }

// Intake answers the index over the services that are valid today.
func (r *Registry) Intake() (*intake.Intake, error) {
	today := r.today()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.suggest != nil && r.suggestOn == today {
		return r.suggest, nil
	}
	var documents []intake.Document
	for _, key := range name.Providers {
		if p := r.providers[key]; p != nil {
			for _, s := range p.ServicesOn(today) {
				documents = append(documents, document(p, s))
			}
		}
	}
	var needs []intake.Need
	for _, n := range r.needs {
		needs = append(needs, intake.Need{Code: n.ID, Names: map[string]string{"fi": n.Names.FI, "sv": n.Names.SV, "en": n.Names.EN}})
	}
	in, err := intake.New(documents, needs)
	if err != nil {
		return nil, fmt.Errorf("registry: index the services: %w", err)
	}
	r.suggest, r.suggestOn = in, today
	return in, nil
}

func document(p *catalogue.Provider, s *catalogue.Service) intake.Document {
	text := func(lang string, words []string) intake.Texts {
		return intake.Texts{Name: s.Names.In(lang), Description: s.Descriptions.In(lang), Who: s.Who.In(lang), Words: words}
	}
	return intake.Document{
		Name: name.Service(p.Key, s.ID), Needs: s.Needs,
		Texts: map[string]intake.Texts{"fi": text("fi", s.Words.FI), "sv": text("sv", s.Words.SV), "en": text("en", s.Words.EN)},
	}
}

// Terms fixes what the catalogue says of a service, for a request made now.
func (r *Registry) Terms(p *catalogue.Provider, s *catalogue.Service, language string) *eventsv1.ServiceTerms {
	e := s.ExpectedTime
	terms := &eventsv1.ServiceTerms{
		DisplayName: s.Names.In(language),
		ExpectedTime: &casesv1.ExpectedTime{
			Min: int32(e.Min), Max: int32(e.Max), Unit: string(e.Unit), Source: e.Source, Mark: string(e.Mark), Dated: e.Dated,
		},
		OutcomeType: string(s.Outcome.Type), CatalogueVersion: p.Version, Secret: s.Secret,
	}
	if _, latest, ok := e.Due(r.now()); ok && !e.Immediate {
		terms.DueDate = string(latest)
	}
	if s.Decided.Where == catalogue.DecidedOfficially {
		terms.Official = &casesv1.Official{
			DisplayName: s.Decided.Names.In(language), Url: s.Decided.URL, Reference: s.Decided.Reference.In(language),
		}
	}
	return terms
}
