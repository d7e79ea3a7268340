package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Last returns the last sequence of a stream, 0 when it is empty, once it is
// durable. Only the hub may call it.
func (b *Bus) Last(ctx context.Context, stream string) (uint64, error) {
	if err := b.hubOnly("read the state of streams"); err != nil {
		return 0, err
	}
	handle, err := b.stream(ctx, stream)
	if err != nil {
		return 0, err
	}
	info, err := handle.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("bus: read the state of %s: %w", stream, err)
	}
	return info.State.LastSeq, b.settle(ctx, stream, info.State.LastSeq)
}

// Get returns the event at a sequence, or ErrNotFound. Only the hub may call it.
func (b *Bus) Get(ctx context.Context, stream string, sequence uint64) (Event, error) {
	return b.read(ctx, stream, fmt.Sprint("sequence ", sequence), func(handle jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return handle.GetMsg(ctx, sequence)
	})
}

// LastOn returns the last event on a subject, which may hold wildcards, or
// ErrNotFound. Only the hub may call it.
func (b *Bus) LastOn(ctx context.Context, stream, subject string) (Event, error) {
	return b.read(ctx, stream, subject, func(handle jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return handle.GetLastMsgForSubject(ctx, subject)
	})
}

// next returns the first event on a subject, which may hold wildcards, at or
// after a sequence.
func (b *Bus) next(ctx context.Context, stream, subject string, from uint64) (Event, error) {
	return b.read(ctx, stream, subject, func(handle jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return handle.GetMsg(ctx, max(from, 1), jetstream.WithGetMsgSubject(subject))
	})
}

func (b *Bus) read(ctx context.Context, stream, what string, get func(jetstream.Stream) (*jetstream.RawStreamMsg, error)) (Event, error) {
	if err := b.hubOnly("read single messages"); err != nil {
		return Event{}, err
	}
	handle, err := b.stream(ctx, stream)
	if err != nil {
		return Event{}, err
	}
	raw, err := get(handle)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Event{}, fmt.Errorf("%w: %s in %s", ErrNotFound, what, stream)
	}
	if err != nil {
		return Event{}, fmt.Errorf("bus: read %s in %s: %w", what, stream, err)
	}
	return fromStored(stream, raw), b.settle(ctx, stream, raw.Sequence)
}
