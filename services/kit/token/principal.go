package token

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// Principal is who calls, as far as rights depend on it. It never holds a name,
// an address or a number of a person: those live in a directory that can be
// deleted from.
type Principal struct {
	// Role is the one capacity in which somebody calls; unspecified when nobody signed in.
	Role policyv1.Role
	// Subject is the opaque id of the person or the system.
	Subject string
	// Provider is the key of the provider that an advisor, a lead or a provider's system belongs to.
	Provider string
	// Advisor is the id of the advisor at that provider, for advisors and leads.
	Advisor string
	// Companies are those that a company user, or by their grants an integrator, acts for: a
	// Business ID, or scheme:value for a company without one, such as lei:549300A0JPRWG1KI7U06.
	Companies []string
	// Organisation is the organisation that an integrator or an operator belongs to, if stated.
	Organisation string
	// CaseID is the one case that a case holder may see. It is never in a token.
	CaseID string
	// Key is the id of the key that a system called with, and Scopes what that key may do.
	// Neither is ever in a token.
	Key    string
	Scopes []string
	// Granted is what an integrator may do for each of its companies: what both its key
	// and the company's grant name.
	Granted map[string][]string
	// Session names the session of the pages that the call is made in; empty for a
	// token that was given out.
	Session string
	// Representation is on what basis a person acts for the one company of a session;
	// zero for anybody else.
	Representation Representation
}

// Representation says why a person may act for a company.
type Representation struct {
	// Basis is register_role, mandate or self: a role that a register knows, a mandate
	// that the company gave, or one's own business.
	Basis string `json:"basis"`
	// Role is the role in the register, such as chair, or the theme of the mandate.
	Role string `json:"role,omitempty"`
	// Company as in Principal.Companies.
	Company string `json:"company"`
	// CheckedAt is when whoever keeps the representation last confirmed it.
	CheckedAt time.Time `json:"checked_at,omitzero"`
	// ValidTo is when it ends by itself; zero when it has no end.
	ValidTo time.Time `json:"valid_to,omitzero"`
}

// The bases of a representation.
const (
	BasisRegisterRole = "register_role"
	BasisMandate      = "mandate"
	BasisSelf         = "self"
)

// Check tells what is wrong with a representation: its basis, the words of its role,
// or its company, which must be in canonical form.
func (r Representation) Check() error {
	switch {
	case !slices.Contains([]string{BasisRegisterRole, BasisMandate, BasisSelf}, r.Basis):
		return fmt.Errorf("token: the basis of a representation is %.40q, which is not one of %s, %s, %s", r.Basis, BasisRegisterRole, BasisMandate, BasisSelf)
	case r.Role != "" && !keyForm.MatchString(r.Role):
		return fmt.Errorf("token: the role of a representation is %.40q, which is no key of a-z, 0-9, dot, - and _", r.Role)
	}
	if err := checkCompany(r.Company); err != nil {
		return fmt.Errorf("token: the company of a representation: %w", err)
	}
	return nil
}

// ActsFor tells whether the principal acts for the company, written as in Companies.
func (p Principal) ActsFor(company string) bool {
	return company != "" && slices.Contains(p.Companies, company)
}

type contextKey struct{}

// With returns a context in which From finds the principal.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, &p)
}

// From returns who calls; the zero Principal when nobody signed in.
func From(ctx context.Context) Principal {
	if p, ok := ctx.Value(contextKey{}).(*Principal); ok {
		return *p
	}
	return Principal{}
}

// roleNames are the roles as tokens and logs write them. A case holder is not among
// them: a code and a secret stand for one case only.
var roleNames = map[policyv1.Role]string{
	policyv1.Role_ROLE_COMPANY:         "company",
	policyv1.Role_ROLE_ADVISOR:         "advisor",
	policyv1.Role_ROLE_LEAD:            "lead",
	policyv1.Role_ROLE_PROVIDER_SYSTEM: "provider_system",
	policyv1.Role_ROLE_INTEGRATOR:      "integrator",
	policyv1.Role_ROLE_OPERATOR:        "operator",
}

// RoleName returns the role as tokens and logs write it, such as advisor.
func RoleName(role policyv1.Role) string {
	if name, ok := roleNames[role]; ok {
		return name
	}
	if role == policyv1.Role_ROLE_CASE_HOLDER {
		return "case_holder"
	}
	return "none"
}

// NeedsKey tells whether callers of a role show a key and no token: a key can be
// revoked, and a token holds until it ends.
func NeedsKey(role policyv1.Role) bool {
	return role == policyv1.Role_ROLE_INTEGRATOR || role == policyv1.Role_ROLE_PROVIDER_SYSTEM
}

// ParseRole reads the name of a role.
func ParseRole(name string) (policyv1.Role, error) {
	for role, known := range roleNames {
		if known == name {
			return role, nil
		}
	}
	return 0, fmt.Errorf("token: role %.40q is not one of company, advisor, lead, provider_system, integrator, operator", name)
}

var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,79}$`)

// check tells what a token may not say. It runs before signing and after
// reading, so that no later code needs to ask whether an advisor has a provider.
func (p Principal) check() error {
	atProvider := p.Role == policyv1.Role_ROLE_ADVISOR || p.Role == policyv1.Role_ROLE_LEAD
	forCompanies := p.Role == policyv1.Role_ROLE_COMPANY
	switch {
	case roleNames[p.Role] == "":
		return fmt.Errorf("token: role %s cannot be in a token", RoleName(p.Role))
	case NeedsKey(p.Role) || p.Key != "":
		return fmt.Errorf("token: role %s comes with a key and not with a token; hub key issue makes one", RoleName(p.Role))
	case p.Subject == "" || len(p.Subject) > 100 || strings.ContainsAny(p.Subject, " @\n\t"):
		return fmt.Errorf("token: sub must be an opaque id of 1 to 100 characters, without spaces and @")
	case atProvider && !keyForm.MatchString(p.Provider):
		return fmt.Errorf("token: role %s needs the key of its provider, not %.40q", RoleName(p.Role), p.Provider)
	case atProvider && !keyForm.MatchString(p.Advisor):
		return fmt.Errorf("token: role %s needs the id of the advisor, not %.40q", RoleName(p.Role), p.Advisor)
	case forCompanies && p.Provider != "":
		return fmt.Errorf("token: role %s belongs to no provider, but names %.40q", RoleName(p.Role), p.Provider)
	case !forCompanies && len(p.Companies) > 0:
		return fmt.Errorf("token: role %s acts for no companies, but names %d", RoleName(p.Role), len(p.Companies))
	case p.CaseID != "":
		return fmt.Errorf("token: a case cannot be in a token")
	case p.Session != "" && !keyForm.MatchString(p.Session):
		return fmt.Errorf("token: sid must be a key, not %.40q", p.Session)
	case p.Representation != (Representation{}) && !slices.Equal(p.Companies, []string{p.Representation.Company}):
		return fmt.Errorf("token: a representation is for the one company that the token names")
	}
	if p.Representation != (Representation{}) {
		if err := p.Representation.Check(); err != nil {
			return err
		}
	}
	for _, company := range p.Companies {
		if err := checkCompany(company); err != nil {
			return fmt.Errorf("token: company: %w", err)
		}
	}
	return nil
}

// checkCompany wants the canonical form: rights are decided by comparing texts.
func checkCompany(company string) error {
	scheme, value, ok := strings.Cut(company, ":")
	if !ok {
		scheme, value = identifier.SchemeBusinessID, company
	}
	canonical, err := identifier.ParseCompany(scheme, value)
	if err != nil {
		return err
	}
	if canonical != value {
		return fmt.Errorf("%s %.40q must be written %s", scheme, value, canonical)
	}
	return nil
}
