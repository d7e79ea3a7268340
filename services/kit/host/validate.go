package host

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

const (
	// defaultLength and defaultItems are what the contract says that 0 means.
	defaultLength = 200
	defaultItems  = 50
	// mostViolations ends the search in a message that is wrong all over.
	mostViolations = 100
)

// plans are the checks of each message type, made once.
type plans struct {
	mutex sync.Mutex
	known map[protoreflect.FullName]*plan
}

// plan is what to check in messages of one type. Fields that cannot be wrong are
// not in it.
type plan struct {
	fields []fieldPlan
	// timestamp: the type is google.protobuf.Timestamp.
	timestamp bool
}

type fieldPlan struct {
	field      protoreflect.FieldDescriptor
	kind       protoreflect.Kind // of the items, for a list; of the values, for a map
	required   bool
	maxItems   int
	maxLength  int
	format     *format
	min, max   int64
	limited    bool // whether min and max apply
	enumValues protoreflect.EnumValueDescriptors
	message    *plan
}

// of returns the plan of a message type.
func (p *plans) of(message protoreflect.MessageDescriptor) *plan {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.known == nil {
		p.known = map[protoreflect.FullName]*plan{}
	}
	return p.make(message)
}

func (p *plans) make(message protoreflect.MessageDescriptor) *plan {
	if known, ok := p.known[message.FullName()]; ok {
		return known
	}
	made := &plan{timestamp: message.FullName() == "google.protobuf.Timestamp"}
	p.known[message.FullName()] = made // before its fields: a type may contain itself
	if strings.HasPrefix(string(message.FullName()), "google.protobuf.") {
		return made
	}
	for i := range message.Fields().Len() {
		if field := p.field(message.Fields().Get(i)); field.checksAnything() {
			made.fields = append(made.fields, field)
		}
	}
	return made
}

func (p *plans) field(field protoreflect.FieldDescriptor) fieldPlan {
	policy := &policyv1.FieldPolicy{}
	if options, _ := field.Options().(*descriptorpb.FieldOptions); proto.HasExtension(options, policyv1.E_Field) {
		policy = proto.GetExtension(options, policyv1.E_Field).(*policyv1.FieldPolicy)
	}
	item := field
	if field.IsMap() {
		item = field.MapValue()
	}
	f := fieldPlan{
		field: field, kind: item.Kind(), required: policy.GetRequired(),
		maxItems: int(policy.GetMaxItems()), maxLength: int(policy.GetMaxLength()), format: formats[policy.GetFormat()],
		min: policy.GetMin(), max: policy.GetMax(), limited: policy.GetMax() != 0,
	}
	if f.maxItems == 0 {
		f.maxItems = defaultItems
	}
	switch f.kind {
	case protoreflect.StringKind:
		if f.maxLength == 0 {
			f.maxLength = defaultLength
			if f.format != nil && f.format.maxLength > 0 {
				f.maxLength = f.format.maxLength
			}
		}
	case protoreflect.EnumKind:
		f.enumValues = item.Enum().Values()
	case protoreflect.MessageKind, protoreflect.GroupKind:
		f.message = p.make(item.Message())
	}
	return f
}

func (f *fieldPlan) checksAnything() bool {
	return f.required || f.limited || f.maxLength > 0 || f.field.IsList() || f.field.IsMap() ||
		f.message != nil || f.enumValues != nil
}

// check returns nil, or one problem that lists every field that is wrong.
func (p *plan) check(message proto.Message) error {
	c := checker{path: make([]step, 0, 8)}
	c.message(p, message.ProtoReflect())
	if c.wrong == nil {
		return nil
	}
	first := c.wrong.Violations[0]
	c.wrong.Message = first.Field + ": " + first.Description
	if more := len(c.wrong.Violations) - 1; more > 0 {
		c.wrong.Message += fmt.Sprintf(" (and %d more, see the field violations)", more)
	}
	return c.wrong
}

// checker walks through one request. It keeps where it is as a stack, so that a
// request without faults costs no text.
type checker struct {
	path  []step
	wrong *problem.Problem
}

type step struct {
	field *fieldPlan
	index int    // of an item of a list, else -1
	key   string // of an entry of a map
}

// where is the path from the request, such as services[0].inputs[3].id.
func (c *checker) where() string {
	var text strings.Builder
	for i, at := range c.path {
		if i > 0 {
			text.WriteByte('.')
		}
		text.WriteString(string(at.field.field.Name()))
		switch {
		case at.index >= 0:
			fmt.Fprintf(&text, "[%d]", at.index)
		case at.field.field.IsMap() && at.key != "":
			fmt.Fprintf(&text, "[%q]", shorten(at.key))
		}
	}
	return text.String()
}

func (c *checker) report(format string, args ...any) {
	if c.wrong == nil {
		c.wrong = problem.New(problem.Invalid, "INVALID_FIELDS", "")
	}
	c.wrong.Field(c.where(), fmt.Sprintf(format, args...))
}

func (c *checker) message(p *plan, message protoreflect.Message) {
	for i := range p.fields {
		f := &p.fields[i]
		if c.wrong != nil && len(c.wrong.Violations) >= mostViolations {
			return
		}
		if !f.required && !message.Has(f.field) {
			continue
		}
		c.path = append(c.path, step{field: f, index: -1})
		c.field(f, message)
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *checker) field(f *fieldPlan, message protoreflect.Message) {
	if f.required && !message.Has(f.field) {
		c.report("is required")
		return
	}
	value := message.Get(f.field)
	switch {
	case f.field.IsList():
		c.list(f, value.List())
	case f.field.IsMap():
		c.entries(f, value.Map())
	default:
		c.value(f, value)
	}
}

func (c *checker) list(f *fieldPlan, list protoreflect.List) {
	if list.Len() > f.maxItems {
		c.report("has %d items; at most %d are allowed", list.Len(), f.maxItems)
		return
	}
	at := &c.path[len(c.path)-1]
	for i := range list.Len() {
		at.index = i
		c.value(f, list.Get(i))
		at = &c.path[len(c.path)-1] // the stack may have moved
	}
}

func (c *checker) entries(f *fieldPlan, values protoreflect.Map) {
	if values.Len() > f.maxItems {
		c.report("has %d entries; at most %d are allowed", values.Len(), f.maxItems)
		return
	}
	keys := make([]protoreflect.MapKey, 0, values.Len())
	values.Range(func(key protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, key)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		c.path[len(c.path)-1].key = key.String()
		if utf8.RuneCountInString(key.String()) > defaultLength {
			c.report("has a key of more than %d characters", defaultLength)
		}
		c.value(f, values.Get(key))
	}
}

func (c *checker) value(f *fieldPlan, value protoreflect.Value) {
	switch f.kind {
	case protoreflect.StringKind:
		if wrong := f.wrongText(value.String()); wrong != "" {
			c.report("%s", wrong)
		}
	case protoreflect.BytesKind:
		if n := len(value.Bytes()); f.maxLength > 0 && n > f.maxLength {
			c.report("has %d bytes; at most %d are allowed", n, f.maxLength)
		}
	case protoreflect.EnumKind:
		if f.enumValues.ByNumber(value.Enum()) == nil {
			c.report("has the number %d, which means nothing; the numbers 0 to %d do", value.Enum(), f.enumValues.Len()-1)
		}
	case protoreflect.MessageKind, protoreflect.GroupKind:
		c.nested(f, value.Message())
	default:
		if f.limited && f.outside(value) {
			c.report("is %v; it must be from %d to %d", value.Interface(), f.min, f.max)
		}
	}
}

func (c *checker) nested(f *fieldPlan, message protoreflect.Message) {
	if f.message.timestamp {
		if timestamp, ok := message.Interface().(*timestamppb.Timestamp); ok && timestamp.CheckValid() != nil {
			c.report("is not a time between the years 1 and 9999")
		}
		return
	}
	c.message(f.message, message)
}

// outside tells whether a number is not from min to max; NaN is not.
func (f *fieldPlan) outside(value protoreflect.Value) bool {
	switch f.kind {
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		number := value.Float()
		return !(number >= float64(f.min) && number <= float64(f.max))
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		number := value.Uint()
		return number > uint64(f.max) || f.min > 0 && number < uint64(f.min)
	case protoreflect.BoolKind:
		return false
	default:
		return value.Int() < f.min || value.Int() > f.max
	}
}

// wrongText says what is wrong with a text, or nothing.
func (f *fieldPlan) wrongText(text string) string {
	if text == "" {
		return ""
	}
	// A text has at most as many characters as bytes, so most need no counting.
	if len(text) > f.maxLength {
		if n := utf8.RuneCountInString(text); n > f.maxLength {
			return fmt.Sprintf("has %d characters; at most %d are allowed", n, f.maxLength)
		}
	}
	if f.format != nil && !f.format.match(text) {
		return fmt.Sprintf("%q is not %s", shorten(text), f.format.right)
	}
	if f.required && strings.TrimSpace(text) == "" {
		return "is required; spaces alone are not enough"
	}
	return ""
}

// shorten bounds what a message repeats of a value.
func shorten(text string) string {
	const most = 60
	for i := range text {
		if i >= most {
			return text[:i] + "..."
		}
	}
	return text
}
