// Package accesslog is the projection of the access log: who has seen a case, and
// what the people of a provider have seen. The log is the record; the file can be
// deleted at any time.
package accesslog

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/projection"
)

// schema is the form of the file. A row's place is the sequence of its message in
// the log and its index in there, so places grow with time.
var schema = projection.Schema{
	Version: 3,
	SQL: `
CREATE TABLE rows (place INTEGER PRIMARY KEY, provider TEXT NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX rows_provider ON rows (provider, place) WHERE provider <> '';
CREATE TABLE cases (case_id TEXT NOT NULL, place INTEGER NOT NULL, who TEXT NOT NULL, PRIMARY KEY (case_id, place)) STRICT, WITHOUT ROWID;
CREATE INDEX cases_who ON cases (case_id, who, place);
`,
	Streams: []string{bus.StreamAccess},
}

// rest is how seldom the file is written: nobody waits for a row but who reads the
// list, and the rows of one case come together.
const rest = 2 * time.Second

// placeBits leave room for the rows of one message.
const placeBits = 10

// Log is the projection. It is safe for concurrent use.
type Log struct {
	db  *projection.DB
	bus projection.Log
	log *slog.Logger
}

// Row is a row with its place.
type Row struct {
	Place int64
	*accessv1.AccessRow
}

// Open opens the file at path, or makes it.
func Open(path string, from projection.Log, log *slog.Logger, options ...projection.Option) (*Log, error) {
	l := &Log{bus: from, log: log}
	options = append(options, projection.WithLog(log), projection.WithRest(rest))
	var err error
	if l.db, err = projection.Open(path, schema, options...); err != nil {
		return nil, fmt.Errorf("accesslog: %w", err)
	}
	return l, nil
}

// Run follows the log until ctx ends.
func (l *Log) Run(ctx context.Context) error {
	return l.db.Run(ctx, l.bus, bus.StreamAccess, func(tx *projection.Tx, events []bus.Event) error {
		for _, e := range events {
			if err := l.take(tx, e); err != nil {
				return fmt.Errorf("accesslog: take in %d: %w", e.Sequence, err)
			}
		}
		return nil
	})
}

// Close closes the file.
func (l *Log) Close() error { return l.db.Close() }

// Check answers nil once the log has been read to the end that it had.
func (l *Log) Check(ctx context.Context) error { return l.db.Check(ctx) }

// Fresh returns when readers see all that has arrived by now.
func (l *Log) Fresh(ctx context.Context) error { return l.db.Fresh(ctx) }

// take keeps the rows of one message. What its writer may not say is left out:
// hub audit verify names it.
func (l *Log) take(tx *projection.Tx, e bus.Event) error {
	parts := strings.Split(e.Subject, ".")
	batch := &accessv1.AccessBatch{}
	if err := proto.Unmarshal(e.Data, batch); err != nil || len(parts) != 4 || len(batch.Rows) > access.MostRows {
		l.log.Warn("a message of the access log holds no rows", "sequence", e.Sequence)
		return nil
	}
	for i, row := range batch.Rows {
		if !access.Trusted(parts[1], row) {
			l.log.Warn("a row of the access log is not its writer's to write", "sequence", e.Sequence, "writer", parts[1])
			continue
		}
		if err := keep(tx, int64(e.Sequence)<<placeBits|int64(i), parts[1], row); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps a row that a party wrote. A provider's list holds what it says of its
// own people, and what the hub says of them; that another provider refused one of
// them is for the company to know.
func keep(tx *projection.Tx, place int64, party string, row *accessv1.AccessRow) error {
	body, err := proto.Marshal(row)
	if err != nil {
		return err
	}
	provider := ""
	if len(row.Organisations) == 1 && name.Known(row.Organisations[0]) && (party == bus.Hub || party == row.Organisations[0]) {
		provider = row.Organisations[0]
	}
	if _, err := tx.Exec("INSERT INTO rows (place, provider, body) VALUES (?, ?, ?)", place, provider, body); err != nil {
		return err
	}
	for _, shown := range row.Shown {
		id, err := name.ParseCase(shown.Case)
		if err != nil {
			continue
		}
		if _, err := tx.Exec("INSERT OR IGNORE INTO cases (case_id, place, who) VALUES (?, ?, ?)", id, place, Who(row.Role, row.Person)); err != nil {
			return err
		}
	}
	return nil
}

// Who names a caller: a person is one in each role.
func Who(role policyv1.Role, person string) string { return strconv.Itoa(int(role)) + "/" + person }

const ofCase = "SELECT r.place, r.body FROM cases c JOIN rows r ON r.place = c.place WHERE c.case_id = ? AND c.place < ?"

// OfCase lists who has seen a case, newest first, before a place (0: from the end).
// The rows name no other case.
func (l *Log) OfCase(ctx context.Context, id string, before int64, limit int) ([]Row, error) {
	return l.ofCase(ctx, id, ofCase+" ORDER BY c.place DESC LIMIT ?", id, end(before), limit)
}

// OfCaseBy is OfCase with the rows of who alone, or with those of all others.
func (l *Log) OfCaseBy(ctx context.Context, id, who string, others bool, before int64, limit int) ([]Row, error) {
	is := " AND c.who = ?"
	if others {
		is = " AND c.who <> ?"
	}
	return l.ofCase(ctx, id, ofCase+is+" ORDER BY c.place DESC LIMIT ?", id, end(before), who, limit)
}

func (l *Log) ofCase(ctx context.Context, id, query string, values ...any) ([]Row, error) {
	rows, err := l.list(ctx, query, values...)
	for _, row := range rows {
		row.Shown = slices.DeleteFunc(row.Shown, func(s *accessv1.Shown) bool { return s.Case != name.Case(id) })
	}
	return rows, err
}

// end is the place from which a list begins.
func end(before int64) int64 {
	if before == 0 {
		return math.MaxInt64
	}
	return before
}

// OfProvider lists what the people and systems of a provider have seen, as OfCase.
func (l *Log) OfProvider(ctx context.Context, key string, before int64, limit int) ([]Row, error) {
	return l.list(ctx, "SELECT place, body FROM rows WHERE provider = ? AND provider <> '' AND place < ? ORDER BY place DESC LIMIT ?", key, end(before), limit)
}

func (l *Log) list(ctx context.Context, query string, values ...any) ([]Row, error) {
	statement, err := l.db.Prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := statement.QueryContext(ctx, values...)
	if err != nil {
		return nil, fmt.Errorf("accesslog: list: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []Row
	for rows.Next() {
		row, body := Row{AccessRow: &accessv1.AccessRow{}}, sql.RawBytes(nil)
		if err := rows.Scan(&row.Place, &body); err != nil {
			return nil, fmt.Errorf("accesslog: list: %w", err)
		}
		if err := proto.Unmarshal(body, row.AccessRow); err != nil {
			return nil, fmt.Errorf("accesslog: read a row: %w", err)
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("accesslog: list: %w", err)
	}
	return found, nil
}
