// Package provider is what all seven providers do alike: the inbox, the desk
// where advisors work (ProviderService), the confidential notes, the directory
// of advisors, and the catalogue's publication. What only one of them knows is
// in its own package, which answers a Definition.
//
// A process makes a Provider, registers it on a gRPC server and runs it:
//
//	p, err := provider.New(provider.Options{Definition: omnia.Definition(), Bus: b, Dir: dir, ...})
//	server := p.NewServer()
//	host.Run(ctx, log, 0, p.Part(), server.Part("omnia gRPC", listener))
//
// Everything that a provider keeps in its directory is a projection: delete it
// at any time, and the next start builds it again from the log.
package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/projection"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

// Definition is one of the seven, as a value.
type Definition struct {
	// Key names the provider, as in providers/{key}.
	Key string
	// Catalogue is the content of its catalogue.yaml, Words of the words.yaml
	// beside it; Words may be nil.
	Catalogue, Words []byte
	// Register registers the gRPC service that this provider alone has; nil when
	// it has none. The rules behind it may use the access.
	Register func(r grpc.ServiceRegistrar, a Access)
}

// Access is what a provider's own service may use of the provider.
type Access struct {
	// Catalogue is the provider's, with the amounts that rules count with.
	Catalogue *catalogue.Provider
	// Clock tells the time, in UTC.
	Clock func() time.Time
	// Request answers one of the provider's requests by its resource name, for a
	// caller of the provider; a problem of kind NotFound for anybody and anything
	// else.
	Request func(ctx context.Context, request string) (*casesv1.Request, error)
}

// Options are what a provider needs.
type Options struct {
	// Definition says which provider.
	Definition Definition
	// Bus is the connection of this provider to the log. The provider does not
	// close it.
	Bus *bus.Bus
	// Dir is where its files are kept; made when missing. Two processes may not
	// share it: each replica has its own.
	Dir string
	// Audit is the folder of the key that signs the heads of the access log; Dir when
	// empty. With another key than before, the log says so.
	Audit string
	// NoAccessLog leaves the access log out, to measure what it costs.
	NoAccessLog bool
	// Verifier reads the tokens of callers.
	Verifier *token.Verifier
	// RateLimit is how many calls a second of one caller are answered; 0 is without limit.
	RateLimit float64
	// Clock tells the time; time.Now when nil.
	Clock func() time.Time
	// Log receives what an operator should know; slog.Default when nil.
	Log *slog.Logger
	// Metrics counts calls and events; nil counts nothing.
	Metrics *host.Metrics
	// Sight is the table of who sees what; the hub's own when nil. Only a test that
	// changes a cell gives another.
	Sight *sight.Table
}

// Provider is a running provider. It is safe for concurrent use.
type Provider struct {
	key        string
	definition Definition
	catalogue  *catalogue.Provider
	bus        *bus.Bus
	inbox      *inbox
	notes      *notes
	directory  *directory.Directory
	keys       *systemkey.Book
	verifier   *token.Verifier
	rateLimit  float64
	metrics    *host.Metrics
	access     accessLogs
	clock      func() time.Time
	newID      func() string
	watchCheck time.Duration
	log        *slog.Logger
	sight      *sight.Table
}

// New reads the catalogue and opens the files. It fails with one line that names
// the file and the field when the catalogue has a mistake.
func New(o Options) (*Provider, error) {
	d := o.Definition
	read, err := catalogue.Load(d.Key+"/catalogue.yaml", d.Catalogue, d.Words)
	if err != nil {
		return nil, fmt.Errorf("provider: load the catalogue of %s: %w", d.Key, err)
	}
	if !name.Known(d.Key) || read.Key != d.Key || o.Bus.Party() != d.Key {
		return nil, fmt.Errorf("provider: start %q with the catalogue of %q and the connection of %q: all three must be one of the seven", d.Key, read.Key, o.Bus.Party())
	}
	p := &Provider{
		key: d.Key, definition: d, catalogue: read, bus: o.Bus, verifier: o.Verifier, rateLimit: o.RateLimit, metrics: o.Metrics,
		clock: o.Clock, newID: uuid.NewString, watchCheck: normalCheck, log: o.Log, sight: o.Sight,
	}
	if p.sight == nil {
		p.sight = sight.Rules()
	}
	if p.clock == nil {
		p.clock = time.Now
	}
	if p.log == nil {
		p.log = slog.Default()
	}
	p.log = p.log.With("provider", p.key)
	if err := p.open(o.Dir); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if !o.NoAccessLog {
		var err error
		if p.access, err = newAccessLogs(p, cmp.Or(o.Audit, o.Dir)); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

func (p *Provider) open(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("provider: make the directory of %s: %w", p.key, err)
	}
	open := func(file string, schema projection.Schema, more ...projection.Option) (*projection.DB, error) {
		return projection.Open(filepath.Join(dir, file+".db"), schema, append(more, projection.WithLog(p.log), projection.WithClock(p.clock))...)
	}
	p.inbox = &inbox{key: p.key, states: newStates(), dead: p.bus, kept: p.sight.Sees(sight.FormerOwner, sight.Given{})}
	p.notes = &notes{key: p.key, stream: bus.PrivateStream(p.key), dead: p.bus}
	p.directory, p.keys = directory.New(), systemkey.New(p.clock, bus.StreamKeys)
	var err error
	if p.inbox.db, err = open("inbox", inboxSchema, projection.WithArrival(bus.StreamCases, p.inbox.arrive),
		projection.WithObserver(p.metrics.Projection(p.key+"-inbox"))); err != nil {
		return err
	}
	// Nobody observes the notes: metrics go to operators, who may not even know how many there are.
	p.notes.erased, p.notes.late = p.inbox.erased.is, p.inbox.erased.again
	if err = p.inbox.loadErased(); err != nil {
		return err
	}
	p.notes.db, err = open("notes", notesSchema(p.key))
	return err
}

// Key names the provider.
func (p *Provider) Key() string { return p.key }

// Register registers ProviderService and the provider's own service.
func (p *Provider) Register(r grpc.ServiceRegistrar) {
	providerv1.RegisterProviderServiceServer(r, desk{Provider: p})
	if p.definition.Register != nil {
		p.definition.Register(r, Access{Catalogue: p.catalogue, Clock: p.clock, Request: p.Request})
	}
}

// NewServer makes a gRPC server with the provider registered on it. It may be
// served on several listeners.
func (p *Provider) NewServer() *host.Server {
	s := host.NewGRPC(host.Options{
		Verifier: p.verifier, SystemKey: p.keys.Principal, KeysChanged: p.keys.Changed, Ready: p.Check,
		Limits: host.Limits{Rate: p.rateLimit}, Log: p.log, Metrics: p.metrics,
		Access: p.access.open(), Confidential: p.access.confidential(), Sight: p.sight,
	})
	p.Register(s)
	return s
}

// Check returns nil when the provider has read the log to the end that it had,
// else what it still reads. It suits a readiness probe.
func (p *Provider) Check(ctx context.Context) error {
	if err := p.inbox.db.Check(ctx); err != nil {
		return err
	}
	if err := p.notes.db.Check(ctx); err != nil {
		return err
	}
	return p.directory.Check(ctx)
}

// Ready returns when the provider has read the log to the end that it had, or
// when ctx ends first.
func (p *Provider) Ready(ctx context.Context) error {
	for {
		err := p.Check(ctx)
		if err == nil {
			return nil
		}
		if rest(ctx, staffPause) != nil {
			return fmt.Errorf("provider: %s is not ready: %w", p.key, errors.Join(ctx.Err(), err))
		}
	}
}

// Run follows the log, answers an operator's replays and publishes the
// catalogue, until ctx ends. While the log or the hub is away it tries again; once
// it has been ready, calls are answered meanwhile from what the files hold.
func (p *Provider) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	follow := func(db *projection.DB, stream string, apply func(tx *projection.Tx, events []bus.Event) error) {
		group.Go(func() error {
			return p.persist(ctx, stream, func() error { return db.Run(ctx, p.bus, stream, apply) })
		})
	}
	follow(p.inbox.db, bus.StreamCases, p.inbox.applyCases(ctx))
	follow(p.notes.db, p.notes.stream, p.notes.apply(ctx))
	group.Go(func() error { return p.persist(ctx, "staff", func() error { return p.directory.Run(ctx, p.bus) }) })
	group.Go(func() error { return p.followKeys(ctx) })
	for handler, replay := range map[string]func(context.Context, bus.Event) error{inboxHandler: p.inbox.replay, notesHandler: p.notes.replay, systemkey.Handler: p.keys.Replay} {
		group.Go(func() error {
			return p.persist(ctx, "replays", func() error { return p.bus.ServeReplays(ctx, handler, replay) })
		})
	}
	group.Go(func() error { return p.persist(ctx, "erasures", func() error { return p.finishErasures(ctx) }) })
	group.Go(func() error { return p.publishCatalogue(ctx) })
	p.access.run(ctx, group)
	return group.Wait()
}

// followKeys reads the keys of the provider's systems until ctx ends. It never gives up,
// and a provider is ready without it: a hub of an older version knows of no keys, and
// a key that comes before they are read is told to come again.
func (p *Provider) followKeys(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := p.keys.Follow(ctx, p.bus, bus.StreamKeys)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.log.WarnContext(ctx, "trying again", "what", "keys", "error", err)
		if err := rest(ctx, pause); err != nil {
			return err
		}
	}
}

// SystemKey answers whom the key of one of the provider's systems stands for.
func (p *Provider) SystemKey(ctx context.Context, key string) (token.Principal, error) {
	return p.keys.Principal(ctx, key)
}

// KeysChanged is closed when a key changes.
func (p *Provider) KeysChanged() <-chan struct{} { return p.keys.Changed() }

// mostFailures is how often in a row something may fail before the process ends:
// what a restart can mend, such as a damaged file, is mended by one.
const mostFailures = 10

// persist runs work until ctx ends, and again after a pause when it fails.
func (p *Provider) persist(ctx context.Context, what string, work func() error) error {
	failures := 0
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		began := p.clock()
		err := work()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if p.clock().Sub(began) > time.Minute {
			failures, pause = 0, firstPause
		}
		if failures++; failures == mostFailures {
			return fmt.Errorf("provider: %s gives up on %s: %w", p.key, what, err)
		}
		p.log.WarnContext(ctx, "trying again", "what", what, "error", err)
		if err := rest(ctx, pause); err != nil {
			return err
		}
	}
}

// Part runs the provider as a part of a process and closes its files at the end.
func (p *Provider) Part() host.Part {
	return host.Part{
		Name: p.key,
		Run: func(ctx context.Context) error {
			err := p.Run(ctx)
			return errors.Join(err, p.Close())
		},
	}
}

// Close closes the files. Call it when Run has returned, unless Part runs it.
func (p *Provider) Close() error {
	var failures []error
	if p.inbox != nil && p.inbox.db != nil {
		failures = append(failures, p.inbox.db.Close())
	}
	if p.notes != nil && p.notes.db != nil {
		failures = append(failures, p.notes.db.Close())
	}
	return errors.Join(failures...)
}
