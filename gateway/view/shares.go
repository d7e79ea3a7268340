package view

import (
	"context"
	"fmt"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// writeShares notes to which providers a case is open, beyond those that were asked.
func (b *batch) writeShares(entry *caseEntry) error {
	if _, err := b.tx.Exec(`DELETE FROM shares WHERE row = ?`, entry.row); err != nil {
		return err
	}
	add := func(provider, validTo string) error {
		key, err := name.ParseProvider(provider)
		if err != nil {
			return nil // a fact that names no provider opens nothing
		}
		_, err = b.tx.Exec(`INSERT INTO shares (provider, row, valid_to) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, key, entry.row, validTo)
		return err
	}
	for _, c := range entry.state.Case.Consents {
		if c.Purpose == casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE && c.WithdrawnAt == nil && c.ReplacedAt == nil {
			if err := add(c.Provider, c.ValidTo); err != nil {
				return err
			}
		}
	}
	for _, d := range entry.state.Case.Disclosures {
		if err := add(d.Provider, d.ValidTo); err != nil {
			return err
		}
	}
	return nil
}

// Shared answers the ids of the cases that are open to a provider today, the last
// changed first, with the sequence of each one's last change.
func (v *View) Shared(ctx context.Context, provider, today string, before uint64, limit int) (ids []string, changed []uint64, err error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT c.id, c.updated FROM cases c
		WHERE c.row IN (SELECT row FROM shares WHERE provider = ? AND (valid_to = '' OR valid_to >= ?)) AND (? = 0 OR c.updated < ?)
		ORDER BY c.updated DESC LIMIT ?`, provider, today, int64(before), int64(before), limit)
	if err != nil {
		return nil, nil, fmt.Errorf("view: list shared cases: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var updated int64
		if err := rows.Scan(&id, &updated); err != nil {
			return nil, nil, fmt.Errorf("view: list shared cases: %w", err)
		}
		ids, changed = append(ids, id), append(changed, uint64(updated))
	}
	return ids, changed, rows.Err()
}
