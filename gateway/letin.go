package gateway

import (
	"context"
	"time"

	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// letIn makes what keeps people signed in, and what lets them in.
func (g *Gateway) letIn(ctx context.Context, keys *identity.Keys, pages *web.Options) error {
	o := g.options
	bucket, err := o.Bus.Bucket(ctx, bus.BucketSessions)
	if err != nil {
		return err
	}
	// Real time: a demo's clock leaps, and nobody has been idle for it.
	if g.sessions, err = session.New(bucket, keys.For("sessions"), time.Now); err != nil {
		return err
	}
	g.visitors = &visitors{key: o.Key, sessions: g.sessions, directory: g.directory, clock: o.Clock}
	if o.Verifier != nil {
		o.Verifier.RefuseIf(g.visitors.refuse)
	}
	if o.Key == nil || o.SignIn == nil {
		return nil
	}
	subjects := keys.For("subjects") // a person's id must not change with a newer key
	g.visitors.signIn = signin.New(*o.SignIn, signin.Options{SubjectKey: subjects[len(subjects)-1], Now: o.Clock})
	pages.SignIn, pages.Sessions, pages.Token = g.visitors.signIn, g.sessions, g.visitors.token
	return nil
}

// caseHolder answers the holder of a code and its secret.
func (g *Gateway) caseHolder(ctx context.Context, code, secret string) (token.Principal, error) {
	ids, err := g.view.ByCode(ctx, identity.ReadCode(code))
	if err != nil {
		return token.Principal{}, err
	}
	for _, id := range ids {
		state, err := g.view.Case(ctx, id)
		if err != nil {
			return token.Principal{}, err
		}
		if identity.Opens(secret, state.GetSecretHash()) {
			return token.Principal{CaseID: id}, nil
		}
	}
	return token.Principal{}, problem.New(problem.Unauthenticated, "CODE_WRONG",
		"no case has this code with this secret; check both, they were shown when the case was opened")
}
