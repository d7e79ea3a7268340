package projection

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/businessespoo/hub/services/kit/problem"
)

// state is what is known of one stream.
type state struct {
	position uint64
	digest   []byte
	// arrived is the last event that is in the file or on its way into it.
	arrived uint64
	// verified: the log has been seen to hold the event at the position. Until
	// then the rows may be those of another log.
	verified bool
	running  bool
	// urgent is told when a reader waits, so that the next transaction does not.
	urgent chan struct{}
	cancel context.CancelCauseFunc
	// follows counts the Follows that have begun; complete is the number of the
	// last one that has handed over all that there was at its start.
	follows, complete int
	// everComplete is reset by a rebuild only.
	everComplete bool
}

func newState() *state { return &state{urgent: make(chan struct{}, 1)} }

func (db *DB) loadPositions() error {
	rows, err := db.writer.QueryContext(context.Background(), "SELECT stream, sequence, digest FROM positions")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	db.streams = map[string]*state{}
	for rows.Next() {
		var stream string
		s := newState()
		if err := rows.Scan(&stream, &s.position, &s.digest); err != nil {
			return err
		}
		db.streams[stream] = s
	}
	return rows.Err()
}

// state returns that of a stream. The caller holds db.mutex.
func (db *DB) state(stream string) *state {
	s, ok := db.streams[stream]
	if !ok {
		s = newState()
		db.streams[stream] = s
	}
	return s
}

func (db *DB) begin(stream string, cancel context.CancelCauseFunc) (position uint64, digest []byte, number int, urgent chan struct{}) {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	s := db.state(stream)
	s.running, s.cancel = true, cancel
	s.verified = s.verified || s.position == 0
	s.follows++
	return s.position, s.digest, s.follows, s.urgent
}

func (db *DB) verify(stream string) {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	db.state(stream).verified = true
	db.broadcast()
}

func (db *DB) moved(stream string, position uint64, digest []byte) {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	s := db.state(stream)
	s.position, s.digest = position, digest
	db.broadcast()
}

func (db *DB) arrived(stream string, sequence uint64) {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	db.state(stream).arrived = sequence
}

// Fresh returns when readers see all that has arrived from the log by now, which
// is at once when the projection is idle. Call it before a list is read: events
// of a busy time wait a little to share a transaction. It fails like Wait when
// ctx ends first.
func (db *DB) Fresh(ctx context.Context) error {
	db.mutex.Lock()
	due := map[string]uint64{}
	for stream, s := range db.streams {
		if s.arrived > s.position {
			due[stream] = s.arrived
		}
	}
	db.mutex.Unlock()
	for stream, sequence := range due {
		if err := db.Wait(ctx, stream, sequence); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) caughtUp(stream string, follow int) {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	s := db.state(stream)
	s.complete, s.everComplete = follow, true
	db.broadcast()
	if !db.isReady && len(db.behind()) == 0 {
		db.isReady = true
		close(db.ready)
	}
}

// restart makes every Follow begin again at the beginning.
func (db *DB) restart() {
	for _, arrive := range db.arrivals {
		arrive(nil)
	}
	db.mutex.Lock()
	defer db.mutex.Unlock()
	for _, s := range db.streams {
		s.position, s.digest, s.arrived, s.verified, s.everComplete = 0, nil, 0, false, false
		if s.cancel != nil {
			s.cancel(errRestart)
		}
	}
	if db.isReady {
		db.isReady, db.ready = false, make(chan struct{})
	}
	db.broadcast()
}

// nudge wakes all who wait, to look again.
func (db *DB) nudge() {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	db.broadcast()
}

func (db *DB) broadcast() {
	close(db.changed)
	db.changed = make(chan struct{})
}

// behind lists the streams that have not been read to their end since the file
// was opened. The caller holds db.mutex.
func (db *DB) behind() []string {
	var names []string
	for _, name := range db.schema.Streams {
		if s, ok := db.streams[name]; !ok || !s.everComplete {
			names = append(names, name)
		}
	}
	for name, s := range db.streams {
		if s.running && !s.everComplete && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Position is the sequence of the last event of the stream that readers see; 0 for none.
func (db *DB) Position(stream string) uint64 {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	if s, ok := db.streams[stream]; ok {
		return s.position
	}
	return 0
}

// Shows tells whether readers see the event with that sequence of the stream, as
// Wait would.
func (db *DB) Shows(stream string, sequence uint64) bool {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	s := db.state(stream)
	return s.verified && s.position >= sequence
}

// Ready returns a channel that is closed when every stream has been read to the
// end it had. After a rebuild has begun, a new call returns a new channel.
func (db *DB) Ready() <-chan struct{} {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	return db.ready
}

// Check returns nil when the projection is ready, else an error that names the
// streams it still reads. It suits a readiness probe.
func (db *DB) Check(context.Context) error {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	if db.isReady {
		return nil
	}
	return fmt.Errorf("projection: still reading %s", strings.Join(db.behind(), ", "))
}

// Watch says that somebody waits for every change, so that changes are shown
// sooner, until the function that it returns is called.
func (db *DB) Watch() (done func()) {
	db.watchers.Add(1)
	return func() { db.watchers.Add(-1) }
}

// Notify returns a channel that is closed at the next change of any row. Take it
// before you read, so that no change falls between.
func (db *DB) Notify() <-chan struct{} {
	db.mutex.Lock()
	defer db.mutex.Unlock()
	return db.changed
}

// retryAfter is a guess at how soon a read that came too early may succeed.
const retryAfter = 200 * time.Millisecond

// Wait returns when readers see the event with that sequence of the stream, as a
// Run of this process has found it in the log, or when a Follow that began after the call has handed over everything, so that
// the event is erased or not for this follower. When ctx ends first it returns a
// problem of kind Deadline, or Canceled.
func (db *DB) Wait(ctx context.Context, stream string, sequence uint64) error {
	known := -1
	for {
		db.mutex.Lock()
		s := db.state(stream)
		if known < 0 {
			known = s.follows
		}
		done := s.verified && s.position >= sequence || s.complete > known
		changed := db.changed
		db.mutex.Unlock()
		if done {
			return nil
		}
		tell(s.urgent)
		select {
		case <-changed:
		case <-ctx.Done():
			if problem.KindOf(ctx.Err()) == problem.Canceled {
				return problem.From(ctx.Err())
			}
			return problem.New(problem.Deadline, "REVISION_NOT_REACHED",
				"the hub has not shown the change with this revision within the time given; read again").
				Retry(retryAfter).Because(ctx.Err())
		}
	}
}
