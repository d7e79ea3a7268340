package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// followExpiry is how long one pull waits at the server, and followBeat how
	// often the server shows that it is still there. Two missed beats and the
	// follower gets itself a new consumer.
	followExpiry = 30 * time.Second
	followBeat   = 5 * time.Second
	// followRetry is the first pause before a lost consumer is made again; it
	// doubles up to followRetryMax.
	followRetry    = 50 * time.Millisecond
	followRetryMax = 5 * time.Second
)

// ShortLogError says that the log ends before the position of a follower: it was
// restored from an older copy, say. What the follower has built from it must be
// built again.
type ShortLogError struct {
	Stream     string
	From, Last uint64
}

// Error implements error.
func (e *ShortLogError) Error() string {
	return fmt.Sprintf("bus: follow %s from %d: the log ends at %d, build the projection again", e.Stream, e.From, e.Last)
}

// errLost says that a consumer is gone or has missed something.
var errLost = errors.New("bus: the consumer is lost")

// Follow hands the events of a stream to handle, in order, from sequence from on
// (inclusive; 0 and 1 mean the beginning), in batches of at most max. A provider
// sees its own part of the stream. It blocks until ctx ends or handle fails, and
// returns that error.
//
// When everything that waited at the start has been handed over, handle is
// called once with an empty batch: the reader has caught up. No event is above
// the durable watermark. When the consumer is lost, Follow makes a new one and
// goes on where it was.
//
// The gateway may follow a stream many times. A provider follows each stream
// once per replica, and a second Follow is refused. It returns a *ShortLogError
// when the log ends before from-1.
func (b *Bus) Follow(ctx context.Context, stream string, from uint64, max int, handle func(ctx context.Context, events []Event) error) error {
	if max < 1 {
		return fmt.Errorf("bus: follow %s: batches of %d, must be at least 1", stream, max)
	}
	if b.party != Hub {
		if _, ok := followable(stream, b.party); !ok {
			return fmt.Errorf("bus: %s may not follow %s", b.party, stream)
		}
		if !b.claim(stream) {
			return fmt.Errorf("bus: %s follows %s already", b.party, stream)
		}
		defer b.release(stream)
	}
	if from == 0 {
		from = 1
	}
	f := &follower{bus: b, stream: stream, next: from, max: max, handle: handle}
	pause := followRetry
	for {
		position := f.next
		err := f.run(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if b.nc.IsClosed() {
			return fmt.Errorf("bus: follow %s: %w", stream, nats.ErrConnectionClosed)
		}
		if !errors.Is(err, errLost) {
			return err
		}
		if f.next > position {
			pause = followRetry
		}
		b.log.WarnContext(ctx, "follower gets a new consumer", "stream", stream, "from", f.next, "error", err)
		if wait(ctx, pause) != nil {
			return ctx.Err()
		}
		pause = min(2*pause, followRetryMax)
	}
}

func (b *Bus) claim(stream string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.following[stream] {
		return false
	}
	b.following[stream] = true
	return true
}

func (b *Bus) release(stream string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.following, stream)
}

// follower is one Follow: where it is, and what it does with what comes.
type follower struct {
	bus    *Bus
	stream string
	next   uint64 // the sequence that comes next, at least
	max    int
	handle func(ctx context.Context, events []Event) error

	caughtUp bool
	behind   uint64 // how many events of those that waited at the start are left
}

// delivery is an event with its place in the consumer's own count, which has no
// gaps: a gap there is a lost message, a gap in the stream's sequence is not.
type delivery struct {
	event Event
	count uint64
	err   error
}

// run follows with one consumer until that is lost or the end has come.
func (f *follower) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A server that has started again has forgotten the consumer, and the client
	// would notice that only by missing beats.
	again := f.bus.nc.StatusChanged(nats.CONNECTED)
	defer f.bus.nc.RemoveStatusListener(again)
	consumer, made, err := f.bus.openFollower(ctx, f.stream, f.next)
	switch {
	case errors.Is(err, ErrNotFound):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errLost, err)
	}
	if f.next > made.Last+1 {
		return &ShortLogError{Stream: f.stream, From: f.next, Last: made.Last}
	}
	messages, err := consumer.Messages(
		jetstream.PullMaxMessages(max(f.max, 64)),
		jetstream.PullExpiry(followExpiry), jetstream.PullHeartbeat(followBeat),
	)
	if err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	deliveries := make(chan delivery, f.max)
	go read(ctx, messages, deliveries)
	defer messages.Stop()
	if !f.caughtUp {
		f.behind = made.Pending
		if err := f.reached(ctx); err != nil {
			return err
		}
	}
	return f.consume(ctx, deliveries, again)
}

// read passes on what the consumer delivers until it fails or ctx ends.
func read(ctx context.Context, messages jetstream.MessagesContext, deliveries chan<- delivery) {
	for {
		var d delivery
		message, err := messages.Next()
		if err == nil {
			var meta *jetstream.MsgMetadata
			if d.event, meta, err = fromDelivery(message); err == nil {
				d.count = meta.Sequence.Consumer
			}
		}
		d.err = err
		select {
		case deliveries <- d:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (f *follower) consume(ctx context.Context, deliveries <-chan delivery, again <-chan nats.Status) error {
	count := uint64(0)
	for {
		var first delivery
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again:
			return fmt.Errorf("%w: the connection was made again", errLost)
		case first = <-deliveries:
		}
		batch, lost := f.gather(first, deliveries, &count)
		if len(batch) > 0 {
			if err := f.hand(ctx, batch); err != nil {
				return err
			}
		}
		if lost != nil {
			return lost
		}
	}
}

// gather makes a batch of what is there now. It stops before a gap.
func (f *follower) gather(first delivery, deliveries <-chan delivery, count *uint64) ([]Event, error) {
	batch := make([]Event, 0, min(f.max, 1+len(deliveries)))
	for d := first; ; {
		if d.err != nil {
			return batch, fmt.Errorf("%w: %w", errLost, d.err)
		}
		if d.count != *count+1 {
			return batch, fmt.Errorf("%w: delivery %d came after %d", errLost, d.count, *count)
		}
		*count = d.count
		if d.event.Sequence < f.next {
			return batch, fmt.Errorf("%w: sequence %d came where %d was next", errLost, d.event.Sequence, f.next)
		}
		batch = append(batch, d.event)
		if len(batch) == f.max {
			return batch, nil
		}
		select {
		case d = <-deliveries:
		default:
			return batch, nil
		}
	}
}

func (f *follower) hand(ctx context.Context, batch []Event) error {
	last := batch[len(batch)-1]
	if err := f.bus.settle(ctx, f.stream, last.Sequence); err != nil {
		return err
	}
	if err := f.handle(ctx, batch); err != nil {
		return err
	}
	f.next = last.Sequence + 1
	if f.caughtUp {
		return nil
	}
	f.behind -= min(f.behind, uint64(len(batch)))
	if last.Pending == 0 {
		f.behind = 0
	}
	return f.reached(ctx)
}

// reached tells the reader, once, that it has caught up.
func (f *follower) reached(ctx context.Context) error {
	if f.caughtUp || f.behind > 0 {
		return nil
	}
	f.caughtUp = true
	return f.handle(ctx, nil)
}
