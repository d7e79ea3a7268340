package bus_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"

	"github.com/businessespoo/hub/services/kit/bus"
)

// public is the public half of a seed.
func public(seed bus.Seed) (string, error) {
	text, err := seed()
	if err != nil {
		return "", err
	}
	return bus.PublicKey(text)
}

func TestSeedFileIsReadEachTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "omnia")
	seed := bus.SeedFile(file)
	if _, err := seed(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("no file: %v, want its name", err)
	}
	for range 2 {
		one, key := newKey(t)
		text, err := one()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := public(seed); got != key || err != nil {
			t.Errorf("got key %s, %v, want %s", got, err, key)
		}
	}
}

// What is in a file that should hold a seed may be a secret, or a part of one.
func TestABadSeedIsNotShown(t *testing.T) {
	account, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	ofAccount, err := account.Seed()
	if err != nil {
		t.Fatal(err)
	}
	one, key := newKey(t)
	good, err := one()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "a word": []byte("secret-word"), "a public key": []byte(key), "the seed of an account": ofAccount,
		"half a seed": good[:30], "two seeds": append(append(bytes.Clone(good), '\n'), good...), "too much": bytes.Repeat([]byte("x"), 1<<20),
	} {
		file := filepath.Join(t.TempDir(), "seed")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := bus.SeedFile(file)()
		if err == nil || !strings.Contains(err.Error(), "begins with SU") || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, want the file and what would be right", name, err)
			continue
		}
		if start := string(text[:min(len(text), 10)]); start != "" && strings.Contains(strings.ReplaceAll(err.Error(), file, ""), start) {
			t.Errorf("%s is shown: %v", name, err)
		}
	}
}

func TestServerConfigRefusesBadKeys(t *testing.T) {
	good, seeds := settingsOf(t)
	seed, err := seeds["omnia"]()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		keys []string
		want string
	}{
		"none":              {nil, "a public key for omnia"},
		"an empty one":      {[]string{""}, "omnia"},
		"no key":            {[]string{"omnia"}, "begin with U"},
		"more than a key":   {[]string{good.Keys["omnia"][0] + `", permissions: {}`}, "begin with U"},
		"the seed":          {[]string{string(seed)}, "begin with U"},
		"another's as well": {[]string{good.Keys["omnia"][0], good.Keys["chamber"][0]}, "omnia and for chamber"},
		"one twice":         {[]string{good.Keys["omnia"][0], good.Keys["omnia"][0]}, "omnia and for omnia"},
	} {
		settings := good
		settings.Keys = map[string][]string{}
		for party, keys := range good.Keys {
			settings.Keys[party] = keys
		}
		settings.Keys["omnia"] = test.keys
		_, err := bus.ServerConfig(settings)
		if err == nil || !(strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "chamber and for omnia")) {
			t.Errorf("%s: %v, want %q in it", name, err, test.want)
		} else if strings.Contains(err.Error(), string(seed)) {
			t.Errorf("%s: the seed is shown: %v", name, err)
		}
	}
}
