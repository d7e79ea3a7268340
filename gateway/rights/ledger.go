package rights

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
)

// entry is an erasure or a redaction as it is kept: all that is needed to do it
// again on a log that was restored, and its protocol. It holds no personal data.
type entry struct {
	ID        string    `json:"id"`
	Digest    []byte    `json:"digest"` // of the call that ordered it
	Law       string    `json:"law"`
	Section   string    `json:"section"`
	Reason    string    `json:"reason"`
	OrderedBy string    `json:"ordered_by"`
	OrderedAt time.Time `json:"ordered_at"`
	DoneAt    time.Time `json:"done_at,omitzero"`
	// StoredAt is when it was ordered by the clock of the log, which may differ from
	// the hub's in a demo: drafts are compared with it.
	StoredAt time.Time `json:"stored_at"`

	// Cases are the ids of the cases that are erased.
	Cases []string `json:"cases,omitempty"`
	// DraftsOf is the hash of a person, whose drafts up to StoredAt are erased.
	DraftsOf string `json:"drafts_of,omitempty"`
	// Drafts is how many there were when the person ordered it, for the answer to a repeat.
	Drafts int32 `json:"drafts,omitempty"`
	// Fact is the one that is redacted.
	Fact *redacted `json:"fact,omitempty"`

	// LogDone tells that log and view are done; Requests are then those whose
	// providers are to tell that nothing is left in their files. Confirmed are those
	// that have, each with how many facts there were.
	LogDone   bool             `json:"log_done"`
	Requests  []string         `json:"requests,omitempty"`
	Confirmed map[string]int64 `json:"confirmed,omitempty"`
	Removed   []removed        `json:"removed,omitempty"`
}

// waiting are the requests whose providers have not told yet.
func (e *entry) waiting() []string {
	return slices.DeleteFunc(slices.Clone(e.Requests), func(request string) bool { _, told := e.Confirmed[request]; return told })
}

// isOf tells whether the erasure, or the redaction, is of a case.
func (e *entry) isOf(caseID string) bool {
	return slices.Contains(e.Cases, caseID) || e.Fact != nil && e.Fact.Case == caseID
}

// redacted names a fact by its place and by what it said.
type redacted struct {
	Case     string `json:"case"`
	Scope    string `json:"scope"`
	Sequence uint64 `json:"sequence"`
	Hash     []byte `json:"hash"`
}

// removed is what was removed in one place.
type removed struct {
	Party string `json:"party"`
	Place string `json:"place"`
	Count int64  `json:"count"`
}

// removedIn is what was removed in all places, the providers' included.
func (e *entry) removedIn() []removed {
	all := slices.Clone(e.Removed)
	for _, party := range name.Providers {
		var facts int64
		told := false
		for request, n := range e.Confirmed {
			if scope, err := name.ParseRequest(request); err == nil && scope.Party == party {
				facts, told = facts+n, true
			}
		}
		if told {
			all = append(all, removed{Party: party, Place: "inbox", Count: facts})
			if e.Fact == nil {
				all = append(all, removed{Party: party, Place: "notes"}) // nobody learns whether there were any
			}
		}
	}
	return all
}

// show is the protocol as operators read it.
func (e *entry) show() *rightsv1.Erasure {
	shown := &rightsv1.Erasure{
		Name: "erasures/" + e.ID, Ground: &rightsv1.Ground{Law: e.Law, Section: e.Section, Reason: e.Reason},
		OrderedBy: e.OrderedBy, OrderedAt: timestamppb.New(e.OrderedAt), Redaction: e.Fact != nil,
	}
	for _, id := range e.Cases {
		shown.Cases = append(shown.Cases, name.Case(id))
	}
	if e.Fact != nil {
		shown.Cases = append(shown.Cases, name.Case(e.Fact.Case))
	}
	for _, r := range e.removedIn() {
		shown.Removed = append(shown.Removed, &rightsv1.Removed{Party: r.Party, Place: r.Place, Count: r.Count})
	}
	for _, request := range e.waiting() {
		if scope, err := name.ParseRequest(request); err == nil && !slices.Contains(shown.WaitingFor, name.Provider(scope.Party)) {
			shown.WaitingFor = append(shown.WaitingFor, name.Provider(scope.Party))
		}
	}
	switch {
	case !e.DoneAt.IsZero():
		shown.State, shown.DoneAt = rightsv1.ErasureState_ERASURE_STATE_DONE, timestamppb.New(e.DoneAt)
	case e.LogDone:
		shown.State = rightsv1.ErasureState_ERASURE_STATE_WAITING
	default:
		shown.State = rightsv1.ErasureState_ERASURE_STATE_RUNNING
	}
	return shown
}

const (
	erasureKey = "erasure-"
	holdKey    = "hold-"
)

// ledger keeps the erasures in the hub's bucket, which all gateways share, and in a
// file beside the log, which is still there when an older copy of the log is put
// back. What only one of the two knows is added to the other at the start.
type ledger struct {
	bucket *bus.Bucket
	path   string

	mutex sync.Mutex
	file  map[string]*entry
}

// open brings bucket and file together and answers the entries that only the file
// knew: the log is an older one.
func (l *ledger) open(ctx context.Context) error {
	l.file = map[string]*entry{}
	data, err := os.ReadFile(l.path)
	if err == nil {
		err = json.Unmarshal(data, &l.file)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rights: read the list of erasures %s, without which what was erased may come back from a copy: %w", l.path, err)
	}
	kept, err := l.all(ctx)
	if err != nil {
		return err
	}
	for _, e := range kept {
		l.file[e.ID] = e
	}
	for id, e := range l.file {
		if slices.ContainsFunc(kept, func(k *entry) bool { return k.ID == id }) {
			continue
		}
		value, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("rights: keep an erasure: %w", err)
		}
		_, err = l.bucket.Create(ctx, erasureKey+id, value)
		if _, taken := errors.AsType[*bus.ConflictError](err); err != nil && !taken {
			return fmt.Errorf("rights: keep an erasure: %w", err)
		}
	}
	return l.write()
}

// write puts the whole file in place at once.
func (l *ledger) write() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	data, err := json.MarshalIndent(l.file, "", "  ")
	if err != nil {
		return fmt.Errorf("rights: write the list of erasures: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(l.path), ".erasures-*")
	if err != nil {
		return fmt.Errorf("rights: write the list of erasures: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(append(data, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), l.path)
	}
	if err != nil {
		return fmt.Errorf("rights: write the list of erasures: %w", err)
	}
	return nil
}

// get answers an erasure and its revision; nil when there is none.
func (l *ledger) get(ctx context.Context, id string) (*entry, uint64, error) {
	kept, err := l.bucket.Get(ctx, erasureKey+id)
	if errors.Is(err, bus.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	e := &entry{}
	if err := json.Unmarshal(kept.Value, e); err != nil {
		return nil, 0, fmt.Errorf("rights: read erasure %s: %w", id, err)
	}
	return e, kept.Revision, nil
}

// all answers every erasure, the newest first.
func (l *ledger) all(ctx context.Context) ([]*entry, error) {
	keys, err := l.bucket.Keys(ctx, erasureKey)
	if err != nil {
		return nil, err
	}
	var list []*entry
	for _, key := range keys {
		e, _, err := l.get(ctx, strings.TrimPrefix(key, erasureKey))
		if err != nil {
			return nil, err
		}
		if e != nil {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *entry) int {
		return cmp.Or(b.OrderedAt.Compare(a.OrderedAt), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// change writes an erasure as change makes it; change gets a new one when there is
// none, and is called again when another gateway was faster.
func (l *ledger) change(ctx context.Context, id string, change func(e *entry)) (*entry, error) {
	for {
		e, revision, err := l.get(ctx, id)
		if err != nil {
			return nil, err
		}
		if e == nil {
			e = &entry{ID: id}
		}
		change(e)
		value, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("rights: keep erasure %s: %w", id, err)
		}
		_, err = l.bucket.Put(ctx, erasureKey+id, value, revision)
		if _, faster := errors.AsType[*bus.ConflictError](err); faster {
			continue
		}
		if err != nil {
			return nil, err
		}
		l.mutex.Lock()
		l.file[id] = e
		l.mutex.Unlock()
		return e, l.write()
	}
}
