package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// slice is how long each build runs before it is the next one's turn: short, since
// the speed of a machine drifts within a minute.
const slice = time.Second

// build is a binary of the hub, and the environment that it gets.
type build struct {
	name, binary string
	env          []string
}

// entrant is one build that is compared.
type entrant struct {
	process *process
	target  *target
	cases   int
	// took is how long it was loaded in all, cpu its processor time meanwhile.
	took, cpu time.Duration
	// rates and costs are the logarithms of each turn's cases per second and
	// processor time per case, over those of the first build in the same turn.
	rates, costs []float64
}

// compare runs several builds of the hub beside each other, loads them in turns,
// and prints how each differs from the first one, with the standard error.
func (b *bench) compare(ctx context.Context, builds []build, turns int) error {
	all, stop, err := b.enter(ctx, builds)
	defer stop()
	if err != nil {
		return err
	}
	return b.race(ctx, builds, all, turns)
}

// enter starts the builds and loads each a while to warm it up. Call stop at the end,
// whatever happened.
func (b *bench) enter(ctx context.Context, builds []build) (all []*entrant, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, end := range stops {
			end()
		}
	}
	for _, one := range builds {
		dir, err := os.MkdirTemp("", "hub-bench-")
		if err != nil {
			return nil, stop, err
		}
		stops = append(stops, func() { _ = os.RemoveAll(dir) })
		process, err := (&bench{hub: one.binary, env: one.env, dir: dir}).start(ctx, filepath.Join(dir, "data"))
		if err != nil {
			return nil, stop, fmt.Errorf("%s: %w", one.name, err)
		}
		stops[len(stops)-1] = func() {
			_ = process.stop(syscall.SIGTERM)
			_ = os.RemoveAll(dir)
		}
		target, err := process.connect(ctx)
		if err == nil {
			_, err = target.run(ctx, b.clients[0], 3*slice)
		}
		if err != nil {
			return nil, stop, fmt.Errorf("%s: %w", one.name, err)
		}
		all = append(all, &entrant{process: process, target: target})
	}
	return all, stop, nil
}

// race loads all in turns with whole cases.
func (b *bench) race(ctx context.Context, builds []build, all []*entrant, turns int) error {
	for turn := range turns {
		if err := b.turn(ctx, all, turn%2 == 1); err != nil {
			return err
		}
	}
	fmt.Printf("%d turns of %s with %d clients; rate and processor time are those of the first build times\n", turns, slice, b.clients[0])
	for i, e := range all {
		rate, rateError := mean(e.rates)
		cost, costError := mean(e.costs)
		fmt.Printf("%s: %.1f cases/s, %.2f ms/case; rate x %.3f ± %.3f, processor time x %.3f ± %.3f\n", builds[i].name,
			float64(e.cases)/e.took.Seconds(), ms(e.cpu)/float64(e.cases), rate, rateError, cost, costError)
	}
	return nil
}

// turn loads each build once, every other time in the other order.
func (b *bench) turn(ctx context.Context, all []*entrant, backward bool) error {
	rates, costs := make([]float64, len(all)), make([]float64, len(all))
	for i := range all {
		if backward {
			i = len(all) - 1 - i
		}
		e := all[i]
		before, err := e.process.cpu()
		if err != nil {
			return err
		}
		o, err := e.target.run(ctx, b.clients[0], slice)
		if err != nil {
			return err
		}
		after, err := e.process.cpu()
		if err != nil {
			return err
		}
		e.cases, e.took, e.cpu = e.cases+o.cases, e.took+o.took, e.cpu+after-before
		rates[i], costs[i] = math.Log(o.rate()), math.Log(float64(after-before)/float64(o.cases))
	}
	for i, e := range all {
		e.rates, e.costs = append(e.rates, rates[i]-rates[0]), append(e.costs, costs[i]-costs[0])
	}
	return nil
}

// mean is the geometric mean of what the logarithms are of, with its standard error.
func mean(logs []float64) (value, standardError float64) {
	sum, squares := 0.0, 0.0
	for _, l := range logs {
		sum += l
	}
	middle := sum / float64(len(logs))
	for _, l := range logs {
		squares += (l - middle) * (l - middle)
	}
	if len(logs) < 2 {
		return math.Exp(middle), 0
	}
	return math.Exp(middle), math.Sqrt(squares / float64(len(logs)-1) / float64(len(logs)))
}

// builds reads the list of -compare.
func builds(list string) ([]build, error) {
	var all []build
	for _, binary := range strings.Split(list, ",") {
		path, err := filepath.Abs(binary)
		if err == nil {
			_, err = os.Stat(path)
		}
		if err != nil {
			return nil, fmt.Errorf("-compare names binaries of the hub, separated by commas: %w", err)
		}
		all = append(all, build{name: filepath.Base(path), binary: path})
	}
	return all, nil
}
