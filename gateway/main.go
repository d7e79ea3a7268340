package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/process"
	"github.com/businessespoo/hub/services/kit/token"
)

// settings are the flags of a gateway's process, and their environment.
type settings struct {
	process.Flags
	Providers   map[string]string `name:"providers" env:"HUB_PROVIDERS" mapsep:"," help:"gRPC addresses of the providers, such as omnia=10.0.0.3:9103,chamber=10.0.0.5:9105. One that is not named is looked for on its default port of this machine."`
	Listen      string            `name:"listen" env:"HUB_LISTEN" default:"127.0.0.1:9090" help:"Address for gRPC."`
	Web         string            `name:"web" env:"HUB_WEB" default:"127.0.0.1:8080" help:"Address for the pages."`
	SignKey     string            `name:"token-key" env:"HUB_TOKEN_KEY" type:"path" help:"File with the key that signs tokens, the one that 'hub nats-config' wrote. Without it nobody can sign in to the pages; the API needs none."`
	Issuers     string            `name:"issuers" env:"HUB_ISSUERS" type:"path" help:"File that says which OpenID Connect issuers let people in to the pages. Without it nobody can sign in."`
	Register    string            `name:"company-register" env:"HUB_COMPANY_REGISTER" placeholder:"URL" help:"Address of the public register of companies, such as https://avoindata.prh.fi/opendata-ytj-api/v3. Pages then fill in what it says of a company. Without it nothing is looked up."`
	BehindProxy bool              `name:"behind-proxy" env:"HUB_BEHIND_PROXY" help:"The pages are reached through a proxy alone: believe what it says in X-Forwarded-Proto and, last, in X-Forwarded-For."`
	HeadsFile   string            `name:"heads-file" env:"HUB_HEADS_FILE" type:"path" help:"File to which the signed heads of the access log are appended, for 'hub audit verify'. Better on another disk than the log; heads.jsonl in the data directory when empty."`
	Health      string            `name:"health" env:"HUB_HEALTH" default:"127.0.0.1:9190" help:"Address for /livez, /readyz and /metrics. Let only operators reach it."`
}

// firstPort is the default gRPC port of the first provider.
const firstPort = 9101

// Main runs a gateway as a process of its own, until it is told to stop. It does
// not return.
func Main() {
	var s settings
	kong.Parse(&s, kong.Name("gateway"), kong.Description("Runs the gateway of the Business Espoo hub: the API and the pages of companies, and the router."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (s settings) run(ctx context.Context) error {
	log, err := s.Log(os.Stderr)
	if err != nil {
		return err
	}
	if err := s.TLS.Check(); err != nil {
		return err
	}
	connect, err := s.Bus(bus.Hub, log)
	if err != nil {
		return err
	}
	dir := filepath.Join(s.Data, "gateway")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	o := Options{
		DataDir: dir, Audit: filepath.Join(s.Data, "keys", bus.Hub), HeadsFile: cmp.Or(s.HeadsFile, filepath.Join(s.Data, "audit", headsFile)), Erasures: filepath.Join(s.Data, "erasures.json"), Providers: s.addresses(), RateLimit: s.RateLimit, BehindProxy: s.BehindProxy, CompanyRegister: s.Register, TLS: s.TLS, Log: log, Metrics: host.NewMetrics(),
	}
	if s.Issuers != "" {
		if o.SignIn, err = signin.Load(s.Issuers); err != nil {
			return err
		}
		if s.SignKey == "" {
			return errors.New("--issuers lets people in only together with --token-key (HUB_TOKEN_KEY): the gateway signs what the pages call with")
		}
	}
	if o.GRPC, err = net.Listen("tcp", s.Listen); err != nil {
		return fmt.Errorf("listen for gRPC: %w", err)
	}
	if o.Web, err = net.Listen("tcp", s.Web); err != nil {
		return fmt.Errorf("listen for the pages: %w", err)
	}
	health, err := net.Listen("tcp", s.Health)
	if err != nil {
		return fmt.Errorf("listen for probes: %w", err)
	}
	key, err := s.AwaitKey(ctx, log)
	if err != nil {
		return err
	}
	o.Verifier = token.NewVerifier(time.Now, key)
	if s.SignKey != "" {
		if o.Key, err = token.OpenKey(s.SignKey); err != nil {
			return err
		}
		if !o.Key.Public().Equal(key) {
			return fmt.Errorf("the key in %s is not the one whose public half is in %s; every process must know the same", s.SignKey, s.TokenKey)
		}
	}
	probes := host.NewHTTP(o.Metrics)
	var g *Gateway
	return host.Run(ctx, log, 0, probes.Part(health), host.Part{
		Name: "gateway",
		Start: func(ctx context.Context) error {
			if o.Bus, err = bus.Connect(ctx, connect); err != nil {
				return err
			}
			if err = o.Bus.EnsureTopology(ctx); err == nil {
				g, err = New(ctx, o)
			}
			if err != nil {
				o.Bus.Close()
				return err
			}
			probes.Check("gateway", g.Check)
			return nil
		},
		Run: func(ctx context.Context) error {
			defer o.Bus.Close()
			if err := g.Run(ctx); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		},
	})
}

// addresses completes the providers' addresses with the defaults.
func (s settings) addresses() map[string]string {
	all := map[string]string{}
	for i, key := range name.Providers {
		all[key] = fmt.Sprintf("127.0.0.1:%d", firstPort+i)
		if address, ok := s.Providers[key]; ok {
			all[key] = address
		}
	}
	return all
}
