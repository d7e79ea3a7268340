package host

import (
	"google.golang.org/protobuf/proto"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// CheckForTest applies the field rules to a message.
func CheckForTest(message proto.Message) error { return CheckerForTest(message)(message) }

// CheckerForTest makes the check for messages of one type.
func CheckerForTest(message proto.Message) func(proto.Message) error {
	var p plans
	return p.of(message.ProtoReflect().Descriptor()).check
}

// MatchForTest tells whether a text has a format.
func MatchForTest(format policyv1.Format, text string) bool { return formats[format].match(text) }

// KnowsForTest tells whether a format is enforced.
func KnowsForTest(format policyv1.Format) bool { return formats[format] != nil }
