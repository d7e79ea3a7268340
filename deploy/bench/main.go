// Command bench measures the hub and prints one line "name value unit" per
// figure, and a table at the end. It is a benchmark and no test: nothing fails
// on a slow machine. Each figure stands beside its limit, measured in the same
// run: what the disk, the transport or the bare log could do at best.
//
// The hub runs as its real binary in a process of its own, on a fresh data
// folder; the load comes over gRPC from this process.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	seconds := flag.Int("seconds", 10, "how long each load runs")
	large := flag.Int("large", 0, "also measure a store of this many cases, such as 100000")
	keep := flag.String("data", "", "folder for the data, where a large store is used again; a temporary one when empty")
	parts := flag.String("parts", "limits,load,pages,rebuild", "what to measure, of these four")
	clients := flag.String("clients", "1,8,32", "numbers of clients that the load is measured with")
	binary := flag.String("hub", "", "binary of the hub, to compare versions; built from here when empty")
	comparison := flag.String("compare", "", "binaries of the hub, separated by commas, to load in turns with the first number of -clients, and nothing else")
	access := flag.Bool("access", false, "compare the hub without the access log with itself, as -compare does, then its reads, and nothing else")
	turns := flag.Int("turns", 24, "how many turns of a second each binary of -compare gets")
	flag.Parse()
	debug.SetGCPercent(400) // the load shares the processors with what it measures
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{dir: *keep, hub: *binary, load: time.Duration(*seconds) * time.Second}
	err := b.parse(*clients)
	switch {
	case err != nil:
	case *comparison != "":
		var all []build
		if all, err = builds(*comparison); err == nil {
			err = b.compare(ctx, all, max(*turns, 1))
		}
	case *access:
		err = b.accessCost(ctx, max(*turns, 1))
	default:
		err = b.run(ctx, *large, *parts)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	hub     string   // the binary
	env     []string // for the hub, beside this process's
	dir     string
	load    time.Duration
	clients []int
	figures []figure
}

// figure is one measured value. aim says what is wanted of it, in words.
type figure struct {
	name  string
	value float64
	unit  string
	aim   string
}

func (b *bench) put(name string, value float64, unit, aim string) {
	b.figures = append(b.figures, figure{name, value, unit, aim})
	fmt.Printf("%s %s %s\n", name, number(value), unit)
}

func number(value float64) string {
	switch {
	case value >= 100:
		return fmt.Sprintf("%.0f", value)
	case value >= 10:
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.2f", value)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// parse reads the numbers of clients.
func (b *bench) parse(clients string) error {
	for _, text := range strings.Split(clients, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-clients %q must be numbers from 1, as in 1,8,32", clients)
		}
		b.clients = append(b.clients, n)
	}
	return nil
}

func (b *bench) run(ctx context.Context, large int, parts string) error {
	if b.dir == "" {
		made, err := os.MkdirTemp("", "hub-bench-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(made) }()
		b.dir = made
	}
	if err := b.build(ctx); err != nil {
		return err
	}
	fmt.Printf("# %s, %d processors, %s/%s, %s\n", time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	for _, name := range strings.Split(parts, ",") {
		part, ok := map[string]func(context.Context) error{"limits": b.limits, "load": b.small, "pages": b.pages, "rebuild": b.rebuild}[name]
		if !ok {
			return fmt.Errorf("part %q must be limits, load, pages or rebuild", name)
		}
		if err := part(ctx); err != nil {
			return err
		}
	}
	if large > 0 {
		if err := b.large(ctx, large); err != nil {
			return err
		}
	}
	b.table()
	return nil
}

// build builds the hub, unless a binary was named.
func (b *bench) build(ctx context.Context) error {
	if b.hub != "" {
		return nil
	}
	b.hub = filepath.Join(b.dir, "hub")
	build := exec.CommandContext(ctx, "go", "build", "-o", b.hub, "github.com/businessespoo/hub/deploy/cmd/hub")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the hub: %w", err)
	}
	return nil
}

func (b *bench) table() {
	fmt.Println("\n| figure | value | unit | aim or limit |\n|---|---:|---|---|")
	for _, f := range b.figures {
		fmt.Printf("| %s | %s | %s | %s |\n", f.name, number(f.value), f.unit, f.aim)
	}
}
