// Package access writes the access log: who has seen what, in rows that are durable
// before what was read goes out, chained by hash, with signed heads.
//
// Each run of each process writes a chain of its own. A message of the chain holds
// the rows of all calls that came while the message before it was written, so
// concurrent calls share one append. Rows that nobody waits for, of refusals and of
// changes whose fact stands in the log, are written a moment later, or with the next
// row that somebody waits for; when a process is killed, those of its last moment
// are lost. Every minute the process signs how far its
// chain has come, on another stream; so what is changed, and what is cut off the
// end, is found later (see Verifier).
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

const (
	// MostRows is how many rows one message holds at the most.
	MostRows = 512
	// mostBytes is about how large a message becomes: the log takes 1 MiB.
	mostBytes = 256 << 10
	// mostKept is how many rows wait for a log that does not answer.
	mostKept = 10_000
	// normalPause is how long a row that nobody waits for waits for more such rows.
	normalPause = 200 * time.Millisecond
	// enough is how many rows do not wait for more.
	enough = 256
	// patience is how long a call waits for its row.
	patience = 6 * time.Second
	// retryPause is the pause before a message is tried again.
	retryPause = 250 * time.Millisecond
	// normalHeads is how often a head is signed.
	normalHeads = time.Minute
	// farewell is how long the end of a process may take for what is not written yet.
	farewell = 3 * time.Second
)

// Bus is what a log is written on; *bus.Bus is one.
type Bus interface {
	Append(ctx context.Context, m bus.Message, scope string, expected uint64) (uint64, error)
	Publish(ctx context.Context, m bus.Message) (uint64, error)
	Party() string
}

// Options say how a log is written.
type Options struct {
	// Bus is the connection of the party that the log is of.
	Bus Bus
	// Confidential keeps the log on the party's private stream, with its heads: that
	// anything is written at all stays with the party.
	Confidential bool
	// Key signs the heads.
	Key *Key
	// Pause is how long a row that nobody waits for waits for others; 200 ms when 0.
	Pause time.Duration
	// Heads is how often a head is signed; every minute when 0.
	Heads time.Duration
	// Lost is called with how many rows could not be kept; nil for nothing.
	Lost func(rows int)
	// Clock tells the time; time.Now when nil.
	Clock func() time.Time
	// Log receives what an operator should know; slog.Default when nil.
	Log *slog.Logger
}

// errAway says that the log is known not to answer.
var errAway = errors.New("access: the log does not take rows now")

// Log is the access log of one process. It implements host.AccessLog, and is safe
// for concurrent use.
type Log struct {
	options Options
	place   place
	wake    chan struct{}

	mu    sync.Mutex // guards what follows
	queue []*entry
	// due: the queue is to be written now. soon: it will be, after the pause.
	due, soon bool
	// away: the last append failed. Calls are not kept waiting for the next.
	away bool
	// ended: nothing is written any more.
	ended bool

	// Only Run uses what follows.
	current  *message
	number   uint64
	hash     []byte
	sequence uint64 // of the last message
	signed   uint64 // the number that the last head named
}

// entry is a row that waits.
type entry struct {
	row *accessv1.AccessRow
	// keep: it is written later when it cannot be written now.
	keep bool
	// done tells who waits; nil when nobody does.
	done chan error
}

// message is one append. Once made it stays as it is until it is known to stand in
// the log: its first try may have been taken though nobody heard so.
type message struct {
	body    []byte
	entries []*entry
}

// New makes a log with a new chain. It writes nothing until Run.
func New(o Options) *Log {
	if o.Pause == 0 {
		o.Pause = normalPause
	}
	if o.Heads == 0 {
		o.Heads = normalHeads
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Lost == nil {
		o.Lost = func(int) {}
	}
	return &Log{
		options: o, wake: make(chan struct{}, 1),
		place: place{Party: o.Bus.Party(), Chain: newChain(), Confidential: o.Confidential},
	}
}

// Record returns once the row is durable. It fails when the log does not answer in
// time; the row is then not in the log, unless its message was under way.
func (l *Log) Record(ctx context.Context, row *accessv1.AccessRow) error {
	e := &entry{row: row, done: make(chan error, 1)}
	err := l.enqueue(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errAway)
	defer cancel()
	select {
	case err := <-e.done:
		return err
	case <-ctx.Done():
		l.withdraw(e)
		return context.Cause(ctx)
	}
}

// Keep waits for the row as Record does. When the log does not answer, it keeps the
// row and writes it once the log is back, in its order.
func (l *Log) Keep(ctx context.Context, row *accessv1.AccessRow) {
	e := &entry{row: row, keep: true, done: make(chan error, 1)}
	err := l.enqueue(e)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case err := <-e.done:
		if err != nil {
			l.options.Log.DebugContext(ctx, "a row of the access log is kept for later", "error", err)
		}
	case <-ctx.Done():
	}
}

// Follow takes a row that nobody waits for: it is written within a moment, or once the
// log is back, in its order. It fails when no more rows can be kept.
func (l *Log) Follow(row *accessv1.AccessRow) error {
	return l.enqueue(&entry{row: row, keep: true})
}

func (l *Log) enqueue(e *entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.row.Time = timestamppb.New(l.options.Clock())
	switch {
	case (l.away || l.ended) && !e.keep:
		return errAway
	case l.ended || len(l.queue) >= mostKept:
		l.options.Lost(1)
		l.options.Log.Error("a row of the access log is lost: too many wait for the log, or the process ends", "waiting", len(l.queue))
		return errAway
	case l.away:
		tell(e, nil)
	}
	l.queue = append(l.queue, e)
	switch {
	case e.done != nil || len(l.queue) >= enough:
		l.hurry()
	case !l.soon:
		l.soon = true
		time.AfterFunc(l.options.Pause, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.soon = false
			l.hurry()
		})
	}
	return nil
}

// hurry has the queue written. The caller holds mu.
func (l *Log) hurry() {
	l.due = true
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// withdraw takes back a row that is in no message yet.
func (l *Log) withdraw(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, waiting := range l.queue {
		if waiting == e {
			l.queue = append(l.queue[:i], l.queue[i+1:]...)
			return
		}
	}
}

// Run writes the rows until ctx ends, and then what is left and the last head. Run
// it for as long as Record and Keep are called.
func (l *Log) Run(ctx context.Context) error {
	heads := time.NewTicker(l.options.Heads)
	defer heads.Stop()
	for ctx.Err() == nil {
		if l.current == nil && !l.gather(false) {
			select {
			case <-ctx.Done():
			case <-l.wake:
			case <-heads.C:
				l.sign(ctx)
			}
			continue
		}
		if l.write(ctx) {
			select {
			case <-heads.C:
				l.sign(ctx)
			default:
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryPause):
		}
	}
	l.leave(ctx)
	return ctx.Err()
}

// leave writes what is left when the process ends.
func (l *Log) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	for l.current != nil || l.gather(true) {
		if !l.write(ctx) {
			break
		}
	}
	l.sign(ctx)
	l.mu.Lock()
	left := len(l.queue)
	l.ended = true
	l.mu.Unlock()
	if l.current != nil {
		left += len(l.current.entries)
	}
	if left > 0 {
		l.options.Lost(left)
		l.options.Log.Error("rows of the access log are lost: the process ends and the log does not answer", "rows", left)
	}
}

// gather makes the next message of the rows that wait; false when there are none, or
// when they may wait for more and all is not wanted.
func (l *Log) gather(all bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.due && !all {
		return false
	}
	batch := &accessv1.AccessBatch{Chain: l.place.Chain, Number: l.number + 1, PreviousHash: l.hash}
	size, taken := 0, 0
	for _, e := range l.queue {
		if size += proto.Size(e.row); taken == MostRows || taken > 0 && size > mostBytes {
			break
		}
		batch.Rows = append(batch.Rows, e.row)
		taken++
	}
	l.due = taken < len(l.queue)
	if taken == 0 {
		return false
	}
	body, err := proto.Marshal(batch)
	if err != nil { // a text that is not UTF-8; callers' ids and names never are
		for _, e := range l.queue[:taken] {
			tell(e, fmt.Errorf("access: write rows: %w", err))
		}
		l.options.Lost(taken)
		l.options.Log.Error("rows of the access log are lost: they are no message", "rows", taken, "error", err)
		l.queue = l.queue[taken:]
		return false
	}
	l.current = &message{body: body, entries: l.queue[:taken:taken]}
	l.queue = l.queue[taken:]
	return true
}

// write appends the current message; true once it stands in the log.
func (l *Log) write(ctx context.Context) bool {
	m := bus.Message{Subject: l.place.rows(), Data: l.current.body}
	sequence, err := l.options.Bus.Append(ctx, m, l.place.scope(), l.sequence)
	if conflict, ok := errors.AsType[*bus.ConflictError](err); ok {
		if conflict.Last < l.sequence {
			l.beginAnew(ctx)
			return true
		}
		// Nobody else writes here: an earlier try was taken.
		sequence, err = conflict.Last, nil
	}
	if err != nil {
		l.fail(ctx, err)
		return false
	}
	hash := sha256.Sum256(l.current.body)
	l.number, l.hash, l.sequence = l.number+1, hash[:], sequence
	for _, e := range l.current.entries {
		tell(e, nil)
	}
	l.current = nil
	l.mu.Lock()
	back := l.away
	l.away = false
	l.mu.Unlock()
	if back {
		l.options.Log.InfoContext(ctx, "the access log is written again")
	}
	return true
}

// beginAnew leaves a chain that the log has lost the end of, as when it was brought
// back from an older copy: what is written now begins another one.
func (l *Log) beginAnew(ctx context.Context) {
	l.options.Log.ErrorContext(ctx, "the log has lost rows of the access log that it had acknowledged; a new chain begins", "chain", l.place.String())
	l.place.Chain = newChain()
	l.number, l.hash, l.sequence, l.signed = 0, nil, 0, 0
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.current.entries, l.queue...)
	l.current, l.due = nil, true
}

// newChain names a chain as no other is named.
func newChain() string { return strings.ToLower(rand.Text()) }

// fail lets nobody wait any longer. Rows that need not be kept leave the queue; those
// in the message under way may stand in the log already.
func (l *Log) fail(ctx context.Context, err error) {
	for _, e := range l.current.entries {
		tell(e, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var kept []*entry
	for _, e := range l.queue {
		tell(e, err)
		if e.keep {
			kept = append(kept, e)
		}
	}
	l.queue = kept
	if !l.away {
		l.options.Log.ErrorContext(ctx, "the access log cannot be written: nobody but the companies sees anything until it can", "error", err)
	}
	l.away = true
}

// tell ends the wait for a row, unless it has ended or nobody waits.
func tell(e *entry, err error) {
	select {
	case e.done <- err:
	default:
	}
}

// sign publishes a head when the chain has grown since the last one.
func (l *Log) sign(ctx context.Context) {
	if l.number == l.signed {
		return
	}
	head := l.options.Key.sign(&accessv1.AccessHead{
		Chain: l.place.Chain, Number: l.number, Hash: l.hash, Time: timestamppb.New(l.options.Clock()),
	})
	body, err := proto.Marshal(head)
	if err == nil {
		_, err = l.options.Bus.Publish(ctx, bus.Message{Subject: l.place.heads(), Data: body})
	}
	if err != nil {
		l.options.Log.WarnContext(ctx, "a head of the access log is not written; the next one tells more", "error", err)
		return
	}
	l.signed = l.number
}
