package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
)

// What is done to messages by reflection, so that no field of the contract is
// forgotten.

// rawMessage is sent as it is, right or wrong.
type rawMessage []byte

// rawWriter marshals a rawMessage to itself, and anything else as protobuf.
type rawWriter struct{ encoding.CodecV2 }

// Marshal makes the bytes.
func (c rawWriter) Marshal(v any) (mem.BufferSlice, error) {
	if raw, ok := v.(rawMessage); ok {
		return mem.BufferSlice{mem.SliceBuffer(raw)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// walk calls do for each text of a message, with how to set it. It goes into
// messages and lists that are there.
func walk(message protoreflect.Message, do func(field protoreflect.FieldDescriptor, text string, set func(string))) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsList() && field.Kind() == protoreflect.StringKind:
			list := value.List()
			for i := range list.Len() {
				do(field, list.Get(i).String(), func(s string) { list.Set(i, protoreflect.ValueOfString(s)) })
			}
		case field.IsList() && field.Kind() == protoreflect.MessageKind:
			for i := range value.List().Len() {
				walk(value.List().Get(i).Message(), do)
			}
		case field.Kind() == protoreflect.MessageKind:
			walk(value.Message(), do)
		case field.Kind() == protoreflect.StringKind:
			do(field, value.String(), func(s string) { message.Set(field, protoreflect.ValueOfString(s)) })
		}
		return true
	})
}

// lengthen fills every text of a message, and of the messages in it, with one
// character more than it may have. It answers false when there is no text.
func lengthen(message protoreflect.Message, depth int) bool {
	found := false
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		long := protoreflect.ValueOfString(strings.Repeat("x", limit(field)+1))
		switch {
		case field.Kind() == protoreflect.StringKind && field.IsList():
			message.Mutable(field).List().Append(long)
			found = true
		case field.Kind() == protoreflect.StringKind:
			message.Set(field, long)
			found = true
		case field.Kind() == protoreflect.MessageKind && depth < 3 && !strings.HasPrefix(string(field.Message().FullName()), "google."):
			if field.IsList() {
				found = lengthen(message.Mutable(field).List().AppendMutable().Message(), depth+1) || found
			} else {
				found = lengthen(message.Mutable(field).Message(), depth+1) || found
			}
		}
	}
	return found
}

// limit is the longest text that the contract allows in a field.
func limit(field protoreflect.FieldDescriptor) int {
	const normal = 200
	policy, ok := proto.GetExtension(field.Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
	if !ok || policy.GetMaxLength() == 0 {
		return normal
	}
	return int(policy.GetMaxLength())
}

// firstText is a text of a message; nil when it has none of its own.
func firstText(message protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	for i := range message.Fields().Len() {
		if field := message.Fields().Get(i); field.Kind() == protoreflect.StringKind {
			return field
		}
	}
	return nil
}

var caseID = regexp.MustCompile(`\b[a-z2-7]{26}\b`)

// rename makes every case id in a message another one; false when there is none.
func rename(message proto.Message, id string) bool {
	found := false
	walk(message.ProtoReflect(), func(_ protoreflect.FieldDescriptor, text string, set func(string)) {
		if renamed := caseID.ReplaceAllString(text, id); strings.HasPrefix(text, "cases/") && renamed != text {
			set(renamed)
			found = true
		}
	})
	return found
}

// caseIDs are the case ids in a message.
func caseIDs(message proto.Message) []string {
	var ids []string
	walk(message.ProtoReflect(), func(_ protoreflect.FieldDescriptor, text string, _ func(string)) {
		ids = append(ids, caseID.FindAllString(text, -1)...)
	})
	return ids
}

// replace replaces in every resource name of a message; false when nothing was.
func replace(message proto.Message, old, with string) bool {
	found := false
	walk(message.ProtoReflect(), func(_ protoreflect.FieldDescriptor, text string, set func(string)) {
		if replaced := strings.ReplaceAll(text, old, with); replaced != text && strings.Contains(text, "/") {
			set(replaced)
			found = true
		}
	})
	return found
}

// at finds a field by its path, such as draft.etag.
func at(message proto.Message, path string) (protoreflect.Message, protoreflect.FieldDescriptor) {
	m := message.ProtoReflect()
	for {
		first, rest, more := strings.Cut(path, ".")
		field := m.Descriptor().Fields().ByName(protoreflect.Name(first))
		if field == nil || !more {
			return m, field
		}
		m, path = m.Mutable(field).Message(), rest
	}
}

func hasField(message proto.Message, path string) bool {
	return message.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(path)) != nil
}

func textOf(message proto.Message, path string) string {
	m, field := at(message, path)
	if field == nil {
		return ""
	}
	return m.Get(field).String()
}

// setText sets a text; false when there is no such field.
func setText(message proto.Message, path, text string) bool {
	if first, _, _ := strings.Cut(path, "."); !hasField(message, first) {
		return false
	}
	m, field := at(message, path)
	if field == nil {
		return false
	}
	m.Set(field, protoreflect.ValueOfString(text))
	return true
}

// setAnyText changes a text that people write, so that the message says something
// else; false when there is none.
func setAnyText(message proto.Message) bool {
	for _, path := range []string{"text", "need_text", "reason", "question", "summary", "comment", "decision.title", "draft.content", "display_name"} {
		if m, field := at(message, path); field != nil && field.Kind() == protoreflect.StringKind && m.IsValid() {
			m.Set(field, protoreflect.ValueOfString("Jotain aivan muuta"))
			return true
		}
	}
	return false
}

// sameAnswer compares two answers to the same call: the same resource, and a
// revision that is not older. What the hub did meanwhile, such as bringing a
// request to its inbox or closing the case, may show.
func sameAnswer(t *testing.T, first, second proto.Message) string {
	t.Helper()
	again := proto.Clone(second)
	if one, two := textOf(first, "revision"), textOf(second, "revision"); one != "" && two != "" && sequence(t, two) >= sequence(t, one) {
		setText(again, "revision", one)
	}
	return cmp.Diff(first, again, protocmp.Transform(),
		protocmp.IgnoreFields(&casesv1.Case{}, "requests", "status", "asks", "notices", "updated_at", "closed_at", "etag", "revision", "timeline"),
		protocmp.IgnoreFields(&rightsv1.Erasure{}, "state", "done_at", "removed", "waiting_for"))
}
