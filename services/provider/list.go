package provider

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
)

// normalPage is how many requests a page holds when the caller does not say.
const normalPage = 50

// sorting is one order of the inbox. Its columns end in one that is unique, so
// that the last row of a page says where the next begins.
type sorting struct {
	columns    []string
	descending bool
}

var sortings = map[providerv1.RequestOrder]sorting{
	providerv1.RequestOrder_REQUEST_ORDER_UNSPECIFIED: {columns: []string{"due_date", "requested_at", "id"}},
	providerv1.RequestOrder_REQUEST_ORDER_OLDEST:      {columns: []string{"requested_at", "id"}},
	providerv1.RequestOrder_REQUEST_ORDER_NEWEST:      {columns: []string{"requested_at", "id"}, descending: true},
	providerv1.RequestOrder_REQUEST_ORDER_UPDATED:     {columns: []string{"sequence", "id"}, descending: true},
}

// condition is a part of a WHERE with its arguments.
type condition struct {
	parts []string
	args  []any
}

func (c *condition) and(part string, args ...any) {
	c.parts = append(c.parts, part)
	c.args = append(c.args, args...)
}

func (c *condition) String() string { return strings.Join(c.parts, " AND ") }

// filter is the condition that a list's filters make.
func filter(in *providerv1.ListRequestsRequest) *condition {
	where := &condition{}
	switch {
	case len(in.Statuses) == 0:
		where.and("open = 1")
	case allEnded(in.Statuses):
		where.and("open = 0") // which has an index of its own: there will be many
	default:
		args := make([]any, len(in.Statuses))
		for i, status := range in.Statuses {
			args[i] = int64(status)
		}
		where.and("status IN ("+marks(len(args))+")", args...)
	}
	if in.Advisor != "" {
		where.and("advisor = ?", in.Advisor)
	}
	if in.Unassigned {
		where.and("advisor = ''")
	}
	if in.Service != "" {
		where.and("service = ?", in.Service)
	}
	if in.ContactLanguage != "" {
		where.and("contact_language = ?", in.ContactLanguage)
	}
	if in.Overdue {
		where.and("overdue = 1")
	}
	words := searchWords(in.Query)
	for _, word := range words {
		where.and("id IN (SELECT f.request FROM texts JOIN facts f ON f.sequence = texts.rowid WHERE texts MATCH ?)", beginning(word))
	}
	if in.Query != "" && len(words) == 0 {
		where.and("FALSE") // nothing but signs: no text holds them
	}
	return where
}

// allEnded tells whether statuses are all those of requests that have ended, and no others.
func allEnded(statuses []casesv1.RequestStatus) bool {
	for number := range casesv1.RequestStatus_name {
		status := casesv1.RequestStatus(number)
		if status != casesv1.RequestStatus_REQUEST_STATUS_UNSPECIFIED && casework.Ended(status) != slices.Contains(statuses, status) {
			return false
		}
	}
	return true
}

// behind is the condition that a row comes after a place in the order.
func (s sorting) behind(place []string) (string, []any) {
	args := make([]any, len(place))
	for i, value := range place {
		args[i] = value
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && s.columns[i] != "due_date" {
			args[i] = n
		}
	}
	sign := ">"
	if s.descending {
		sign = "<"
	}
	return "(" + strings.Join(s.columns, ", ") + ") " + sign + " (" + marks(len(place)) + ")", args
}

func (s sorting) String() string {
	if s.descending {
		return strings.Join(s.columns, " DESC, ") + " DESC"
	}
	return strings.Join(s.columns, ", ")
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// ListRequests lists the inbox, one page at a time.
func (d desk) ListRequests(ctx context.Context, in *providerv1.ListRequestsRequest) (*providerv1.ListRequestsResponse, error) {
	who, err := d.admit(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.ownProvider(who, in.Parent); err != nil {
		return nil, err
	}
	order, ok := sortings[in.Order]
	if !ok {
		const right = "one of RequestOrder is possible"
		return nil, problem.New(problem.Invalid, "ORDER_UNKNOWN", "order is %d; %s", in.Order, right).Field("order", "is unknown; "+right)
	}
	place, err := paging.Decode(in, in.PageToken, len(order.columns))
	if err != nil {
		return nil, err
	}
	if err := d.awaitRevision(ctx, in.MinRevision); err != nil {
		return nil, err
	}
	if err := d.inbox.db.Fresh(ctx); err != nil {
		return nil, err
	}
	page, err := d.readPage(ctx, filter(in), order, place, paging.Size(in.PageSize, normalPage))
	if err != nil {
		return nil, err
	}
	out := &providerv1.ListRequestsResponse{Requests: page.requests, TotalSize: page.total, Revision: page.revision}
	if page.next != nil {
		if out.NextPageToken, err = paging.Encode(in, page.next...); err != nil {
			return nil, err
		}
	}
	if in.WithCounts {
		if out.Counts, err = d.countViews(ctx, who, in.MinRevision != ""); err != nil {
			return nil, err
		}
	}
	for _, r := range out.Requests {
		d.directory.Name(r.Advisor)
	}
	return out, nil
}

// countQuery counts each view of the inbox that is the same for all, from the indexes alone;
// mineQuery counts an advisor's own.
const (
	countQuery = `SELECT
	(SELECT count(*) FROM requests WHERE advisor = '' AND open = 1),
	(SELECT count(*) FROM requests WHERE open = 1),
	(SELECT count(*) FROM requests WHERE status = ?),
	(SELECT count(*) FROM requests WHERE open = 1 AND overdue = 1),
	(SELECT count(*) FROM requests WHERE open = 0)`
	mineQuery = `SELECT count(*) FROM requests WHERE advisor = ? AND open = 1`
)

// countsHold is how long counts are shown while the inbox goes on changing.
const countsHold = time.Second

// counted are the counts that are the same for all, for a moment.
type counted struct {
	mutex   sync.Mutex
	changed <-chan struct{}
	at      time.Time
	counts  *providerv1.InboxCounts
}

// countViews counts what each view of the inbox holds. Who has just changed something gets
// fresh counts; for the others those of a moment ago will do, since on a busy day counting is
// most of the work.
func (p *Provider) countViews(ctx context.Context, who caller, fresh bool) (*providerv1.InboxCounts, error) {
	changed := p.inbox.db.Notify()
	p.inbox.counted.mutex.Lock()
	defer p.inbox.counted.mutex.Unlock()
	known := &p.inbox.counted
	if known.counts == nil || known.changed != changed && (fresh || time.Since(known.at) > countsHold) {
		c := &providerv1.InboxCounts{}
		into := []any{&c.Unclaimed, &c.Open, &c.Waiting, &c.Overdue, &c.Ended}
		if err := p.count(ctx, countQuery, int64(casesv1.RequestStatus_REQUEST_STATUS_WAITING), into...); err != nil {
			return nil, err
		}
		known.counts, known.changed, known.at = c, changed, time.Now()
	}
	c := proto.CloneOf(known.counts)
	if who.member.Advisor == "" {
		return c, nil
	}
	return c, p.count(ctx, mineQuery, name.Advisor(p.key, who.member.Advisor), &c.Mine)
}

func (p *Provider) count(ctx context.Context, query string, of any, into ...any) error {
	statement, err := p.inbox.db.Prepared(ctx, query)
	if err != nil {
		return err
	}
	if err := statement.QueryRowContext(ctx, of).Scan(into...); err != nil {
		return fmt.Errorf("provider: count the views of the inbox: %w", err)
	}
	return nil
}

// page is one page of the inbox: next is where the next begins, nil on the last.
type page struct {
	requests []*casesv1.Request
	next     []string
	total    int32
	// revision is that of the newest fact in the inbox.
	revision string
}

// readPage reads a page and counts what matches, both of the same moment.
func (p *Provider) readPage(ctx context.Context, where *condition, order sorting, place []string, size int) (found page, err error) {
	tx, err := p.inbox.db.Reader().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return page{}, fmt.Errorf("provider: list requests: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM requests WHERE "+where.String(), where.args...).Scan(&found.total); err != nil {
		return page{}, fmt.Errorf("provider: count requests: %w", err)
	}
	if found.revision, err = newestOf(ctx, tx); err != nil {
		return page{}, err
	}
	here := &condition{parts: slices.Clone(where.parts), args: slices.Clone(where.args)}
	if place != nil {
		part, args := order.behind(place)
		here.and(part, args...)
	}
	here.args = append(here.args, size+1)
	// The rows are found first, so that where no index has the order only its columns are sorted.
	ids := "SELECT id FROM requests WHERE " + here.String() + " ORDER BY " + order.String() + " LIMIT ?"
	rows, err := tx.QueryContext(ctx, "SELECT state, "+strings.Join(order.columns, ", ")+" FROM requests WHERE id IN ("+ids+") ORDER BY "+order.String(), here.args...)
	if err != nil {
		return page{}, fmt.Errorf("provider: list requests: %w", err)
	}
	defer func() { _ = rows.Close() }()
	last := make([]string, len(order.columns))
	for rows.Next() {
		if len(found.requests) == size {
			found.next = last
			break
		}
		var body []byte
		into := []any{&body}
		for i := range last {
			into = append(into, &last[i])
		}
		state := &statev1.RequestState{}
		if err := rows.Scan(into...); err != nil {
			return page{}, fmt.Errorf("provider: list requests: %w", err)
		}
		if err := proto.Unmarshal(body, state); err != nil {
			return page{}, fmt.Errorf("provider: list requests: read a state: %w", err)
		}
		found.requests = append(found.requests, state.Request)
	}
	if err := rows.Err(); err != nil {
		return page{}, fmt.Errorf("provider: list requests: %w", err)
	}
	return found, nil
}

// newestOf answers the revision of the newest fact in the inbox; empty when there is none.
func newestOf(ctx context.Context, tx *sql.Tx) (string, error) {
	var sequence uint64
	var request string
	row := tx.QueryRowContext(ctx, "SELECT f.sequence, r.name FROM facts f JOIN requests r ON r.id = f.request ORDER BY f.sequence DESC LIMIT 1")
	if err := row.Scan(&sequence, &request); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return "", nil
		}
		return "", fmt.Errorf("provider: list requests: %w", err)
	}
	scope, err := name.ParseRequest(request)
	if err != nil {
		return "", fmt.Errorf("provider: list requests: %w", err)
	}
	return revision.Encode(bus.StreamCases, sequence, scope.String()), nil
}
