package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Erase overwrites the messages at the sequences and deletes them; those already
// gone are passed over. When it returns, their text is in no file of the log
// (purging alone would leave it there). Only the hub may call it.
func (b *Bus) Erase(ctx context.Context, stream string, sequences ...uint64) error {
	if err := b.hubOnly("erase"); err != nil {
		return err
	}
	handle, err := b.stream(ctx, stream)
	if err != nil {
		return err
	}
	for _, sequence := range sequences {
		err := handle.SecureDeleteMsg(ctx, sequence)
		if err == nil {
			continue
		}
		// The server refuses with the same code whether the message is gone or
		// the deletion failed, so ask for the message itself.
		if _, get := handle.GetMsg(ctx, sequence); !errors.Is(get, jetstream.ErrMsgNotFound) {
			return fmt.Errorf("bus: erase %d of %s: %w", sequence, stream, err)
		}
	}
	return b.sync(ctx, stream)
}

// EraseOn erases every message on a subject, which may hold wildcards, and
// returns how many there were. Only the hub may call it.
func (b *Bus) EraseOn(ctx context.Context, stream, subject string) (int, error) {
	var sequences []uint64
	for from := uint64(1); ; {
		event, err := b.next(ctx, stream, subject, from)
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return 0, err
		}
		sequences = append(sequences, event.Sequence)
		from = event.Sequence + 1
	}
	if len(sequences) == 0 {
		return 0, nil
	}
	return len(sequences), b.Erase(ctx, stream, sequences...)
}

// PutPerson publishes what is now known of a person on a people subject and
// erases what was known before. Only the hub may call it.
func (b *Bus) PutPerson(ctx context.Context, m Message) (uint64, error) {
	before, err := b.LastOn(ctx, StreamPeople, m.Subject)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	sequence, err := b.Publish(ctx, m)
	if err != nil || before.Sequence == 0 {
		return sequence, err
	}
	return sequence, b.Erase(ctx, StreamPeople, before.Sequence)
}

// PurgePerson erases everything on a people subject. Only the hub may call it.
func (b *Bus) PurgePerson(ctx context.Context, subject string) error {
	_, err := b.EraseOn(ctx, StreamPeople, subject)
	return err
}
