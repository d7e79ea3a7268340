package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/deploy/hub"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// command runs a command line and returns what it printed.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := execute(t.Context(), args, &out)
	return out.String(), err
}

// folder is a data folder of a hub that has not run yet.
func folder(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	if _, err := hub.OpenFolder(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestToken(t *testing.T) {
	data := folder(t)
	for _, c := range []struct {
		args string
		want token.Principal
	}{
		{"--role operator --subject op-1", token.Principal{Role: policyv1.Role_ROLE_OPERATOR, Subject: "op-1"}},
		{"--role lead --provider omnia --advisor a1", token.Principal{Role: policyv1.Role_ROLE_LEAD, Subject: "omnia-a1", Provider: "omnia", Advisor: "a1"}},
		{
			"--role company --subject p-1 --company 9000001-1 --company lei:549300A0JPRWG1KI7U06",
			token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p-1", Companies: []string{"9000001-1", "lei:549300A0JPRWG1KI7U06"}},
		},
	} {
		signed, err := command(t, append([]string{"token", "--data", data}, strings.Fields(c.args)...)...)
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		key, err := token.OpenKey(filepath.Join(data, "keys", "token.key"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := token.NewVerifier(time.Now, key.Public()).Verify(strings.TrimSpace(signed))
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.args, diff)
		}
	}
}

func TestFlagsCanBeEnvironmentVariables(t *testing.T) {
	data := folder(t)
	t.Setenv("HUB_DATA", data)
	t.Setenv("HUB_ROLE", "operator")
	if _, err := command(t, "token"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(data, "keys", "token.key")); err != nil {
		t.Errorf("the key is not in HUB_DATA: %v", err)
	}
}

// TestAVariableOfTheGatewayIsNotTheServers: what moves the gateway is not written into the
// configuration of the nats-server.
func TestAVariableOfTheGatewayIsNotTheServers(t *testing.T) {
	data := folder(t)
	t.Setenv("HUB_LISTEN", "127.0.0.1:19090")
	t.Setenv("HUB_NATS_LISTEN", "127.0.0.1:14222")
	if _, err := command(t, "nats-config", "--data", data); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(data, "nats-server.conf"))
	if err != nil || strings.Contains(string(written), "19090") || !strings.Contains(string(written), "14222") {
		t.Errorf("%v: the server listens on\n%s", err, written)
	}
}

func TestMistakesAreExplained(t *testing.T) {
	data := folder(t)
	for args, want := range map[string]string{
		"":                                   "hub --help",
		"fly":                                "hub --help",
		"run --ports 9":                      "hub run --help",
		"run --log-level all":                "debug",
		"token":                              "hub token --help",
		"staff":                              "hub staff --help",
		"staff add --id a1":                  "hub staff add --help",
		"verify --data " + data + "/nothing": "no log",
		"token --role boss --data " + data:   "none of company, advisor, lead, operator",
		"token --role operator --data " + data + "/nothing":                                     "no data folder",
		"token --role advisor --data " + data:                                                   "--provider and --advisor",
		"token --role lead --provider omnia --data " + data:                                     "--provider and --advisor",
		"staff add --data " + data + " --id op1 --name N":                                       "--role operator",
		"staff add --data " + data + " --id op1 --name N --role operator --provider omnia":      "leave --provider omnia out",
		"nats-config --data " + data + " --listen nowhere":                                      "HOST:PORT",
		"token --role company --company 9000001-2 --data " + data:                               "9000001-1",
		"run --data " + data + " --listen nowhere":                                              "--listen",
		"token --data " + data + " --role integrator":                                           "hub key issue",
		"key issue --data " + data + " --name N --scopes case:read":                             "--integrator or --provider",
		"staff add --data " + data + " --provider omnia --id a1 --name N --gateway 127.0.0.1:1": "127.0.0.1:1",
		"dead-letters replay --data " + data + " --gateway 127.0.0.1:1 1":                       "127.0.0.1:1",
		"dead-letters replay --data " + data + " --gateway 127.0.0.1:1 the-last-of-them":        "number",
	} {
		_, err := command(t, strings.Fields(args)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("hub %s: %v, want %q in it", args, err, want)
		}
	}
}

func TestNATSConfigSaysWhatTheFilesAreFor(t *testing.T) {
	dir := t.TempDir()
	told, err := command(t, "nats-config", "--data", filepath.Join(dir, "data"), "--out", filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"nats-server.conf", "nats-accounts.conf", "token.pub", "seeds/omnia", "seeds/hub"} {
		if _, err := os.Stat(filepath.Join(dir, "out", file)); err != nil {
			t.Error(err)
		}
		if top, _, _ := strings.Cut(file, "/"); !strings.Contains(told, top) {
			t.Errorf("it does not tell of %s:\n%s", top, told)
		}
	}
	// Each line of a secret must not be printed.
	secret, err := os.ReadFile(filepath.Join(dir, "out", "seeds", "omnia"))
	if err != nil || strings.Contains(told, strings.TrimSpace(string(secret))) {
		t.Errorf("the seed of omnia was printed (%v)", err)
	}
}
