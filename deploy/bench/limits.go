package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/name"
)

// limits measures what the machine could do at best: its disk, its transport,
// and the bare log with the same facts and nothing around them.
func (b *bench) limits(ctx context.Context) error {
	if err := b.disk(); err != nil {
		return err
	}
	if err := b.transport(ctx); err != nil {
		return err
	}
	for _, n := range b.clients {
		rate, err := b.pipeline(ctx, n)
		if err != nil {
			return err
		}
		b.put(fmt.Sprintf("limit.%d.bare_log", n), rate, "cases/s", "29 durable facts per case, no gRPC, no views")
	}
	return nil
}

// disk measures one small write that is synced.
func (b *bench) disk() error {
	f, err := os.Create(filepath.Join(b.dir, "disk"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var took samples
	block := make([]byte, 600)
	for range 1000 {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		took.add(time.Since(began))
	}
	b.put("limit.fsync.p50", ms(took.at(0.5)), "ms", "one synced write of 600 bytes")
	b.put("limit.fsync.p99", ms(took.at(0.99)), "ms", "")
	return nil
}

// transport measures one empty gRPC call.
func (b *bench) transport(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	healthv1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	connection, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	client := healthv1.NewHealthClient(connection)
	var took samples
	for range 5000 {
		began := time.Now()
		if _, err := client.Check(ctx, &healthv1.HealthCheckRequest{}); err != nil {
			return err
		}
		took.add(time.Since(began))
	}
	b.put("limit.grpc.p50", ms(took.at(0.5)), "ms", "one empty call")
	return nil
}

// pipeline appends the facts of whole cases to an embedded log with group
// commit: one to open, then seven chains of four, as the hub does, and nothing
// else. It answers cases per second.
func (b *bench) pipeline(ctx context.Context, n int) (float64, error) {
	log := slog.New(slog.DiscardHandler)
	server, err := embedded.Start(embedded.Options{Dir: filepath.Join(b.dir, fmt.Sprint("pipeline", n)), Log: log})
	if err != nil {
		return 0, err
	}
	defer server.Shutdown()
	hub, err := bus.Connect(ctx, server.BusOptions(bus.Hub))
	if err != nil {
		return 0, err
	}
	defer hub.Close()
	if err := hub.EnsureTopology(ctx); err != nil {
		return 0, err
	}
	var cases atomic.Int64
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range n {
		group.Go(func() error {
			for time.Since(began) < b.load/2 {
				if err := bareCase(ctx, hub); err != nil {
					return err
				}
				cases.Add(1)
			}
			return nil
		})
	}
	err = group.Wait()
	return float64(cases.Load()) / time.Since(began).Seconds(), err
}

// bareCase appends 29 facts of 400 bytes: the case, and four for each provider.
func bareCase(ctx context.Context, hub *bus.Bus) error {
	id := newID()
	body := make([]byte, 400)
	if _, err := hub.Append(ctx, bus.Message{Subject: name.CaseScope(id).Subject(name.ByHub), Data: body}, name.CaseScope(id).String(), 0); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range name.Providers {
		group.Go(func() error {
			scope := name.Scope{Case: id, Party: p, Number: 1}
			var last uint64
			for _, author := range []string{name.ByHub, name.ByOwn, name.ByOwn, name.ByOwn} {
				sequence, err := hub.Append(ctx, bus.Message{Subject: scope.Subject(author), Data: body}, scope.String(), last)
				if err != nil {
					return err
				}
				last = sequence
			}
			return nil
		})
	}
	return group.Wait()
}
