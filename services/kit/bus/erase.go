package bus

import (
	"context"
	"errors"
	"fmt"
	"math"

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
		if err := b.erase(ctx, handle, sequence); err != nil {
			return fmt.Errorf("bus: erase %d of %s: %w", sequence, stream, err)
		}
	}
	return b.sync(ctx, stream)
}

func (b *Bus) erase(ctx context.Context, stream jetstream.Stream, sequence uint64) error {
	defer b.staying()()
	patient, cancel := patiently(ctx)
	defer cancel()
	err := stream.SecureDeleteMsg(patient, sequence)
	if err == nil {
		return nil
	}
	// The server refuses with the same code whether the message is gone or the
	// deletion failed, so ask for the message itself.
	if _, get := stream.GetMsg(patient, sequence); errors.Is(get, jetstream.ErrMsgNotFound) {
		return nil
	}
	return silent(ctx, err)
}

// EraseOn erases every message on a subject, which may hold wildcards, and
// returns how many there were. Only the hub may call it.
func (b *Bus) EraseOn(ctx context.Context, stream, subject string) (int, error) {
	return b.eraseOn(ctx, stream, subject, math.MaxUint64)
}

// eraseOn erases what stands on a subject before a sequence.
func (b *Bus) eraseOn(ctx context.Context, stream, subject string, before uint64) (int, error) {
	var sequences []uint64
	for from := uint64(1); ; {
		event, err := b.next(ctx, stream, subject, from)
		if errors.Is(err, ErrNotFound) || err == nil && event.Sequence >= before {
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
	sequence, err := b.Publish(ctx, m)
	if err != nil {
		return 0, err
	}
	_, err = b.eraseOn(ctx, StreamPeople, m.Subject, sequence)
	return sequence, err
}

// PurgePerson erases everything on a people subject. Only the hub may call it.
func (b *Bus) PurgePerson(ctx context.Context, subject string) error {
	_, err := b.EraseOn(ctx, StreamPeople, subject)
	return err
}
