package systemkey

import (
	"context"
	"slices"
	"time"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// patience is how long a call with a key that is not known waits: one that was
// issued a moment ago may be used before this process has read of it.
const patience = time.Second

// Principal answers whom a key stands for now, or a problem. It is asked with
// every call, so that a key that is revoked opens nothing any more. What is wrong
// with a key is told only to whoever has it whole.
func (b *Book) Principal(ctx context.Context, key string) (token.Principal, error) {
	id, err := parse(key)
	if err != nil {
		return token.Principal{}, err
	}
	k, known := b.await(ctx, id)
	if !opens(key, k.hash) || !known {
		if err := b.Check(ctx); err != nil {
			return token.Principal{}, problem.New(problem.Unavailable, "KEYS_NOT_READ",
				"this part of the hub still reads which keys there are; try the same call again").Retry(time.Second).Because(err)
		}
		return token.Principal{}, problem.New(problem.Unauthenticated, "KEY_WRONG", "this is no key of this hub; check that it is whole, and which hub issued it")
	}
	switch {
	case !k.RevokedAt.IsZero():
		return token.Principal{}, problem.New(problem.Unauthenticated, "KEY_REVOKED", "the key %s was revoked; ask for another", k.ID)
	case catalogue.DateOf(b.now()) > k.ValidTo:
		return token.Principal{}, problem.New(problem.Unauthenticated, "KEY_EXPIRED", "the key %s was valid to %s; ask for another", k.ID, k.ValidTo)
	}
	if k.Provider != "" {
		return token.Principal{
			Role: policyv1.Role_ROLE_PROVIDER_SYSTEM, Subject: "system:" + k.Provider, Provider: k.Provider, Key: k.ID, Scopes: k.Scopes,
		}, nil
	}
	return b.Refresh(token.Principal{
		Role: policyv1.Role_ROLE_INTEGRATOR, Subject: "integrator:" + k.Organisation, Organisation: k.Organisation, Key: k.ID, Scopes: k.Scopes,
	}), nil
}

func (b *Book) await(ctx context.Context, id string) (Key, bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		changed := b.Changed()
		if k, ok := b.Key(id); ok {
			return k, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Key{}, false
		}
	}
}

// Refresh answers an integrator with what companies grant it at this moment; any
// other principal as it is.
func (b *Book) Refresh(p token.Principal) token.Principal {
	if p.Role != policyv1.Role_ROLE_INTEGRATOR || p.Key == "" {
		return p
	}
	today := catalogue.DateOf(b.now())
	p.Companies, p.Granted = nil, map[string][]string{}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for company, g := range b.grants[p.Organisation] {
		var both []string
		for _, scope := range g.Scopes {
			if slices.Contains(p.Scopes, scope) {
				both = append(both, scope)
			}
		}
		if today <= g.ValidTo && slices.Contains(both, CaseRead) {
			p.Companies, p.Granted[company] = append(p.Companies, company), both
		}
	}
	slices.Sort(p.Companies)
	return p
}
