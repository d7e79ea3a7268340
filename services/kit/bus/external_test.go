package bus_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// newKey makes a key and answers its two halves.
func newKey(t testing.TB) (bus.Seed, string) {
	t.Helper()
	seed, err := bus.NewSeed()
	if err != nil {
		t.Fatal(err)
	}
	public, err := bus.PublicKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	return func() ([]byte, error) { return bytes.Clone(seed), nil }, public
}

// settingsOf are those of a server on a free port, with a key for each party.
func settingsOf(t testing.TB) (bus.ServerSettings, map[string]bus.Seed) {
	t.Helper()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	settings := bus.ServerSettings{Name: "log-1", Listen: listen, StoreDir: filepath.Join(t.TempDir(), "log"), Keys: map[string][]string{}}
	seeds := map[string]bus.Seed{}
	for _, party := range append(bus.Providers(), bus.Hub) {
		seed, public := newKey(t)
		seeds[party], settings.Keys[party] = seed, []string{public}
	}
	return settings, seeds
}

// writeConfigOf writes the file that `hub nats-config` would.
func writeConfigOf(t testing.TB, file string, settings bus.ServerSettings) {
	t.Helper()
	text, err := bus.ServerConfig(settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeConfig writes the configuration of a server on a free port.
func writeConfig(t testing.TB) (string, map[string]bus.Seed) {
	t.Helper()
	settings, seeds := settingsOf(t)
	file := filepath.Join(t.TempDir(), "nats-server.conf")
	writeConfigOf(t, file, settings)
	return file, seeds
}

func startExternal(t testing.TB, file string) *embedded.Server {
	t.Helper()
	server, err := embedded.StartFromConfig(file, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	return server
}

func TestTheHubRefusesAServerThatAcknowledgesTooEarly(t *testing.T) {
	file, seeds := writeConfig(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, another := newKey(t)
	hubs, err := public(seeds[bus.Hub])
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]struct{ old, new, want string }{
		"safe":               {"", "", ""},
		"no sync always":     {"sync_interval: always", "", "sync_interval: always"},
		"does not tell":      {`exports: [{service: "$SYS.REQ.SERVER.PING.JSZ", accounts: [HUB], response_type: stream}]`, "", "hub nats-config"},
		"another's key":      {hubs, another, "check the seed"},
		"syncs now and then": {"sync_interval: always", `sync_interval: "1s"`, "sync_interval: always"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := filepath.Join(t.TempDir(), "nats-server.conf")
			body := strings.Replace(string(text), change.old, change.new, 1)
			if name == "does not tell" {
				body = strings.Replace(body, `{service: {account: SYS, subject: "$SYS.REQ.SERVER.PING.JSZ"}}`, "", 1)
			}
			if err := os.WriteFile(changed, []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
			server := startExternal(t, changed)
			b, err := bus.Connect(t.Context(), bus.Options{Party: bus.Hub, Seed: seeds[bus.Hub], URLs: server.ClientURL(), Log: quietLog()})
			if err == nil {
				b.Close()
			}
			switch {
			case change.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case change.want != "" && (err == nil || !strings.Contains(err.Error(), change.want)):
				t.Errorf("got %v, want %q in it", err, change.want)
			}
			server.Shutdown()
		})
	}
}

func TestConnectWaitsForTheServer(t *testing.T) {
	file, seeds := writeConfig(t)
	config, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(config), `listen: "`)
	listen, _, _ := strings.Cut(rest, `"`)
	o := bus.Options{Party: bus.Hub, Seed: seeds[bus.Hub], URLs: "nats://" + listen, Log: quietLog()}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := bus.Connect(ctx, o); err == nil {
		t.Fatal("connected to nothing")
	}
	connected := make(chan error, 1)
	go func() {
		b, err := bus.Connect(t.Context(), o)
		if err == nil {
			b.Close()
		}
		connected <- err
	}()
	startExternal(t, file)
	if err := receive(t, connected); err != nil {
		t.Error(err)
	}
}

func TestConnectRefusesWhatNobodyIs(t *testing.T) {
	seed, _ := newKey(t)
	for _, o := range []bus.Options{
		{Party: "mallory", Seed: seed},
		{Party: "", Seed: seed},
		{Party: "omnia", Replica: bus.Replicas, Seed: seed},
		{Party: "omnia", Replica: -1, Seed: seed},
		{Party: "omnia"},
		{Party: "omnia", Seed: bus.SeedFile(filepath.Join(t.TempDir(), "none"))},
	} {
		if _, err := bus.Connect(t.Context(), o); err == nil {
			t.Errorf("%s replica %d was accepted", o.Party, o.Replica)
		}
	}
}
