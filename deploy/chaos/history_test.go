package chaos

import (
	"sync"
	"time"

	"github.com/google/uuid"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/revision"
)

// The kinds of calls that leave no entry in a timeline; the others are named by
// the entry they leave.
const (
	saveDraft = "SAVE_DRAFT"
	addNote   = "ADD_NOTE"
	addStaff  = "ADD_STAFF"
)

// outcome is how a call ended, as far as its caller knows.
type outcome int

const (
	inDoubt      outcome = iota // no answer yet, or none that says whether it happened
	acknowledged                // done, and may never be lost
	refused                     // it changed nothing
)

// call is one thing that a client asked for, from its first try to its answer.
type call struct {
	Kind      string
	RequestID string
	// Scope is the resource it changes: a request, a case, a provider, a draft's key.
	Scope string
	// Case is the case it belongs to; empty for drafts and staff, and for an
	// opening that was not answered.
	Case string
	// Words are what tells its trace from those of others: the text, or the
	// advisor's name for a pick up.
	Words string
	// Requests are those that an opening asks for, without the case's name.
	Requests []string

	Outcome  outcome
	Revision string
	Sequence uint64
	// Reason is why it was refused, Holder who holds the request then.
	Reason, Holder string
	// Tries counts the calls that were made for it.
	Tries int
	// Began and Ended are from the first try to the answer, on one clock.
	Began, Ended time.Duration
	Client       int
}

// history is everything that the clients asked for and were told.
type history struct {
	mu       sync.Mutex
	start    time.Time
	calls    []*call
	problems []string
}

func newHistory() *history { return &history{start: time.Now()} }

// begin records that a call is about to be made.
func (h *history) begin(client int, kind, scope, caseName, words string) *call {
	c := &call{
		Kind: kind, Scope: scope, Case: caseName, Words: words, RequestID: uuid.NewString(), Client: client,
		Began: time.Since(h.start),
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, c)
	return c
}

// change changes a call under the lock, so that a snapshot is whole.
func (h *history) change(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}

// acknowledge records an answer.
func (h *history) acknowledge(c *call, rev string) {
	h.change(func() {
		c.Outcome, c.Revision, c.Sequence, c.Ended = acknowledged, rev, sequenceOf(rev), time.Since(h.start)
	})
}

// refuse records a refusal.
func (h *history) refuse(c *call, reason, holder string) {
	h.change(func() { c.Outcome, c.Reason, c.Holder, c.Ended = refused, reason, holder, time.Since(h.start) })
}

// problem records what no client should ever see.
func (h *history) problem(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = append(h.problems, what)
}

// snapshot answers all calls as they are at this moment.
func (h *history) snapshot() []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	calls := make([]call, len(h.calls))
	for i, c := range h.calls {
		calls[i] = *c
	}
	return calls
}

// seen answers what clients have complained of.
func (h *history) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.problems...)
}

// count answers how many calls ended so, and how many were made more than once.
func count(calls []call, how outcome) (n, repeated int) {
	for _, c := range calls {
		if c.Outcome == how {
			n++
			if c.Tries > 1 {
				repeated++
			}
		}
	}
	return n, repeated
}

// sequenceOf is the place in the log that a revision names; 0 for none.
func sequenceOf(rev string) uint64 {
	read, err := revision.Decode("revision", rev)
	if err != nil {
		return 0
	}
	return read.Sequence
}

// of is the kind of call that leaves this entry.
func of(kind casesv1.EntryKind) string { return kind.String()[len("ENTRY_KIND_"):] }
