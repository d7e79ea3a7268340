package bus

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/businessespoo/hub/services/kit/security"
)

// seedPause is how long a replaced seed may go unnoticed while the connection
// holds.
const seedPause = 2 * time.Second

// watchSeed moves the connection to another key when the seed has become another,
// until the connection is closed for good.
func (b *Bus) watchSeed(o Options, closed <-chan nats.Status) {
	ticker := time.NewTicker(seedPause)
	defer ticker.Stop()
	for told := ""; ; {
		select {
		case <-closed:
			return
		case <-ticker.C:
		}
		err := b.followSeed(o)
		switch {
		case err == nil:
			told = ""
		case err.Error() != told:
			told = err.Error()
			b.log.Warn("the connection keeps the key it has", "error", err)
		}
	}
}

// followSeed compares the seed with the key of the connection. Nothing that holds
// is given up for a key that the server does not know yet.
func (b *Bus) followSeed(o Options) error {
	public, err := o.Seed.public()
	if err != nil {
		return err
	}
	if public == b.signer.key() || b.nc.IsClosed() {
		return nil
	}
	if err := tryKey(o); err != nil {
		return fmt.Errorf("bus: the server does not take the new key %s of %s; it is tried again: %w", public, o.Party, err)
	}
	b.move()
	security.New(b.log, nil).Write(context.Background(), security.BusKeyChanged, slog.String("party", o.Party), slog.String("key", public))
	return nil
}

// tryKey connects beside the connection that is in use.
func tryKey(o Options) error {
	s := &signer{seed: o.Seed}
	options, err := s.options()
	if err != nil {
		return err
	}
	options = append(options, nats.Name(o.Party), nats.NoReconnect())
	options = append(options, o.secure()...)
	nc, err := nats.Connect(o.URLs, options...)
	if err != nil {
		return err
	}
	nc.Close()
	return nil
}

// move makes the connection again, between calls: those under way end first, and
// those that come meanwhile wait for it.
func (b *Bus) move() {
	b.moving.Lock()
	defer b.moving.Unlock()
	again := b.nc.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer b.nc.RemoveStatusListener(again)
	if b.nc.ForceReconnect() != nil {
		return // it is closed, and so has no key
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerPatience)
	defer cancel()
	select {
	case <-again:
	case <-ctx.Done():
	}
}

// staying keeps the connection from being moved until the returned function is
// called. It is not to be called again before that.
func (b *Bus) staying() func() {
	b.moving.RLock()
	return b.moving.RUnlock
}
