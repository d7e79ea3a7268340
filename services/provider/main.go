package provider

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"google.golang.org/grpc"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// settings are the flags of a provider's process, and their environment.
type settings struct {
	NATS         string `name:"nats" env:"HUB_NATS" default:"nats://127.0.0.1:4222" help:"Addresses of the nats-server, separated by commas. It must run on what 'hub nats-config' wrote."`
	User         string `name:"nats-user" env:"HUB_NATS_USER" help:"User at the nats-server. The provider's key when empty."`
	Password     string `name:"nats-password" env:"HUB_NATS_PASSWORD" help:"Password at the nats-server. Others see flags: better give it in the environment, or in a file."`
	PasswordFile string `name:"nats-password-file" env:"HUB_NATS_PASSWORD_FILE" type:"path" help:"File that holds the password."`
	Data         string `name:"data" env:"HUB_DATA" default:"./data" type:"path" help:"Directory of the files, which are built again from the log when they are deleted. Each provider and replica takes a directory of its own in it."`
	Listen       string `name:"listen" env:"HUB_LISTEN" default:"${listen}" help:"Address for gRPC."`
	Health       string `name:"health" env:"HUB_HEALTH" default:"${health}" help:"Address for /livez, /readyz and /metrics. Let only operators reach it."`
	TokenKey     string `name:"token-public-key" env:"HUB_TOKEN_PUBLIC_KEY" default:"./data/token.pub.pem" type:"path" help:"File with the public key that tokens are verified with. The process waits for it."`
	Replica      int    `name:"replica" env:"HUB_REPLICA" default:"0" help:"Number of this replica, 0 to 7. Two replicas of one provider must differ."`
	LogFormat    string `name:"log-format" env:"HUB_LOG_FORMAT" default:"text" enum:"text,json" help:"Form of the log: text or json."`
	LogLevel     string `name:"log-level" env:"HUB_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged."`
}

const (
	// firstPort is the gRPC port of the first provider; the others follow it in
	// their fixed order. Health is healthAbove ports above.
	firstPort, healthAbove = 9101, 100
	// keyPatience is how long a process waits for the public key of the tokens,
	// which the gateway writes when it starts for the first time.
	keyPatience = 5 * time.Minute
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
	log, err := host.NewLog(os.Stderr, s.LogFormat, s.LogLevel)
	if err != nil {
		return err
	}
	password, err := s.password()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("listen for gRPC: %w", err)
	}
	health, err := net.Listen("tcp", s.Health)
	if err != nil {
		return fmt.Errorf("listen for probes: %w", err)
	}
	key, err := s.awaitKey(ctx, log)
	if err != nil {
		return err
	}
	metrics := host.NewMetrics()
	verifier := token.NewVerifier(time.Now, key)
	server := host.NewGRPC(host.Options{Verifier: verifier, Log: log, Metrics: metrics})
	probes := host.NewHTTP(metrics)
	desk := &process{
		options: Options{Definition: d, Dir: filepath.Join(s.Data, fmt.Sprintf("%s-%d", d.Key, s.Replica)), Verifier: verifier, Log: log, Metrics: metrics},
		bus:     bus.Options{Party: d.Key, URLs: s.NATS, User: s.User, Password: password, Replica: s.Replica, Log: log},
		server:  server, probes: probes,
	}
	return host.Run(ctx, log, 0, probes.Part(health), desk.part(), server.Part("gRPC", listener))
}

func (s settings) password() (string, error) {
	if s.PasswordFile == "" {
		return s.Password, nil
	}
	text, err := os.ReadFile(s.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the password for the nats-server: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// awaitKey reads the public key, and waits for the file while there is none.
func (s settings) awaitKey(ctx context.Context, log *slog.Logger) (ed25519.PublicKey, error) {
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	for told := false; ; told = true {
		key, err := token.ReadPublicKey(s.TokenKey)
		if !errors.Is(err, fs.ErrNotExist) {
			return key, err
		}
		if !told {
			log.InfoContext(ctx, "waiting for the public key of the tokens, which the gateway writes", "file", s.TokenKey)
		}
		if rest(ctx, firstPause) != nil {
			return nil, err
		}
	}
}

// process is a provider and its own connection to the log.
type process struct {
	options  Options
	bus      bus.Options
	server   grpc.ServiceRegistrar
	probes   *host.HTTP
	provider *Provider
}

func (pr *process) part() host.Part {
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
