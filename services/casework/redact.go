package casework

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// Redact answers a fact without its words: all that the contract counts as application
// data, reasons or secret, texts of the conversation, and titles, which people write too. What decides
// how the scope goes on stays: numbers, dates, states, and who did it when.
func Redact(f *eventsv1.Fact) *eventsv1.Fact {
	bare := proto.CloneOf(f)
	strip(bare.ProtoReflect())
	bare.Notices = nil // they may repeat figures that were answered
	return bare
}

// titles are texts of people in fields that count as the case's header.
var titles = map[protoreflect.FullName]bool{
	"businessespoo.events.v1.CaseOpened.title":       true,
	"businessespoo.events.v1.RequestMade.case_title": true,
	"businessespoo.cases.v1.Decision.title":          true,
}

// strip clears the words in a message and in all that it holds.
func strip(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		policy, _ := proto.GetExtension(field.Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
		switch {
		// What opens a case without a name is no word of anybody.
		case field.FullName() == "businessespoo.events.v1.CaseOpened.secret_hash":
		case titles[field.FullName()], private(policy.GetData(), field):
			m.Clear(field)
		case field.Message() == nil || field.IsMap():
		case field.IsList():
			for i := range value.List().Len() {
				strip(value.List().Get(i).Message())
			}
		default:
			strip(value.Message())
		}
		return true
	})
}

// private tells whether a field of this class holds words.
func private(class policyv1.DataClass, field protoreflect.FieldDescriptor) bool {
	switch class {
	case policyv1.DataClass_DATA_CLASS_APPLICATION, policyv1.DataClass_DATA_CLASS_REASONS, policyv1.DataClass_DATA_CLASS_SECRET:
		return true
	case policyv1.DataClass_DATA_CLASS_CONVERSATION:
		return field.Kind() == protoreflect.StringKind
	}
	return false
}

// Words tells whether a fact holds words that Redact would remove.
func Words(f *eventsv1.Fact) bool { return !proto.Equal(f, Redact(f)) }

// RefoldCase folds a case anew from what a redaction kept, and the redaction itself.
func RefoldCase(f *eventsv1.Fact, name string, sequence uint64, hash []byte) (*statev1.CaseState, error) {
	s := &statev1.CaseState{}
	return s, refold(f, sequence, hash, func(f *eventsv1.Fact, sequence uint64, hash []byte) error {
		return EvolveCase(s, f, name, sequence, hash)
	})
}

// RefoldRequest folds a request anew, like RefoldCase.
func RefoldRequest(f *eventsv1.Fact, name, provider string, sequence uint64, hash []byte) (*statev1.RequestState, error) {
	s := &statev1.RequestState{}
	return s, refold(f, sequence, hash, func(f *eventsv1.Fact, sequence uint64, hash []byte) error {
		return EvolveRequest(s, f, name, provider, sequence, hash)
	})
}

func refold(f *eventsv1.Fact, sequence uint64, hash []byte, evolve func(*eventsv1.Fact, uint64, []byte) error) error {
	for _, kept := range f.GetFactRedacted().GetFacts() {
		before := &eventsv1.Fact{}
		if err := proto.Unmarshal(kept.Body, before); err != nil {
			return fmt.Errorf("casework: the redaction at %d keeps no fact at %d: %w", sequence, kept.Sequence, err)
		}
		if err := evolve(before, kept.Sequence, kept.Hash); err != nil {
			return err
		}
	}
	return evolve(f, sequence, hash)
}
