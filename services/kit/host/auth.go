package host

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

// signInNeeded is the reason of a refusal for want of any sign-in.
const signInNeeded = "SIGN_IN_NEEDED"

// authenticate returns who calls; the zero Principal when nobody says who they
// are. What is sent and not right is refused also where nobody need sign in: an
// expired token must not turn its holder into a stranger.
func (s *Server) authenticate(ctx context.Context, md metadata.MD) (token.Principal, error) {
	values := md[authHeader]
	switch {
	case len(values) == 0:
		return token.Principal{}, nil
	case len(values) > 1:
		return token.Principal{}, problem.New(problem.Unauthenticated, "AUTHORIZATION_TWICE",
			"the call carries %d authorization values; send one", len(values))
	}
	scheme, credentials, _ := strings.Cut(values[0], " ")
	credentials = strings.TrimSpace(credentials)
	switch {
	case strings.EqualFold(scheme, "Bearer") && s.options.Verifier != nil:
		return s.options.Verifier.Verify(credentials)
	case strings.EqualFold(scheme, "Case") && s.options.CaseHolder != nil:
		return s.caseHolder(ctx, credentials)
	case strings.EqualFold(scheme, systemkey.Scheme) && s.options.SystemKey != nil:
		return s.options.SystemKey(ctx, credentials)
	}
	return token.Principal{}, problem.New(problem.Unauthenticated, "AUTHORIZATION_SCHEME",
		"the authorization is not of a kind that is accepted here; send %s", s.waysIn(true))
}

func (s *Server) caseHolder(ctx context.Context, credentials string) (token.Principal, error) {
	code, secret, ok := strings.Cut(credentials, ":")
	if !ok || code == "" || secret == "" || len(credentials) > 200 {
		return token.Principal{}, problem.New(problem.Unauthenticated, "CASE_CREDENTIALS_MALFORMED",
			"the authorization Case needs the code, a colon and the secret, as they were shown when the case was opened")
	}
	p, err := s.options.CaseHolder(ctx, code, secret)
	if err != nil {
		return token.Principal{}, err
	}
	p.Role = policyv1.Role_ROLE_CASE_HOLDER
	return p, nil
}

// waysIn says how to sign in.
func (s *Server) waysIn(caseHolder bool) string {
	way := "authorization: Bearer <token> as metadata"
	if caseHolder && s.options.CaseHolder != nil {
		way += ", or authorization: Case <code>:<secret> for a case without a name"
	}
	if s.options.SystemKey != nil {
		way += ", or authorization: Key <key> for a system"
	}
	return way
}

// allow applies the access rule. A public method with roles is for those who did
// not sign in and for these roles; without roles it is for everybody.
func (s *Server) allow(r *rule, p token.Principal) error {
	role := p.Role
	if scope := r.access.GetScope(); p.Key != "" && role != policyv1.Role_ROLE_UNSPECIFIED && int(role) < len(r.roles) && r.roles[role] &&
		scope != systemkey.Any && !slices.Contains(p.Scopes, scope) {
		return systemkey.Missing(scope, r.name)
	}
	switch {
	case role == policyv1.Role_ROLE_UNSPECIFIED && r.access.GetPublic():
		return nil
	case role == policyv1.Role_ROLE_UNSPECIFIED:
		return problem.New(problem.Unauthenticated, signInNeeded, "%s is for %s: sign in and send %s",
			r.name, r.roleList, s.waysIn(r.roles[policyv1.Role_ROLE_CASE_HOLDER]))
	case int(role) < len(r.roles) && r.roles[role], r.access.GetPublic() && r.roleList == "":
		return nil
	}
	return problem.New(problem.Denied, "ROLE_NOT_ALLOWED", "%s is for %s; you are signed in as %s",
		r.name, r.roleList, token.RoleName(role)).Meta("role", token.RoleName(role))
}
