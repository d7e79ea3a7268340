package systemkey

import (
	"slices"
	"strings"

	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// The scopes. The first three are for integrators, the others for the systems of
// providers.
const (
	CaseRead        = "case:read"
	CaseWrite       = "case:write"
	ApplicationRead = "application:read"
	RequestRead     = "request:read"
	RequestDecide   = "request:decide"
	// Any is what a method asks for that each key may call.
	Any = "any"
)

// IntegratorScopes are those that an integrator's key, and a company's grant, can
// hold. The first is in each.
func IntegratorScopes() []string { return []string{CaseRead, CaseWrite, ApplicationRead} }

// ProviderScopes are those that the key of a provider's system can hold. The first
// is in each.
func ProviderScopes() []string { return []string{RequestRead, RequestDecide} }

// CheckScopes answers the scopes in their order, each once, or what is wrong with
// them: each must be allowed, and the first that is allowed must be there, since
// nothing can be done with what cannot be seen.
func CheckScopes(scopes, allowed []string) ([]string, error) {
	var checked []string
	for _, scope := range allowed {
		if slices.Contains(scopes, scope) {
			checked = append(checked, scope)
		}
	}
	for _, scope := range scopes {
		if !slices.Contains(allowed, scope) {
			return nil, problem.New(problem.Invalid, "SCOPE_UNKNOWN", "scope %.30q cannot be given here; %s can", scope, strings.Join(allowed, ", ")).
				Field("scopes", "is not one of those that can be given here")
		}
	}
	if !slices.Contains(checked, allowed[0]) {
		return nil, problem.New(problem.Invalid, "SCOPE_NEEDED", "the scopes lack %s, without which the others are of no use", allowed[0]).
			Field("scopes", "lack "+allowed[0])
	}
	return checked, nil
}

// Missing is the refusal of a call that needs a scope which the caller lacks.
func Missing(scope, method string) error {
	return problem.New(problem.Denied, "SCOPE_MISSING", "%s needs the scope %s, which your key lacks; ask whoever issued it for another key", method, scope).
		Meta("scope", scope)
}

// NotGranted is the refusal of a call on a company that did not grant the scope.
func NotGranted(scope, company string) error {
	return problem.New(problem.Denied, "SCOPE_MISSING", "%s has not granted you, or your key lacks, the scope %s; the company grants it in the hub", company, scope).
		Meta("scope", scope)
}

// May tells whether a caller may do for a company what a scope stands for. Only
// callers with a key are bound by scopes. Without a company, as for a case that has
// none yet, the key alone decides.
func May(p token.Principal, company, scope string) bool {
	switch {
	case p.Key == "":
		return true
	case company == "":
		return slices.Contains(p.Scopes, scope)
	}
	return slices.Contains(p.Granted[company], scope)
}
