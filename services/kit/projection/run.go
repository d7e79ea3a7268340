package projection

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
)

const (
	// mostFetched is the largest batch that is taken from the log.
	mostFetched = 5000
	// mostLive is the largest transaction when the projection is not far behind.
	// A larger one makes rebuilding faster, and readers wait longer for its end.
	mostLive = 512
	// restFactor and mostRest say how long a stream rests between transactions:
	// so many times what the last one took, at most so long.
	restFactor = 50
	mostRest   = 25 * time.Millisecond
	// mostRestArrived is mostRest of a stream whose events are told of on arrival:
	// what cannot wait does not wait for the file.
	mostRestArrived = 250 * time.Millisecond
	// watchedFactor is used while somebody watches.
	watchedFactor = 5
)

// errRestart ends a Follow whose position is no longer the projection's.
var errRestart = errors.New("projection: the rows were deleted, follow again")

// Run fills the projection from one stream until ctx ends or something fails,
// and returns why. Call it once per stream, at the same time for all of them;
// apply is never called by two at once.
//
// apply changes rows for a batch of one or more events, in the order of the log,
// each exactly once as far as the file is concerned. Its error undoes the batch
// and ends Run; what to do about a single event that cannot be understood is its
// own matter.
func (db *DB) Run(ctx context.Context, log Log, stream string, apply func(tx *Tx, events []bus.Event) error) error {
	for {
		err := db.follow(ctx, log, stream, apply)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, errRestart) {
			return db.failed(stream, err)
		}
	}
}

// follow is one Follow from the position that the file has.
func (db *DB) follow(ctx context.Context, log Log, stream string, apply func(tx *Tx, events []bus.Event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	f := &following{db: db, stream: stream, apply: apply, queued: make(chan struct{}, 1)}
	f.position, f.digest, f.number, f.urgent = db.begin(stream, cancel)
	// The event at the position is asked for once more, to see that it is the same.
	f.verified = f.position == 0
	var writing sync.WaitGroup
	writing.Go(func() {
		if err := f.writeQueued(ctx); err != nil {
			cancel(err)
		}
	})
	err := log.Follow(ctx, stream, max(f.position, 1), mostFetched, func(_ context.Context, events []bus.Event) error {
		return f.handle(ctx, events)
	})
	cancel(nil)
	writing.Wait()
	if short, ok := errors.AsType[*bus.ShortLogError](err); ok && f.position > 0 {
		return f.rebuild(fmt.Sprintf("the log ends at %d", short.Last))
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause // a restart, or why the queue could not be written
	}
	return err
}

// failed leaves a note beside a corrupt file, so that the next Open deletes it.
func (db *DB) failed(stream string, err error) error {
	if isCorrupt(err) {
		err = errors.Join(err, os.WriteFile(db.path+rebuildNote, nil, 0o600))
	}
	return fmt.Errorf("projection: follow %s into %s: %w", stream, db.path, err)
}

// following is one Follow of one stream. Once it has caught up, events wait in a
// queue for the transaction that writes them.
type following struct {
	db     *DB
	stream string
	apply  func(tx *Tx, events []bus.Event) error

	number int // of this Follow, counted per stream
	live   bool
	queued chan struct{} // told when the queue holds something
	urgent chan struct{} // told when a reader waits

	mutex sync.Mutex // guards queue
	queue []bus.Event

	// db.writing guards what follows.
	position uint64
	digest   []byte
	verified bool
	broken   error         // why a write failed: what comes behind it must not be written
	written  time.Time     // when the last transaction ended
	took     time.Duration // how long it took
}

// handle is called by the log with each batch, and once with an empty one.
func (f *following) handle(ctx context.Context, events []bus.Event) error {
	if f.live {
		f.arrive(events)
		if f.enqueue(events) < mostLive {
			return nil
		}
		return f.flush(ctx) // so many do not rest, and the log waits meanwhile
	}
	f.db.writing.Lock()
	defer f.db.writing.Unlock()
	if err := f.verify(ctx, events); err != nil {
		return err
	}
	if err := f.writeAll(events); err != nil {
		return err
	}
	if len(events) == 0 {
		f.db.caughtUp(f.stream, f.number)
		f.live = true
	}
	return nil
}

// verify compares the first event with the one at the position. The caller holds
// db.writing.
func (f *following) verify(ctx context.Context, events []bus.Event) error {
	if errors.Is(context.Cause(ctx), errRestart) {
		return errRestart
	}
	if f.verified {
		return nil
	}
	if len(events) == 0 {
		return f.rebuildLocked("the log has no such event")
	}
	if first := events[0]; first.Sequence != f.position || !bytes.Equal(digest(first), f.digest) {
		return f.rebuildLocked("the log has another event there")
	}
	f.verified = true
	f.db.verify(f.stream)
	return nil
}

// arrive tells of events that are on their way into the file.
func (f *following) arrive(events []bus.Event) {
	f.db.arrived(f.stream, events[len(events)-1].Sequence)
	if arrive := f.db.arrivals[f.stream]; arrive != nil {
		arrive(events)
	}
}

// enqueue answers how many events the queue holds then.
func (f *following) enqueue(events []bus.Event) int {
	f.mutex.Lock()
	f.queue = append(f.queue, events...)
	length := len(f.queue)
	f.mutex.Unlock()
	tell(f.queued)
	return length
}

func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// writeQueued writes what is queued, again and again, until ctx ends; then what is
// left, so that a next start has less to read.
func (f *following) writeQueued(ctx context.Context) error {
	for {
		select {
		case <-f.queued:
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), context.Canceled) {
				return f.flush(ctx)
			}
			return nil
		}
		f.pace(ctx)
		if err := f.flush(ctx); err != nil {
			return err
		}
	}
}

// flush writes what is queued.
func (f *following) flush(ctx context.Context) error {
	f.db.writing.Lock()
	defer f.db.writing.Unlock()
	if errors.Is(context.Cause(ctx), errRestart) {
		return errRestart
	}
	f.mutex.Lock()
	events := f.queue
	f.queue = nil
	f.mutex.Unlock()
	if len(events) == 0 {
		f.db.nudge() // a reader who waits for what is to come says so again
	}
	return f.writeAll(events)
}

// writeAll writes events in transactions of a size that suits, unless those before
// them could not be written. The caller holds db.writing.
func (f *following) writeAll(events []bus.Event) error {
	if f.broken == nil {
		f.broken = f.writeParts(events)
	}
	return f.broken
}

func (f *following) writeParts(events []bus.Event) error {
	for len(events) > 0 && events[0].Sequence <= f.position {
		events = events[1:]
	}
	for len(events) > 0 {
		part := len(events)
		last := events[part-1]
		if live := last.Pending+uint64(part) <= mostFetched; live {
			part = min(part, mostLive)
		}
		if err := f.write(events[:part], last.Pending+uint64(len(events)-part)); err != nil {
			return err
		}
		events = events[part:]
	}
	return nil
}

// pace rests after a transaction before the next one begins, so that the events
// of a busy time share one: a transaction costs as much as tens of rows. The rest
// is a multiple of what the last one took, which leaves the processor to others
// however slow the disk is; a reader who waits shortens it.
func (f *following) pace(ctx context.Context) {
	f.db.writing.Lock()
	since, took := f.db.now().Sub(f.written), f.took
	f.db.writing.Unlock()
	rest := min(restFactor*took, mostRest)
	switch {
	case f.db.watchers.Load() > 0:
		rest = min(watchedFactor*took, mostRest)
	case f.db.rest > 0:
		rest = f.db.rest
	case f.db.arrivals[f.stream] != nil:
		rest = min(restFactor*took, mostRestArrived)
	}
	if since < 0 || since >= rest {
		return
	}
	timer := time.NewTimer(rest - since)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-f.urgent:
		// Readers that come one after the other share a transaction too.
		if rest = min(took, rest) - since; rest > 0 {
			timer.Reset(rest)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		}
	}
}

// write applies events and moves the position in one transaction.
func (f *following) write(events []bus.Event, pending uint64) error {
	db, last := f.db, events[len(events)-1]
	sum := digest(last)
	began := db.now()
	err := db.inTransaction(func(tx *Tx) error {
		if err := f.apply(tx, events); err != nil {
			return fmt.Errorf("apply events %d to %d: %w", events[0].Sequence, last.Sequence, err)
		}
		return f.move(tx, last.Sequence, sum)
	})
	if err != nil {
		return err
	}
	f.position = last.Sequence
	end := db.now()
	f.written, f.took = end, end.Sub(began)
	// Before readers wake, who may ask what was counted.
	db.observe(Batch{Stream: f.stream, Events: len(events), Pending: pending, Lag: end.Sub(last.Time), Took: end.Sub(began)})
	db.moved(f.stream, last.Sequence, sum)
	return nil
}

// move writes the new position. It insists on the old one: a second process on
// the same file would apply events twice.
func (f *following) move(tx *Tx, sequence uint64, sum []byte) error {
	query, args := "UPDATE positions SET sequence = ?, digest = ? WHERE stream = ? AND sequence = ?", []any{int64(sequence), sum, f.stream, int64(f.position)}
	if f.position == 0 {
		query, args = "INSERT INTO positions (sequence, digest, stream) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", args[:3]
	}
	result, err := tx.Exec(query, args...)
	if err != nil {
		return err
	}
	if rows, err := result.RowsAffected(); err != nil || rows != 1 {
		return errors.Join(fmt.Errorf("the position is no longer %d: another process writes the same file", f.position), err)
	}
	return nil
}

// digest tells two logs apart that have the same sequence.
func digest(event bus.Event) []byte {
	hash := sha256.New()
	hash.Write([]byte(event.Subject))
	hash.Write([]byte{0})
	hash.Write(event.Data)
	return hash.Sum(nil)
}
