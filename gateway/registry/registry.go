// Package registry knows the catalogues that the providers have published. The
// gateway reads nothing else of a provider's services, so it suggests and shows
// them while a provider is down.
package registry

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/casework"
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
	providers map[string]published
	// ready is closed once the published catalogues have been read to their end.
	ready chan struct{}
	// changes counts the catalogues that came: an index of fewer is out of date.
	changes int

	index index
}

// published is a provider's newest catalogue.
type published struct {
	*catalogue.Provider
	at       time.Time
	sequence uint64
}

// Handler is the registry's name among the dead letters.
const Handler = "registry"

// New answers an empty registry; Run fills it.
func New(log Log, now func() time.Time) (*Registry, error) {
	needs, err := catalogue.Needs()
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	return &Registry{log: log, now: now, needs: needs, providers: map[string]published{}, ready: make(chan struct{})}, nil
}

// Run follows the published catalogues until ctx ends.
func (r *Registry) Run(ctx context.Context) error {
	return r.log.Follow(ctx, bus.StreamCatalogue, 1, 50, func(ctx context.Context, events []bus.Event) error {
		for _, e := range events {
			if err := r.take(e); err != nil {
				if err := r.log.DeadLetter(ctx, e, Handler, err.Error()); err != nil {
					return err
				}
			}
		}
		if len(events) == 0 {
			select {
			case <-r.ready: // a later Follow has caught up too
			default:
				close(r.ready)
			}
		}
		return nil
	})
}

// Replay takes a catalogue that became a dead letter in after all, unless its
// provider has published a newer one since.
func (r *Registry) Replay(_ context.Context, e bus.Event) error { return r.take(e) }

func (r *Registry) take(e bus.Event) error {
	f, _, err := fact.Decode(e)
	if err != nil {
		return err
	}
	given := f.GetCataloguePublished()
	if given == nil || e.Subject != "catalogue."+given.Provider || !name.Known(given.Provider) {
		return fmt.Errorf("registry: %s holds no catalogue of its provider", e.Subject)
	}
	p, err := catalogue.Load(given.Provider+"/catalogue.yaml", given.Catalogue, given.Words)
	if err != nil {
		return err
	}
	if p.Key != given.Provider {
		return fmt.Errorf("registry: %s published a catalogue of %s", given.Provider, p.Key)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Sequence > r.providers[p.Key].sequence {
		r.providers[p.Key] = published{Provider: p, at: e.Time, sequence: e.Sequence}
		r.changes++
	}
	return nil
}

// HasRead answers nil once the catalogues that were published have been read.
func (r *Registry) HasRead() error {
	select {
	case <-r.ready:
		return nil
	default:
		return errors.New("registry: still reading the catalogues")
	}
}

// Check answers nil once the catalogues of all providers are known.
func (r *Registry) Check(context.Context) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, key := range name.Providers {
		if r.providers[key].Provider == nil {
			return fmt.Errorf("registry: %s has not published its catalogue yet", key)
		}
	}
	return nil
}

// Published answers when a provider published its catalogue, and the version; an
// empty one when it has not.
func (r *Registry) Published(provider string) (time.Time, string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p := r.providers[provider]
	if p.Provider == nil {
		return time.Time{}, ""
	}
	return p.at, p.Version
}

// Ready returns once the published catalogues have been read to their end, or
// with the error of ctx.
func (r *Registry) Ready(ctx context.Context) error {
	select {
	case <-r.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Provider answers a provider's catalogue.
func (r *Registry) Provider(key string) (*catalogue.Provider, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p, ok := r.providers[key]
	return p.Provider, ok
}

// The amounts of the employment area's catalogue that the rules over the whole
// case count with.
const (
	amountsOf       = "employment"
	deMinimisEuros  = "de_minimis.max"
	deMinimisPeriod = "de_minimis.years"
)

// Limits are the figures of law of today for the rules over the whole case; a rule
// without its figure says nothing.
func (r *Registry) Limits() casework.Limits {
	euros, known := r.Amount(amountsOf, deMinimisEuros)
	years, period := r.Amount(amountsOf, deMinimisPeriod)
	if !known || !period {
		return casework.Limits{}
	}
	return casework.Limits{DeMinimisCents: 100 * euros, DeMinimisYears: int(years)}
}

// Amount answers a figure of a provider's catalogue that is valid today, and
// false when there is none or it is no whole number.
func (r *Registry) Amount(provider, id string) (int64, bool) {
	p, ok := r.Provider(provider)
	if !ok {
		return 0, false
	}
	amount, ok := p.AmountOn(id, r.today())
	if !ok {
		return 0, false
	}
	value, err := strconv.ParseInt(amount.Value, 10, 64)
	return value, err == nil
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
