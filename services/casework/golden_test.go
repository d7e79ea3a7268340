package casework

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// testdata/facts/v1 holds the bytes of a fact of every event type, every field
// filled, and beside them what they mean. They are history: what a log holds must
// be read for ever. -update adds what is missing and never changes a file. When a
// type gets new fields, add a second pair beside the first (request_made.2.bin).
const goldenFacts = "testdata/facts/v1"

// Every event type that can be written has its golden fact, under its own name.
func TestEveryEventTypeIsGolden(t *testing.T) {
	events := (&eventsv1.Fact{}).ProtoReflect().Descriptor().Oneofs().ByName("event").Fields()
	for i := range events.Len() {
		field := events.Get(i)
		path := filepath.Join(goldenFacts, string(field.Name()))
		body, err := os.ReadFile(path + ".bin")
		if os.IsNotExist(err) && *update {
			body = writeGolden(t, path, field)
		} else if err != nil {
			t.Errorf("%s has no golden fact; add it with -update: %v", field.Name(), err)
			continue
		}
		f := &eventsv1.Fact{}
		if err := proto.Unmarshal(body, f); err != nil || !f.ProtoReflect().Has(field) {
			t.Errorf("%s.bin holds another event: %v, %v", path, f, err)
		}
	}
}

// What was written long ago still means the same.
func TestGoldenFactsStayReadable(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldenFacts, "*.bin"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden facts in %s (%v)", goldenFacts, err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".bin") + ".json")
		if err != nil {
			t.Errorf("%s has no meaning beside it: %v", file, err)
			continue
		}
		f := &eventsv1.Fact{}
		if err := proto.Unmarshal(body, f); err != nil {
			t.Errorf("%s is no longer readable: %v", file, err)
			continue
		}
		if diff := cmp.Diff(string(want), meaning(t, f)); diff != "" {
			t.Errorf("%s no longer means what it did (-then +now):\n%s", file, diff)
		}
	}
}

// Each of them is a fact of the case, of a request, of both, or of another stream.
func TestEveryEventTypeHasItsPlace(t *testing.T) {
	elsewhere := map[string]bool{
		"note_added": true, "staff_changed": true, "membership_changed": true, "catalogue_published": true,
		"key_issued": true, "key_revoked": true, "access_granted": true, "access_withdrawn": true, "scope_erased": true,
		"text_block_changed": true,
	}
	files, err := filepath.Glob(filepath.Join(goldenFacts, "*.bin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f := &eventsv1.Fact{}
		if err := proto.Unmarshal(body, f); err != nil {
			t.Fatal(err)
		}
		w := requestIn(t, inProgress, "")
		must(w.onCase(company(), OpenCase{opened("")}))
		onCase := applyCase(w.c, f, 1) == nil
		must(w.on(advisor("omnia", "aino"), "omnia", 1, AskSupplement{"Which?", "2026-04-10"}))
		must(w.on(advisor("omnia", "aino"), "omnia", 1, refer()))
		setNumbers(f)
		onRequest := f.GetRequestMade() != nil || applyRequest(w.requests[RequestKey{"omnia", 1}], f) == nil
		onCase = onCase || f.GetCaseOpened() != nil
		name := eventName(f)
		if (onCase || onRequest) == elsewhere[name] {
			t.Errorf("%s: on the case %t, on a request %t", name, onCase, onRequest)
		}
		if FromProvider(f) && onCase {
			t.Errorf("%s is a provider's, and yet stands on the case", name)
		}
		if shown := kind(f) != 0; shown != (onCase || onRequest) {
			t.Errorf("%s: shown in a timeline %t", name, shown)
		}
	}
}

// setNumbers makes a golden fact fit a request that has one supplement and one referral.
func setNumbers(f *eventsv1.Fact) {
	if a := f.GetSupplementAnswered(); a != nil {
		a.Number = 1
	}
	if a := f.GetReferralAnswered(); a != nil {
		a.Number = 1
	}
}

func writeGolden(t *testing.T, path string, event protoreflect.FieldDescriptor) []byte {
	t.Helper()
	f := &eventsv1.Fact{}
	fill(f.ProtoReflect(), event)
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".bin", body, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".json", []byte(meaning(t, f)), 0o644); err != nil {
		t.Fatal(err)
	}
	return body
}

// fill gives every field a value that tells it from others; of the oneof only event.
func fill(m protoreflect.Message, event protoreflect.FieldDescriptor) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case field.ContainingOneof() != nil && field != event:
		case field.IsList():
			list := m.Mutable(field).List()
			for range 2 {
				if field.Message() != nil {
					fill(list.AppendMutable().Message(), event)
				} else {
					list.Append(sample(field))
				}
			}
		case field.Message() != nil:
			fill(m.Mutable(field).Message(), event)
		default:
			m.Set(field, sample(field))
		}
	}
}

func sample(field protoreflect.FieldDescriptor) protoreflect.Value {
	number := int64(field.Number())
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(string(field.Name()) + " å")
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{0, 0xff, byte(number)})
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		values := field.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(values.Len() - 1).Number())
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(1_772_434_800 + number)
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(1_772_434_800 + uint64(number))
	default:
		return protoreflect.ValueOfInt32(int32(1000 + number))
	}
}

// meaning is a fact as JSON, in one form whatever the library's mood.
func meaning(t *testing.T, f *eventsv1.Fact) string {
	t.Helper()
	raw, err := protojson.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	return pretty.String() + "\n"
}
