package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Append adds m to the log if the last message on scope+".>" has the sequence
// expected; 0 means that the scope is empty. It returns the new sequence once
// the message is durable. If the scope has moved on, it returns a
// *ConflictError and appends nothing.
//
// After any other error the outcome is unknown: the message may have been
// stored. Trying again with the same expected sequence is safe, because then it
// ends in a conflict.
func (b *Bus) Append(ctx context.Context, m Message, scope string, expected uint64) (uint64, error) {
	sequence, err := b.publish(ctx, m, jetstream.WithExpectLastSequenceForSubject(expected, scope+".>"))
	if err != nil {
		return 0, fmt.Errorf("bus: append to %s: %w", m.Subject, conflict(err, scope))
	}
	return sequence, nil
}

// Publish adds m to the log whatever came before it, and returns its sequence
// once it is durable. After an error the message may have been stored.
func (b *Bus) Publish(ctx context.Context, m Message) (uint64, error) {
	sequence, err := b.publish(ctx, m)
	if err != nil {
		return 0, fmt.Errorf("bus: publish on %s: %w", m.Subject, err)
	}
	return sequence, nil
}

func (b *Bus) publish(ctx context.Context, m Message, options ...jetstream.PublishOpt) (uint64, error) {
	wire, err := toWire(m)
	if err != nil {
		return 0, err
	}
	defer b.staying()()
	patient, cancel := patiently(ctx)
	defer cancel()
	ack, err := b.js.PublishMsg(patient, wire, options...)
	if errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders) {
		return 0, fmt.Errorf("%s may not write there, or no stream takes it: %w", b.party, err)
	}
	if err != nil {
		return 0, silent(ctx, err)
	}
	if err := b.settle(ctx, ack.Stream, ack.Sequence); err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}
