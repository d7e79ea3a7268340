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
	"strings"
	"syscall"
	"time"
)

func main() {
	seconds := flag.Int("seconds", 10, "how long each load runs")
	large := flag.Int("large", 0, "also measure a store of this many cases, such as 100000")
	keep := flag.String("data", "", "folder for the data; a temporary one when empty")
	parts := flag.String("parts", "limits,load,rebuild", "what to measure, of these three")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, time.Duration(*seconds)*time.Second, *large, *keep, *parts); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	hub     string // the binary
	dir     string
	load    time.Duration
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

func run(ctx context.Context, load time.Duration, large int, dir, parts string) error {
	if dir == "" {
		made, err := os.MkdirTemp("", "hub-bench-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(made) }()
		dir = made
	}
	b := &bench{dir: dir, load: load, hub: filepath.Join(dir, "hub")}
	build := exec.CommandContext(ctx, "go", "build", "-o", b.hub, "github.com/businessespoo/hub/deploy/cmd/hub")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the hub: %w", err)
	}
	fmt.Printf("# %s, %d processors, %s/%s, %s\n", time.Now().Format(time.DateOnly), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	for _, name := range strings.Split(parts, ",") {
		part, ok := map[string]func(context.Context) error{"limits": b.limits, "load": b.small, "rebuild": b.rebuild}[name]
		if !ok {
			return fmt.Errorf("part %q must be limits, load or rebuild", name)
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

func (b *bench) table() {
	fmt.Println("\n| figure | value | unit | aim or limit |\n|---|---:|---|---|")
	for _, f := range b.figures {
		fmt.Printf("| %s | %s | %s | %s |\n", f.name, number(f.value), f.unit, f.aim)
	}
}
