package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Bucket keeps the last value of each key, durable like the rest of the log. It
// is a plain stream with one message per subject: the client's own buckets need
// rollup and direct get, which no stream here allows.
type Bucket struct {
	bus    *Bus
	name   string
	stream string
	prefix string
}

// Entry is the value of a key and its revision: the sequence of its last write.
type Entry struct {
	Key      string
	Value    []byte
	Revision uint64
	// Time is when it was written, in UTC.
	Time time.Time
}

// Bucket opens one of the buckets that EnsureTopology made. Only the hub may
// call it.
func (b *Bus) Bucket(ctx context.Context, name string) (*Bucket, error) {
	if err := b.hubOnly("use buckets"); err != nil {
		return nil, err
	}
	if _, err := b.stream(ctx, bucketStream(name)); err != nil {
		return nil, fmt.Errorf("bus: open bucket %s: %w", name, err)
	}
	return &Bucket{bus: b, name: name, stream: bucketStream(name), prefix: bucketSubject(name)}, nil
}

// Get returns the entry of a key, or ErrNotFound.
func (k *Bucket) Get(ctx context.Context, key string) (Entry, error) {
	subject, err := k.subject(key)
	if err != nil {
		return Entry{}, err
	}
	event, err := k.bus.LastOn(ctx, k.stream, subject)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Key: key, Value: event.Data, Revision: event.Sequence, Time: event.Time}, nil
}

// Put writes a key whose last write was revision expected, and returns the new
// revision. If another wrote in between, it returns a *ConflictError. A draft that
// is replaced is erased.
func (k *Bucket) Put(ctx context.Context, key string, value []byte, expected uint64) (uint64, error) {
	subject, err := k.subject(key)
	if err != nil {
		return 0, err
	}
	revision, err := k.bus.publish(ctx, Message{Subject: subject, Data: value}, jetstream.WithExpectLastSequenceForSubject(expected, subject))
	if err != nil {
		return 0, fmt.Errorf("bus: put %s in bucket %s: %w", key, k.name, conflict(err, subject))
	}
	if k.name == BucketDrafts && expected > 0 {
		_, err = k.bus.eraseOn(ctx, k.stream, subject, revision)
	}
	return revision, err
}

// Create writes a key that has no value. If it has one, it returns a
// *ConflictError.
func (k *Bucket) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	return k.Put(ctx, key, value, 0)
}

// Delete erases a key. Deleting one that has no value is no error.
func (k *Bucket) Delete(ctx context.Context, key string) error {
	subject, err := k.subject(key)
	if err != nil {
		return err
	}
	_, err = k.bus.EraseOn(ctx, k.stream, subject)
	return err
}

// Keys returns the keys that start with prefix, in no order. An empty prefix
// means all.
func (k *Bucket) Keys(ctx context.Context, prefix string) ([]string, error) {
	handle, err := k.bus.stream(ctx, k.stream)
	if err != nil {
		return nil, err
	}
	defer k.bus.staying()()
	info, err := handle.Info(ctx, jetstream.WithSubjectFilter(k.prefix+">"))
	if err != nil {
		return nil, fmt.Errorf("bus: list the keys of bucket %s: %w", k.name, err)
	}
	if err := k.bus.settle(ctx, k.stream, info.State.LastSeq); err != nil {
		return nil, err
	}
	var keys []string
	for subject := range info.State.Subjects {
		if key := strings.TrimPrefix(subject, k.prefix); strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Follow hands the values of all keys to handle, as they are and then as they change,
// until ctx ends; first also those of before, and an empty batch when it has caught
// up. What is deleted is not told.
func (k *Bucket) Follow(ctx context.Context, handle func(entries []Entry) error) error {
	return k.bus.Follow(ctx, k.stream, 1, 500, func(_ context.Context, events []Event) error {
		entries := make([]Entry, 0, len(events))
		for _, e := range events {
			entries = append(entries, Entry{Key: strings.TrimPrefix(e.Subject, k.prefix), Value: e.Data, Revision: e.Sequence})
		}
		return handle(entries)
	})
}

func (k *Bucket) subject(key string) (string, error) {
	if key == "" || len(key) > 200 {
		return "", errors.New("bus: a key has 1 to 200 bytes")
	}
	for part := range strings.SplitSeq(key, ".") {
		if !validToken(part) {
			return "", fmt.Errorf("bus: key %q must be words of letters, digits, - and _, joined by dots", key)
		}
	}
	return k.prefix + key, nil
}
