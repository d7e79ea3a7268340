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
	defer b.staying()()
	patient, cancel := patiently(ctx)
	defer cancel()
	handle, err := b.stream(patient, stream)
	if err != nil {
		return 0, silent(ctx, err)
	}
	info, err := handle.Info(patient)
	if err != nil {
		return 0, fmt.Errorf("bus: read the state of %s: %w", stream, silent(ctx, err))
	}
	return info.State.LastSeq, b.settle(ctx, stream, info.State.LastSeq)
}

// Extent is which sequences a stream should hold.
type Extent struct {
	// First and Last are its ends; First is Last+1 when it is empty.
	First, Last uint64
	// Erased are those between them that were erased, in order.
	Erased []uint64
}

// Extent returns which sequences a stream should hold. What is in it and cannot be
// read is damaged: the server hands such an event to nobody and says nothing.
// Only the hub may call it.
func (b *Bus) Extent(ctx context.Context, stream string) (Extent, error) {
	if err := b.hubOnly("read the state of streams"); err != nil {
		return Extent{}, err
	}
	handle, err := b.stream(ctx, stream)
	if err != nil {
		return Extent{}, err
	}
	info, err := handle.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return Extent{}, fmt.Errorf("bus: read the extent of %s: %w", stream, err)
	}
	return Extent{First: info.State.FirstSeq, Last: info.State.LastSeq, Erased: info.State.Deleted}, nil
}

// Get returns the event at a sequence, or ErrNotFound. Only the hub may call it.
func (b *Bus) Get(ctx context.Context, stream string, sequence uint64) (Event, error) {
	return b.read(ctx, stream, fmt.Sprint("sequence ", sequence), func(ctx context.Context, handle jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return handle.GetMsg(ctx, sequence)
	})
}

// LastOn returns the last event on a subject, which may hold wildcards, or
// ErrNotFound. Only the hub may call it.
func (b *Bus) LastOn(ctx context.Context, stream, subject string) (Event, error) {
	return b.read(ctx, stream, subject, func(ctx context.Context, handle jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return handle.GetLastMsgForSubject(ctx, subject)
	})
}

// FirstOn returns the first event on a subject, which may hold wildcards, or
// ErrNotFound. Only the hub may call it.
func (b *Bus) FirstOn(ctx context.Context, stream, subject string) (Event, error) {
	return b.next(ctx, stream, subject, 1)
}

// next returns the first event on a subject, which may hold wildcards, at or
// after a sequence.
func (b *Bus) next(ctx context.Context, stream, subject string, from uint64) (Event, error) {
	return b.read(ctx, stream, subject, func(ctx context.Context, handle jetstream.Stream) (*jetstream.RawStreamMsg, error) {
		return handle.GetMsg(ctx, max(from, 1), jetstream.WithGetMsgSubject(subject))
	})
}

func (b *Bus) read(ctx context.Context, stream, what string, get func(context.Context, jetstream.Stream) (*jetstream.RawStreamMsg, error)) (Event, error) {
	if err := b.hubOnly("read single messages"); err != nil {
		return Event{}, err
	}
	defer b.staying()()
	patient, cancel := patiently(ctx)
	defer cancel()
	handle, err := b.stream(patient, stream)
	if err != nil {
		return Event{}, silent(ctx, err)
	}
	raw, err := get(patient, handle)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Event{}, fmt.Errorf("%w: %s in %s", ErrNotFound, what, stream)
	}
	if err != nil {
		return Event{}, fmt.Errorf("bus: read %s in %s: %w", what, stream, silent(ctx, err))
	}
	return fromStored(stream, raw), b.settle(ctx, stream, raw.Sequence)
}
