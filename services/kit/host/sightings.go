package host

import (
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// namings are where messages of each type name cases and requests, found once.
type namings struct {
	mutex sync.Mutex
	known map[protoreflect.FullName]*naming
}

// naming is where messages of one type name cases and requests: the fields to
// which the contract gives that format, in it and below it.
type naming struct {
	fields []namingField
	// company is the field that identifies a company, in the message of one.
	company protoreflect.FieldDescriptor
}

type namingField struct {
	field   protoreflect.FieldDescriptor
	message *naming // nil for a name
}

// companyMessage is the contract's message of a company.
const companyMessage = "businessespoo.cases.v1.Company"

func (n *namings) of(message proto.Message) *naming {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.known == nil {
		n.known = map[protoreflect.FullName]*naming{}
	}
	return n.make(message.ProtoReflect().Descriptor())
}

func (n *namings) make(message protoreflect.MessageDescriptor) *naming {
	if known, ok := n.known[message.FullName()]; ok {
		return known
	}
	made := &naming{}
	n.known[message.FullName()] = made // before its fields: a type may contain itself
	if message.FullName() == companyMessage {
		made.company = message.Fields().ByName("id")
	}
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		switch {
		case field.IsMap():
		case field.Kind() == protoreflect.StringKind && namesCase(field):
			made.fields = append(made.fields, namingField{field: field})
		case field.Kind() == protoreflect.MessageKind:
			if below := n.make(field.Message()); len(below.fields) > 0 || below.company != nil {
				made.fields = append(made.fields, namingField{field: field, message: below})
			}
		}
	}
	return made
}

func namesCase(field protoreflect.FieldDescriptor) bool {
	options, _ := field.Options().(*descriptorpb.FieldOptions)
	if !proto.HasExtension(options, policyv1.E_Field) {
		return false
	}
	format := proto.GetExtension(options, policyv1.E_Field).(*policyv1.FieldPolicy).GetFormat()
	return format == policyv1.Format_FORMAT_CASE_NAME || format == policyv1.Format_FORMAT_REQUEST_NAME || format == policyv1.Format_FORMAT_CONSENT_NAME
}

// sightings are the cases and requests that a message shows, each once.
type sightings struct {
	shown     []*accessv1.Shown
	companies map[string]bool
}

// walk finds what a message shows.
func (s *sightings) walk(where *naming, message protoreflect.Message) {
	if where.company != nil {
		if s.companies == nil {
			s.companies = map[string]bool{}
		}
		s.companies[message.Get(where.company).String()] = true
	}
	for _, f := range where.fields {
		if !message.Has(f.field) {
			continue
		}
		value := message.Get(f.field)
		if !f.field.IsList() {
			s.value(f.message, value)
			continue
		}
		for i := range value.List().Len() {
			s.value(f.message, value.List().Get(i))
		}
	}
}

func (s *sightings) value(below *naming, value protoreflect.Value) {
	if below != nil {
		s.walk(below, value.Message())
		return
	}
	text, _, _ := strings.Cut(value.String(), "/consents/") // a consent is of its case
	resource, request, isRequest := strings.Cut(text, "/requests/")
	at := slices.IndexFunc(s.shown, func(known *accessv1.Shown) bool { return known.Case == resource })
	if at < 0 || isRequest {
		// What a caller sends may be anything: only a name is written down.
		if !isName(text, isRequest) {
			return
		}
	}
	if at < 0 {
		at = len(s.shown)
		s.shown = append(s.shown, &accessv1.Shown{Case: resource})
	}
	if shown := s.shown[at]; request != "" && !slices.Contains(shown.Requests, request) {
		shown.Requests = append(shown.Requests, request)
	}
}

func isName(resource string, isRequest bool) bool {
	if isRequest {
		_, err := name.ParseRequest(resource)
		return err == nil
	}
	_, err := name.ParseCase(resource)
	return err == nil
}
