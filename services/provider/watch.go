package provider

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
)

const (
	// watchBatch is how many steps are read from the inbox at once. No read stays
	// open while a slow watcher takes them.
	watchBatch = 200
	// normalCheck is how often a watch sees whether its caller is still on the staff.
	normalCheck = time.Second
)

// WatchRequests sends the requests that change, in the order of the log.
//
// A watch begins with the open requests, the one that changed longest ago first:
// so the revision of each step, the place of the request's last fact, is one to
// resume from, and all that has not been sent lies behind it. Its headers are sent
// as soon as it is on.
func (d desk) WatchRequests(in *providerv1.WatchRequestsRequest, stream grpc.ServerStreamingServer[providerv1.WatchRequestsResponse]) error {
	ctx := stream.Context()
	who, err := d.admit(ctx)
	if err != nil {
		return err
	}
	if err := d.ownProvider(who, in.Parent); err != nil {
		return err
	}
	w := &watch{Provider: d.Provider, who: who, send: stream.Send}
	_, w.erased = d.inbox.erased.since(0)
	if in.Revision != "" {
		if err := w.resume(ctx, in.Revision); err != nil {
			return err
		}
	}
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	if in.Revision == "" {
		if err := w.begin(ctx); err != nil {
			return err
		}
	}
	return w.follow(ctx)
}

// watch is one WatchRequests: everything up to position has been sent.
type watch struct {
	*Provider
	who      caller
	send     func(*providerv1.WatchRequestsResponse) error
	position uint64
	// erased is the place in the list of what was erased.
	erased int
}

// following keeps the last read of those who follow the inbox: all who have come as far
// share it, so that a change is read once and not once for each of them.
type following struct {
	mutex     sync.Mutex
	from      uint64
	changed   <-chan struct{}
	steps     []*providerv1.WatchRequestsResponse
	positions []uint64
}

// read answers what lies behind a position until the inbox changes again, which closes
// changed. Who is behind the others reads alone. What it answers is not to be changed.
func (f *following) read(from uint64, changed <-chan struct{}, query func() ([]*providerv1.WatchRequestsResponse, []uint64, error)) ([]*providerv1.WatchRequestsResponse, []uint64, error) {
	f.mutex.Lock()
	if from < f.from {
		f.mutex.Unlock()
		return query()
	}
	defer f.mutex.Unlock()
	if from == f.from && changed == f.changed {
		return f.steps, f.positions, nil
	}
	steps, positions, err := query()
	if err != nil {
		return nil, nil, err
	}
	f.from, f.changed, f.steps, f.positions = from, changed, steps, positions
	return steps, positions, nil
}

// begin sends the open requests as they are.
func (w *watch) begin(ctx context.Context) error {
	if err := w.inbox.db.Fresh(ctx); err != nil {
		return err
	}
	var end uint64
	row := w.inbox.db.Reader().QueryRowContext(ctx, "SELECT coalesce(max(sequence), 0) FROM facts")
	if err := row.Scan(&end); err != nil {
		return fmt.Errorf("provider: begin to watch: %w", err)
	}
	// A request that changes meanwhile leaves the range, and follows as a change.
	for w.position < end {
		sent, err := w.step(ctx, "SELECT sequence, state, NULL FROM requests WHERE open = 1 AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?",
			int64(w.position), int64(end), watchBatch)
		if err != nil {
			return err
		}
		if sent < watchBatch {
			w.position = end
		}
	}
	return nil
}

// resume goes on behind a revision that an earlier watch or read answered.
func (w *watch) resume(ctx context.Context, text string) error {
	r, err := revision.Decode("revision", text)
	if err != nil {
		return err
	}
	scope, _, err := name.ParseSubject(r.Scope + "." + name.ByHub)
	if r.Stream != bus.StreamCases || err != nil || scope.Party != w.key {
		const right = "resume from a revision that WatchRequests or GetRequest of this provider answered"
		return problem.New(problem.Invalid, "REVISION_OF_ANOTHER_WATCH", "revision names a place that is not in this inbox; %s", right).
			Field("revision", "is not of this inbox; "+right)
	}
	w.position = r.Sequence
	ctx, cancel := context.WithTimeout(ctx, revisionPatience)
	defer cancel()
	return w.inbox.db.Wait(ctx, bus.StreamCases, r.Sequence)
}

// follow sends every fact behind the position, with its request as it is now.
func (w *watch) follow(ctx context.Context) error {
	check := time.NewTicker(w.watchCheck)
	defer check.Stop()
	defer w.inbox.db.Watch()()
	for {
		changed := w.inbox.db.Notify()
		steps, positions, err := w.inbox.following.read(w.position, changed, func() ([]*providerv1.WatchRequestsResponse, []uint64, error) {
			return w.readSteps(ctx, "SELECT f.sequence, r.state, f.body FROM facts f JOIN requests r ON r.id = f.request WHERE f.sequence > ? ORDER BY f.sequence LIMIT ?",
				int64(w.position), watchBatch)
		})
		if err != nil {
			return err
		}
		sent, err := w.tell(steps, positions)
		if err != nil {
			return err
		}
		if sent == watchBatch {
			continue
		}
		if err := w.tellGone(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-check.C:
			if err := w.onStaff(w.who.principal); err != nil {
				return err
			}
		}
	}
}

// tellGone tells of the requests that were erased.
func (w *watch) tellGone() error {
	var gone []string
	gone, w.erased = w.inbox.erased.since(w.erased)
	for _, request := range gone {
		if err := w.send(&providerv1.WatchRequestsResponse{Gone: request}); err != nil {
			return err
		}
	}
	return nil
}

// step reads steps of the watch, sends them and answers how many there were.
func (w *watch) step(ctx context.Context, query string, args ...any) (int, error) {
	steps, positions, err := w.readSteps(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return w.tell(steps, positions)
}

// tell sends steps, which others may be sending too, and answers how many there were.
func (w *watch) tell(steps []*providerv1.WatchRequestsResponse, positions []uint64) (int, error) {
	for i, s := range steps {
		// Who has left meanwhile gets nothing more, not even what was read before.
		if err := w.onStaff(w.who.principal); err != nil {
			return 0, err
		}
		if err := w.send(s); err != nil {
			return 0, err
		}
		w.position = positions[i]
	}
	return len(steps), nil
}

func (w *watch) readSteps(ctx context.Context, query string, args ...any) (steps []*providerv1.WatchRequestsResponse, positions []uint64, err error) {
	rows, err := w.inbox.db.Reader().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("provider: watch requests: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var sequence uint64
		var body, fact sql.RawBytes
		if err := rows.Scan(&sequence, &body, &fact); err != nil {
			return nil, nil, fmt.Errorf("provider: watch requests: %w", err)
		}
		s, err := stepOf(sequence, body, fact)
		if err != nil {
			return nil, nil, err
		}
		w.directory.Name(s.Request.Advisor)
		w.directory.Name(s.GetEntry().GetAdvisor())
		steps, positions = append(steps, s), append(positions, sequence)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("provider: watch requests: %w", err)
	}
	return steps, positions, nil
}

// stepOf is a step of a watch: a request, and the fact that changed it if one did.
func stepOf(sequence uint64, body, fact []byte) (*providerv1.WatchRequestsResponse, error) {
	state := &statev1.RequestState{}
	if err := proto.Unmarshal(body, state); err != nil {
		return nil, fmt.Errorf("provider: watch requests: read a state: %w", err)
	}
	scope, err := name.ParseRequest(state.Request.Name)
	if err != nil {
		return nil, fmt.Errorf("provider: watch requests: %w", err)
	}
	s := &providerv1.WatchRequestsResponse{Request: state.Request, Revision: revision.Encode(bus.StreamCases, sequence, scope.String())}
	if fact != nil {
		if s.Entry, err = entryOf(fact, sequence, scope); err != nil {
			return nil, err
		}
	}
	return s, nil
}
