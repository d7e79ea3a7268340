package view

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// Seer is who sees cases: those of its companies, and those that it opened and
// that have no company yet. With CaseID it sees that one case.
type Seer struct {
	Companies []string
	Person    string
	CaseID    string
}

// Sees tells whether the seer may see a case of that company and opener.
func (s Seer) Sees(id, company, opener string) bool {
	if s.CaseID != "" {
		return s.CaseID == id
	}
	if company == "" {
		return opener != "" && opener == s.Person
	}
	for _, c := range s.Companies {
		if c == company {
			return true
		}
	}
	return false
}

// Filter says which cases a list holds.
type Filter struct {
	Statuses []casesv1.CaseStatus
	Company  string
	Provider string
	// Query is words that must all occur, each possibly the beginning of a word.
	Query  string
	AsksMe bool
	// Before lists cases that changed before this sequence; 0 from the newest.
	Before uint64
	Limit  int
}

// List answers the ids of cases that the seer sees, the last changed first, with
// the sequence of each one's last change.
func (v *View) List(ctx context.Context, seer Seer, f Filter) (ids []string, changed []uint64, err error) {
	where, args := seer.where()
	add := func(condition string, more ...any) {
		where += " AND " + condition
		args = append(args, more...)
	}
	if f.Before > 0 {
		add("c.updated < ?", int64(f.Before))
	}
	if len(f.Statuses) > 0 {
		values := make([]any, len(f.Statuses))
		for i, s := range f.Statuses {
			values[i] = int64(s)
		}
		add("c.status IN ("+marks(len(values))+")", values...)
	}
	if f.Company != "" {
		add("c.company = ?", f.Company)
	}
	if f.Provider != "" {
		add("EXISTS (SELECT 1 FROM requests r WHERE r.row = c.row AND r.provider = ?)", f.Provider)
	}
	if f.AsksMe {
		add("(c.confirm_by <> '' OR EXISTS (SELECT 1 FROM requests r WHERE r.row = c.row AND r.asks > 0))")
	}
	for _, word := range Words(f.Query) {
		add("c.row IN (SELECT row FROM texts WHERE texts MATCH ?)", word)
	}
	args = append(args, f.Limit)
	rows, err := v.db.Reader().QueryContext(ctx, "SELECT c.id, c.updated FROM cases c WHERE "+where+" ORDER BY c.updated DESC LIMIT ?", args...)
	if err != nil {
		return nil, nil, fmt.Errorf("view: list cases: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var updated int64
		if err := rows.Scan(&id, &updated); err != nil {
			return nil, nil, fmt.Errorf("view: list cases: %w", err)
		}
		ids, changed = append(ids, id), append(changed, uint64(updated))
	}
	return ids, changed, rows.Err()
}

func (s Seer) where() (string, []any) {
	if s.CaseID != "" {
		return "c.id = ?", []any{s.CaseID}
	}
	args := []any{s.Person}
	where := "(c.company = '' AND c.opener = ? AND c.opener <> '')"
	if len(s.Companies) > 0 {
		where = "(" + where + " OR c.company IN (" + marks(len(s.Companies)) + "))"
		for _, c := range s.Companies {
			args = append(args, c)
		}
	}
	return where, args
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// Words makes a query of each word of a text that the full-text index reads:
// quoted, so that nothing in it is an operator, and open at its end.
func Words(text string) []string {
	var words []string
	for _, word := range strings.Fields(text) {
		word = strings.ReplaceAll(word, `"`, "")
		if strings.IndexFunc(word, isWordRune) < 0 {
			continue
		}
		words = append(words, `"`+word+`"*`)
		if len(words) == 10 {
			break
		}
	}
	return words
}

func isWordRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127
}

// Due is a request whose date the hub must tell of.
type Due struct {
	Scope   name.Scope
	Overdue bool
}

// DueBy answers up to limit requests that are overdue on the local date today,
// and requests that will be by the date soon and were not warned of.
func (v *View) DueBy(ctx context.Context, today, soon string, limit int) ([]Due, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `SELECT c.id, r.provider, r.n, r.due < ? FROM requests r JOIN cases c ON c.row = r.row
		WHERE r.due <> '' AND r.told < 2 AND (r.due < ? OR (r.due <= ? AND r.told = 0)) LIMIT ?`, today, today, soon, limit)
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

// Count is how many there are of something, and how many of them are open.
type Count struct{ Open, Total int64 }

// Counts answers how many cases there are, under the key hub, and how many
// requests each provider has: for the status page, without any content.
func (v *View) Counts(ctx context.Context) (map[string]Count, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `
		SELECT 'hub', count(*) FILTER (WHERE status IN (?, ?, ?)), count(*) FROM cases
		UNION ALL SELECT provider, count(*) FILTER (WHERE status IN (?, ?, ?, ?)), count(*) FROM requests GROUP BY provider`,
		int64(casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED), int64(casesv1.CaseStatus_CASE_STATUS_OPEN), int64(casesv1.CaseStatus_CASE_STATUS_CLOSING),
		int64(casesv1.RequestStatus_REQUEST_STATUS_NEW), int64(casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS),
		int64(casesv1.RequestStatus_REQUEST_STATUS_WAITING), int64(casesv1.RequestStatus_REQUEST_STATUS_DECIDED))
	if err != nil {
		return nil, fmt.Errorf("view: count: %w", err)
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]Count{}
	for rows.Next() {
		var key string
		var c Count
		if err := rows.Scan(&key, &c.Open, &c.Total); err != nil {
			return nil, fmt.Errorf("view: count: %w", err)
		}
		counts[key] = c
	}
	return counts, rows.Err()
}
