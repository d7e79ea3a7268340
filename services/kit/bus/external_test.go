package bus_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

// writeConfig writes the file that `hub nats-config` would, for a server on a
// free port.
func writeConfig(t *testing.T) (string, map[string]string) {
	t.Helper()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	passwords := map[string]string{bus.Hub: "secret-hub"}
	for _, party := range bus.Providers() {
		passwords[party] = "secret-" + party
	}
	dir := t.TempDir()
	text, err := bus.ServerConfig(bus.ServerSettings{Name: "log-1", Listen: listen, StoreDir: filepath.Join(dir, "log"), Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "nats-server.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, passwords
}

func startExternal(t *testing.T, file string) *embedded.Server {
	t.Helper()
	server, err := embedded.StartFromConfig(file, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
	return server
}

func TestTheHubRefusesAServerThatAcknowledgesTooEarly(t *testing.T) {
	file, passwords := writeConfig(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]struct{ old, new, want string }{
		"safe":                {"", "", ""},
		"no sync always":      {"sync_interval: always", "", "sync_interval: always"},
		"does not tell":       {`exports: [{service: "$SYS.REQ.SERVER.PING.JSZ", accounts: [HUB], response_type: stream}]`, "", "hub nats-config"},
		"another's password":  {"secret-hub", "changed", "check its user and password"},
		"syncs now and then":  {"sync_interval: always", `sync_interval: "1s"`, "sync_interval: always"},
		"not even an account": {"secret-hub", "other", "password"},
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
			b, err := bus.Connect(t.Context(), bus.Options{Party: bus.Hub, Password: passwords[bus.Hub], URLs: server.ClientURL(), Log: quietLog()})
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
	file, passwords := writeConfig(t)
	config, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(config), `listen: "`)
	listen, _, _ := strings.Cut(rest, `"`)
	o := bus.Options{Party: bus.Hub, Password: passwords[bus.Hub], URLs: "nats://" + listen, Log: quietLog()}
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
	for _, o := range []bus.Options{{Party: "mallory"}, {Party: ""}, {Party: "omnia", Replica: bus.Replicas}, {Party: "omnia", Replica: -1}} {
		if _, err := bus.Connect(t.Context(), o); err == nil {
			t.Errorf("%s replica %d was accepted", o.Party, o.Replica)
		}
	}
}

func TestServerConfigRefusesBadPasswords(t *testing.T) {
	for _, bad := range []string{"", "a\"b", "a\nb", `a\b`} {
		passwords := map[string]string{bus.Hub: "x"}
		for _, party := range bus.Providers() {
			passwords[party] = "x"
		}
		passwords["omnia"] = bad
		if _, err := bus.ServerConfig(bus.ServerSettings{StoreDir: "/data", Passwords: passwords}); err == nil {
			t.Errorf("password %q was accepted", bad)
		}
	}
	if _, err := bus.ServerConfig(bus.ServerSettings{StoreDir: "/data"}); err == nil {
		t.Error(fmt.Errorf("no passwords were accepted"))
	}
}
