package view

import (
	"context"
	"fmt"

	"github.com/businessespoo/hub/services/kit/name"
)

// Due is a request whose date the hub must tell of.
type Due struct {
	Scope   name.Scope
	Overdue bool
}

// DueBy answers up to limit requests that are overdue on the local date today,
// and requests that will be by the date soon and were not warned of, the earliest
// date first.
func (v *View) DueBy(ctx context.Context, today, soon string, limit int) ([]Due, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT c.id, r.provider, r.n, r.due < ? FROM requests r JOIN cases c ON c.row = r.row
		WHERE r.due <> '' AND r.told < 2 AND (r.due < ? OR (r.due <= ? AND r.told = 0)) ORDER BY r.due LIMIT ?`, today, today, soon, limit)
	if err != nil {
		return nil, fmt.Errorf("view: list due requests: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Due
	for rows.Next() {
		var d Due
		if err := rows.Scan(&d.Scope.Case, &d.Scope.Party, &d.Scope.Number, &d.Overdue); err != nil {
			return nil, fmt.Errorf("view: list due requests: %w", err)
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// Unconfirmed answers up to limit ids of cases that should have been confirmed
// before the local date today.
func (v *View) Unconfirmed(ctx context.Context, today string, limit int) ([]string, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT id FROM cases WHERE confirm_by <> '' AND confirm_by < ? LIMIT ?`, today, limit)
	if err != nil {
		return nil, fmt.Errorf("view: list unconfirmed cases: %w", err)
	}
	return texts(rows)
}
