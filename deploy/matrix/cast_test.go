package matrix

import (
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/token"
)

type principal = token.Principal

// role is an onlooker with the case that it looks at.
type role struct {
	onlooker *onlooker
	story    *story
}

// cast makes everybody of the file, each with a case of their own.
func cast(t *testing.T, w *world.World, e expected) map[string]role {
	t.Helper()
	all := doors(t, w)
	bearer := func(p principal) *onlooker {
		return &onlooker{authorization: "Bearer " + w.Token(t, p), provider: p.Provider, doors: all}
	}
	chair := w.Company(t, world.CompanyUser("chair", company))
	own := func(another string) *story { return plant(t, w, chair, company, another) }
	plain := own("")
	roles := map[string]role{
		"company":       {bearer(world.CompanyUser("chair", company)), plain},
		"colleague":     {bearer(world.CompanyUser("colleague", company)), plain},
		"other-company": {bearer(world.CompanyUser("stranger", otherCompany)), plain},
		"public":        {&onlooker{doors: all}, plain},
		"operator":      {bearer(world.Operator()), plain},

		"owning-advisor": {bearer(world.AdvisorOf(owner, world.SecondAdvisor)), plain},
		"owning-lead":    {bearer(world.LeadOf(owner, world.Lead)), plain},
		"owning-system":  {bearer(world.SystemOf(owner)), plain},
		"not-asked":      {bearer(world.AdvisorOf("omnia", world.FirstAdvisor)), plain},
		"routed":         {bearer(world.AdvisorOf("omnia", world.FirstAdvisor)), own("omnia/apprenticeship")},
	}
	nameless := plant(t, w, w.Stranger(t), "", "")
	roles["holder"] = role{&onlooker{authorization: "Case " + nameless.code + ":" + nameless.secret, doors: all}, nameless}
	for called := range e.Onlookers {
		if _, ok := roles[called]; !ok {
			t.Errorf("expected.yaml names %q, whom nobody plays", called)
		}
	}
	for called := range roles {
		if _, ok := e.Onlookers[called]; !ok {
			t.Errorf("%q is played, but expected.yaml does not name it", called)
		}
	}
	return roles
}
