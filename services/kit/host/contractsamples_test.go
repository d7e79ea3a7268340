package host_test

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

func instance(message protoreflect.MessageDescriptor) proto.Message {
	found, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName())
	if err != nil {
		panic(err)
	}
	return found.New().Interface()
}

// samples are values of the contract's formats.
var samples = map[policyv1.Format]string{
	policyv1.Format_FORMAT_UUID: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", policyv1.Format_FORMAT_CASE_NAME: caseName, policyv1.Format_FORMAT_REQUEST_NAME: requestName,
	policyv1.Format_FORMAT_PROVIDER_NAME: "providers/chamber", policyv1.Format_FORMAT_SERVICE_NAME: "providers/chamber/services/co",
	policyv1.Format_FORMAT_ADVISOR_NAME: "providers/chamber/advisors/a1", policyv1.Format_FORMAT_LANGUAGE: "fi", policyv1.Format_FORMAT_CONTACT_LANGUAGE: "fi",
	policyv1.Format_FORMAT_DATE: "2026-11-23", policyv1.Format_FORMAT_BUSINESS_ID: "9000007-0", policyv1.Format_FORMAT_URL: "https://example.com", policyv1.Format_FORMAT_KEY: "key",
	policyv1.Format_FORMAT_CONSENT_NAME: caseName + "/consents/1", policyv1.Format_FORMAT_STAFF_NAME: "operators/o1",
}

// filled is a message in which every field holds something, once.
func filled(of protoreflect.MessageDescriptor) proto.Message {
	m := instance(of)
	fill(m.ProtoReflect(), 0)
	return m
}

func fill(m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		switch {
		case field.IsMap() || depth > 8:
		case field.IsList() && field.Message() != nil:
			item := m.Mutable(field).List().NewElement()
			fill(item.Message(), depth+1)
			m.Mutable(field).List().Append(item)
		case field.IsList():
			m.Mutable(field).List().Append(sample(field))
		case field.Message() != nil:
			fill(m.Mutable(field).Message(), depth+1)
		case field.ContainingOneof() == nil || m.WhichOneof(field.ContainingOneof()) == nil:
			m.Set(field, sample(field))
		}
	}
}

// sample is a value for a field. What a case and a request are called is known here
// apart from the contract's formats, which the server goes by.
func sample(field protoreflect.FieldDescriptor) protoreflect.Value {
	policy, _ := proto.GetExtension(field.Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
	switch field.Kind() {
	case protoreflect.StringKind:
		switch in := field.Parent().Name(); {
		case in == "Case" && field.Name() == "name", field.Name() == "case_name":
			return protoreflect.ValueOfString(caseName)
		case in == "Request" && field.Name() == "name", field.Name() == "request", field.Name() == "parent" && in == "ListNotesRequest":
			return protoreflect.ValueOfString(requestName)
		}
		if text, ok := samples[policy.GetFormat()]; ok {
			return protoreflect.ValueOfString(text)
		}
		return protoreflect.ValueOfString("x")
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte("x"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(1)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(max(policy.GetMin(), 1)))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(max(policy.GetMin(), 1))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(1)
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(1)
	default:
		return protoreflect.ValueOfFloat64(1)
	}
}
