package systemkey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/fact"
)

// Handler is the book's name among the dead letters.
const Handler = "keys"

// Log is what a book is read from; *bus.Bus is one.
type Log interface {
	Follow(ctx context.Context, stream string, from uint64, max int, handle func(ctx context.Context, events []bus.Event) error) error
	DeadLetter(ctx context.Context, ev bus.Event, handler, reason string) error
}

// Key is what is known of a key.
type Key struct {
	// ID is its id.
	ID string
	// Provider is whose system it is, or Organisation the integrator.
	Provider, Organisation string
	// DisplayName is what the system is called.
	DisplayName string
	// Scopes are what it may do at the most.
	Scopes []string
	// ValidTo is the last day on which it opens anything.
	ValidTo catalogue.Date
	// IssuedAt and RevokedAt are when that was; RevokedAt is zero while it was not.
	IssuedAt, RevokedAt time.Time
	// Sequence is the place of the last fact about it.
	Sequence uint64

	hash []byte
}

// Grant is what a company lets an integrator do.
type Grant struct {
	Company, Organisation string
	Scopes                []string
	GrantedAt             time.Time
	ValidTo               catalogue.Date
}

// Book knows the keys of one provider's systems or, in the gateway, all keys and
// grants. It is safe for concurrent use.
type Book struct {
	now     func() time.Time
	streams []string

	mu   sync.RWMutex
	keys map[string]Key
	// grants are by organisation and company.
	grants map[string]map[string]Grant
	// calls are the digests of the calls that led to facts, by caller and request_id.
	calls map[string][]byte
	seen  map[string]uint64
	ready map[string]bool
	moved chan struct{}
}

// New answers an empty book of streams, bus.StreamKeys and for the gateway
// bus.StreamCompany; Run fills it. now decides what has expired.
func New(now func() time.Time, streams ...string) *Book {
	return &Book{
		now: now, streams: streams, keys: map[string]Key{}, grants: map[string]map[string]Grant{}, calls: map[string][]byte{},
		seen: map[string]uint64{}, ready: map[string]bool{}, moved: make(chan struct{}),
	}
}

// Follow reads one of the book's streams until ctx ends.
func (b *Book) Follow(ctx context.Context, log Log, stream string) error {
	return log.Follow(ctx, stream, 1, 500, func(ctx context.Context, events []bus.Event) error {
		for _, e := range events {
			if err := b.take(e); err != nil {
				if err := log.DeadLetter(ctx, e, Handler, err.Error()); err != nil {
					return err
				}
			}
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(events) == 0 {
			b.ready[stream] = true
		} else {
			b.seen[stream] = events[len(events)-1].Sequence
		}
		close(b.moved)
		b.moved = make(chan struct{})
		return nil
	})
}

func (b *Book) take(e bus.Event) error {
	parts := strings.Split(e.Subject, ".")
	if parts[0] == "company" && parts[len(parts)-1] != bus.Hub {
		return nil // a provider's own
	}
	f, _, err := fact.Decode(e)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := f.Event.(type) {
	case *eventsv1.Fact_KeyIssued:
		k := event.KeyIssued
		b.keys[k.Key] = Key{
			ID: k.Key, Provider: k.Provider, Organisation: k.Organisation, DisplayName: k.DisplayName, Scopes: k.Scopes,
			ValidTo: catalogue.Date(k.ValidTo), IssuedAt: f.Time.AsTime(), Sequence: e.Sequence, hash: k.KeyHash,
		}
	case *eventsv1.Fact_KeyRevoked:
		k, ok := b.keys[event.KeyRevoked.Key]
		if !ok {
			return fmt.Errorf("systemkey: %s revokes a key that was not issued", e.Subject)
		}
		if k.RevokedAt.IsZero() {
			k.RevokedAt, k.Sequence = f.Time.AsTime(), e.Sequence
			b.keys[k.ID] = k
		}
	case *eventsv1.Fact_AccessGranted:
		g := event.AccessGranted
		if b.grants[g.Organisation] == nil {
			b.grants[g.Organisation] = map[string]Grant{}
		}
		b.grants[g.Organisation][g.Company] = Grant{
			Company: g.Company, Organisation: g.Organisation, Scopes: g.Scopes, GrantedAt: f.Time.AsTime(), ValidTo: catalogue.Date(g.ValidTo),
		}
	case *eventsv1.Fact_AccessWithdrawn:
		delete(b.grants[event.AccessWithdrawn.Organisation], event.AccessWithdrawn.Company)
	default:
		if parts[0] == "keys" {
			return fmt.Errorf("systemkey: %s holds no fact about a key", e.Subject)
		}
		return nil // what others keep of a company
	}
	b.calls[callKey(f.Actor.GetPerson(), f.RequestId)] = f.CommandDigest
	return nil
}

// Replay tells an operator who replays a dead letter whether this version understands
// it. The book reads everything at each start, so it has then taken it in; taken in
// late, it could bring back what has ended since.
func (b *Book) Replay(_ context.Context, e bus.Event) error {
	scratch := New(b.now)
	b.mu.RLock()
	scratch.keys = maps.Clone(b.keys)
	b.mu.RUnlock()
	return scratch.take(e)
}

func callKey(caller, requestID string) string { return caller + "\n" + strings.ToLower(requestID) }

// Call answers the digest of the call that a caller made with a request_id, if the
// book knows it.
func (b *Book) Call(caller, requestID string) ([]byte, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	digest, ok := b.calls[callKey(caller, requestID)]
	return digest, ok
}

// Check answers nil once all streams have been read to their end.
func (b *Book) Check(context.Context) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, stream := range b.streams {
		if !b.ready[stream] {
			return errors.New("systemkey: still reading the keys")
		}
	}
	return nil
}

// Changed answers a channel that is closed when the book next changes.
func (b *Book) Changed() <-chan struct{} {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.moved
}

// Wait returns once the book has seen sequence of a stream, or with the error of ctx.
func (b *Book) Wait(ctx context.Context, stream string, sequence uint64) error {
	for {
		b.mu.RLock()
		done, moved := b.seen[stream] >= sequence, b.moved
		b.mu.RUnlock()
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Key answers a key by its id, and whether there is one.
func (b *Book) Key(id string) (Key, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	k, ok := b.keys[id]
	return k, ok
}

// Keys answers all keys, in the order of their ids.
func (b *Book) Keys() []Key {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var list []Key
	for _, k := range b.keys {
		list = append(list, k)
	}
	slices.SortFunc(list, func(x, y Key) int { return cmp.Compare(x.ID, y.ID) })
	return list
}

// Grants answers the grants that hold today, by company and organisation.
func (b *Book) Grants() []Grant {
	today := catalogue.DateOf(b.now())
	b.mu.RLock()
	defer b.mu.RUnlock()
	var list []Grant
	for _, companies := range b.grants {
		for _, g := range companies {
			if today <= g.ValidTo {
				list = append(list, g)
			}
		}
	}
	slices.SortFunc(list, func(x, y Grant) int {
		return cmp.Or(cmp.Compare(x.Company, y.Company), cmp.Compare(x.Organisation, y.Organisation))
	})
	return list
}
