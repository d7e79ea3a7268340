package host

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
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

// look readies a call for its answer: what the caller sees of it, or where the
// handler will say so, since it depends on the case.
func (s *Server) look(c *call) {
	part := c.rule.access.GetPart()
	if part == policyv1.Part_PART_SHARED || part == policyv1.Part_PART_CASE && c.principal.Role == policyv1.Role_ROLE_INTEGRATOR {
		c.ctx, c.shown = sight.WithShown(c.ctx)
		return
	}
	c.sees = s.options.Sight.Caller(part, c.principal)
}

// mask answers what the caller may see of an answer. Nothing is copied or looked at
// when that is all that an answer of its type can hold.
func (c *call) mask(answer any) any {
	if c.shown != nil {
		c.sees = *c.shown
	}
	return c.rule.answer.Mask(answer.(proto.Message), c.sees)
}
