package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// Audit checks the access log of a data folder whose hub does not run: the bytes,
// the chains of all processes, and the signed heads, those in the log and those in a
// file beside it. Without a name the folder's own file is taken, if there is one.
func Audit(ctx context.Context, dir, heads string, log *slog.Logger) (access.Report, error) {
	folder, err := openLog(dir)
	if err != nil {
		return access.Report{}, err
	}
	// A server would cut off what follows a damaged place, so it comes second.
	damages, err := embedded.Check(folder.dir)
	if err != nil {
		return access.Report{}, err
	}
	if len(damages) > 0 {
		return access.Report{Faults: damaged(damages).Faults, Unproven: []string{"anything else: nothing is compared while files of the log are damaged"}}, nil
	}
	if heads == "" {
		own := folder.path(auditDir, headsFile)
		if known, err := exists(own); err != nil {
			return access.Report{}, err
		} else if known {
			heads = own
		}
	}
	server, err := embedded.Start(embedded.Options{Dir: folder.dir, Log: log})
	if err != nil {
		return access.Report{}, err
	}
	defer server.Shutdown()
	b, err := bus.Connect(ctx, server.BusOptions(bus.Hub))
	if err != nil {
		return access.Report{}, err
	}
	defer b.Close()
	return AuditBus(ctx, b, heads)
}

// AuditBus is Audit for a log that runs: b is the hub's connection to it. It checks
// what the log hands over up to where it ends when it is asked.
func AuditBus(ctx context.Context, b *bus.Bus, heads string) (access.Report, error) {
	v := access.NewVerifier()
	private := make([]string, 0, len(bus.Providers()))
	for _, party := range bus.Providers() {
		private = append(private, bus.PrivateStream(party))
	}
	each := func(streams []string, take func(bus.Event)) error {
		for _, stream := range streams {
			if err := readAll(ctx, b, stream, take, v.Unreadable); err != nil {
				return err
			}
		}
		return nil
	}
	if err := each(append([]string{bus.StreamHeads}, private...), v.Head); err != nil {
		return access.Report{}, err
	}
	if heads != "" {
		if err := v.File(heads); err != nil {
			return access.Report{}, err
		}
	}
	if err := each(append([]string{bus.StreamAccess}, private...), v.Rows); err != nil {
		return access.Report{}, err
	}
	return v.Report(), nil
}

// readAll hands over what a stream holds by now. The server passes over what it
// cannot read, so what is missing at the end is told of too.
func readAll(ctx context.Context, b *bus.Bus, stream string, take func(bus.Event), unreadable func(stream string, from, to uint64)) error {
	extent, err := b.Extent(ctx, stream)
	if errors.Is(err, bus.ErrNotFound) || err == nil && extent.First > extent.Last {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stalled, func() { cancel(errRead) })
	defer watchdog.Stop()
	reached := uint64(0)
	err = b.Follow(ctx, stream, extent.First, 500, func(_ context.Context, events []bus.Event) error {
		watchdog.Reset(stalled)
		for _, e := range events {
			take(e)
			reached = e.Sequence
		}
		if reached >= extent.Last {
			return errRead
		}
		return nil
	})
	if !errors.Is(err, errRead) && !errors.Is(context.Cause(ctx), errRead) {
		return fmt.Errorf("hub: read %s: %w", stream, err)
	}
	if reached < extent.Last {
		unreadable(stream, reached+1, extent.Last)
	}
	return nil
}
