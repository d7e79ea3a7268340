package view

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

const (
	// mostRead is how many facts are read at once for those who watch.
	mostRead = 500
	// lately is how far back the shared read begins at the least: those who watch are not
	// all at the same place.
	lately = 64
)

// Events answers the facts of the cases that the seer sees, from after the sequence
// after up to the sequence reached, which is last unless there are many; oldest first.
//
// What a seer sees is asked as of each fact: of a case that came to its company
// later it sees the facts from that one on, and before that only its opener did.
func (v *View) Events(ctx context.Context, seer Seer, after, last uint64) (list []Happening, reached uint64, err error) {
	span, err := v.span(ctx, after, last)
	if err != nil {
		return nil, 0, err
	}
	reached = min(last, span.last)
	for _, f := range span.facts {
		if f.sequence <= after || f.sequence > reached || !f.seenBy(seer) {
			continue
		}
		h, err := f.happening()
		if err != nil {
			return nil, 0, err
		}
		list = append(list, h)
	}
	return list, reached, nil
}

// span is a part of the log as the view holds it at a moment: all facts behind after, up
// to last.
type span struct {
	after, last uint64
	// changed is closed when the view changes, and with it perhaps whose a case is.
	changed <-chan struct{}
	facts   []*told
}

func (s *span) holds(after uint64) bool { return s != nil && after >= s.after && after < s.last }

// lastRead is the newest span that was read, which all who watch share: so a change is
// read once, and not once for each of them.
type lastRead struct {
	mutex sync.Mutex
	span  *span
}

// span answers one that begins behind after at the latest. It is of the view as it is now.
func (v *View) span(ctx context.Context, after, last uint64) (*span, error) {
	if last-min(after, last) > mostRead { // far behind the others
		return v.readSpan(ctx, after, last)
	}
	v.read.mutex.Lock()
	defer v.read.mutex.Unlock()
	changed := v.db.Notify()
	if known := v.read.span; known.holds(after) && known.changed == changed && known.last >= last {
		return known, nil
	}
	from := min(after, last-min(last, lately))
	read, err := v.readSpan(ctx, from, last)
	if err == nil && read.last == last {
		read.changed = changed
		v.read.span = read
	}
	return read, err
}

func (v *View) readSpan(ctx context.Context, after, last uint64) (*span, error) {
	rows, err := v.query(ctx, `SELECT t.seq, t.subject, t.body, c.id, c.company, c.opener, c.linked FROM timeline t CROSS JOIN cases c ON c.row = t.row
		WHERE t.seq > ? AND t.seq <= ? ORDER BY t.seq LIMIT ?`, int64(after), int64(last), mostRead)
	if err != nil {
		return nil, fmt.Errorf("view: read events after %d: %w", after, err)
	}
	defer func() { _ = rows.Close() }()
	s := &span{after: after, last: last}
	for rows.Next() {
		f := &told{}
		if err := rows.Scan(&f.sequence, &f.subject, &f.body, &f.id, &f.company, &f.opener, &f.linked); err != nil {
			return nil, fmt.Errorf("view: read events after %d: %w", after, err)
		}
		s.facts = append(s.facts, f)
	}
	if len(s.facts) == mostRead {
		s.last = s.facts[mostRead-1].sequence
	}
	return s, rows.Err()
}

// told is a fact with whose case it is of. It is decoded when somebody sees it.
type told struct {
	sequence, linked    uint64
	subject             string
	body                []byte
	id, company, opener string

	once  sync.Once
	fact  Happening
	wrong error
}

func (f *told) seenBy(s Seer) bool {
	if s.CaseID != "" {
		return f.id == s.CaseID
	}
	if f.opener != "" && f.opener == s.Person && (f.company == "" || f.sequence < f.linked) {
		return true
	}
	return f.sequence >= f.linked && slices.Contains(s.Companies, f.company)
}

func (f *told) happening() (Happening, error) {
	f.once.Do(func() {
		scope, _, err := name.ParseSubject(f.subject)
		fact := &eventsv1.Fact{}
		if err == nil {
			err = proto.Unmarshal(f.body, fact)
		}
		if err != nil {
			f.wrong = fmt.Errorf("view: read fact %d: %w", f.sequence, err)
		}
		f.fact = Happening{Sequence: f.sequence, Scope: scope, Fact: fact}
	})
	return f.fact, f.wrong
}
