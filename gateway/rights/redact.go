package rights

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

// mostBytes is how much the facts of a scope may hold that is redacted: they become
// one message of the log, which takes a megabyte.
const mostBytes = 900_000

var marshal = proto.MarshalOptions{Deterministic: true}

// told is a fact of a case with its place, which may be within a redaction.
type told struct {
	scope name.Scope
	kept  *eventsv1.KeptFact
	fact  *eventsv1.Fact
}

// chain are the facts of one scope, oldest first, and where they are in the log.
type chain struct {
	scope  name.Scope
	facts  []told
	places []uint64
	last   uint64
	head   []byte
}

// chains reads the scopes of a case. What is no fact is left out, and stays.
func (e *Eraser) chains(ctx context.Context, caseID string) (map[name.Scope]*chain, error) {
	places, err := e.bus.Places(ctx, bus.StreamCases, "case."+caseID+".>")
	if err != nil {
		return nil, err
	}
	all := map[name.Scope]*chain{}
	for _, place := range places {
		scope, author, err := name.ParseSubject(place.Subject)
		if err != nil {
			continue
		}
		if all[scope] == nil {
			all[scope] = &chain{scope: scope}
		}
		c := all[scope]
		c.last = place.Sequence
		ev, err := e.bus.Get(ctx, bus.StreamCases, place.Sequence)
		if err != nil {
			return nil, err
		}
		f, hash, err := fact.Decode(ev)
		if err != nil || casework.FromProvider(f) != (author == name.ByOwn) {
			continue
		}
		if err := c.add(ev, author, f, hash); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (c *chain) add(ev bus.Event, author string, f *eventsv1.Fact, hash []byte) error {
	kept := &eventsv1.KeptFact{Sequence: ev.Sequence, Author: author, Body: ev.Data, Hash: hash}
	if before := f.GetFactRedacted(); before != nil {
		c.facts = nil // it holds all that came before it
		for _, k := range before.Facts {
			inner := &eventsv1.Fact{}
			if err := proto.Unmarshal(k.Body, inner); err != nil {
				return fmt.Errorf("rights: the redaction at %d keeps no fact at %d: %w", ev.Sequence, k.Sequence, err)
			}
			c.facts = append(c.facts, told{scope: c.scope, kept: k, fact: inner})
		}
		shell := proto.CloneOf(f)
		shell.GetFactRedacted().Facts = nil
		body, err := marshal.Marshal(shell)
		if err != nil {
			return fmt.Errorf("rights: redact %s: %w", c.scope, err)
		}
		f, kept.Body, kept.Redacted = shell, body, true
	}
	c.facts = append(c.facts, told{scope: c.scope, kept: kept, fact: f})
	c.places, c.head = append(c.places, ev.Sequence), hash
	return nil
}

// find answers the fact at a sequence of a case.
func find(all map[name.Scope]*chain, sequence uint64) (told, bool) {
	for _, c := range all {
		for _, t := range c.facts {
			if t.kept.Sequence == sequence {
				return t, true
			}
		}
	}
	return told{}, false
}

// copies answers the facts of a case from which words are to be removed: the one
// that is named, and those that repeat its words when a request is made of them.
func copies(all map[name.Scope]*chain, of told) map[name.Scope][]uint64 {
	remove := map[name.Scope][]uint64{of.scope: {of.kept.Sequence}}
	words := map[string]bool{}
	collect(of.fact, words)
	for _, c := range all {
		for _, t := range c.facts {
			if t.kept.Sequence == of.kept.Sequence || !passesOn(t.fact) || !passesOn(of.fact) {
				continue
			}
			own := map[string]bool{}
			collect(t.fact, own)
			for word := range own {
				if words[word] {
					remove[t.scope] = append(remove[t.scope], t.kept.Sequence)
					break
				}
			}
		}
	}
	return remove
}

// passesOn tells whether a fact takes words from one scope to another.
func passesOn(f *eventsv1.Fact) bool {
	switch f.Event.(type) {
	case *eventsv1.Fact_CaseOpened, *eventsv1.Fact_RequestAdded, *eventsv1.Fact_RequestMade, *eventsv1.Fact_ReferralProposed, *eventsv1.Fact_ReferralAnswered,
		*eventsv1.Fact_WordsCorrected:
		return true
	}
	return false
}

// collect gathers the texts that a redaction removes from a fact: those that it has
// and its redacted form has not.
func collect(f *eventsv1.Fact, words map[string]bool) {
	every := func(f *eventsv1.Fact) map[string]bool {
		found := map[string]bool{}
		texts(f.ProtoReflect(), found)
		return found
	}
	stays := every(casework.Redact(f))
	for word := range every(f) {
		if !stays[word] {
			words[word] = true
		}
	}
}

func texts(m protoreflect.Message, found map[string]bool) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsList():
			for i := range value.List().Len() {
				textsOf(field, value.List().Get(i), found)
			}
		case !field.IsMap():
			textsOf(field, value, found)
		}
		return true
	})
}

func textsOf(field protoreflect.FieldDescriptor, value protoreflect.Value, found map[string]bool) {
	switch field.Kind() {
	case protoreflect.StringKind:
		found[value.String()] = true
	case protoreflect.MessageKind:
		texts(value.Message(), found)
	}
}

// redactInLog removes the words of a fact from the log: for each scope that has them
// it appends one fact that holds all the others, and erases what was there.
func (e *Eraser) redactInLog(ctx context.Context, order *entry) (did, error) {
	var all did
	for range rounds {
		chains, err := e.chains(ctx, order.Fact.Case)
		if err != nil {
			return did{}, err
		}
		of, ok := find(chains, order.Fact.Sequence)
		if !ok {
			return did{}, fmt.Errorf("rights: case %s has no fact at %d", order.Fact.Case, order.Fact.Sequence)
		}
		remove := map[name.Scope][]uint64{}
		if !of.kept.Redacted {
			remove = copies(chains, of)
		}
		if all, err = e.redactScopes(ctx, order, chains, remove); !errors.Is(err, errFaster) {
			return all, err
		}
	}
	return did{}, fmt.Errorf("rights: case %s is written to by others again and again", order.Fact.Case)
}

// errFaster tells that somebody else wrote to a scope meanwhile.
var errFaster = errors.New("rights: the scope has moved on")

func (e *Eraser) redactScopes(ctx context.Context, order *entry, chains map[name.Scope]*chain, remove map[name.Scope][]uint64) (did, error) {
	var all did
	// The named fact's own scope comes last: while its words are there, another try
	// finds the copies by them.
	scopes := slices.SortedFunc(maps.Keys(remove), func(a, b name.Scope) int {
		own := func(s name.Scope) int {
			if s.String() == order.Fact.Scope {
				return 1
			}
			return 0
		}
		return own(a) - own(b)
	})
	for _, scope := range scopes {
		if err := e.redactScope(ctx, order.ID, chains[scope], remove[scope]); err != nil {
			return did{}, err
		}
	}
	// What another try, or one before a crash, has appended is told of too.
	after, err := e.chains(ctx, order.Fact.Case)
	if err != nil {
		return did{}, err
	}
	for scope, c := range after {
		for _, t := range c.facts {
			if r := t.fact.GetFactRedacted(); r.GetErasure() == order.ID {
				all.last = max(all.last, t.kept.Sequence)
				all.count(bus.StreamCases, int64(len(r.Sequences)))
				if !scope.IsCase() && !slices.Contains(all.requests, scope.Resource()) {
					all.requests = append(all.requests, scope.Resource())
				}
			}
		}
		if err := e.clean(ctx, c); err != nil {
			return did{}, err
		}
	}
	return all, nil
}

// redactScope appends the fact that holds a scope without the words.
func (e *Eraser) redactScope(ctx context.Context, id string, c *chain, sequences []uint64) error {
	record := &eventsv1.FactRedacted{Erasure: id, Sequences: sequences}
	size := 0
	for _, t := range c.facts {
		kept := proto.CloneOf(t.kept)
		if slices.Contains(sequences, kept.Sequence) {
			body, err := marshal.Marshal(casework.Redact(t.fact))
			if err != nil {
				return fmt.Errorf("rights: redact %s: %w", c.scope, err)
			}
			kept.Body, kept.Redacted = body, true
		}
		record.Facts = append(record.Facts, kept)
		size += len(kept.Body) + len(kept.Hash) + 32
	}
	if size > mostBytes {
		return problem.New(problem.State, "TOO_LONG_TO_REDACT", "%s holds %d bytes, and at most %d can be redacted; erase the case instead", c.scope.Resource(), size, mostBytes)
	}
	lost, err := e.append(ctx, c.scope.String(), &eventsv1.Fact{
		Id: uuid.NewString(), Time: timestamppb.New(e.now()), Actor: &eventsv1.Actor{Party: casesv1.Party_PARTY_HUB},
		CausationId: id, CorrelationId: id, PreviousHash: c.head,
		Event: &eventsv1.Fact_FactRedacted{FactRedacted: record},
	}, c.last)
	if lost {
		return errFaster
	}
	return err
}

// clean overwrites what stands before the redaction of a scope, the newest first.
func (e *Eraser) clean(ctx context.Context, c *chain) error {
	at := -1
	for i, sequence := range c.places {
		for _, t := range c.facts {
			if t.kept.Sequence == sequence && t.fact.GetFactRedacted() != nil {
				at = i
			}
		}
	}
	if at < 1 {
		return nil
	}
	before := slices.Clone(c.places[:at])
	slices.Reverse(before)
	return e.bus.Erase(ctx, bus.StreamCases, before...)
}
