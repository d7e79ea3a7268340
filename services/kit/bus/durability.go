package bus

import (
	"context"
	"fmt"
)

// Durability tells the bus what of the log is on disk. The embedded server has
// one, because it acknowledges before it syncs. Without one (nil) the server
// syncs each message before it acknowledges or delivers it.
type Durability interface {
	// Commit returns once the stream is on disk up to sequence, which the
	// server has stored. Many callers share one sync.
	Commit(ctx context.Context, stream string, sequence uint64) error
	// Durable is the watermark: the last sequence of the stream known to be on
	// disk.
	Durable(stream string) uint64
	// Sync puts everything of the stream on disk: new settings, rewritten and
	// deleted blocks. An empty name means all streams.
	Sync(ctx context.Context, stream string) error
}

// settle returns once the event at sequence is below the watermark.
func (b *Bus) settle(ctx context.Context, stream string, sequence uint64) error {
	if b.durability == nil || b.durability.Durable(stream) >= sequence {
		return nil
	}
	if err := b.durability.Commit(ctx, stream, sequence); err != nil {
		return fmt.Errorf("bus: put %s up to %d on disk: %w", stream, sequence, err)
	}
	return nil
}

func (b *Bus) sync(ctx context.Context, stream string) error {
	if b.durability == nil {
		return nil
	}
	if err := b.durability.Sync(ctx, stream); err != nil {
		return fmt.Errorf("bus: put the files of stream %q on disk: %w", stream, err)
	}
	return nil
}
