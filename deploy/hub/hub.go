// Package hub runs the whole hub in one process: the embedded log, the seven
// providers and the gateway, each of them the same code that runs apart. Wiring
// is by hand, and all of it is here.
package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/businessespoo/hub/gateway"
	"github.com/businessespoo/hub/services/chamber"
	"github.com/businessespoo/hub/services/employment"
	"github.com/businessespoo/hub/services/enterespoo"
	"github.com/businessespoo/hub/services/espoocity"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
	"github.com/businessespoo/hub/services/omnia"
	"github.com/businessespoo/hub/services/provider"
	"github.com/businessespoo/hub/services/yrittajat"
	"github.com/businessespoo/hub/services/yritysespoo"
)

// stopWithin is how long an orderly end may take before it becomes a hard one.
const stopWithin = 10 * time.Second

// Options say what to run.
type Options struct {
	// Data is the data folder; made when missing.
	Data string
	// Demo fills an empty folder with demo data, offers demo identities and makes
	// the clock settable.
	Demo bool
	// Listen, Web and Health are host:port of the gateway's gRPC, of the pages,
	// and of the probes and metrics. Port 0 takes a free one.
	Listen, Web, Health string
	// ProviderListen is host:port of the first provider's gRPC; the others follow
	// on the next ports, in the order of bus.Providers. With port 0 each takes a
	// free one.
	ProviderListen string
	// Issuers is the file that says who lets people in to the pages; see signin.Config.
	// It is refused together with Demo.
	Issuers string
	// RateLimit is how many calls a second of one caller each part answers over time;
	// 0 is without limit.
	RateLimit float64
	// BehindProxy tells that the pages are reached through a proxy alone; see
	// web.Options.
	BehindProxy bool
	// CompanyRegister is the address of the public register of companies; empty for none.
	// A demo has one of its own, and is refused together with another.
	CompanyRegister string
	// HeadsFile is a file to which the signed heads of the access log are appended,
	// better on another disk; audit/heads.jsonl in the data folder when empty.
	HeadsFile string
	// NoAccessLog leaves the access log out, to measure what it costs.
	NoAccessLog bool
	// Log receives what an operator should know; slog.Default when nil.
	Log *slog.Logger
	// Out receives what a person should know: what listens where, and what to try.
	// Nil discards it.
	Out io.Writer
	// Ready is called once, when everything is up; nil for nothing.
	Ready func(Addresses)
	// Trial is for tests that take a safeguard away, and zero anywhere else.
	Trial Trial
}

// Trial is what a test needs that cuts the power, or changes who sees what. No flag
// and no file of a hub sets it.
type Trial struct {
	// GroupCommitOff acknowledges before anything is on disk, so that the test can
	// show that it would notice.
	GroupCommitOff bool
	// Opened is given the log as soon as it is open; nil for nothing.
	Opened func(*embedded.Server)
	// Sight is the table of who sees what; nil for the hub's own.
	Sight *sight.Table
	// Clock is given what moves the hub's time ahead; nil for nothing.
	Clock func(advance func(by time.Duration) time.Time)
}

// Definitions are the seven, in the order of bus.Providers.
func Definitions() []provider.Definition {
	return []provider.Definition{
		espoocity.Definition(), enterespoo.Definition(), omnia.Definition(), yrittajat.Definition(),
		chamber.Definition(), yritysespoo.Definition(), employment.Definition(),
	}
}

// process is a running hub, made part by part; close undoes what was made.
type process struct {
	options   Options
	folder    Folder
	clock     *clock
	key       *token.Key
	verifier  *token.Verifier
	metrics   *host.Metrics
	health    *host.HTTP
	listeners *listeners

	log       *embedded.Server
	buses     []*bus.Bus
	providers []*provider.Provider
	gateway   *gateway.Gateway
	// filling is set while a demo fills itself.
	filling atomic.Bool
}

// Run runs the hub until ctx ends, and stops it in good order.
func Run(ctx context.Context, o Options) error {
	o.Log = cmp.Or(o.Log, slog.Default())
	if o.Out == nil {
		o.Out = io.Discard
	}
	p := &process{options: o, metrics: host.NewMetrics()}
	// What a demo does to itself would fill the screen of who waits for it.
	p.options.Log = slog.New(hush{o.Log.Handler(), &p.filling})
	p.health = host.NewHTTP(p.metrics)
	if err := p.open(ctx); err != nil {
		return errors.Join(err, p.close())
	}
	return host.Run(ctx, o.Log, stopWithin, p.parts()...)
}

// open makes all that runs, in the order in which it stands on each other.
func (p *process) open(ctx context.Context) error {
	if p.options.Demo && p.options.Issuers != "" {
		return errDemoIssuers
	}
	if p.options.Demo && p.options.CompanyRegister != "" {
		return errDemoRegister
	}
	var err error
	if p.folder, err = OpenFolder(p.options.Data); err != nil {
		return err
	}
	if p.clock, err = openClock(p.folder, p.options.Demo); err != nil {
		return err
	}
	if err = p.beginDemo(); err != nil {
		return err
	}
	if p.key, err = p.folder.TokenKey(); err != nil {
		return err
	}
	p.verifier = token.NewVerifier(p.clock.Now, p.key.Public())
	// Before the log: two processes with the same ports end here, with a clear word.
	if p.listeners, err = listen(p.options); err != nil {
		return err
	}
	if p.log, err = embedded.Start(embedded.Options{
		Dir: p.folder.dir, Log: p.options.Log, GroupCommitOff: p.options.Trial.GroupCommitOff,
	}); err != nil {
		return err
	}
	if p.options.Trial.Clock != nil {
		p.options.Trial.Clock(p.clock.Advance)
	}
	if p.options.Trial.Opened != nil {
		p.options.Trial.Opened(p.log)
	}
	hubBus, err := p.connect(ctx, bus.Hub)
	if err != nil {
		return err
	}
	if err = hubBus.EnsureTopology(ctx); err != nil {
		return err
	}
	if err = p.openProviders(ctx); err != nil {
		return err
	}
	return p.openGateway(ctx, hubBus)
}

// connect connects a party with its own credentials: the embedded server
// enforces the same rights as an external one.
func (p *process) connect(ctx context.Context, party string) (*bus.Bus, error) {
	options := p.log.BusOptions(party)
	options.Clock = p.clock.Now
	connected, err := bus.Connect(ctx, options)
	if err != nil {
		return nil, err
	}
	p.buses = append(p.buses, connected)
	return connected, nil
}

// openProviders opens the seven at once: most of it is waiting for the disk.
func (p *process) openProviders(ctx context.Context) error {
	definitions := Definitions()
	p.providers = make([]*provider.Provider, len(definitions))
	group, ctx := errgroup.WithContext(ctx)
	for i, definition := range definitions {
		connected, err := p.connect(ctx, definition.Key)
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		group.Go(func() error {
			made, err := provider.New(provider.Options{
				Sight:      p.options.Trial.Sight,
				Definition: definition, Bus: connected, Dir: p.folder.path(projectionsDir, definition.Key),
				Audit: p.folder.path(keysDir, definition.Key), NoAccessLog: p.options.NoAccessLog,
				Verifier: p.verifier, RateLimit: p.options.RateLimit, Clock: p.clock.Now, Log: p.options.Log, Metrics: p.metrics,
			})
			if err != nil {
				return err
			}
			p.providers[i] = made
			p.health.Check(made.Key(), made.Check)
			return nil
		})
	}
	return group.Wait()
}

func (p *process) openGateway(ctx context.Context, hubBus *bus.Bus) error {
	dir := p.folder.path(projectionsDir, "gateway")
	if err := makeDir(dir); err != nil {
		return err
	}
	options := gateway.Options{
		Sight: p.options.Trial.Sight,
		Bus:   hubBus, DataDir: dir, Erasures: p.folder.path(erasuresFile), GRPC: p.listeners.grpc, Web: p.listeners.web,
		Providers: p.listeners.addresses().Providers, Verifier: p.verifier,
		RateLimit: p.options.RateLimit, BehindProxy: p.options.BehindProxy, CompanyRegister: p.companyRegister(),
		Audit: p.folder.path(keysDir, bus.Hub), HeadsFile: cmp.Or(p.options.HeadsFile, p.folder.path(auditDir, headsFile)), NoAccessLog: p.options.NoAccessLog,
		Clock: p.clock.Now, Log: p.options.Log, Metrics: p.metrics,
	}
	if err := p.issuers(&options); err != nil {
		return err
	}
	if p.options.Demo {
		options.AdvanceClock = p.clock.Advance
		options.Tick = demoTick
	}
	made, err := gateway.New(ctx, options)
	if err != nil {
		return err
	}
	p.gateway = made
	p.health.Check("gateway", made.Check)
	return nil
}

// parts are what runs, in the order of starting. They stop in the opposite order:
// the providers' doors first, the log last.
func (p *process) parts() []host.Part {
	parts := []host.Part{
		p.health.Part(p.listeners.health),
		{Name: "log", Stop: p.closeLog},
		// The gateway makes the consumers that the providers read through.
		{Name: "gateway", Run: p.gateway.Run},
	}
	if p.listeners.register != nil {
		parts = append(parts, host.HTTPPart("company register of the demo", p.listeners.register, demoRegister()))
	}
	for i, made := range p.providers {
		parts = append(parts, made.Part(), made.NewServer().Part(made.Key()+" gRPC", p.listeners.providers[i]))
	}
	return append(parts, host.Part{Name: "welcome", Run: p.welcome})
}

func (p *process) closeLog(ctx context.Context) error {
	var failures []error
	for _, connected := range p.buses {
		failures = append(failures, connected.Drain(ctx))
	}
	p.log.Shutdown()
	return errors.Join(failures...)
}

// close undoes an open that failed on the way.
func (p *process) close() error {
	var failures []error
	for _, made := range p.providers {
		if made != nil {
			failures = append(failures, made.Close())
		}
	}
	for _, connected := range p.buses {
		connected.Close()
	}
	if p.log != nil {
		p.log.Shutdown()
	}
	if p.listeners != nil {
		p.listeners.close()
	}
	return errors.Join(failures...)
}

// readyEvery is how often a starting hub looks whether it is ready.
const readyEvery = 10 * time.Millisecond

// ready returns when every part has read the log to the end that it had.
func (p *process) ready(ctx context.Context) error {
	ticker := time.NewTicker(readyEvery)
	defer ticker.Stop()
	for {
		err := p.gateway.Check(ctx)
		for _, made := range p.providers {
			err = errors.Join(err, made.Check(ctx))
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("hub: not ready: %w", err)
		case <-ticker.C:
		}
	}
}
