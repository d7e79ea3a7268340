package world

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Tap is a connection that keeps all it brings: messages, headers, trailers and
// errors.
type Tap struct {
	*grpc.ClientConn
	mu    sync.Mutex
	heard []Heard
}

// Heard is something that a connection brought.
type Heard struct {
	// What says of which call, and which part of the answer.
	What string
	Data []byte
}

// Tap opens a connection of its own to an address.
func (w *World) Tap(t testing.TB, address string) *Tap {
	t.Helper()
	tap := &Tap{}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStatsHandler(tap))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	tap.ClientConn = conn
	return tap
}

// All is what came so far.
func (tap *Tap) All() []Heard {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	return append([]Heard(nil), tap.heard...)
}

type methodKey struct{}

// TagRPC implements stats.Handler.
func (tap *Tap) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, methodKey{}, info.FullMethodName)
}

// HandleRPC implements stats.Handler.
func (tap *Tap) HandleRPC(ctx context.Context, part stats.RPCStats) {
	method, _ := ctx.Value(methodKey{}).(string)
	keep := func(what string, data []byte) {
		tap.mu.Lock()
		defer tap.mu.Unlock()
		tap.heard = append(tap.heard, Heard{What: method + " " + what, Data: data})
	}
	switch part := part.(type) {
	case *stats.InHeader:
		keep("header", fmt.Append(nil, part.Header))
	case *stats.InTrailer:
		keep("trailer", fmt.Append(nil, part.Trailer))
	case *stats.InPayload:
		data, err := proto.Marshal(part.Payload.(proto.Message))
		keep("message", fmt.Appendf(data, "%v", err))
	case *stats.End:
		data, err := proto.Marshal(status.Convert(part.Error).Proto())
		keep("error", fmt.Appendf(data, "%v%v", part.Error, err))
	}
}

// TagConn implements stats.Handler.
func (tap *Tap) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

// HandleConn implements stats.Handler.
func (tap *Tap) HandleConn(context.Context, stats.ConnStats) {}
