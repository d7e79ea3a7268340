package host

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

// rule is what the contract states about one method, read once.
type rule struct {
	name     string // such as CaseService.GetCase, for messages and logs
	access   *policyv1.MethodAccess
	roles    [16]bool // by number of the role
	roleList string
	request  *plan
	answer   *sight.Plan
}

// isInfrastructure tells whether a method belongs to the services that every
// gRPC server has. They are public and follow their own contract.
func isInfrastructure(method string) bool {
	return strings.HasPrefix(method, "/grpc.health.v1.") || strings.HasPrefix(method, "/grpc.reflection.v1")
}

// rule returns the rule of a method; an error when the contract states none.
func (s *Server) rule(method string) (*rule, error) {
	if known, ok := s.rules.Load(method); ok {
		return known.(*rule), nil
	}
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(
		protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", ".")))
	if err != nil {
		return nil, fmt.Errorf("find %s in the contract: %w", method, err)
	}
	m, ok := descriptor.(protoreflect.MethodDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is not a method of the contract", method)
	}
	options, _ := m.Options().(*descriptorpb.MethodOptions)
	if !proto.HasExtension(options, policyv1.E_Access) {
		return nil, fmt.Errorf("%s has no option businessespoo.policy.v1.access", m.FullName())
	}
	r := &rule{
		name:    string(m.Parent().Name() + "." + m.Name()),
		access:  proto.GetExtension(options, policyv1.E_Access).(*policyv1.MethodAccess),
		request: s.plans.of(m.Input()),
		answer:  sight.PlanOf(m.Output()),
	}
	if err := r.checkPart(); err != nil {
		return nil, err
	}
	var names []string
	for _, role := range r.access.GetRoles() {
		r.roles[role] = true
		names = append(names, token.RoleName(role))
	}
	r.roleList = strings.Join(names, ", ")
	known, _ := s.rules.LoadOrStore(method, r)
	return known.(*rule), nil
}
