package gateway

import (
	"context"
	"sync"
	"time"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/services/kit/name"
)

// statusPatience is how long the status page waits for a provider.
const statusPatience = time.Second

// status tells which parts of the hub are up. The providers are asked at once, so
// that one that hangs does not make the others look so.
func (g *Gateway) status(ctx context.Context) []web.PartStatus {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	counts, err := g.view.Counts(ctx)
	if err != nil {
		g.options.Log.WarnContext(ctx, "the status page has no counts", "error", err)
	}
	of := func(key string) *web.Counts {
		if counts == nil {
			return nil
		}
		return &web.Counts{Open: counts[key].Open, Total: counts[key].Total}
	}
	parts := make([]web.PartStatus, 1+len(name.Providers))
	parts[0] = web.PartStatus{Part: "gateway", Serving: g.Check(ctx) == nil, Counts: of(name.Hub)}
	var asked sync.WaitGroup
	for i, key := range name.Providers {
		published, version := g.registry.Published(key)
		part := &parts[1+i]
		*part = web.PartStatus{Part: key, CatalogueVersion: version, PublishedAt: published, Counts: of(key)}
		asked.Go(func() {
			answer, err := healthv1.NewHealthClient(g.connections[key]).Check(ctx, &healthv1.HealthCheckRequest{})
			part.Serving = err == nil && answer.Status == healthv1.HealthCheckResponse_SERVING
		})
	}
	asked.Wait()
	return parts
}
