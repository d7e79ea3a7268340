// Package process holds what every process that runs apart has alike: the flags
// that say where the log and the keys are, with their environment variables.
package process

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/tlsfile"
	"github.com/businessespoo/hub/services/kit/token"
)

// Flags are the flags that a process which runs apart has. Embed them in the
// struct that kong reads.
type Flags struct {
	NATS      string        `name:"nats" env:"HUB_NATS" default:"nats://127.0.0.1:4222" help:"Addresses of the nats-server, separated by commas; tls:// in place of nats:// with certificates. It must run on what 'hub nats-config' wrote."`
	SeedFile  string        `name:"nats-seed-file" env:"HUB_NATS_SEED_FILE" type:"path" help:"File with the seed that proves to the nats-server who this is: the one that 'hub nats-config' wrote for this party. A file put in its place takes effect within seconds, without a restart."`
	Data      string        `name:"data" env:"HUB_DATA" default:"./data" type:"path" help:"Directory of the files, which are built again from the log when they are deleted. Each process takes a directory of its own in it."`
	TokenKey  string        `name:"token-public-key" env:"HUB_TOKEN_PUBLIC_KEY" default:"./data/token.pub" type:"path" help:"File with the public key that tokens are verified with. The process waits for it."`
	TLS       tlsfile.Files `embed:""`
	RateLimit float64       `name:"rate-limit" env:"HUB_RATE_LIMIT" default:"100" help:"How many calls a second of one caller are answered over time; five seconds' worth may come at once. 0 is without limit."`
	LogFormat string        `name:"log-format" env:"HUB_LOG_FORMAT" default:"text" enum:"text,json" help:"Form of the log: text or json."`
	LogLevel  string        `name:"log-level" env:"HUB_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Least level that is logged."`
}

const (
	// tlsScheme begins the address of a nats-server that speaks TLS.
	tlsScheme = "tls://"
	// keyPatience is how long a process waits for the public key of the tokens.
	keyPatience = 5 * time.Minute
	keyPause    = 200 * time.Millisecond
)

// Log makes the log that the flags ask for; what libraries say comes in the same form.
func (f Flags) Log(w io.Writer) (*slog.Logger, error) {
	log, err := host.NewLog(w, f.LogFormat, f.LogLevel)
	if err == nil {
		slog.SetDefault(log)
	}
	return log, err
}

// Bus is how the party connects to the log.
func (f Flags) Bus(party string, log *slog.Logger) (bus.Options, error) {
	if f.SeedFile == "" {
		return bus.Options{}, fmt.Errorf("process: %s has no seed for the nats-server: name the file that hub nats-config wrote for it with --nats-seed-file or HUB_NATS_SEED_FILE", party)
	}
	o := bus.Options{Party: party, URLs: f.NATS, Seed: bus.SeedFile(f.SeedFile), Log: log}
	if strings.HasPrefix(f.NATS, tlsScheme) {
		if f.TLS == (tlsfile.Files{}) {
			return bus.Options{}, fmt.Errorf("process: --nats %s asks for TLS; give --tls-cert, --tls-key and --tls-ca too", f.NATS)
		}
		o.TLS = f.TLS
	}
	return o, nil
}

// AwaitKey reads the public key of the tokens, and waits for the file while
// there is none: processes start in any order.
func (f Flags) AwaitKey(ctx context.Context, log *slog.Logger) (ed25519.PublicKey, error) {
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	for told := false; ; told = true {
		key, err := token.ReadPublicKey(f.TokenKey)
		if !errors.Is(err, fs.ErrNotExist) {
			return key, err
		}
		if !told {
			log.InfoContext(ctx, "waiting for the public key of the tokens, which 'hub nats-config' writes", "file", f.TokenKey)
		}
		timer := time.NewTimer(keyPause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("process: no public key: %w", err)
		case <-timer.C:
		}
	}
}
