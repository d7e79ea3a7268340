// Package signin lets people in by OpenID Connect: authorization code with PKCE, at any
// number of issuers. A configuration says of each issuer what it may say: who works for
// one provider, who runs the hub, or who may act for which companies. What an issuer
// says beyond that counts for nothing.
package signin

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/datafile"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// Kind is whom an issuer lets in.
type Kind string

// The kinds.
const (
	// Companies: people who act for companies, or for themselves.
	Companies Kind = "companies"
	// Staff: those who work for one provider.
	Staff Kind = "staff"
	// Operators: those who run the hub.
	Operators Kind = "operators"
)

// Config is the file that says who lets people in.
type Config struct {
	// HubURL is the address under which browsers reach the pages, such as
	// https://hub.example; issuers send people back to it.
	HubURL string `yaml:"hub_url"`
	// Issuers in the order in which the sign-in page shows them.
	Issuers []IssuerConfig `yaml:"issuers"`

	// Demo is for the built-in issuers of people who do not exist: browsers may reach the
	// hub under any name, and what the issuer calls a person is their id in the hub.
	Demo bool `yaml:"-"`
}

// IssuerConfig is one issuer.
type IssuerConfig struct {
	// ID names it in addresses, such as omnia.
	ID string `yaml:"id"`
	// URL is the issuer, as its discovery document and its tokens write it.
	URL string `yaml:"url"`
	// ClientID is what the issuer knows the hub by; its secret is in a file or in a
	// variable of the environment. Without either the hub is a public client.
	ClientID   string `yaml:"client_id"`
	SecretFile string `yaml:"client_secret_file,omitempty"`
	SecretEnv  string `yaml:"client_secret_env,omitempty"`
	// Scopes are asked for beside openid.
	Scopes []string `yaml:"scopes,omitempty"`
	// MaxAge is how many seconds ago the issuer may have seen proof of who somebody is;
	// without it the issuer's own sessions decide.
	MaxAge int `yaml:"max_age,omitempty"`
	// Strengths are the values of acr that count as proof; without any the issuer decides.
	Strengths []string `yaml:"acr_values,omitempty"`
	// Names are what the sign-in page calls it.
	Names catalogue.Texts `yaml:"names"`
	// For is whom it lets in.
	For Kind `yaml:"for"`
	// Provider is whose staff it knows.
	Provider string `yaml:"provider,omitempty"`
	// AdvisorClaim holds the id by which the hub knows a member of staff.
	AdvisorClaim string `yaml:"advisor_claim,omitempty"`
	// Roles say who has which role; the first one that holds counts. Without one that
	// holds nobody comes in. People who act for companies need none.
	Roles []RoleRule `yaml:"roles,omitempty"`
	// RepresentationsClaim lists for which companies a person may act.
	RepresentationsClaim string `yaml:"representations_claim,omitempty"`

	secret string
}

// RoleRule gives a role to those of whom a claim says a value: as a text, or in a list.
type RoleRule struct {
	Claim string `yaml:"claim"`
	Value string `yaml:"value"`
	// Role is advisor or lead for staff, operator for operators.
	Role string `yaml:"role"`
}

// Load reads the file. It fails with a *[datafile.Error] when the file has a mistake.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("signin: read the issuers: %w", err)
	}
	c := &Config{}
	f, err := datafile.Read(path, data, c)
	if err != nil {
		return nil, err
	}
	if err := secure(c.HubURL); err != nil {
		f.Fail(datafile.Field("hub_url"), "%s", err)
	}
	if len(c.Issuers) == 0 {
		f.Fail(datafile.Field("issuers"), "is empty; write at least one issuer, or start without the file")
	}
	ids, urls := map[string]bool{}, map[string]bool{}
	for i := range c.Issuers {
		issuer := &c.Issuers[i]
		at := datafile.Field("issuers").Item(i, issuer.ID)
		f.Key(at.Field("id"), issuer.ID, "omnia")
		f.Unique(at.Field("id"), ids, issuer.ID, "issuer")
		f.Unique(at.Field("url"), urls, issuer.URL, "issuer")
		issuer.check(f, at)
		issuer.readSecret(f, at, filepath.Dir(path))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *IssuerConfig) check(f *datafile.File, at datafile.Place) {
	if err := secure(c.URL); err != nil {
		f.Fail(at.Field("url"), "%s", err)
	}
	if c.ClientID == "" {
		f.Fail(at.Field("client_id"), "is empty; write the id that the issuer gave to the hub")
	}
	c.Names.Check(f, at.Field("names"), catalogue.MaxName, "the sign-in page shows it in fi, sv and en")
	datafile.OneOf(f, at.Field("for"), c.For, []Kind{Companies, Staff, Operators})
	if known := slices.Contains(name.Providers, c.Provider); (c.For == Staff) != known {
		f.Fail(at.Field("provider"), "is %q; name one of %s where for is staff, and leave it out elsewhere", c.Provider, strings.Join(name.Providers, ", "))
	}
	if (c.For == Staff) != (c.AdvisorClaim != "") {
		f.Fail(at.Field("advisor_claim"), "is %q; name the claim with the id of a member of staff where for is staff, and leave it out elsewhere", c.AdvisorClaim)
	}
	if c.MaxAge < 0 {
		f.Fail(at.Field("max_age"), "is %d; write a number of seconds, such as 900, or leave it out", c.MaxAge)
	}
	if c.RepresentationsClaim != "" && c.For != Companies {
		f.Fail(at.Field("representations_claim"), "is for issuers with for: companies alone")
	}
	if c.For == Companies != (len(c.Roles) == 0) {
		f.Fail(at.Field("roles"), "has %d rules; say who has which role, and nothing where for is companies", len(c.Roles))
	}
	for i, rule := range c.Roles {
		place := at.Field("roles").Item(i, "")
		if rule.Claim == "" || rule.Value == "" {
			f.Fail(place, "needs a claim and a value, such as claim: groups, value: advisors")
		}
		datafile.OneOf(f, place.Field("role"), rule.Role, map[Kind][]string{Staff: {"advisor", "lead"}, Operators: {"operator"}}[c.For])
	}
}

// readSecret reads the secret. The file is named from the folder of the configuration.
func (c *IssuerConfig) readSecret(f *datafile.File, at datafile.Place, dir string) {
	switch {
	case c.SecretFile != "" && c.SecretEnv != "":
		f.Fail(at.Field("client_secret_env"), "is given beside client_secret_file; keep one")
	case c.SecretFile != "":
		file := c.SecretFile
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		data, err := os.ReadFile(file)
		if c.secret = strings.TrimSpace(string(data)); err != nil || c.secret == "" {
			f.Fail(at.Field("client_secret_file"), "%q cannot be read or is empty", c.SecretFile)
		}
	case c.SecretEnv != "":
		if c.secret = os.Getenv(c.SecretEnv); c.secret == "" {
			f.Fail(at.Field("client_secret_env"), "names %s, which is empty in the environment", c.SecretEnv)
		}
	}
}

// role is the role of a rule; it was checked.
func (r RoleRule) role() policyv1.Role {
	role, err := token.ParseRole(r.Role)
	if err != nil {
		return policyv1.Role_ROLE_UNSPECIFIED
	}
	return role
}

// secure wants https, but for this machine itself.
func secure(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("%q is not a web address; write it in full, such as https://id.example", address)
	}
	ip := net.ParseIP(u.Hostname())
	if local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(); u.Scheme == "http" && !local {
		return fmt.Errorf("%q is not https; only this machine itself, such as http://127.0.0.1:8080, may be without", address)
	}
	return nil
}
