package view

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/name"
)

func (v *View) cached(scope string) any {
	v.mu.RLock()
	defer v.mu.RUnlock()
	value := v.applied.get(scope)
	return value
}

// caseEntry answers a case as the view has it, or nil.
func (v *View) caseEntry(ctx context.Context, id string) (*caseEntry, error) {
	if entry, ok := v.cached(name.CaseScope(id).String()).(*caseEntry); ok {
		return entry, nil
	}
	entry := &caseEntry{state: &statev1.CaseState{}}
	var blob []byte
	err := v.row(ctx, []any{&entry.row, &entry.linked, &blob}, `SELECT row, linked, state FROM cases WHERE id = ?`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = proto.Unmarshal(blob, entry.state)
	}
	if err != nil {
		return nil, fmt.Errorf("view: read case %s: %w", id, err)
	}
	return entry, nil
}

// requestState answers a request as the view has it, or nil.
func (v *View) requestState(ctx context.Context, scope name.Scope) (*statev1.RequestState, error) {
	if state, ok := v.cached(scope.String()).(*statev1.RequestState); ok {
		return state, nil
	}
	var blob []byte
	err := v.row(ctx, []any{&blob},
		`SELECT r.state FROM requests r JOIN cases c ON c.row = r.row WHERE c.id = ? AND r.provider = ? AND r.n = ?`,
		scope.Case, scope.Party, scope.Number)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	state := &statev1.RequestState{}
	if err == nil {
		err = proto.Unmarshal(blob, state)
	}
	if err != nil {
		return nil, fmt.Errorf("view: read %s: %w", scope, err)
	}
	return state, nil
}

// query asks a question that is asked often.
func (v *View) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	statement, err := v.db.Prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(ctx, args...)
}

// row reads the one row of such a question into dest, or fails with sql.ErrNoRows.
func (v *View) row(ctx context.Context, dest []any, text string, args ...any) error {
	statement, err := v.db.Prepared(ctx, text)
	if err != nil {
		return err
	}
	return statement.QueryRowContext(ctx, args...).Scan(dest...)
}

// Whole is all that is known of one case.
type Whole struct {
	// State is the case itself.
	State *statev1.CaseState
	// Requests are those that were made, by provider and number.
	Requests map[casework.RequestKey]*statev1.RequestState
}

// Whole answers the newest states of a case and of its requests, or nil when
// there is no such case. The states must not be changed.
func (v *View) Whole(ctx context.Context, id string) (*Whole, error) {
	state, err := v.Case(ctx, id)
	if state == nil || err != nil {
		return nil, err
	}
	whole := &Whole{State: state, Requests: make(map[casework.RequestKey]*statev1.RequestState, len(state.Planned))}
	missing := false
	for _, p := range state.Planned {
		scope := name.Scope{Case: id, Party: p.Provider, Number: int(p.Number)}
		if request := v.inMemory(scope); request != nil {
			whole.Requests[casework.RequestKey{Provider: p.Provider, Number: int(p.Number)}] = request
		} else {
			missing = true
		}
	}
	if missing {
		return whole, v.addStored(ctx, id, whole)
	}
	return whole, nil
}

// inMemory answers the newest state of a request that is in memory, or nil.
func (v *View) inMemory(scope name.Scope) *statev1.RequestState {
	key := scope.String()
	v.mu.RLock()
	defer v.mu.RUnlock()
	ahead, _ := v.ahead[key].(*statev1.RequestState)
	value := v.applied.get(key)
	applied, _ := value.(*statev1.RequestState)
	if ahead.GetScope().GetSequence() > applied.GetScope().GetSequence() {
		return ahead
	}
	return applied
}

// addStored adds the requests of a case that are in the file alone, in one read.
func (v *View) addStored(ctx context.Context, id string, whole *Whole) error {
	rows, err := v.query(ctx, `SELECT provider, n, state FROM requests WHERE row = (SELECT row FROM cases WHERE id = ?)`, id)
	if err != nil {
		return fmt.Errorf("view: read the requests of case %s: %w", id, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key casework.RequestKey
		var blob sql.RawBytes
		if err := rows.Scan(&key.Provider, &key.Number, &blob); err != nil {
			return fmt.Errorf("view: read the requests of case %s: %w", id, err)
		}
		if whole.Requests[key] != nil {
			continue
		}
		state := &statev1.RequestState{}
		if err := proto.Unmarshal(blob, state); err != nil {
			return fmt.Errorf("view: read request %s-%d of case %s: %w", key.Provider, key.Number, id, err)
		}
		whole.Requests[key] = state
	}
	return rows.Err()
}

// Happening is one fact of a timeline with its place in the log.
type Happening struct {
	Sequence uint64
	Scope    name.Scope
	Fact     *eventsv1.Fact
}

// Timeline answers the facts of a case from after the sequence after up to the
// sequence last, oldest first.
func (v *View) Timeline(ctx context.Context, id string, after, last uint64) ([]Happening, error) {
	v.mu.RLock()
	waiting := v.arrived.facts[id]
	v.mu.RUnlock()
	shown := v.Position() // what waited until here is in the rows, or was no good
	entry, err := v.caseEntry(ctx, id)
	if err != nil {
		return nil, err
	}
	var list []Happening
	if entry != nil {
		rows, err := v.query(ctx, `SELECT seq, subject, body FROM timeline WHERE row = ? AND seq > ? AND seq <= ? ORDER BY seq`,
			entry.row, int64(after), int64(last))
		if err != nil {
			return nil, fmt.Errorf("view: read the timeline of case %s: %w", id, err)
		}
		if list, err = happenings(rows); err != nil {
			return nil, err
		}
		if len(list) > 0 {
			after = list[len(list)-1].Sequence // what was written meanwhile is in both
		}
	}
	for _, h := range waiting {
		if h.Sequence > max(after, shown) && h.Sequence <= last {
			list = append(list, h)
		}
	}
	return list, nil
}

func happenings(rows *sql.Rows) ([]Happening, error) {
	defer func() { _ = rows.Close() }()
	var list []Happening
	for rows.Next() {
		var sequence int64
		var subject string
		var body sql.RawBytes
		if err := rows.Scan(&sequence, &subject, &body); err != nil {
			return nil, fmt.Errorf("view: read a timeline: %w", err)
		}
		scope, _, err := name.ParseSubject(subject)
		if err != nil {
			return nil, err
		}
		f := &eventsv1.Fact{}
		if err := proto.Unmarshal(body, f); err != nil {
			return nil, fmt.Errorf("view: read a fact of %s: %w", scope, err)
		}
		list = append(list, Happening{Sequence: uint64(sequence), Scope: scope, Fact: f})
	}
	return list, rows.Err()
}

// ByCode answers the ids of the cases without a name that have this code. There
// is rarely more than one: a code has 40 bits, and its secret decides.
func (v *View) ByCode(ctx context.Context, code string) ([]string, error) {
	if err := v.Fresh(ctx); err != nil {
		return nil, err
	}
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT id FROM cases WHERE code = ? AND code <> ''`, code)
	if err != nil {
		return nil, fmt.Errorf("view: find a case by its code: %w", err)
	}
	return texts(rows)
}

func texts(rows *sql.Rows) ([]string, error) {
	defer func() { _ = rows.Close() }()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}
