package bus

import (
	"context"

	"github.com/nats-io/nats.go"
)

// DeleteConsumer takes a consumer away, as a restart of the server does.
func DeleteConsumer(ctx context.Context, b *Bus, stream, name string) error {
	handle, err := b.stream(ctx, stream)
	if err != nil {
		return err
	}
	return handle.DeleteConsumer(ctx, name)
}

// Conn is the raw connection of a party, for trying what the bus would not.
func Conn(b *Bus) *nats.Conn { return b.nc }

// AllowRollup changes a stream as no version of the table would, and says that a
// schema version did it.
func AllowRollup(ctx context.Context, b *Bus, stream, version string) error {
	handle, err := b.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	config := handle.CachedInfo().Config
	config.AllowRollup = true
	config.Metadata[metaSchema] = version
	_, err = b.js.UpdateStream(ctx, config)
	return err
}

// RollupAllowed reports whether a stream lets a header erase others' messages.
func RollupAllowed(ctx context.Context, b *Bus, stream string) (bool, error) {
	handle, err := b.js.Stream(ctx, stream)
	if err != nil {
		return false, err
	}
	return handle.CachedInfo().Config.AllowRollup, nil
}

// Key is the public key that the connection has announced last.
func Key(b *Bus) string { return b.signer.key() }
