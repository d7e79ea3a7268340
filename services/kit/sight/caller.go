package sight

import (
	"context"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// RelationOf is how a caller stands to what a method answers: by what the method
// says of its part, and the caller's role. Whoever has no part there is a stranger.
func RelationOf(part policyv1.Part, role policyv1.Role) Relation {
	type at struct {
		part policyv1.Part
		role policyv1.Role
	}
	switch (at{part, role}) {
	case at{policyv1.Part_PART_CASE, policyv1.Role_ROLE_COMPANY}, at{policyv1.Part_PART_CASE, policyv1.Role_ROLE_CASE_HOLDER},
		// Who is not signed in and has a case answered has just opened it.
		at{policyv1.Part_PART_CASE, policyv1.Role_ROLE_UNSPECIFIED}:
		return Company
	case at{policyv1.Part_PART_CASE, policyv1.Role_ROLE_INTEGRATOR}:
		return Integrator
	case at{policyv1.Part_PART_DESK, policyv1.Role_ROLE_ADVISOR}, at{policyv1.Part_PART_DESK, policyv1.Role_ROLE_LEAD}:
		return Owner
	case at{policyv1.Part_PART_DESK, policyv1.Role_ROLE_PROVIDER_SYSTEM}:
		return OwnerSystem
	}
	if role == policyv1.Role_ROLE_OPERATOR {
		return Operator
	}
	return Stranger
}

// Caller answers the classes that a caller sees of what a method with this part
// answers. Of a shared case, and an integrator of any, it sees what Show granted, so
// by itself nothing.
func (t *Table) Caller(part policyv1.Part, p token.Principal) Set {
	switch part {
	case policyv1.Part_PART_UNSPECIFIED:
		return All
	case policyv1.Part_PART_OWN:
		return All &^ Of(secret)
	}
	return t.Sees(RelationOf(part, p.Role), Given{})
}

type shownKey struct{}

// WithShown returns a context in which Show works, and where the classes will be.
func WithShown(ctx context.Context) (context.Context, *Set) {
	shown := new(Set)
	return context.WithValue(ctx, shownKey{}, shown), shown
}

// Show says which classes the caller may see of the shared case that is answered
// next. A handler calls it when it has checked consent or law, and in a stream before
// each message. Without it nothing of the case is shown.
func Show(ctx context.Context, set Set) {
	if shown, ok := ctx.Value(shownKey{}).(*Set); ok {
		*shown = set
	}
}
