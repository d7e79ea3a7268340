// Package gateway is the company's side of the hub: it opens cases, brings their
// requests to the providers, and shows each case as one view, over gRPC and as
// pages. It is a process of its own, or a part of one that runs everything.
package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"google.golang.org/grpc"

	"github.com/businessespoo/hub/gateway/accesslog"
	"github.com/businessespoo/hub/gateway/api"
	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/gateway/journey"
	"github.com/businessespoo/hub/gateway/registry"
	"github.com/businessespoo/hub/gateway/rights"
	"github.com/businessespoo/hub/gateway/router"
	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/gateway/writer"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/projection"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/tlsfile"
	"github.com/businessespoo/hub/services/kit/token"
)

// Options are what a gateway needs.
type Options struct {
	// Bus is the hub's connection to the log; its topology is ensured.
	Bus *bus.Bus
	// DataDir is the folder of the view's file.
	DataDir string
	// Erasures is the file that lists what was erased, for a log that is restored from
	// an older copy. It must not be part of that copy. In DataDir when empty.
	Erasures string
	// GRPC and Web are what the gateway listens on. Without Web it serves no pages.
	GRPC, Web net.Listener
	// Providers are the gRPC addresses of the seven, by key.
	Providers map[string]string
	// Verifier reads callers' tokens.
	Verifier *token.Verifier
	// Key signs what the pages call the API with; nil lets nobody sign in to them.
	Key *token.Key
	// SignIn says who lets people in; nil for nobody.
	SignIn *signin.Config
	// DevIssuers answer below DevIssuerPath, beside the pages; nil without a demo.
	DevIssuers http.Handler
	// CompanyRegister is the address of the public register of companies; see ytj.Options.
	// Empty for none.
	CompanyRegister string
	// RateLimit is how many calls a second of one caller are answered; 0 is without limit.
	RateLimit float64
	// BehindProxy tells that the pages are reached through a proxy alone; see web.Options.
	BehindProxy bool
	// Clock is the hub's time; time.Now when nil.
	Clock func() time.Time
	// AdvanceClock moves the clock of a demo or a test; nil keeps real time.
	AdvanceClock func(time.Duration) time.Time
	// Tick is how often due dates are looked at; 5 s when 0.
	Tick time.Duration
	// Audit is the folder of the key that signs the heads of the access log; DataDir
	// when empty.
	Audit string
	// HeadsFile is a file outside of the log to which the signed heads of all processes
	// are appended; heads.jsonl in Audit when empty.
	HeadsFile string
	// NoAccessLog leaves the access log out, to measure what it costs.
	NoAccessLog bool
	// TLS are the certificate files for the API and for calls to the providers; none
	// means no TLS.
	TLS tlsfile.Files
	// Sight is the table of who sees what; the hub's own when nil. Only a test that
	// changes a cell gives another.
	Sight *sight.Table
	// Log is where the gateway reports; slog.Default when nil.
	Log *slog.Logger
	// Metrics counts; may be nil.
	Metrics *host.Metrics
}

// Gateway is one gateway. Any number can run beside each other.
type Gateway struct {
	options     Options
	view        *view.View
	registry    *registry.Registry
	directory   *directory.Directory
	book        *systemkey.Book
	router      *router.Router
	cases       *api.Cases
	access      *access.Log
	accessRows  *accesslog.Log
	rights      *rights.Service
	sessions    *session.Store
	visitors    *visitors
	server      *host.Server
	connections map[string]*grpc.ClientConn
	pages       []host.Part
	loopback    *grpc.ClientConn
}

// New opens the view and makes all parts; nothing runs until Run.
func New(ctx context.Context, o Options) (*Gateway, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Sight == nil {
		o.Sight = sight.Rules()
	}
	if o.Tick == 0 {
		o.Tick = 5 * time.Second
	}
	g := &Gateway{options: o, directory: directory.New(), book: systemkey.New(o.Clock, bus.StreamKeys, bus.StreamCompany), connections: map[string]*grpc.ClientConn{}}
	if err := g.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("gateway: %w", err), g.close())
	}
	return g, nil
}

func (g *Gateway) open(ctx context.Context) error {
	o := g.options
	var err error
	var options []projection.Option
	if o.Metrics != nil {
		options = append(options, projection.WithObserver(o.Metrics.Projection("view")))
	}
	if g.view, err = view.Open(filepath.Join(o.DataDir, "view.db"), o.Bus, o.Log, options...); err != nil {
		return err
	}
	if g.registry, err = registry.New(o.Bus, o.Clock); err != nil {
		return err
	}
	hubBucket, err := o.Bus.Bucket(ctx, bus.BucketHub)
	if err != nil {
		return err
	}
	drafts, err := o.Bus.Bucket(ctx, bus.BucketDrafts)
	if err != nil {
		return err
	}
	keys, err := identity.Load(ctx, hubBucket)
	if err != nil {
		return err
	}
	journeys, err := journey.Journeys()
	if err != nil {
		return err
	}
	if err := g.openAccess(); err != nil {
		return err
	}
	w := writer.New(o.Bus, g.view, o.Clock, g.registry.Limits)
	g.router = router.New(o.Bus, g.view, w, o.Log, o.Tick)
	g.cases = &api.Cases{
		View: g.view, Writer: w, Registry: g.registry, Journeys: journeys, Directory: g.directory, Keys: keys, Drafts: drafts, Book: g.book, Sight: o.Sight, Log: o.Log,
	}
	// Before anything is served.
	eraser, err := rights.Open(ctx, rights.Options{
		Bus: o.Bus, View: g.view, Hub: hubBucket, Drafts: drafts, Now: o.Clock, Log: o.Log,
		File: cmp.Or(o.Erasures, filepath.Join(o.DataDir, "erasures.json")),
	})
	if err != nil {
		return err
	}
	g.rights = &rights.Service{Eraser: eraser, Correct: g.cases.Correct, Export: &rights.Exporter{View: g.view, Drafts: drafts, Show: g.shownToCompany, Phrase: web.Phrases()}}
	pages := web.Options{CookieKeys: keys.For("cookies")}
	if err := g.letIn(ctx, keys, &pages); err != nil {
		return err
	}
	return g.serve(journeys, pages)
}
