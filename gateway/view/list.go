package view

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/sight"
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
	return slices.Contains(s.Companies, company)
}

// Filter says which cases a list holds.
type Filter struct {
	Statuses []casesv1.CaseStatus
	// Companies are company keys, of which the case's must be one; none means all.
	Companies []string
	// Provider is the key of a provider that the case has a request with.
	Provider string
	// Words must all occur, in texts of these classes, or of those of ClassesOf for a
	// company that is named there; see Words.
	Words     []string
	Classes   sight.Set
	ClassesOf map[string]sight.Set
	// AsksMe lists cases that wait for the company's answer.
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
	if len(f.Companies) > 0 {
		add("c.company IN ("+marks(len(f.Companies))+")", anys(f.Companies)...)
	}
	if f.Provider != "" {
		add("EXISTS (SELECT 1 FROM requests r WHERE r.row = c.row AND r.provider = ?)", f.Provider)
	}
	if f.AsksMe {
		add("(c.confirm_by <> '' OR c.status = ? AND EXISTS (SELECT 1 FROM requests r WHERE r.row = c.row AND r.asks > 0))",
			int64(casesv1.CaseStatus_CASE_STATUS_OPEN))
	}
	readable, sets := f.readable()
	for _, word := range f.Words {
		add("c.row IN (SELECT row FROM texts WHERE texts MATCH ? AND (1 << class) & "+readable+" <> 0)", append([]any{word}, sets...)...)
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

// readable is, in SQL, the set of classes of whose texts words are found in a case.
func (f Filter) readable() (string, []any) {
	if len(f.ClassesOf) == 0 {
		return "?", []any{int64(f.Classes)}
	}
	of, sets := "CASE c.company", []any(nil)
	for company, set := range f.ClassesOf {
		of += " WHEN ? THEN ?"
		sets = append(sets, company, int64(set))
	}
	return "(" + of + " ELSE ? END)", append(sets, int64(f.Classes))
}

func (s Seer) where() (string, []any) {
	if s.CaseID != "" {
		return "c.id = ?", []any{s.CaseID}
	}
	args := []any{s.Person}
	where := "(c.company = '' AND c.opener = ? AND c.opener <> '')"
	if len(s.Companies) > 0 {
		where = "(" + where + " OR c.company IN (" + marks(len(s.Companies)) + "))"
		args = append(args, anys(s.Companies)...)
	}
	return where, args
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func anys(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return values
}

// Words makes a query of each word of a text for the full-text index: quoted, so
// that nothing in it is an operator, and open at its end, so that the beginning of
// a word finds it. What holds no letter or digit is no word.
func Words(text string) []string {
	var words []string
	for _, word := range strings.Fields(text) {
		word = strings.Map(func(r rune) rune {
			if r == '"' || unicode.IsControl(r) {
				return -1
			}
			return r
		}, word)
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			words = append(words, `"`+word+`"*`)
		}
	}
	return words
}

// Count is how many there are of something, and how many of them are open.
type Count struct{ Open, Total int64 }

// Counts answers how many cases there are, under the key hub, and how many
// requests each provider has: for the status page, without any content. Secret
// ones are not counted: in a quiet hub a number that grows tells of one.
func (v *View) Counts(ctx context.Context) (map[string]Count, error) {
	rows, err := v.db.Reader().QueryContext(ctx, `
		SELECT 'hub', count(*) FILTER (WHERE status IN (?, ?, ?)), count(*) FROM cases WHERE secret = 0
		UNION ALL SELECT provider, count(*) FILTER (WHERE status IN (?, ?, ?, ?)), count(*) FROM requests WHERE secret = 0 GROUP BY provider`,
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
