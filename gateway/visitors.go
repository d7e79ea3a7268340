package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/signin"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	// visitUse is how long the same token is used, and most how many are remembered.
	visitUse  = 20 * time.Second
	mostVisit = 10_000
	// staffPatience is how long the sign-in of somebody waits who was added a moment ago.
	staffPatience = time.Second
	staffPause    = 20 * time.Millisecond
)

// visitors says what those may do now who are signed in to the pages.
type visitors struct {
	key       *token.Key
	sessions  *session.Store
	signIn    *signin.Client
	directory *directory.Directory
	clock     func() time.Time

	mutex  sync.Mutex
	tokens map[string]visit
}

// visit is a token that was signed a moment ago.
type visit struct {
	token string
	until time.Time
}

// errEnded says that a session is over.
func errEnded() error {
	return problem.New(problem.Unauthenticated, "SESSION_ENDED", "the session has ended; sign in again")
}

// refuse is for the verifier: a token ends with its session.
func (v *visitors) refuse(p token.Principal) error {
	if p.Session != "" && v.sessions.Ended(p.Session) {
		return errEnded()
	}
	return nil
}

// token signs who a session stands for now: what was taken away since the sign-in is
// gone. For a session that has not begun it only says whether it may.
func (v *visitors) token(ctx context.Context, s *session.Session, asked time.Duration) (string, error) {
	if err := v.mayStay(ctx, s); err != nil || s.ID == "" {
		return "", err
	}
	p := s.Principal
	p.Session = s.ID
	if r, acts := s.Representation(); acts {
		p.Representation, p.Companies = r, []string{r.Company}
	}
	now, lives := v.clock(), asked
	if end := p.Representation.ValidTo; !end.IsZero() {
		lives = min(lives, end.Sub(now)) // a stream's token ends with what it stands for
	}
	known := fmt.Sprintf("%s %d %+v %s", s.ID, p.Role, p.Representation, asked)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if made, ok := v.tokens[known]; ok && now.Before(made.until) && !now.Before(made.until.Add(-visitUse)) {
		return made.token, nil
	}
	signed, err := v.key.Sign(p, now, lives)
	if err != nil {
		return "", err
	}
	if v.tokens == nil || len(v.tokens) >= mostVisit {
		v.tokens = map[string]visit{}
	}
	v.tokens[known] = visit{signed, now.Add(visitUse)}
	return signed, nil
}

// left ends the sessions of somebody who has left, at once: else their open pages would
// last until the next look, and who is added again would come back into them.
func (g *Gateway) left(ctx context.Context, provider, advisor string) {
	if err := g.sessions.EndOf(ctx, provider, advisor); err != nil { // they are out at their next page all the same
		g.options.Log.WarnContext(ctx, "the sessions of somebody who has left go on until they are used", "provider", provider, "error", err)
	}
}

// mayStay brings a session to what is true now: somebody who has left is out, who leads
// no longer is an advisor, and a representation that has ended is dropped.
func (v *visitors) mayStay(ctx context.Context, s *session.Session) error {
	switch s.Principal.Role {
	case policyv1.Role_ROLE_ADVISOR, policyv1.Role_ROLE_LEAD:
		member, ok := v.member(ctx, s.Principal.Provider, s.Principal.Advisor)
		if !ok {
			return problem.New(problem.Denied, "STAFF_UNKNOWN", "%s is not on the staff, or has left; an operator adds advisors with AddStaff",
				name.Advisor(s.Principal.Provider, s.Principal.Advisor))
		}
		if member.Role != policyv1.Role_ROLE_LEAD {
			s.Principal.Role = policyv1.Role_ROLE_ADVISOR
		}
	}
	r, acts := s.Representation()
	if !acts || r.ValidTo.IsZero() || v.clock().Before(r.ValidTo) {
		return nil
	}
	s.Drop(r.Company, "expired")
	if s.ID == "" {
		return nil // not begun yet
	}
	_, err := v.sessions.Change(ctx, s.ID, func(kept *session.Session) { kept.Drop(r.Company, "expired") })
	return err
}

func (v *visitors) member(ctx context.Context, provider, advisor string) (directory.Member, bool) {
	for waited := time.Duration(0); ; waited += staffPause {
		m, ok := v.directory.Member(provider, advisor)
		if ok || waited >= staffPatience {
			return m, ok
		}
		select {
		case <-ctx.Done():
			return m, false
		case <-time.After(staffPause):
		}
	}
}

// binding asks the issuer again, before somebody acts for a company, whether they may.
// Who shows a token that was given out has been checked by whoever gave it.
func (v *visitors) binding(ctx context.Context, p token.Principal) (token.Principal, error) {
	if p.Session == "" || p.Representation == (token.Representation{}) {
		return p, nil
	}
	s, err := v.sessions.Get(ctx, p.Session)
	if errors.Is(err, session.ErrNone) {
		return p, errEnded()
	}
	if err != nil {
		return p, err
	}
	company := p.Representation.Company
	told, tokens, err := v.signIn.Ask(ctx, s.Issuer, s.Principal.Subject, signin.Tokens{Access: s.Access, Refresh: s.Refresh, Expires: s.Expires})
	if tokens.Access != s.Access {
		// Kept also when the issuer told nothing: it may take each refresh token once.
		_, kept := v.sessions.Change(ctx, s.ID, func(kept *session.Session) {
			kept.Access, kept.Refresh, kept.Expires = tokens.Access, tokens.Refresh, tokens.Expires
		})
		if kept != nil && !errors.Is(kept, session.ErrNone) {
			return p, kept
		}
	}
	if err != nil && !errors.Is(err, signin.ErrOver) {
		return p, err
	}
	holds := slices.IndexFunc(told.Representations, func(r token.Representation) bool { return r.Company == company })
	if holds < 0 {
		_, err := v.sessions.Change(ctx, s.ID, func(kept *session.Session) { kept.Drop(company, "ended") })
		if err != nil && !errors.Is(err, session.ErrNone) {
			return p, err
		}
		return p, problem.New(problem.Denied, "REPRESENTATION_ENDED",
			"you may no longer act for %s: the role or the mandate has ended, or whoever keeps it no longer answers for you. Nothing was done", company).Meta("company", company)
	}
	p.Representation = told.Representations[holds]
	return p, nil
}
