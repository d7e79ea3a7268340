package gateway

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/businessespoo/hub/gateway/api"
	"github.com/businessespoo/hub/gateway/registry"
	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/erasure"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/systemkey"
)

// Run serves until ctx ends, and stops in good order.
func (g *Gateway) Run(ctx context.Context) error {
	parts := []host.Part{
		{Name: "view", Run: g.view.Run},
		{Name: "registry", Run: g.registry.Run},
		{Name: "directory", Run: func(ctx context.Context) error { return g.directory.Run(ctx, g.options.Bus) }},
		{Name: "keys", Run: func(ctx context.Context) error { return g.book.Follow(ctx, g.options.Bus, bus.StreamKeys) }},
		{Name: "grants", Run: func(ctx context.Context) error { return g.book.Follow(ctx, g.options.Bus, bus.StreamCompany) }},
		{Name: "router", Run: g.router.Run},
		{Name: "erasures", Run: g.rights.Eraser.Run},
		{Name: "sessions", Run: g.sessions.Run},
		{Name: "answers", Run: g.answer},
	}
	parts = append(parts, g.accessParts()...)
	parts = append(parts, g.server.Part("gateway", g.options.GRPC))
	err := host.Run(ctx, g.options.Log.With("process", "gateway"), 0, append(parts, g.pages...)...)
	return errors.Join(err, g.close())
}

// answer answers what the providers ask of the hub, and operators who replay a
// dead letter.
func (g *Gateway) answer(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return g.options.Bus.ServeConsumers(ctx) })
	group.Go(func() error { return g.options.Bus.Answer(ctx, api.TopicOpenCase, g.cases.AnswerOpenCase) })
	group.Go(func() error {
		return g.options.Bus.Answer(ctx, api.TopicCatalogueVersion, g.cases.AnswerCatalogueVersion)
	})
	group.Go(func() error { return g.options.Bus.Answer(ctx, api.TopicOffered, g.cases.AnswerOffered) })
	group.Go(func() error { return g.options.Bus.Answer(ctx, erasure.Topic, g.rights.Eraser.AnswerErased) })
	for handler, replay := range map[string]func(context.Context, bus.Event) error{
		view.Handler: g.view.Replay, registry.Handler: g.registry.Replay, api.StaffHandler: api.StaffReplay, systemkey.Handler: g.book.Replay,
	} {
		group.Go(func() error { return g.options.Bus.ServeReplays(ctx, handler, replay) })
	}
	return group.Wait()
}

func (g *Gateway) close() error {
	var failures []error
	for _, connection := range g.connections {
		failures = append(failures, connection.Close())
	}
	if g.loopback != nil {
		failures = append(failures, g.loopback.Close())
	}
	if g.view != nil {
		failures = append(failures, g.view.Close())
	}
	if g.accessRows != nil {
		failures = append(failures, g.accessRows.Close())
	}
	return errors.Join(failures...)
}

// Check answers nil once the gateway is ready: it shows the whole log, knows the
// staff, and has a catalogue of every provider.
func (g *Gateway) Check(ctx context.Context) error {
	return errors.Join(g.hasRead(ctx), g.registry.Check(ctx))
}

// hasRead answers nil once the gateway knows all cases, the staff and the catalogues
// that there are. One that was never published keeps no call waiting.
func (g *Gateway) hasRead(ctx context.Context) error {
	return errors.Join(g.view.Check(ctx), g.directory.Check(ctx), g.book.Check(ctx), g.registry.HasRead())
}
