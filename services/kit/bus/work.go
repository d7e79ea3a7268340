package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Worker says what work a handler takes from a stream.
type Worker struct {
	// Name of the handler, one word. The server keeps the position of the work
	// under it, and dead letters carry it.
	Name string
	// Stream and Filter select the events; an empty filter means all.
	Stream, Filter string
	// Concurrency is how many events are handled at once; 0 means 1.
	Concurrency int
	// Backoff are the pauses before the tries after a failure; the last one
	// repeats. Empty means 100 ms, 1 s, 5 s, 30 s.
	Backoff []time.Duration
	// MaxDeliver is how many tries an event gets; 0 means 10.
	MaxDeliver int
}

const (
	// workPatience is how long the server waits for a word about an event before
	// it hands it to another process; a handler at work gives one in time.
	workPatience = 10 * time.Second
	workBeat     = workPatience / 3
	defaultTries = 10
)

func (w Worker) withDefaults() Worker {
	w.Concurrency = max(w.Concurrency, 1)
	if w.MaxDeliver < 1 {
		w.MaxDeliver = defaultTries
	}
	if len(w.Backoff) == 0 {
		w.Backoff = []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second, 30 * time.Second}
	}
	return w
}

// Work hands each event of a stream to handle at least once, shared among all
// processes that run the same worker, until ctx ends. There is no order, not
// even within a case, and an event may come twice, so handlers are idempotent.
//
// An error means another try after a pause. An error with Permanent() true, or
// the last try's, makes the event a dead letter. Only the hub may call it.
func (b *Bus) Work(ctx context.Context, w Worker, handle func(ctx context.Context, ev Event) error) error {
	if err := b.hubOnly("run workers"); err != nil {
		return err
	}
	if !validToken(w.Name) {
		return fmt.Errorf("bus: worker %q must be named by one word of letters, digits, - and _", w.Name)
	}
	w = w.withDefaults()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var replays sync.WaitGroup
	defer replays.Wait()
	defer cancel()
	replays.Go(func() {
		if err := b.ServeReplays(ctx, w.Name, handle); err != nil && ctx.Err() == nil {
			b.log.ErrorContext(ctx, "replays of a worker are not served", "worker", w.Name, "error", err)
		}
	})
	pause := followRetry
	for {
		begun := b.clock()
		err := b.workOnce(ctx, w, handle)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if b.nc.IsClosed() {
			return fmt.Errorf("bus: worker %s: %w", w.Name, nats.ErrConnectionClosed)
		}
		if errors.Is(err, ErrNotFound) {
			return fmt.Errorf("bus: worker %s: %w", w.Name, err)
		}
		if b.clock().Sub(begun) > followRetryMax {
			pause = followRetry
		}
		b.log.WarnContext(ctx, "worker connects again", "worker", w.Name, "error", err)
		if wait(ctx, pause) != nil {
			return ctx.Err()
		}
		pause = min(2*pause, followRetryMax)
	}
}

func (b *Bus) workOnce(ctx context.Context, w Worker, handle func(ctx context.Context, ev Event) error) error {
	stream, err := b.stream(ctx, w.Stream)
	if err != nil {
		return err
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       w.Name,
		FilterSubject: w.Filter,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       workPatience,
		MaxDeliver:    -1,
		MaxAckPending: max(4*w.Concurrency, 1000),
	})
	if err != nil {
		return fmt.Errorf("make consumer %s on %s: %w", w.Name, w.Stream, err)
	}
	if err := b.sync(ctx, w.Stream); err != nil {
		return err
	}
	messages, err := consumer.Messages(
		jetstream.PullMaxMessages(2*w.Concurrency),
		jetstream.PullExpiry(followExpiry), jetstream.PullHeartbeat(followBeat),
	)
	if err != nil {
		return fmt.Errorf("pull from consumer %s: %w", w.Name, err)
	}
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	defer messages.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, w.Concurrency)
	for {
		message, err := messages.Next()
		if err != nil {
			return err
		}
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			b.workOn(ctx, w, message, handle)
		})
	}
}

// workOn carries one event through: handle, then acknowledge, try again later or
// keep as a dead letter. If the process ends anywhere in between, the server
// hands the event out again.
func (b *Bus) workOn(ctx context.Context, w Worker, message jetstream.Msg, handle func(ctx context.Context, ev Event) error) {
	log := b.log.With("worker", w.Name)
	event, meta, err := fromDelivery(message)
	if err != nil {
		log.ErrorContext(ctx, "a delivery is not from the log", "error", err)
		return
	}
	log = log.With("stream", event.Stream, "sequence", event.Sequence)
	beats := keepAlive(ctx, message)
	err = b.settle(ctx, event.Stream, event.Sequence)
	if err == nil {
		err = handle(ctx, event)
	}
	beats()
	switch {
	case err == nil:
		err = message.Ack()
	case ctx.Err() != nil:
		err = message.Nak()
	case permanent(err) || meta.NumDelivered >= uint64(w.MaxDeliver):
		if err = b.DeadLetter(ctx, event, w.Name, err.Error()); err == nil {
			err = message.Ack()
		} else {
			log.ErrorContext(ctx, "a dead letter could not be kept, the event comes again", "error", err)
			err = message.NakWithDelay(w.Backoff[len(w.Backoff)-1])
		}
	default:
		pause := w.Backoff[min(int(meta.NumDelivered), len(w.Backoff))-1]
		log.WarnContext(ctx, "an event is tried again", "try", meta.NumDelivered, "pause", pause, "error", err)
		err = message.NakWithDelay(pause)
	}
	if err != nil && ctx.Err() == nil {
		log.WarnContext(ctx, "the outcome did not reach the log, the event comes again", "error", err)
	}
}

// keepAlive tells the server that the event is being handled, until the returned
// function is called.
func keepAlive(ctx context.Context, message jetstream.Msg) func() {
	ctx, cancel := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		for wait(ctx, workBeat) == nil {
			if message.InProgress() != nil {
				return
			}
		}
	})
	return func() {
		cancel()
		beating.Wait()
	}
}

// permanent reports whether another try cannot help.
func permanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}
