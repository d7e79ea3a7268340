package demo

import (
	"fmt"
	"slices"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/token"
)

// Advisor is a member of staff who does not exist.
type Advisor struct {
	Provider, ID, Name     string
	Lead                   bool
	Languages, Competences []string
}

// Principal is the advisor as a caller.
func (a Advisor) Principal() token.Principal {
	role := policyv1.Role_ROLE_ADVISOR
	if a.Lead {
		role = policyv1.Role_ROLE_LEAD
	}
	return token.Principal{Role: role, Subject: "demo-" + a.Provider + "-" + a.ID, Provider: a.Provider, Advisor: a.ID}
}

// teams say how many advisors each provider has, 40 in all, what they are called
// and what they know.
var teams = []struct {
	provider, label string
	size            int
	competences     []string
}{
	{"espoo-city", "City", 6, []string{"premises", "permits", "plots", "procurement", "pilots", "growth"}},
	{"enter-espoo", "Enter", 5, []string{"landing", "investors", "talent", "congress", "visits"}},
	{"omnia", "Omnia", 6, []string{"apprenticeship", "training", "recruiting", "instructors", "qualifications", "cards"}},
	{"espoon-yrittajat", "Association", 5, []string{"law", "tax", "ownership", "mentoring", "advocacy"}},
	{"chamber", "Chamber", 6, []string{"origin", "carnet", "trade", "law", "documents", "training"}},
	{"yritysespoo", "Start", 6, []string{"plans", "finance", "starting", "statements", "marketing", "succession"}},
	{"employment", "Employment", 6, []string{"start-grant", "pay-subsidy", "vacancies", "trials", "change", "conditions"}},
}

// Staff are the advisors; the first of each provider, a1, is its lead. They are
// the same at every call.
func Staff() []Advisor {
	// Everyone speaks Finnish and English; the rarer languages are spread.
	extra := [][]string{{"sv"}, {}, {"ru"}, {"sv"}, {"zh"}, {}}
	var list []Advisor
	for t, team := range teams {
		for n := range team.size {
			a := Advisor{
				Provider: team.provider, ID: fmt.Sprintf("a%d", n+1), Name: fmt.Sprintf("Advisor %s-%d", team.label, n+1),
				Languages:   append([]string{"fi", "en"}, extra[(n+t)%len(extra)]...),
				Competences: []string{team.competences[n], team.competences[(n+1)%len(team.competences)]},
			}
			if n == 0 {
				a.Lead, a.Name = true, "Lead "+team.label+"-1"
				a.Languages = []string{"fi", "sv", "en"}
			}
			list = append(list, a)
		}
	}
	return list
}

// Persona is somebody whom a visitor of the demo can be.
type Persona struct {
	// Key names the persona in demo.json.
	Key string
	// Label says who it is, Kind in which role.
	Label, Kind string
	// Principal is the persona as a caller.
	Principal token.Principal
	// Representations are for which companies the persona may act, as an issuer says it.
	Representations []Representation
}

// Representation is a right to act for a company.
type Representation struct {
	// Company as tokens write it; Basis and Role as token.Representation has them.
	Company, Basis, Role string
	// Days is in how many days it ends, or ended when negative; 0 is without end.
	Days int
}

// The personas that cases are made for.
const (
	soleTrader     = "sole-trader"
	boardChair     = "board-chair"
	accountant     = "accountant"
	expired        = "expired-mandate"
	foreignFounder = "foreign-founder"
	newcomer       = "newcomer"
	founder        = "founder"
)

// Personas are those of the sign-in page. They are the same at every call.
func Personas() []Persona {
	all := Companies()
	named := func(label string, c Company) string { return label + ", " + c.Name }
	company := func(key, label string, right Representation, companies ...Company) Persona {
		made := Persona{Key: key, Label: label, Kind: right.kind(), Principal: token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "demo-" + key}}
		for _, c := range companies {
			right.Company = c.Key()
			made.Representations = append(made.Representations, right)
			if right.Days >= 0 {
				made.Principal.Companies = append(made.Principal.Companies, c.Key())
			}
		}
		return made
	}
	abroad := all[finnishCompanies]
	list := []Persona{
		company(soleTrader, named("Sole trader", all[8]), Representation{Basis: token.BasisSelf, Role: "entrepreneur"}, all[8]),
		company(boardChair, named("Chair of the board", all[6]), Representation{Basis: token.BasisRegisterRole, Role: "chair"}, all[6]),
		company(accountant, "Accountant of five companies", Representation{Basis: token.BasisMandate, Role: "accounting", Days: 365}, all[10:15]...),
		company(expired, named("Former accountant", all[10]), Representation{Basis: token.BasisMandate, Role: "accounting", Days: -30}, all[10]),
		company(foreignFounder, named("Founder from abroad", abroad), Representation{Basis: token.BasisRegisterRole, Role: "managing_director"}, abroad),
		company(founder, "Somebody who plans a company", Representation{}),
		company(newcomer, named("New here, no cases yet", all[finnishCompanies-1]), Representation{Basis: token.BasisRegisterRole, Role: "managing_director"}, all[finnishCompanies-1]),
	}
	staff := Staff()
	for _, key := range bus.Providers() {
		first := slices.IndexFunc(staff, func(a Advisor) bool { return a.Provider == key })
		for _, a := range []Advisor{staff[first+1], staff[first]} {
			p := a.Principal()
			list = append(list, Persona{Key: token.RoleName(p.Role) + "-" + key, Label: a.Name, Kind: token.RoleName(p.Role), Principal: p})
		}
	}
	return append(list, Persona{Key: "operator", Label: "Operator of the hub", Kind: "operator", Principal: Operator()})
}

// kind says in words what a representation is.
func (r Representation) kind() string {
	switch {
	case r.Days < 0:
		return "mandate that has expired"
	case r.Basis == token.BasisMandate:
		return "mandate, " + r.Role
	case r.Basis == token.BasisRegisterRole:
		return "role in the register, " + r.Role
	case r.Basis == token.BasisSelf:
		return "own business"
	}
	return "for nobody but oneself"
}

// Operator is who runs the demo.
func Operator() token.Principal {
	return token.Principal{Role: policyv1.Role_ROLE_OPERATOR, Subject: "demo-operator"}
}
