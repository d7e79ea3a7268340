package view

import (
	"context"
	"fmt"
)

// Events answers the facts of the cases that the seer sees, from after the
// sequence after up to the sequence last, oldest first, at most limit.
//
// What a seer sees is asked as of each fact: of a case that came to its company
// later it sees the facts from that one on, and before that only its opener did.
func (v *View) Events(ctx context.Context, seer Seer, after, last uint64, limit int) ([]Happening, error) {
	where, args := seer.whereEvent()
	args = append([]any{int64(after), int64(last)}, append(args, limit)...)
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT t.seq, t.subject, t.body FROM timeline t CROSS JOIN cases c ON c.row = t.row
		WHERE t.seq > ? AND t.seq <= ? AND `+where+` ORDER BY t.seq LIMIT ?`, args...)
	if err != nil {
		return nil, fmt.Errorf("view: read events after %d: %w", after, err)
	}
	return happenings(rows)
}

func (s Seer) whereEvent() (string, []any) {
	if s.CaseID != "" {
		return "c.id = ?", []any{s.CaseID}
	}
	args := []any{s.Person}
	where := "(c.opener = ? AND c.opener <> '' AND (c.company = '' OR t.seq < c.linked))"
	if len(s.Companies) > 0 {
		where = "(" + where + " OR c.company IN (" + marks(len(s.Companies)) + ") AND t.seq >= c.linked)"
		args = append(args, anys(s.Companies)...)
	}
	return where, args
}
