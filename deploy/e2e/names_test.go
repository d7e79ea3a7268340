package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/businessespoo/hub/deploy/e2e/world"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// hostile are pieces that mean something to the log, to a path, to SQL or to a
// terminal, and nothing in a name.
var hostile = []string{
	"*", ">", ".", "..", "/", "//", "../..", "*.>", "a.b", "$SYS", "%", "%2e%2e%2f", "%00", "\x00", "\n", "\r\n", "\t", " ", "'", `"`, "\\", ";--",
	"\u202e", "\u0430", "Ä", "A", strings.Repeat("a", 10_000),
}

// hostileNames are a right name with each hostile piece in place of its last part, of
// its middle, and at its end.
func hostileNames(right string) []string {
	names := slices.Clone(hostile)
	cut := strings.LastIndexByte(right, '/') + 1
	for _, piece := range hostile {
		names = append(names, right[:cut]+piece, right+piece, right[:cut]+piece+right[cut:])
		if first, rest, ok := strings.Cut(right, "/"); ok {
			_, rest, _ = strings.Cut(rest, "/")
			names = append(names, strings.TrimSuffix(first+"/"+piece+"/"+rest, "/"))
		}
	}
	return names
}

// nameFormats are the formats of names and keys, with one that is right.
var nameFormats = map[policyv1.Format]string{
	policyv1.Format_FORMAT_UUID:          "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11",
	policyv1.Format_FORMAT_CASE_NAME:     "cases/abcdefghijklmnopqrstuvwxyz",
	policyv1.Format_FORMAT_CONSENT_NAME:  "cases/abcdefghijklmnopqrstuvwxyz/consents/1",
	policyv1.Format_FORMAT_REQUEST_NAME:  "cases/abcdefghijklmnopqrstuvwxyz/requests/omnia-1",
	policyv1.Format_FORMAT_PROVIDER_NAME: "providers/omnia",
	policyv1.Format_FORMAT_SERVICE_NAME:  "providers/omnia/services/apprenticeship",
	policyv1.Format_FORMAT_ADVISOR_NAME:  "providers/omnia/advisors/ville",
	policyv1.Format_FORMAT_STAFF_NAME:    "operators/o1",
	policyv1.Format_FORMAT_KEY:           "key",
}

// nameField is a field of a request that holds a name, with the way to it.
type nameField struct {
	path  []protoreflect.FieldDescriptor
	right string
}

// nameFields are those of a message and of the messages in it.
func nameFields(message protoreflect.MessageDescriptor, path ...protoreflect.FieldDescriptor) []nameField {
	var found []nameField
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		here := append(slices.Clone(path), field)
		policy, _ := proto.GetExtension(field.Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
		switch {
		case field.Kind() == protoreflect.StringKind && nameFormats[policy.GetFormat()] != "":
			found = append(found, nameField{here, nameFormats[policy.GetFormat()]})
		case field.Kind() == protoreflect.MessageKind && !field.IsMap() && len(path) < 3:
			found = append(found, nameFields(field.Message(), here...)...)
		}
	}
	return found
}

// String writes the way to a field as the contract does.
func (n nameField) String() string {
	var parts []string
	for _, field := range n.path {
		parts = append(parts, string(field.Name()))
	}
	return strings.Join(parts, ".")
}

// in sets the field in a message; what is in lists goes into their first item.
func (n nameField) in(message protoreflect.Message, name string) {
	for i, field := range n.path {
		last := i == len(n.path)-1
		switch {
		case field.IsList() && last:
			list := message.Mutable(field).List()
			list.Truncate(0)
			list.Append(protoreflect.ValueOfString(name))
		case field.IsList():
			list := message.Mutable(field).List()
			if list.Len() == 0 {
				list.AppendMutable()
			}
			message = list.Get(0).Message()
		case last:
			message.Set(field, protoreflect.ValueOfString(name))
		default:
			message = message.Mutable(field).Message()
		}
	}
}

// TestHostileNames puts every hostile name into every field for a name of every rpc:
// each is refused as invalid or not found, nothing fails inside, and nothing changes.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := newFixture(t, w)
	fields := 0
	for _, m := range methods() {
		s, ok := samples[m.name]
		if !ok {
			continue // TestEveryRPCHasSamplesAndExpectations says so
		}
		t.Run(m.name, func(t *testing.T) {
			f.t = t
			valid := s.valid(f)
			before := f.settled(true)
			for _, field := range nameFields(m.descriptor.Input()) {
				fields++
				for _, name := range hostileNames(field.right) {
					message := proto.Clone(valid)
					field.in(message.ProtoReflect(), name)
					_, err := f.call(m, s, &attempt{authorization: f.as(s), message: message})
					got := world.Read(err)
					if got.Code != codes.InvalidArgument && got.Code != codes.NotFound {
						t.Errorf("%s.%s = %.60q: answered %s %s: %s", m.name, field, name, got.Code, got.Reason, got.Message)
					}
					f.plain(m, kind{name: fmt.Sprintf("%.40q", name)}, got)
				}
			}
			if after := f.state(); before != after {
				t.Errorf("something changed:\n%s\n%s", before, after)
			}
		})
	}
	if fields < 80 {
		t.Errorf("only %d fields hold names", fields)
	}
	if errors := strings.Count(w.Process("gateway").Log(), "level=ERROR"); errors > 0 {
		t.Errorf("%d faults of the hub are in its log", errors)
	}
}
