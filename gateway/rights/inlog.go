package rights

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// rounds is how often a case is looked at anew because others write to it.
const rounds = 20

// did is what was done in the log.
type did struct {
	// last is the sequence of the last fact that tells of it.
	last     uint64
	requests []string
	removed  []removed
}

func (d *did) add(more did) {
	d.last = max(d.last, more.last)
	d.requests = append(d.requests, more.requests...)
	for _, r := range more.removed {
		d.count(r.Place, r.Count)
	}
}

func (d *did) count(place string, n int64) {
	at := slices.IndexFunc(d.removed, func(r removed) bool { return r.Place == place })
	if at < 0 {
		d.removed = append(d.removed, removed{Party: name.Hub, Place: place})
		at = len(d.removed) - 1
	}
	d.removed[at].Count += n
}

// inLog does an order in the log. With anew, all readers are told again, also those
// that have been told.
func (e *Eraser) inLog(ctx context.Context, order *entry, anew bool) (did, error) {
	if order.Fact != nil {
		return e.redactInLog(ctx, order)
	}
	var all did
	for _, id := range order.Cases {
		one, err := e.eraseCase(ctx, order.ID, id, anew)
		if err != nil {
			return did{}, err
		}
		all.add(one)
	}
	if order.DraftsOf != "" {
		n, err := e.eraseDrafts(ctx, order)
		if err != nil {
			return did{}, err
		}
		all.count("drafts", max(n, int64(order.Drafts))) // the call that ordered it deletes beside this
	}
	return all, nil
}

// applied tells whether the log shows that an order was carried out in it.
func (e *Eraser) applied(ctx context.Context, order *entry) (bool, error) {
	if f := order.Fact; f != nil {
		there, err := e.bus.Get(ctx, bus.StreamCases, f.Sequence)
		if errors.Is(err, bus.ErrNotFound) {
			return true, nil
		}
		return err == nil && string(fact.Hash(there.Subject, there.Data)) != string(f.Hash), err
	}
	for _, id := range order.Cases {
		first, err := e.bus.FirstOn(ctx, bus.StreamCases, "case."+id+".>")
		if errors.Is(err, bus.ErrNotFound) {
			return false, nil // not even that it was erased
		}
		if err != nil {
			return false, err
		}
		if !isErased(first) {
			return false, nil
		}
	}
	drafts, err := e.draftsOf(ctx, order)
	return len(drafts) == 0, err
}

var (
	erasedType   = fact.Type(&eventsv1.Fact{Event: &eventsv1.Fact_ScopeErased{}})
	redactedType = fact.Type(&eventsv1.Fact{Event: &eventsv1.Fact_FactRedacted{}})
)

// isErased tells whether an event tells that its scope was erased. Only the hub can
// write where it stands.
func isErased(ev bus.Event) bool {
	return strings.HasSuffix(ev.Subject, "."+name.ByHub) && ev.Header["ce-type"] == erasedType
}

// scopeOf is the scope of a subject, also of one that is no request's.
func scopeOf(subject string) string {
	return subject[:max(strings.LastIndexByte(subject, '.'), 0)]
}

// eraseCase overwrites all facts of a case, after one in each scope that tells of
// it, behind which nothing is taken in. The newest goes first, so that what is left
// at any moment still makes sense to whoever reads the log from its beginning.
func (e *Eraser) eraseCase(ctx context.Context, id, caseID string, anew bool) (did, error) {
	sealed := map[string]bool{}
	for range rounds {
		places, err := e.bus.Places(ctx, bus.StreamCases, "case."+caseID+".>")
		if err != nil {
			return did{}, err
		}
		found, err := e.look(ctx, caseID, places)
		if err != nil {
			return did{}, err
		}
		conflict, err := e.seal(ctx, id, found, anew, sealed)
		if err != nil {
			return did{}, err
		}
		if conflict {
			continue
		}
		if err := e.bus.Erase(ctx, bus.StreamCases, found.left...); err != nil {
			return did{}, err
		}
		if len(found.left) == 0 && found.complete() {
			return found.did(), nil
		}
	}
	return did{}, fmt.Errorf("rights: case %s is written to by others again and again", caseID)
}

// looked is what the log holds of a case.
type looked struct {
	caseID string
	scopes map[string]*scopeLook
	// left are the facts to erase, the newest first.
	left []uint64
}

type scopeLook struct {
	last    uint64 // sequence of its last event
	head    []byte // hash of the last fact that tells of an erasure
	told    bool   // whether there is one
	listed  map[uint64]bool
	present []uint64 // facts that are there, and those that a redaction holds
}

// complete tells whether every scope tells of its erasure.
func (l *looked) complete() bool {
	return !slices.ContainsFunc(slices.Collect(maps.Values(l.scopes)), func(s *scopeLook) bool { return !s.told })
}

// did is what was erased by now, all erasures of the case together.
func (l *looked) did() did {
	var d did
	for _, scope := range slices.Sorted(maps.Keys(l.scopes)) {
		s := l.scopes[scope]
		d.last = max(d.last, s.last)
		d.count(bus.StreamCases, int64(len(s.listed)))
		if parsed, _, err := name.ParseSubject(scope + "." + name.ByHub); err == nil && !parsed.IsCase() {
			d.requests = append(d.requests, parsed.Resource())
		}
	}
	return d
}

// look reads where the facts of a case stand, and those that tell of an erasure.
func (e *Eraser) look(ctx context.Context, caseID string, places []bus.Event) (*looked, error) {
	l := &looked{caseID: caseID, scopes: map[string]*scopeLook{}}
	at := func(scope string) *scopeLook {
		if l.scopes[scope] == nil {
			l.scopes[scope] = &scopeLook{listed: map[uint64]bool{}}
		}
		return l.scopes[scope]
	}
	at(name.CaseScope(caseID).String())
	// Requests that are about to be made must find their scope taken.
	state, err := e.view.Case(ctx, caseID)
	if err != nil {
		return nil, err
	}
	for _, p := range state.GetPlanned() {
		at(name.Scope{Case: caseID, Party: p.Provider, Number: int(p.Number)}.String())
	}
	for _, place := range places {
		scope := scopeOf(place.Subject)
		if _, _, err := name.ParseSubject(place.Subject); err != nil {
			scope = name.CaseScope(caseID).String() // rubbish: the case's scope tells of it
		} else {
			at(scope).last = place.Sequence
		}
		s := at(scope)
		if place.Header["ce-type"] == redactedType {
			if err := e.lookInto(ctx, place.Sequence, s); err != nil {
				return nil, err
			}
		}
		if !isErased(place) {
			s.present = append(s.present, place.Sequence)
			l.left = append(l.left, place.Sequence)
			continue
		}
		told, err := e.bus.Get(ctx, bus.StreamCases, place.Sequence)
		if err != nil {
			return nil, err
		}
		f, hash, err := fact.Decode(told)
		if err != nil {
			return nil, err
		}
		s.told, s.head = true, hash
		for _, sequence := range f.GetScopeErased().GetSequences() {
			s.listed[sequence] = true
		}
	}
	slices.Reverse(l.left)
	return l, nil
}

// lookInto adds the facts that a redaction holds, which were erased before it.
func (e *Eraser) lookInto(ctx context.Context, sequence uint64, s *scopeLook) error {
	ev, err := e.bus.Get(ctx, bus.StreamCases, sequence)
	if err != nil {
		return err
	}
	f, _, err := fact.Decode(ev)
	if err != nil || !strings.HasSuffix(ev.Subject, "."+name.ByHub) {
		return nil // rubbish
	}
	for _, kept := range f.GetFactRedacted().GetFacts() {
		if kept.Sequence != sequence {
			s.present = append(s.present, kept.Sequence)
		}
	}
	return nil
}

// seal appends to each scope the fact that tells of its erasure, unless one tells
// all of it already. It answers true when somebody was faster in one.
func (e *Eraser) seal(ctx context.Context, id string, l *looked, anew bool, sealed map[string]bool) (conflict bool, err error) {
	own := name.CaseScope(l.caseID).String()
	scopes := slices.Sorted(maps.Keys(l.scopes))
	slices.SortStableFunc(scopes, func(a, b string) int { // the case's own first: then no request is made any more
		switch {
		case a == own:
			return -1
		case b == own:
			return 1
		}
		return 0
	})
	for _, scope := range scopes {
		s := l.scopes[scope]
		more := slices.DeleteFunc(slices.Clone(s.present), func(sequence uint64) bool { return s.listed[sequence] })
		if s.told && len(more) == 0 && (!anew || sealed[scope]) {
			continue
		}
		f := &eventsv1.Fact{
			Id: uuid.NewString(), Time: timestamppb.New(e.now()), Actor: &eventsv1.Actor{Party: casesv1.Party_PARTY_HUB},
			CausationId: id, CorrelationId: id, PreviousHash: s.head,
			Event: &eventsv1.Fact_ScopeErased{ScopeErased: &eventsv1.ScopeErased{Erasure: id, Sequences: more}},
		}
		lost, err := e.append(ctx, scope, f, s.last)
		if err != nil {
			return false, err
		}
		sealed[scope] = true
		conflict = conflict || lost
	}
	return conflict, nil
}

// append adds a fact of the hub to a scope; it is true when somebody was faster.
func (e *Eraser) append(ctx context.Context, scope string, f *eventsv1.Fact, expected uint64) (bool, error) {
	m, err := fact.Encode(scope+"."+name.ByHub, name.Hub, f)
	if err != nil {
		return false, err
	}
	_, err = e.bus.Append(ctx, m, scope, expected)
	if _, faster := errors.AsType[*bus.ConflictError](err); faster {
		return true, nil
	}
	return false, err
}

// eraseLetters erases the dead letters of an order's cases, and of the facts that a
// redaction removed.
func (e *Eraser) eraseLetters(ctx context.Context, order *entry) (int64, error) {
	letters, err := e.bus.Places(ctx, bus.StreamDead, "dead.>")
	if err != nil {
		return 0, err
	}
	var sequences []uint64
	for _, letter := range letters {
		about := bus.DeadSubject(letter)
		of := func(id string) bool { return strings.HasPrefix(about, "case."+id+".") }
		if slices.ContainsFunc(order.Cases, of) || order.Fact != nil && of(order.Fact.Case) {
			sequences = append(sequences, letter.Sequence)
		}
	}
	if len(sequences) == 0 {
		return 0, nil
	}
	return int64(len(sequences)), e.bus.Erase(ctx, bus.StreamDead, sequences...)
}

// draftsOf answers the keys of the drafts that an order erases. What its person has
// written since then is theirs.
func (e *Eraser) draftsOf(ctx context.Context, order *entry) ([]string, error) {
	if order.DraftsOf == "" || !order.StoredAt.IsZero() && time.Since(order.StoredAt) > bus.DraftLife {
		return nil, nil // a copy of the log would have dropped them too
	}
	keys, err := e.drafts.Keys(ctx, "draft-"+order.DraftsOf+"-")
	if err != nil {
		return nil, err
	}
	var due []string
	for _, key := range keys {
		kept, err := e.drafts.Get(ctx, key)
		if errors.Is(err, bus.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if order.StoredAt.IsZero() || !kept.Time.After(order.StoredAt) {
			due = append(due, key)
		}
	}
	return due, nil
}

func (e *Eraser) eraseDrafts(ctx context.Context, order *entry) (int64, error) {
	keys, err := e.draftsOf(ctx, order)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		if err := e.drafts.Delete(ctx, key); err != nil {
			return 0, err
		}
	}
	return int64(len(keys)), nil
}
