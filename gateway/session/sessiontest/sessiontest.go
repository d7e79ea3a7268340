// Package sessiontest keeps sessions in memory, for tests of what stands on them.
package sessiontest

import (
	"context"
	"strings"
	"sync"

	"github.com/businessespoo/hub/services/kit/bus"
)

// Bucket is a bucket in memory that refuses and conflicts as one of the log does.
type Bucket struct {
	mutex    sync.Mutex
	entries  map[string]bus.Entry
	revision uint64
	away     error
}

// NewBucket makes an empty bucket.
func NewBucket() *Bucket { return &Bucket{entries: map[string]bus.Entry{}} }

// Fail makes every call fail from now on; nil mends it.
func (b *Bucket) Fail(err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.away = err
}

// Get answers the entry of a key.
func (b *Bucket) Get(_ context.Context, key string) (bus.Entry, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.away != nil {
		return bus.Entry{}, b.away
	}
	entry, ok := b.entries[key]
	if !ok {
		return bus.Entry{}, bus.ErrNotFound
	}
	return entry, nil
}

// Put writes a key whose revision is expected.
func (b *Bucket) Put(_ context.Context, key string, value []byte, expected uint64) (uint64, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.away != nil {
		return 0, b.away
	}
	if b.entries[key].Revision != expected {
		return 0, &bus.ConflictError{}
	}
	b.revision++
	b.entries[key] = bus.Entry{Key: key, Value: value, Revision: b.revision}
	return b.revision, nil
}

// Create writes a key that has no value.
func (b *Bucket) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	return b.Put(ctx, key, value, 0)
}

// Keys answers the keys with a prefix.
func (b *Bucket) Keys(_ context.Context, prefix string) ([]string, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.away != nil {
		return nil, b.away
	}
	var keys []string
	for key := range b.entries {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Values are all values as they are kept, for a look at what they show.
func (b *Bucket) Values() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var all strings.Builder
	for key, entry := range b.entries {
		all.WriteString(key + " " + string(entry.Value) + "\n")
	}
	return all.String()
}

// Follow hands over what there is, and waits for the end.
func (b *Bucket) Follow(ctx context.Context, handle func(entries []bus.Entry) error) error {
	b.mutex.Lock()
	var entries []bus.Entry
	for _, entry := range b.entries {
		entries = append(entries, entry)
	}
	b.mutex.Unlock()
	if err := handle(entries); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}
