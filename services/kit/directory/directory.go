// Package directory knows the advisors: what they can do and the text blocks that
// they share, from the staff facts, and their names, from the people stream.
//
// It lives in memory and is read anew at every start: names of people are in no
// file but the log's people stream, from which they can be erased.
package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
)

// Operators stands in for a provider's key in the subjects of operators.
const Operators = "hub"

// Log is what a directory is read from; *bus.Bus is one.
type Log interface {
	Follow(ctx context.Context, stream string, from uint64, max int, handle func(ctx context.Context, events []bus.Event) error) error
	DeadLetter(ctx context.Context, ev bus.Event, handler, reason string) error
}

// Member is one member of staff.
type Member struct {
	Provider, Advisor string
	Role              policyv1.Role
	Languages         []string
	Competences       []string
	DisplayName       string
}

// Directory is the staff of one provider or, in the gateway, of all. It is safe
// for concurrent use.
type Directory struct {
	mu    sync.RWMutex
	staff map[string]*eventsv1.StaffChanged
	names map[string]named
	texts map[string]TextBlocks
	// left is when a member of staff was removed: a name from before is not shown.
	left  map[string]time.Time
	seen  map[string]uint64
	moved chan struct{}
	ready map[string]bool
}

// named is a name with the time that it was put down. The staff and the people
// come on two streams, in no order to each other.
type named struct {
	name string
	at   time.Time
}

// New answers an empty directory; Run fills it.
func New() *Directory {
	return &Directory{
		staff: map[string]*eventsv1.StaffChanged{}, names: map[string]named{}, texts: map[string]TextBlocks{}, left: map[string]time.Time{}, seen: map[string]uint64{},
		moved: make(chan struct{}), ready: map[string]bool{},
	}
}

// Run follows the staff and people streams until ctx ends.
func (d *Directory) Run(ctx context.Context, log Log) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.follow(ctx, log, bus.StreamStaff, d.takeStaff) })
	group.Go(func() error { return d.follow(ctx, log, bus.StreamPeople, d.takePerson) })
	return group.Wait()
}

func (d *Directory) follow(ctx context.Context, log Log, stream string, take func(bus.Event) error) error {
	return log.Follow(ctx, stream, 1, 500, func(ctx context.Context, events []bus.Event) error {
		for _, e := range events {
			if err := take(e); err != nil {
				if err := log.DeadLetter(ctx, e, "directory", err.Error()); err != nil {
					return err
				}
			}
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(events) == 0 {
			d.ready[stream] = true
		} else {
			d.seen[stream] = events[len(events)-1].Sequence
		}
		close(d.moved)
		d.moved = make(chan struct{})
		return nil
	})
}

func (d *Directory) takeStaff(e bus.Event) error {
	f, _, err := fact.Decode(e)
	if err != nil {
		return err
	}
	if f.GetTextBlockChanged() != nil && strings.HasSuffix(e.Subject, ".texts.own") {
		d.takeText(e, f)
		return nil
	}
	changed := f.GetStaffChanged()
	key, ok := strings.CutPrefix(e.Subject, "staff.")
	if changed == nil || !ok {
		return fmt.Errorf("directory: %s holds no staff fact", e.Subject)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if changed.Removed {
		delete(d.staff, key)
		d.left[key] = e.Time
		if d.names[key].at.Before(e.Time) {
			delete(d.names, key)
		}
		return nil
	}
	d.staff[key] = changed
	return nil
}

func (d *Directory) takePerson(e bus.Event) error {
	key, ok := strings.CutPrefix(e.Subject, "people.")
	p := &eventsv1.Person{}
	if err := proto.Unmarshal(e.Data, p); err != nil || !ok || p.DisplayName == "" {
		return errors.New("directory: a message of the people stream holds no display_name")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Time.After(d.left[key]) {
		d.names[key] = named{p.DisplayName, e.Time}
	}
	return nil
}

// Check answers nil once both streams have been read to their end.
func (d *Directory) Check(context.Context) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.ready[bus.StreamStaff] && d.ready[bus.StreamPeople] {
		return nil
	}
	return errors.New("directory: still reading the staff")
}

// Wait returns once the directory has seen sequence of the staff stream, or with
// the error of ctx.
func (d *Directory) Wait(ctx context.Context, sequence uint64) error {
	for {
		d.mu.RLock()
		done, moved := d.seen[bus.StreamStaff] >= sequence, d.moved
		d.mu.RUnlock()
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

// Member answers one member of staff, and whether there is one.
func (d *Directory) Member(provider, advisor string) (Member, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	key := provider + "." + advisor
	s, ok := d.staff[key]
	if !ok {
		return Member{}, false
	}
	return member(provider, advisor, s, d.names[key].name), true
}

// List answers a provider's staff, in the order of their ids.
func (d *Directory) List(provider string) []Member {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var list []Member
	for key, s := range d.staff {
		if p, advisor, _ := strings.Cut(key, "."); p == provider {
			list = append(list, member(p, advisor, s, d.names[key].name))
		}
	}
	slices.SortFunc(list, func(a, b Member) int { return cmp.Compare(a.Advisor, b.Advisor) })
	return list
}

func member(provider, advisor string, s *eventsv1.StaffChanged, name string) Member {
	return Member{Provider: provider, Advisor: advisor, Role: s.Role, Languages: s.Languages, Competences: s.Competences, DisplayName: name}
}

// Name fills in the display name of an advisor that is given by resource name.
// It changes a, so a must not be shared.
func (d *Directory) Name(a *casesv1.Advisor) {
	if a == nil {
		return
	}
	provider, advisor, ok := strings.Cut(strings.TrimPrefix(a.Name, "providers/"), "/advisors/")
	if !ok {
		return
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	key := provider + "." + advisor
	a.DisplayName = d.names[key].name
	if s, ok := d.staff[key]; ok && a.Languages == nil {
		a.Languages = s.Languages
	}
}
