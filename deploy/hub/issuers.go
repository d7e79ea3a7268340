package hub

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/businessespoo/hub/deploy/demo"
	"github.com/businessespoo/hub/gateway"
	"github.com/businessespoo/hub/gateway/devissuer"
	"github.com/businessespoo/hub/gateway/signin"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/token"
)

// issuers says who lets people in to the pages: those of the file, or in a demo the
// built-in ones, and never both.
func (p *process) issuers(o *gateway.Options) error {
	switch file := p.options.Issuers; {
	case p.options.Demo:
		base := localAddress(p.listeners.web.Addr())
		o.SignIn, o.DevIssuers = p.demoIssuers(base)
	case file != "":
		config, err := signin.Load(file)
		if err != nil {
			return err
		}
		o.SignIn = config
	}
	o.Key = p.key
	return nil
}

var errDemoIssuers = errors.New("hub: --demo lets anybody be anybody, so it is not started together with --issuers; leave one of them out")

// localAddress is where this machine reaches a listener.
func localAddress(a net.Addr) string {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return "http://" + a.String()
	}
	if at.Addr().IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", at.Port())
	}
	return "http://" + at.String()
}

// demoIssuers are one issuer for people who act for companies, one for each provider and
// one for operators, as it is in earnest.
func (p *process) demoIssuers(base string) (*signin.Config, http.Handler) {
	config, mux := &signin.Config{HubURL: base, Demo: true}, http.NewServeMux()
	add := func(c signin.IssuerConfig, title string, of func(token.Principal) bool) {
		c.URL, c.ClientID = base+gateway.DevIssuerPath+c.ID, "hub"
		config.Issuers = append(config.Issuers, c)
		mux.Handle(gateway.DevIssuerPath+c.ID+"/", &devissuer.Issuer{
			URL: c.URL, Title: title, Now: p.clock.Now, Personas: func() []devissuer.Persona { return personas(of, p.clock.Now()) },
			Redirect: func(r *http.Request, address string) bool {
				host := strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
				return host == r.Host+signin.CallbackPath(c.ID)
			},
		})
	}
	add(signin.IssuerConfig{
		ID: "companies", For: signin.Companies, RepresentationsClaim: "representations",
		Names: catalogue.Texts{FI: "Suomi.fi (esittely)", SV: "Suomi.fi (demonstration)", EN: "Suomi.fi (demonstration)"},
	}, "Companies and people",
		func(who token.Principal) bool { return who.Role == policyv1.Role_ROLE_COMPANY })
	for _, key := range bus.Providers() {
		add(signin.IssuerConfig{
			ID: key, For: signin.Staff, Provider: key, AdvisorClaim: "staff_id",
			Roles: []signin.RoleRule{{Claim: "groups", Value: "lead", Role: "lead"}, {Claim: "groups", Value: "advisor", Role: "advisor"}},
		}, key, func(who token.Principal) bool { return who.Provider == key })
	}
	add(signin.IssuerConfig{
		ID: "operators", For: signin.Operators, Roles: []signin.RoleRule{{Claim: "groups", Value: "operator", Role: "operator"}},
		Names: catalogue.Texts{FI: "Ylläpito (esittely)", SV: "Driften (demonstration)", EN: "Operators (demonstration)"},
	}, "Operators", func(who token.Principal) bool { return who.Role == policyv1.Role_ROLE_OPERATOR })
	return config, mux
}

// personas are the demo's people of one issuer, with what it says of them at a time.
func personas(of func(token.Principal) bool, now time.Time) []devissuer.Persona {
	var list []devissuer.Persona
	for _, persona := range demo.Personas() {
		if !of(persona.Principal) {
			continue
		}
		claims := map[string]any{"groups": []string{token.RoleName(persona.Principal.Role)}}
		if persona.Principal.Advisor != "" {
			claims["staff_id"] = persona.Principal.Advisor
		}
		var may []map[string]string
		for _, r := range persona.Representations {
			said := map[string]string{"company": r.Company, "basis": r.Basis, "role": r.Role}
			if r.Days != 0 {
				said["valid_to"] = now.AddDate(0, 0, r.Days).Format(time.DateOnly)
			}
			may = append(may, said)
		}
		if may != nil {
			claims["representations"] = may
		}
		list = append(list, devissuer.Persona{Key: persona.Principal.Subject, Label: persona.Label, Kind: persona.Kind, Claims: claims})
	}
	return list
}
