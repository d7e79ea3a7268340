package gateway

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"

	"github.com/businessespoo/hub/gateway/api"
	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/services/kit/host"
)

// connect makes a connection to each provider; each is dialled when it is used.
func (g *Gateway) connect() (*api.Desks, error) {
	clients := map[string]grpc.ClientConnInterface{}
	for key, target := range g.options.Providers {
		connection, err := dial(target, g.options.TLS.Client(g.options.Log))
		if err != nil {
			return nil, fmt.Errorf("connect to %s at %s: %w", key, target, err)
		}
		g.connections[key], clients[key] = connection, connection
	}
	return api.NewDesks(clients)
}

// reconnect is how long the gateway waits at the most before it looks again for a
// provider that was away. gRPC's own limit is two minutes, which would keep a desk
// shut long after its provider is back.
const reconnect = time.Second

// forVisitor has the pages' calls counted as those of their visitors.
func forVisitor(relay string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		return invoke(asVisitor(ctx, relay), method, req, reply, conn, options...)
	}
}

// streamForVisitor is forVisitor for streams: an archive is one.
func streamForVisitor(relay string) grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, begin grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
		return begin(asVisitor(ctx, relay), desc, conn, method, options...)
	}
}

func asVisitor(ctx context.Context, relay string) context.Context {
	if visitor := web.Visitor(ctx); visitor != "" {
		return host.ForVisitor(ctx, relay, visitor)
	}
	return ctx
}

func dial(target string, c credentials.TransportCredentials, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	patience := backoff.DefaultConfig
	patience.BaseDelay, patience.MaxDelay = reconnect/10, reconnect
	return grpc.NewClient(target, append(options, grpc.WithTransportCredentials(c),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: patience, MinConnectTimeout: 2 * time.Second}))...)
}
