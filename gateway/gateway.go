// Package gateway is the company's side of the hub: it opens cases, brings their
// requests to the providers, and shows each case as one view, over gRPC and as
// pages. It is a process of its own, or a part of one that runs everything.
package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"

	"github.com/businessespoo/hub/gateway/accesslog"
	"github.com/businessespoo/hub/gateway/api"
	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/gateway/journey"
	"github.com/businessespoo/hub/gateway/registry"
	"github.com/businessespoo/hub/gateway/rights"
	"github.com/businessespoo/hub/gateway/router"
	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/gateway/statute"
	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/gateway/writer"
	"github.com/businessespoo/hub/gateway/ytj"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/erasure"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/projection"
	"github.com/businessespoo/hub/services/kit/security"
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

// letIn makes what keeps people signed in, and what lets them in.
func (g *Gateway) letIn(ctx context.Context, keys *identity.Keys, pages *web.Options) error {
	o := g.options
	bucket, err := o.Bus.Bucket(ctx, bus.BucketSessions)
	if err != nil {
		return err
	}
	// Real time: a demo's clock leaps, and nobody has been idle for it.
	if g.sessions, err = session.New(bucket, keys.For("sessions"), time.Now); err != nil {
		return err
	}
	g.visitors = &visitors{key: o.Key, sessions: g.sessions, directory: g.directory, clock: o.Clock}
	if o.Verifier != nil {
		o.Verifier.RefuseIf(g.visitors.refuse)
	}
	if o.Key == nil || o.SignIn == nil {
		return nil
	}
	subjects := keys.For("subjects") // a person's id must not change with a newer key
	g.visitors.signIn = signin.New(*o.SignIn, signin.Options{SubjectKey: subjects[len(subjects)-1], Now: o.Clock})
	pages.SignIn, pages.Sessions, pages.Token = g.visitors.signIn, g.sessions, g.visitors.token
	return nil
}

// DevIssuerPath is where the issuers of a demo answer, beside the pages.
const DevIssuerPath = "/dev-issuer/"

// serve makes the gRPC server, and the pages, which are its client.
func (g *Gateway) serve(journeys *journey.Set, pages web.Options) error {
	o := g.options
	desks, err := g.connect()
	if err != nil {
		return err
	}
	// Only the pages of this process know it.
	relay := rand.Text()
	g.server = host.NewGRPC(host.Options{
		Verifier: o.Verifier, CaseHolder: g.caseHolder, SystemKey: g.book.Principal, KeysChanged: g.book.Changed,
		Binding: g.visitors.binding, Ready: g.hasRead,
		// Companies show a token, and integrators a key, and neither a certificate.
		Credentials: o.TLS.Server(tlsfile.Anybody, o.Log), Log: o.Log, Metrics: o.Metrics, Access: g.accessLog(), Sight: o.Sight,
		Limits: host.Limits{Rate: o.RateLimit, Relay: relay, Dear: []string{
			casesv1.CaseService_SuggestServices_FullMethodName, // reads a whole index
			casesv1.CaseService_OpenCase_FullMethodName,        // writes, and asks up to seven providers
		}},
	})
	grounds, err := statute.Load()
	if err != nil {
		return err
	}
	casesv1.RegisterCaseServiceServer(g.server, g.cases)
	consentv1.RegisterConsentServiceServer(g.server, &api.Consents{Cases: g.cases})
	sharingv1.RegisterSharedCaseServiceServer(g.server, &api.Sharing{Cases: g.cases, Grounds: grounds})
	cataloguev1.RegisterCatalogueServiceServer(g.server, &api.Catalogue{
		Registry: g.registry, Journeys: journeys, Today: func() catalogue.Date { return catalogue.DateOf(o.Clock()) },
	})
	providerv1.RegisterProviderServiceServer(g.server, desks)
	access := &api.Access{Cases: g.cases, Rows: g.accessRows}
	accessv1.RegisterAccessServiceServer(g.server, access)
	adminv1.RegisterAdminServiceServer(g.server, &api.Admin{
		Bus: o.Bus, Directory: g.directory, Calls: g.cases.Drafts, Now: o.Clock, Advance: o.AdvanceClock, Security: security.New(o.Log, nil), Left: g.left,
	})
	register, err := ytj.New(ytj.Options{Base: o.CompanyRegister, Now: o.Clock})
	if err != nil {
		return err
	}
	companyv1.RegisterCompanyServiceServer(g.server, api.NewCompanies(register, o.RateLimit, o.Clock))
	keys := &api.Keys{Bus: o.Bus, Book: g.book, Directory: g.directory, Now: o.Clock}
	keysv1.RegisterKeyServiceServer(g.server, keys)
	keysv1.RegisterGrantServiceServer(g.server, keys)
	rightsv1.RegisterDataRightsServiceServer(g.server, g.rights)
	sessions := &api.Sessions{Store: g.sessions, Calls: g.cases.Drafts}
	identityv1.RegisterSessionServiceServer(g.server, sessions)
	g.rights.Export.Parts = exportParts(access, keys, sessions)
	if o.Web == nil {
		return nil
	}
	if g.loopback, err = dial(o.GRPC.Addr().String(), o.TLS.Own(o.Log),
		grpc.WithUnaryInterceptor(forVisitor(relay)), grpc.WithStreamInterceptor(streamForVisitor(relay))); err != nil {
		return err
	}
	pages.Cases, pages.Provider = casesv1.NewCaseServiceClient(g.loopback), providerv1.NewProviderServiceClient(g.loopback)
	pages.Consents, pages.Sharing = consentv1.NewConsentServiceClient(g.loopback), sharingv1.NewSharedCaseServiceClient(g.loopback)
	pages.Access = accessv1.NewAccessServiceClient(g.loopback)
	pages.Rights = rightsv1.NewDataRightsServiceClient(g.loopback)
	pages.Admin, pages.Identity = adminv1.NewAdminServiceClient(g.loopback), identityv1.NewSessionServiceClient(g.loopback)
	pages.Catalogue = cataloguev1.NewCatalogueServiceClient(g.loopback)
	pages.Keys, pages.Grants = keysv1.NewKeyServiceClient(g.loopback), keysv1.NewGrantServiceClient(g.loopback)
	if register != nil {
		pages.Companies = companyv1.NewCompanyServiceClient(g.loopback)
	}
	pages.Status, pages.Log, pages.Clock = g.status, o.Log, o.Clock
	pages.BehindProxy, pages.RateLimit = o.BehindProxy, o.RateLimit
	handler := web.New(pages)
	if o.DevIssuers != nil {
		both := http.NewServeMux()
		both.Handle("/", handler)
		both.Handle(DevIssuerPath, o.DevIssuers)
		handler = both
	}
	g.pages = append(g.pages, host.HTTPPart("pages", o.Web, handler))
	return nil
}

// connect makes a connection to each provider; each is dialled when it is used.
func (g *Gateway) connect() (*api.Desks, error) {
	clients := map[string]grpc.ClientConnInterface{}
	for key, target := range g.options.Providers {
		connection, err := dial(target, g.options.TLS.Client(g.options.Log))
		if err != nil {
			return nil, fmt.Errorf("connect to %s at %s: %w", key, target, err)
		}
		g.connections[key], clients[key] = connection, connection
	}
	return api.NewDesks(clients)
}

// reconnect is how long the gateway waits at the most before it looks again for a
// provider that was away. gRPC's own limit is two minutes, which would keep a desk
// shut long after its provider is back.
const reconnect = time.Second

// forVisitor has the pages' calls counted as those of their visitors.
func forVisitor(relay string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		return invoke(asVisitor(ctx, relay), method, req, reply, conn, options...)
	}
}

// streamForVisitor is forVisitor for streams: an archive is one.
func streamForVisitor(relay string) grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, begin grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
		return begin(asVisitor(ctx, relay), desc, conn, method, options...)
	}
}

func asVisitor(ctx context.Context, relay string) context.Context {
	if visitor := web.Visitor(ctx); visitor != "" {
		return host.ForVisitor(ctx, relay, visitor)
	}
	return ctx
}

func dial(target string, c credentials.TransportCredentials, options ...grpc.DialOption) (*grpc.ClientConn, error) {
	patience := backoff.DefaultConfig
	patience.BaseDelay, patience.MaxDelay = reconnect/10, reconnect
	return grpc.NewClient(target, append(options, grpc.WithTransportCredentials(c),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: patience, MinConnectTimeout: 2 * time.Second}))...)
}

// caseHolder answers the holder of a code and its secret.
func (g *Gateway) caseHolder(ctx context.Context, code, secret string) (token.Principal, error) {
	ids, err := g.view.ByCode(ctx, identity.ReadCode(code))
	if err != nil {
		return token.Principal{}, err
	}
	for _, id := range ids {
		state, err := g.view.Case(ctx, id)
		if err != nil {
			return token.Principal{}, err
		}
		if identity.Opens(secret, state.GetSecretHash()) {
			return token.Principal{CaseID: id}, nil
		}
	}
	return token.Principal{}, problem.New(problem.Unauthenticated, "CODE_WRONG",
		"no case has this code with this secret; check both, they were shown when the case was opened")
}

// Run serves until ctx ends, and stops in good order.
func (g *Gateway) Run(ctx context.Context) error {
	parts := []host.Part{
		{Name: "view", Run: g.view.Run},
		{Name: "registry", Run: g.registry.Run},
		{Name: "directory", Run: func(ctx context.Context) error { return g.directory.Run(ctx, g.options.Bus) }},
		{Name: "keys", Run: func(ctx context.Context) error { return g.book.Follow(ctx, g.options.Bus, bus.StreamKeys) }},
		{Name: "grants", Run: func(ctx context.Context) error { return g.book.Follow(ctx, g.options.Bus, bus.StreamCompany) }},
		{Name: "router", Run: g.router.Run},
		{Name: "erasures", Run: g.rights.Eraser.Run},
		{Name: "sessions", Run: g.sessions.Run},
		{Name: "answers", Run: g.answer},
	}
	parts = append(parts, g.accessParts()...)
	parts = append(parts, g.server.Part("gateway", g.options.GRPC))
	err := host.Run(ctx, g.options.Log.With("process", "gateway"), 0, append(parts, g.pages...)...)
	return errors.Join(err, g.close())
}

// answer answers what the providers ask of the hub, and operators who replay a
// dead letter.
func (g *Gateway) answer(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return g.options.Bus.ServeConsumers(ctx) })
	group.Go(func() error { return g.options.Bus.Answer(ctx, api.TopicOpenCase, g.cases.AnswerOpenCase) })
	group.Go(func() error {
		return g.options.Bus.Answer(ctx, api.TopicCatalogueVersion, g.cases.AnswerCatalogueVersion)
	})
	group.Go(func() error { return g.options.Bus.Answer(ctx, api.TopicOffered, g.cases.AnswerOffered) })
	group.Go(func() error { return g.options.Bus.Answer(ctx, erasure.Topic, g.rights.Eraser.AnswerErased) })
	for handler, replay := range map[string]func(context.Context, bus.Event) error{
		view.Handler: g.view.Replay, registry.Handler: g.registry.Replay, api.StaffHandler: api.StaffReplay, systemkey.Handler: g.book.Replay,
	} {
		group.Go(func() error { return g.options.Bus.ServeReplays(ctx, handler, replay) })
	}
	return group.Wait()
}

func (g *Gateway) close() error {
	var failures []error
	for _, connection := range g.connections {
		failures = append(failures, connection.Close())
	}
	if g.loopback != nil {
		failures = append(failures, g.loopback.Close())
	}
	if g.view != nil {
		failures = append(failures, g.view.Close())
	}
	if g.accessRows != nil {
		failures = append(failures, g.accessRows.Close())
	}
	return errors.Join(failures...)
}

// Check answers nil once the gateway is ready: it shows the whole log, knows the
// staff, and has a catalogue of every provider.
func (g *Gateway) Check(ctx context.Context) error {
	return errors.Join(g.hasRead(ctx), g.registry.Check(ctx))
}

// hasRead answers nil once the gateway knows all cases, the staff and the catalogues
// that there are. One that was never published keeps no call waiting.
func (g *Gateway) hasRead(ctx context.Context) error {
	return errors.Join(g.view.Check(ctx), g.directory.Check(ctx), g.book.Check(ctx), g.registry.HasRead())
}

// statusPatience is how long the status page waits for a provider.
const statusPatience = time.Second

// status tells which parts of the hub are up. The providers are asked at once, so
// that one that hangs does not make the others look so.
func (g *Gateway) status(ctx context.Context) []web.PartStatus {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	counts, err := g.view.Counts(ctx)
	if err != nil {
		g.options.Log.WarnContext(ctx, "the status page has no counts", "error", err)
	}
	of := func(key string) *web.Counts {
		if counts == nil {
			return nil
		}
		return &web.Counts{Open: counts[key].Open, Total: counts[key].Total}
	}
	parts := make([]web.PartStatus, 1+len(name.Providers))
	parts[0] = web.PartStatus{Part: "gateway", Serving: g.Check(ctx) == nil, Counts: of(name.Hub)}
	var asked sync.WaitGroup
	for i, key := range name.Providers {
		published, version := g.registry.Published(key)
		part := &parts[1+i]
		*part = web.PartStatus{Part: key, CatalogueVersion: version, PublishedAt: published, Counts: of(key)}
		asked.Go(func() {
			answer, err := healthv1.NewHealthClient(g.connections[key]).Check(ctx, &healthv1.HealthCheckRequest{})
			part.Serving = err == nil && answer.Status == healthv1.HealthCheckResponse_SERVING
		})
	}
	asked.Wait()
	return parts
}
