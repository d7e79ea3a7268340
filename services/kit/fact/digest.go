package fact

import (
	"crypto/sha256"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Digest is the SHA-256 of what a call asks for: which message it is, and its
// fields without request_id and etag. With it a repeat is told from another call
// under the same request_id; a repeat may name a newer state.
func Digest(call proto.Message) ([]byte, error) {
	same := proto.Clone(call).ProtoReflect()
	for _, field := range []protoreflect.Name{"request_id", "etag"} {
		if f := same.Descriptor().Fields().ByName(field); f != nil {
			same.Clear(f)
		}
	}
	body, err := marshal.Marshal(same.Interface())
	if err != nil {
		return nil, fmt.Errorf("fact: digest %s: %w", same.Descriptor().FullName(), err)
	}
	h := sha256.New()
	h.Write([]byte(same.Descriptor().FullName()))
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil), nil
}
