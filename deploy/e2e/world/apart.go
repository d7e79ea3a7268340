package world

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/tlsfile"
)

// Apart starts nine processes on an empty data folder: a nats-server on what hub
// nats-config wrote, the seven providers and the gateway.
func Apart(t testing.TB, b *Builder) *World {
	t.Helper()
	return ApartOverTLS(t, b, func(string) tlsfile.Files { return tlsfile.Files{} })
}

// ApartOverTLS is Apart with the certificate files of each party; those of "" are
// what callers from outside connect with.
func ApartOverTLS(t testing.TB, b *Builder, files func(party string) tlsfile.Files) *World {
	t.Helper()
	w := prepare(t, b, filepath.Join(t.TempDir(), "data"))
	first, err := FreePorts(4 + 2*len(name.Providers))
	must(t, err)
	w.At = Addresses{
		NATS: address(first), GRPC: address(first + 1), Web: address(first + 2), Health: address(first + 3), Providers: map[string]string{},
	}
	w.Log = mkdir(t, filepath.Join(t.TempDir(), "log"))
	if out, err := w.Hub(t.Context(), "nats-config", "--data", w.Data, "--listen", w.At.NATS, "--store", w.Log,
		"--tls-cert", files("nats").Cert, "--tls-key", files("nats").Key, "--tls-ca", files("nats").CA); err != nil {
		t.Fatalf("hub nats-config: %v\n%s", err, out)
	}
	w.add(t, "nats-server", "nats-server", "", w.At.NATS, "-c", filepath.Join(w.Data, "nats-server.conf"))
	w.security = files("").Client(slog.New(slog.DiscardHandler))
	scheme := "nats://"
	if files("nats") != (tlsfile.Files{}) {
		scheme = "tls://"
	}
	w.apart = func(party string) []string {
		f := files(party)
		return []string{
			"--tls-cert", f.Cert, "--tls-key", f.Key, "--tls-ca", f.CA,
			"--nats", scheme + w.At.NATS, "--nats-seed-file", filepath.Join(w.Data, "seeds", party),
			"--data", w.Data, "--token-public-key", filepath.Join(w.Data, "token.pub"),
		}
	}
	var where []string
	for i, key := range name.Providers {
		w.At.Providers[key] = address(first + 4 + i)
		health := address(first + 4 + len(name.Providers) + i)
		where = append(where, key+"="+w.At.Providers[key])
		w.add(t, key, key, health, "", append(w.apart(key), "--listen", w.At.Providers[key], "--health", health)...)
	}
	var issuers string
	w.Door, issuers = openDoor(t, w.At.Web)
	w.add(t, "gateway", "gateway", w.At.Health, "", append(w.apart(name.Hub),
		"--issuers", issuers, "--token-key", filepath.Join(w.Data, "keys", "token.key"),
		"--listen", w.At.GRPC, "--web", w.At.Web, "--health", w.At.Health, "--providers", strings.Join(where, ","))...)
	w.begin(t)
	return w
}

// Replica starts another replica of a provider beside those that run apart, and
// answers its address. number is from 1.
func (w *World) Replica(t testing.TB, key string, number int) string {
	t.Helper()
	first, err := FreePorts(2)
	must(t, err)
	listen, health := address(first), address(first+1)
	p := w.add(t, fmt.Sprintf("%s-%d", key, number), key, health, "", append(w.apart(key),
		"--listen", listen, "--health", health, "--replica", strconv.Itoa(number))...)
	must(t, p.Launch())
	must(t, p.Ready(t.Context()))
	return listen
}

// Bus connects to the log of a hub whose processes run apart, as a further process
// of the party would.
func (w *World) Bus(t testing.TB, party string) *bus.Bus {
	t.Helper()
	b, err := bus.Connect(t.Context(), bus.Options{
		Party: party, URLs: "nats://" + w.At.NATS, Seed: bus.SeedFile(filepath.Join(w.Data, "seeds", party)), Replica: bus.Replicas - 1, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(b.Close)
	return b
}

// Run runs a binary to its end and answers what it printed.
func Run(ctx context.Context, b *Builder, which string, args ...string) (string, error) {
	path, err := b.Binary(which)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	ownGroup(cmd)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
