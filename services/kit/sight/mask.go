package sight

import (
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// Plan is what can be masked in messages of one type, worked out once.
type Plan struct {
	// reach are the classes that a message can hold, however deep.
	reach  Set
	fields []field
}

// field is one field of a plan.
type field struct {
	descriptor protoreflect.FieldDescriptor
	class      Set
	// from is the sibling that says the class of each value; nil when it is fixed.
	from    protoreflect.FieldDescriptor
	message *Plan
}

var (
	plansMutex sync.Mutex
	plans      = map[protoreflect.FullName]*Plan{}
)

// PlanOf answers the plan of a message type.
func PlanOf(message protoreflect.MessageDescriptor) *Plan {
	plansMutex.Lock()
	defer plansMutex.Unlock()
	if known, ok := plans[message.FullName()]; ok {
		return known
	}
	// Made aside, and known only when whole: others read plans without the mutex.
	making := map[protoreflect.FullName]*Plan{}
	made := plan(message, making)
	for _, p := range making {
		p.reach = p.reachable(map[*Plan]bool{})
	}
	for name, p := range making {
		plans[name] = p
	}
	return made
}

func plan(message protoreflect.MessageDescriptor, making map[protoreflect.FullName]*Plan) *Plan {
	name := message.FullName()
	if known, ok := plans[name]; ok {
		return known
	}
	if known, ok := making[name]; ok {
		return known
	}
	p := &Plan{}
	making[name] = p // before its fields: a type may contain itself
	if strings.HasPrefix(string(name), "google.protobuf.") {
		return p
	}
	for i := range message.Fields().Len() {
		descriptor := message.Fields().Get(i)
		policy := policyOf(descriptor)
		f := field{descriptor: descriptor, class: Of(policy.GetData())}
		if policy.GetDataFrom() != "" {
			f.from = message.Fields().ByName(protoreflect.Name(policy.GetDataFrom()))
		}
		item := descriptor
		if descriptor.IsMap() {
			item = descriptor.MapValue()
		}
		if item.Message() != nil {
			f.message = plan(item.Message(), making)
		}
		if f.from != nil { // first, while the sibling is still there
			p.fields = append([]field{f}, p.fields...)
		} else {
			p.fields = append(p.fields, f)
		}
	}
	return p
}

func policyOf(descriptor protoreflect.FieldDescriptor) *policyv1.FieldPolicy {
	options, _ := descriptor.Options().(*descriptorpb.FieldOptions)
	policy, _ := proto.GetExtension(options, policyv1.E_Field).(*policyv1.FieldPolicy)
	return policy
}

// varying are the classes that a value may have whose class differs from one to the next.
var varying = Of(header, progress, application, result, decision, reasons, conversation)

func (p *Plan) reachable(seen map[*Plan]bool) Set {
	if seen[p] {
		return 0
	}
	seen[p] = true
	reach := p.reach
	for _, f := range p.fields {
		reach |= f.class
		if f.from != nil {
			reach |= varying
		}
		if f.message != nil {
			reach |= f.message.reachable(seen)
		}
	}
	return reach
}

// Reach are the classes that a message of the type can hold, however deep.
func (p *Plan) Reach() Set { return p.reach }

// Mask answers a message with nothing in it but what is of these classes: the
// message itself when it can hold no other, else a copy.
func (p *Plan) Mask(message proto.Message, set Set) proto.Message {
	if p.reach&^set == 0 {
		return message
	}
	masked := proto.Clone(message)
	p.clear(masked.ProtoReflect(), set)
	return masked
}

// Mask masks a message by the plan of its type.
func Mask[M proto.Message](message M, set Set) M {
	return PlanOf(message.ProtoReflect().Descriptor()).Mask(message, set).(M)
}

func (p *Plan) clear(message protoreflect.Message, set Set) {
	for i := range p.fields {
		f := &p.fields[i]
		if !message.Has(f.descriptor) {
			continue
		}
		class := f.class
		if f.from != nil {
			if stated := policyv1.DataClass(message.Get(f.from).Enum()); stated != 0 {
				class = Of(stated)
			}
		}
		switch {
		case class&set == 0:
			message.Clear(f.descriptor)
		case f.message != nil && f.message.reach&^set != 0:
			f.descend(message, set)
		}
	}
}

func (f *field) descend(message protoreflect.Message, set Set) {
	value := message.Get(f.descriptor)
	switch {
	case f.descriptor.IsMap():
		value.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
			f.message.clear(item.Message(), set)
			return true
		})
	case f.descriptor.IsList():
		for i := range value.List().Len() {
			f.message.clear(value.List().Get(i).Message(), set)
		}
	default:
		f.message.clear(value.Message(), set)
	}
}
