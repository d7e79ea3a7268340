package provider

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"google.golang.org/grpc"

	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/process"
	"github.com/businessespoo/hub/services/kit/tlsfile"
	"github.com/businessespoo/hub/services/kit/token"
)

// settings are the flags of a provider's process, and their environment.
type settings struct {
	process.Flags
	Listen  string `name:"listen" env:"HUB_LISTEN" default:"${listen}" help:"Address for gRPC."`
	Health  string `name:"health" env:"HUB_HEALTH" default:"${health}" help:"Address for /livez, /readyz and /metrics. Let only operators reach it."`
	Replica int    `name:"replica" env:"HUB_REPLICA" default:"0" help:"Number of this replica, 0 to 7. Two replicas of one provider must differ."`
}

const (
	// firstPort is the gRPC port of the first provider; the others follow it in
	// their fixed order. Health is healthAbove ports above.
	firstPort, healthAbove = 9101, 100
)

// Main runs a provider as a process of its own, until it is told to stop. It
// does not return.
func Main(d Definition) {
	port := firstPort + slices.Index(name.Providers, d.Key)
	var s settings
	kong.Parse(&s, kong.Name(d.Key), kong.Description("Runs the provider "+d.Key+" of the Business Espoo hub."), kong.Vars{
		"listen": fmt.Sprintf("127.0.0.1:%d", port), "health": fmt.Sprintf("127.0.0.1:%d", port+healthAbove),
	})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx, d); err != nil {
		fmt.Fprintln(os.Stderr, d.Key+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run wires the process: probes first, so that they answer while the log is
// awaited; the gRPC server last, so that it stops first.
func (s settings) run(ctx context.Context, d Definition) error {
	log, err := s.Log(os.Stderr)
	if err != nil {
		return err
	}
	if err := s.TLS.Check(); err != nil {
		return err
	}
	connection, err := s.Bus(d.Key, log)
	if err != nil {
		return err
	}
	connection.Replica = s.Replica
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("listen for gRPC: %w", err)
	}
	health, err := net.Listen("tcp", s.Health)
	if err != nil {
		return fmt.Errorf("listen for probes: %w", err)
	}
	key, err := s.AwaitKey(ctx, log)
	if err != nil {
		return err
	}
	metrics := host.NewMetrics()
	verifier := token.NewVerifier(time.Now, key)
	probes := host.NewHTTP(metrics)
	desk := &running{
		options: Options{Definition: d, Dir: filepath.Join(s.Data, fmt.Sprintf("%s-%d", d.Key, s.Replica)), Audit: filepath.Join(s.Data, "keys", d.Key), Verifier: verifier, RateLimit: s.RateLimit, Log: log, Metrics: metrics},
		bus:     connection,
		probes:  probes,
	}
	// The provider is there before the server serves: see part.
	ready := func(ctx context.Context) error { return desk.provider.Check(ctx) }
	server := host.NewGRPC(host.Options{
		Access: lateLog(func() *access.Log { return desk.provider.access.rows }), Confidential: lateLog(func() *access.Log { return desk.provider.access.private }),
		Verifier: verifier, Ready: ready,
		SystemKey: func(ctx context.Context, key string) (token.Principal, error) {
			return desk.provider.SystemKey(ctx, key)
		},
		KeysChanged: func() <-chan struct{} { return desk.provider.KeysChanged() },
		Credentials: s.TLS.Server(tlsfile.Trusted, log), Limits: host.Limits{Rate: s.RateLimit}, Log: log, Metrics: metrics,
	})
	desk.server = server
	return host.Run(ctx, log, 0, probes.Part(health), desk.part(), server.Part("gRPC", listener))
}

// running is a provider and its own connection to the log.
type running struct {
	options  Options
	bus      bus.Options
	server   grpc.ServiceRegistrar
	probes   *host.HTTP
	provider *Provider
}

func (pr *running) part() host.Part {
	return host.Part{
		Name: pr.options.Definition.Key,
		Start: func(ctx context.Context) error {
			var err error
			if pr.options.Bus, err = bus.Connect(ctx, pr.bus); err != nil {
				return err
			}
			if pr.provider, err = New(pr.options); err != nil {
				pr.options.Bus.Close()
				return err
			}
			pr.provider.Register(pr.server)
			pr.probes.Check(pr.provider.Key(), pr.provider.Check)
			return nil
		},
		Run: func(ctx context.Context) error {
			err := pr.provider.Part().Run(ctx)
			pr.options.Bus.Close()
			return err
		},
	}
}
