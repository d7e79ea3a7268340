package host

import (
	"google.golang.org/protobuf/proto"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
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

// SightForTest makes what finds the cases and requests in messages of one type.
func SightForTest() func(proto.Message) []*accessv1.Shown {
	var known namings
	return func(message proto.Message) []*accessv1.Shown {
		seen := &sightings{}
		seen.walk(known.of(message), message.ProtoReflect())
		return seen.shown
	}
}
