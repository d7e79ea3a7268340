// Package world starts the hub's real binaries for tests from outside, and
// speaks to them as the people do who use it: companies, advisors, operators.
//
// A world has one of two shapes: everything in one process, or nine processes
// around an nats-server. A test that takes a *World plays against either. Every
// process is ended when the test ends, also when it fails, and its log is shown
// when the test has failed.
package world

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// Addresses are where a hub listens, each as host:port.
type Addresses struct {
	// GRPC is the gateway, Web the pages.
	GRPC, Web string
	// Health is the probes of the single process, or of the gateway.
	Health string
	// Providers are the providers' own gRPC, by key.
	Providers map[string]string
	// NATS is the log's server; empty in a single process.
	NATS string
}

// World is a running hub.
type World struct {
	// Data is the data folder. The processes that run apart each have a folder of
	// their own in it.
	Data string
	// Log is where the log has its files.
	Log string
	// Key signs tokens that the hub believes.
	Key *token.Key
	// At is where it listens.
	At Addresses
	// Door are the issuers that let people in to the pages; a demo has its own.
	Door *Door

	single    bool
	builder   *Builder
	processes []*Process // in the order in which they are started
	// apart are the flags that every process which runs apart has; see Replica.
	apart func(party string) []string
	logs  string

	// security is what callers connect with.
	security credentials.TransportCredentials

	mu    sync.Mutex
	conns map[string]*grpc.ClientConn
	// newest is the revision of what was last done in each case, by anybody.
	newest map[string]string

	issuing sync.Mutex
	// systems are the authorizations of systems that were asked for, by who they are.
	systems map[string]string
}

// Single starts everything in one process, on an empty data folder.
func Single(t testing.TB, b *Builder, flags ...string) *World {
	t.Helper()
	return On(t, b, filepath.Join(t.TempDir(), "data"), flags...)
}

// On starts everything in one process on a data folder, with further flags of
// hub run, such as --demo.
func On(t testing.TB, b *Builder, data string, flags ...string) *World {
	t.Helper()
	w := prepare(t, b, data)
	w.alone(t, func() []string {
		if slices.Contains(flags, "--demo") {
			return flags
		}
		var issuers string
		w.Door, issuers = openDoor(t, w.At.Web)
		return append([]string{"--issuers", issuers}, flags...)
	})
	return w
}

// LetInBy starts everything in one process, on an empty data folder, where people are
// let in by the issuers of a file; issuers is told where the pages are and names it.
func LetInBy(t testing.TB, b *Builder, issuers func(web string) string, flags ...string) *World {
	t.Helper()
	w := prepare(t, b, filepath.Join(t.TempDir(), "data"))
	w.alone(t, func() []string { return append([]string{"--issuers", issuers(w.At.Web)}, flags...) })
	return w
}

// alone starts the one process of a prepared world. The flags are asked for when it is
// known where it will listen.
func (w *World) alone(t testing.TB, flags func() []string) {
	t.Helper()
	data := w.Data
	w.single, w.Log = true, filepath.Join(data, "jetstream")
	first, err := FreePorts(3 + len(name.Providers))
	must(t, err)
	w.At = Addresses{GRPC: address(first), Web: address(first + 1), Health: address(first + 2), Providers: map[string]string{}}
	for i, key := range name.Providers {
		w.At.Providers[key] = address(first + 3 + i)
	}
	w.add(t, "hub", "hub", w.At.Health, "", append([]string{
		"run", "--data", data, "--listen", w.At.GRPC, "--web", w.At.Web, "--health", w.At.Health, "--provider-listen", address(first + 3),
	}, flags()...)...)
	w.begin(t)
}

func prepare(t testing.TB, b *Builder, data string) *World {
	t.Helper()
	w := &World{Data: data, builder: b, logs: t.TempDir(), security: insecure.NewCredentials(), conns: map[string]*grpc.ClientConn{}, newest: map[string]string{}, systems: map[string]string{}}
	t.Cleanup(func() { w.end(t) })
	return w
}

// begin starts all processes at once: they wait for each other.
func (w *World) begin(t testing.TB) {
	t.Helper()
	for _, p := range w.processes {
		must(t, p.Launch())
	}
	for _, p := range w.processes {
		must(t, p.Ready(t.Context()))
	}
	var err error
	w.Key, err = token.OpenKey(filepath.Join(w.Data, "keys", "token.key"))
	must(t, err)
}

// end ends every process, the last one first, and shows their logs after a failure.
func (w *World) end(t testing.TB) {
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	for _, p := range slices.Backward(w.processes) {
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		for _, p := range w.processes {
			p.showLog(t)
		}
	}
}

// add makes a process of the world.
func (w *World) add(t testing.TB, called, binary, health, listen string, args ...string) *Process {
	t.Helper()
	path, err := w.builder.Binary(binary)
	must(t, err)
	p := &Process{Name: called, binary: path, args: args, health: health, listen: listen, logPath: filepath.Join(w.logs, called+".log")}
	w.processes = append(w.processes, p)
	return p
}

// Process answers the process that a part of the hub runs in: the part is
// gateway, nats-server or the key of a provider. In a single process it is always
// the same one.
func (w *World) Process(part string) *Process {
	for _, p := range w.processes {
		if w.single || p.Name == part {
			return p
		}
	}
	panic("world: no process " + part)
}

// Processes are all of them, in the order in which they were started.
func (w *World) Processes() []*Process { return w.processes }

// IsSingle tells whether everything runs in one process.
func (w *World) IsSingle() bool { return w.single }

// Start starts the process of a part that was stopped or killed, and waits until
// it is ready.
func (w *World) Start(t testing.TB, part string) {
	t.Helper()
	p := w.Process(part)
	must(t, p.Launch())
	must(t, p.Ready(t.Context()))
}

// Stop ends the process of a part in good order.
func (w *World) Stop(t testing.TB, part string) {
	t.Helper()
	must(t, w.Process(part).Stop())
}

// Kill ends the process of a part at once.
func (w *World) Kill(t testing.TB, part string) {
	t.Helper()
	must(t, w.Process(part).Kill())
}

// Ready waits until every process that runs is ready.
func (w *World) Ready(t testing.TB) {
	t.Helper()
	for _, p := range w.processes {
		if p.Alive() {
			must(t, p.Ready(t.Context()))
		}
	}
}

// Projections are the folders that hold nothing but what can be built again from
// the log.
func (w *World) Projections() []string {
	if w.single {
		return []string{filepath.Join(w.Data, "projections")}
	}
	folders := []string{w.Projection("gateway")}
	for _, key := range name.Providers {
		folders = append(folders, w.Projection(key))
	}
	return folders
}

// Projection is the folder of what one part builds from the log: the gateway, or
// a provider by its key.
func (w *World) Projection(part string) string {
	switch {
	case w.single:
		return filepath.Join(w.Data, "projections", part)
	case part == "gateway":
		return filepath.Join(w.Data, part)
	}
	return filepath.Join(w.Data, part+"-0")
}

// Conn answers a connection to an address; it is closed with the world.
func (w *World) Conn(t testing.TB, address string) *grpc.ClientConn {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if conn, ok := w.conns[address]; ok {
		return conn
	}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(w.security))
	must(t, err)
	w.conns[address] = conn
	return conn
}

// Hub runs the hub's binary with the arguments and answers what it printed.
func (w *World) Hub(ctx context.Context, args ...string) (string, error) {
	return Run(ctx, w.builder, "hub", args...)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mkdir makes a folder for a process.
func mkdir(t testing.TB, dir string) string {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o700))
	return dir
}
