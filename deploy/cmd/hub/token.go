package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/businessespoo/hub/deploy/hub"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

type tokenCommand struct {
	dataFlag
	Role         string        `required:"" placeholder:"ROLE" help:"Role: company, advisor, lead or operator. Systems have keys: hub key issue."`
	Provider     string        `help:"Key of the provider, such as omnia. Needed for advisors and leads."`
	Advisor      string        `help:"Id of the advisor at the provider, such as a1. Needed for advisors and leads, who must be on the staff (hub staff add)."`
	Company      []string      `help:"Company that the holder acts for: a Business ID such as 9000001-1, or scheme:value such as lei:549300A0JPRWG1KI7U06. Repeat it for several."`
	Organisation string        `help:"Organisation that an operator belongs to."`
	Subject      string        `help:"Opaque id of the holder, who keeps it from token to token. Made from role, provider and advisor, or at random, when empty."`
	TTL          time.Duration `default:"12h" help:"How long the token is valid. (default: ${default})"`
}

// Run prints the token alone, so that it can be put into a variable.
func (c *tokenCommand) Run(out output) error {
	principal, err := c.principal()
	if err != nil {
		return err
	}
	signed, err := sign(c.Data, principal, c.TTL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, signed)
	return err
}

func (c *tokenCommand) principal() (token.Principal, error) {
	role, err := token.ParseRole(c.Role)
	if err != nil {
		return token.Principal{}, fmt.Errorf("--role %q is not one of company, advisor, lead, operator", c.Role)
	}
	if token.NeedsKey(role) {
		return token.Principal{}, fmt.Errorf("a token for %s opens nothing: systems have keys, which can be revoked; hub key issue makes one", c.Role)
	}
	if staff := role == policyv1.Role_ROLE_ADVISOR || role == policyv1.Role_ROLE_LEAD; staff && (c.Provider == "" || c.Advisor == "") {
		return token.Principal{}, fmt.Errorf("a token for --role %s needs --provider, such as omnia, and --advisor, the id given to hub staff add", c.Role)
	}
	if c.Provider != "" && !name.Known(c.Provider) {
		return token.Principal{}, fmt.Errorf("provider %q is none of the seven: %s", c.Provider, strings.Join(name.Providers, ", "))
	}
	p := token.Principal{
		Role: role, Subject: c.Subject, Provider: c.Provider, Advisor: c.Advisor, Companies: c.Company, Organisation: c.Organisation,
	}
	switch {
	case p.Subject != "":
	case p.Advisor != "":
		p.Subject = p.Provider + "-" + p.Advisor
	default:
		p.Subject = uuid.NewString()
	}
	return p, nil
}

// sign signs a token with the key of a data folder. A demo's clock may differ
// from real time, and the folder knows by how much.
func sign(data string, p token.Principal, ttl time.Duration) (string, error) {
	folder, err := hub.FindFolder(data)
	if err != nil {
		return "", err
	}
	key, err := folder.TokenKey()
	if err != nil {
		return "", err
	}
	now, err := folder.Now()
	if err != nil {
		return "", err
	}
	return key.Sign(p, now, ttl)
}
