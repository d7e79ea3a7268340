package signin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/businessespoo/hub/gateway/signin"
)

const goodConfig = `hub_url: https://hub.example
issuers:
  - id: suomi-fi
    url: https://broker.example
    client_id: hub
    client_secret_file: secret
    names: {fi: Suomi.fi, sv: Suomi.fi, en: Suomi.fi}
    for: companies
    representations_claim: representations
  - id: omnia
    url: https://id.omnia.example/realms/staff
    client_id: hub
    client_secret_env: TEST_OMNIA_SECRET
    scopes: [groups]
    names: {fi: Omnia, sv: Omnia, en: Omnia}
    for: staff
    provider: omnia
    advisor_claim: staff_id
    roles:
      - {claim: groups, value: hub-leads, role: lead}
      - {claim: groups, value: hub-advisors, role: advisor}
`

func load(t *testing.T, text string) (*signin.Config, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "issuers.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return signin.Load(file)
}

func TestLoad(t *testing.T) {
	t.Setenv("TEST_OMNIA_SECRET", "0mnia")
	c, err := load(t, goodConfig)
	if err != nil || len(c.Issuers) != 2 || c.Issuers[1].Provider != "omnia" {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, m := range []struct{ from, to, want string }{
		{"https://hub.example", "http://hub.example", ":1: hub_url: "},
		{"https://broker.example", "http://broker.example", "not https"},
		{"https://broker.example", "broker", "not a web address"},
		{"https://broker.example", "https://id.omnia.example/realms/staff", "another issuer too"},
		{"id: omnia", "id: suomi-fi", "another issuer too"},
		{"id: omnia", "id: ../x", "not a key"},
		{"client_secret_file: secret", "client_secret_file: missing", "cannot be read"},
		{"TEST_OMNIA_SECRET", "TEST_NO_SECRET", "empty in the environment"},
		{"for: staff", "for: everybody", `"everybody" is not known`},
		{"provider: omnia", "provider: somebody", "name one of"},
		{"    provider: omnia\n", "", "name one of"},
		{"for: companies", "for: companies\n    provider: omnia", "leave it out elsewhere"},
		{"role: lead}", "role: operator}", `"operator" is not known; it is one of advisor, lead`},
		{"claim: groups, value: hub-leads", "claim: groups", "needs a claim and a value"},
		{"    advisor_claim: staff_id\n", "", "name the claim"},
		{"scopes: [groups]", "scope: [groups]", ":14:"},
		{"sv: Omnia,", "", "omnia).names"},
		{"scopes: [groups]", "max_age: -1", "omnia).max_age: is -1"},
		{"scopes: [groups]", "max_age: often", ":14:"},
	} {
		if !strings.Contains(goodConfig, m.from) {
			t.Fatalf("the file has no %q", m.from)
		}
		if _, err := load(t, strings.Replace(goodConfig, m.from, m.to, 1)); err == nil || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%q for %q: %v, want %q", m.to, m.from, err, m.want)
		}
		if _, err := load(t, strings.Replace(goodConfig, m.from, m.to, 1)); err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "0mnia")) {
			t.Errorf("an error tells a secret: %v", err)
		}
	}
}
