package host

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/sight"
)

// plain is what a method may answer without saying which part its caller has.
var plain = sight.Of(policyv1.DataClass_DATA_CLASS_PUBLIC, policyv1.DataClass_DATA_CLASS_CASE)

// checkPart refuses a method that can answer what is not for everybody who may call
// it, and does not say which part its callers have.
func (r *rule) checkPart() error {
	if more := r.answer.Reach() &^ plain; r.access.GetPart() == policyv1.Part_PART_UNSPECIFIED && more != 0 {
		return fmt.Errorf("%s can answer %v and does not say to whom; add part to its option businessespoo.policy.v1.access", r.name, more.Classes())
	}
	return nil
}

// inScope refuses an integrator whose scopes do not hold what the method does.
func (r *rule) inScope(c *call) error {
	needed := sight.ScopeCaseRead
	if r.access.GetMutation() {
		needed = sight.ScopeCaseWrite
	}
	if c.principal.Role != policyv1.Role_ROLE_INTEGRATOR || r.access.GetPart() != policyv1.Part_PART_CASE || sight.InScope(c.principal.Scopes, needed) {
		return nil
	}
	return problem.New(problem.Denied, "SCOPE_MISSING", "%s needs the scope %s, and your key has %v; ask for a key that has it", r.name, needed, c.principal.Scopes).
		Meta("scope", needed)
}

// look readies a call for its answer: what the caller sees of it, or where the
// handler will say so.
func (s *Server) look(c *call) {
	if c.rule.access.GetPart() == policyv1.Part_PART_SHARED {
		c.ctx, c.shown = sight.WithShown(c.ctx)
		return
	}
	c.sees = s.options.Sight.Caller(c.rule.access.GetPart(), c.principal)
}

// mask answers what the caller may see of an answer. Nothing is copied or looked at
// when that is all that an answer of its type can hold.
func (c *call) mask(answer any) any {
	if c.shown != nil {
		c.sees = *c.shown | sight.Of(policyv1.DataClass_DATA_CLASS_PUBLIC)
	}
	return c.rule.answer.Mask(answer.(proto.Message), c.sees)
}
