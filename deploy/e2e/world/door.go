package world

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway/devissuer"
	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/services/kit/name"
)

// Door are the issuers of a world: real OpenID Connect, spoken by the test itself. What
// they say of somebody can be changed at any time.
type Door struct {
	base    string
	urls    map[string]string
	servers map[string]*httptest.Server
	mutex   sync.Mutex
	// people are what is said of each, by issuer and key.
	people map[string]map[string]map[string]any
}

// Companies and Operators are the issuers that are not those of a provider's staff,
// whose names are the providers' keys.
const (
	Companies = "companies"
	Operators = "operators"
)

// open starts the issuers for a hub at an address, and answers the file that names them.
func openDoor(t testing.TB, hub string) (*Door, string) {
	t.Helper()
	d := &Door{base: "http://" + hub, people: map[string]map[string]map[string]any{}, urls: map[string]string{}, servers: map[string]*httptest.Server{}}
	var file strings.Builder
	fmt.Fprintf(&file, "hub_url: %s\nissuers:\n", d.base)
	for _, id := range append([]string{Companies, Operators}, name.Providers...) {
		issuer := &devissuer.Issuer{
			Title: id, Now: time.Now, Personas: func() []devissuer.Persona { return d.personas(id) },
			Redirect: func(_ *http.Request, address string) bool { return address == d.base+signin.CallbackPath(id) },
		}
		server := httptest.NewServer(issuer)
		t.Cleanup(server.Close)
		issuer.URL, d.urls[id], d.servers[id] = server.URL, server.URL, server
		fmt.Fprintf(&file, "  - {id: %s, url: %q, client_id: hub, names: {fi: %s, sv: %s, en: %s}, ", id, server.URL, id, id, id)
		switch id {
		case Companies:
			file.WriteString("for: companies, representations_claim: representations}\n")
		case Operators:
			file.WriteString("for: operators, roles: [{claim: role, value: operator, role: operator}]}\n")
		default:
			fmt.Fprintf(&file, "for: staff, provider: %s, advisor_claim: staff_id, roles: [{claim: role, value: lead, role: lead}, {claim: role, value: advisor, role: advisor}]}\n", id)
		}
	}
	path := filepath.Join(t.TempDir(), "issuers.yaml")
	must(t, os.WriteFile(path, []byte(file.String()), 0o600))
	return d, path
}

func (d *Door) personas(issuer string) []devissuer.Persona {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var list []devissuer.Persona
	for _, key := range slices.Sorted(maps.Keys(d.people[issuer])) {
		list = append(list, devissuer.Persona{Key: key, Label: key, Claims: d.people[issuer][key]})
	}
	return list
}

// Says has an issuer say something of somebody from now on.
func (d *Door) Says(issuer, key string, claims map[string]any) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.people[issuer] == nil {
		d.people[issuer] = map[string]map[string]any{}
	}
	d.people[issuer][key] = claims
}

// Away ends an issuer: nobody signs in there any more.
func (d *Door) Away(issuer string) { d.servers[issuer].Close() }

// Mandates are the claims of somebody who may act for companies.
func Mandates(companies ...string) map[string]any {
	list := []map[string]string{}
	for _, company := range companies {
		list = append(list, map[string]string{"company": company, "basis": "mandate", "role": "business-services"})
	}
	return map[string]any{"representations": list}
}

// knows has the right issuer know whom a token stands for, and answers which it is.
func (d *Door) knows(t testing.TB, token string) (issuer, key string) {
	t.Helper()
	var said struct {
		Sub, Role, Provider, Advisor string
		Companies                    []string
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	must(t, err)
	must(t, json.Unmarshal(payload, &said))
	switch said.Role {
	case "company":
		d.Says(Companies, said.Sub, Mandates(said.Companies...))
		return Companies, said.Sub
	case "advisor", "lead":
		d.Says(said.Provider, said.Sub, map[string]any{"role": said.Role, "staff_id": said.Advisor})
		return said.Provider, said.Sub
	case "operator":
		d.Says(Operators, said.Sub, map[string]any{"role": "operator"})
		return Operators, said.Sub
	}
	t.Fatalf("nobody of role %s signs in to the pages", said.Role)
	return "", ""
}

// SignIn signs in, by the issuer, as whom a token stands for, and answers where that led.
func (b *Browser) SignIn(token string) *Page {
	b.t.Helper()
	issuer, key := b.door.knows(b.t, token)
	return b.SignInAt(issuer, key)
}

// ToIssuer presses the button of an issuer on the sign-in page.
func (b *Browser) ToIssuer(issuer string) *Page {
	b.t.Helper()
	return b.Open("/sign-in").Form("sign-in-" + issuer).Send("")
}

// SignInAt signs in at an issuer as somebody whom it knows.
func (b *Browser) SignInAt(issuer, key string) *Page {
	b.t.Helper()
	page := b.ToIssuer(issuer)
	form := page.Form("personas")
	form.values.Set("persona", key)
	return form.Send("")
}

// SignedIn are the cookies of a browser that has signed in as whom a token stands for.
func (w *World) SignedIn(t testing.TB, token string) []*http.Cookie {
	t.Helper()
	b := w.Browser(t)
	if page := b.SignIn(token); page.Status >= http.StatusInternalServerError {
		t.Fatalf("sign-in: %s", page)
	}
	return b.Cookies()
}
