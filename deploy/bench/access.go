package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// accessCost compares the hub without the access log with itself: whole cases, and
// reads alone.
func (b *bench) accessCost(ctx context.Context, turns int) error {
	dir, err := os.MkdirTemp("", "hub-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b.dir = dir
	if err := b.build(ctx); err != nil {
		return err
	}
	builds := []build{
		{name: "without the access log", binary: b.hub, env: []string{"HUB_NO_ACCESS_LOG=true"}}, {name: "with it", binary: b.hub},
	}
	all, stop, err := b.enter(ctx, builds)
	defer stop()
	if err != nil {
		return err
	}
	return errors.Join(b.race(ctx, builds, all, turns), b.reads(ctx, builds, all, turns))
}

// reading is one kind of read that is measured.
type reading struct {
	name string
	// read reads a case once; request is that of the first provider.
	read func(ctx context.Context, t *target, name, request string) error
}

var readings = []reading{
	{"GetCase of a company", func(ctx context.Context, t *target, name, _ string) error {
		_, err := t.cases.GetCase(as(ctx, t.company), &casesv1.GetCaseRequest{Name: name})
		return err
	}},
	{"GetRequest of an advisor", func(ctx context.Context, t *target, _, request string) error {
		_, err := t.desks[0].client.GetRequest(as(ctx, t.desks[0].token), &providerv1.GetRequestRequest{Name: request})
		return err
	}},
}

// readers is how many read at the same time.
const readers = 2

// reads loads all in turns with reads of one kind, and prints how long they took.
func (b *bench) reads(ctx context.Context, builds []build, all []*entrant, turns int) error {
	fmt.Printf("reads, %d at a time:\n", readers)
	for _, kind := range readings {
		latencies, used := make([]samples, len(all)), make([]time.Duration, len(all))
		opened := make([]string, len(all))
		for i, e := range all {
			answer, err := e.target.cases.OpenCase(as(ctx, e.target.company), request(uuid.NewString()))
			if err != nil {
				return fmt.Errorf("open: %w", err)
			}
			opened[i] = answer.Case.Name
			first := e.target.desks[0]
			if _, err := first.work(as(ctx, first.token), opened[i]+"/requests/"+first.key+"-1", &outcome{}); err != nil {
				return err
			}
		}
		for turn := range turns * len(all) {
			i := turn % len(all)
			e := all[i]
			before, err := e.process.cpu()
			if err != nil {
				return err
			}
			if err := e.target.readFor(ctx, kind, opened[i], slice/2, &latencies[i]); err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
			after, err := e.process.cpu()
			if err != nil {
				return err
			}
			used[i] += after - before
		}
		for i := range all {
			fmt.Printf("%s, %s: p50 %.2f ms, p99 %.2f ms, %.3f ms processor time\n", kind.name, builds[i].name,
				ms(latencies[i].at(0.5)), ms(latencies[i].at(0.99)), ms(used[i])/float64(len(latencies[i].list)))
		}
	}
	return nil
}

// readFor reads a case again and again for about d.
func (t *target) readFor(ctx context.Context, kind reading, name string, d time.Duration, latencies *samples) error {
	group, ctx := errgroup.WithContext(ctx)
	ends := time.Now().Add(d)
	for range readers {
		group.Go(func() error {
			for time.Now().Before(ends) {
				began := time.Now()
				if err := kind.read(ctx, t, name, name+"/requests/"+t.desks[0].key+"-1"); err != nil {
					return err
				}
				latencies.add(time.Since(began))
			}
			return nil
		})
	}
	return group.Wait()
}
