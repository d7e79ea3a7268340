// Package revision writes and reads the opaque revisions of the API.
//
// A revision names a place in the log: which stream, which sequence, and in
// which scope the fact stands. A mutating call answers the revision of its fact;
// a read may name the least revision it accepts; a watch resumes behind one.
// Callers may compare revisions for equality and nothing else, so that the log
// can be split into several streams later.
package revision

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/businessespoo/hub/services/kit/problem"
)

// MaxLength is the longest revision that is read, in characters.
const MaxLength = 200

// version is the first byte of every revision written now.
const version = 1

// Revision is what an opaque revision names.
type Revision struct {
	// Stream is the stream of the log, such as bus.StreamCases.
	Stream string
	// Sequence is the place in that stream, from 1; 0 is before the first fact.
	Sequence uint64
	// Scope is where the fact stands, such as case.<id>.omnia.1; empty when the
	// revision belongs to the stream as a whole.
	Scope string
}

// Encode makes the opaque text of a revision, of the characters A-Z, a-z, 0-9,
// - and _.
func Encode(stream string, sequence uint64, scope string) string {
	raw := make([]byte, 0, len(stream)+len(scope)+16)
	raw = append(raw, version)
	raw = binary.AppendUvarint(raw, sequence)
	raw = binary.AppendUvarint(raw, uint64(len(stream)))
	raw = append(raw, stream...)
	raw = append(raw, scope...)
	raw = binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Decode reads a revision. field is the field of the request that holds it, for
// the error: a problem of kind Invalid with the reason REVISION_INVALID.
func Decode(field, text string) (Revision, error) {
	r, err := decode(text)
	if err != nil {
		const right = "a revision that an earlier answer of the hub held, unchanged, or nothing"
		return Revision{}, problem.New(problem.Invalid, "REVISION_INVALID", "%s %.40q is no revision; give %s", field, text, right).
			Field(field, "is no revision; give "+right).Because(err)
	}
	return r, nil
}

func decode(text string) (Revision, error) {
	if len(text) > MaxLength {
		return Revision{}, errors.New("revision: too long")
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Revision{}, err
	}
	if len(raw) < 5 {
		return Revision{}, errors.New("revision: too short")
	}
	body, sum := raw[:len(raw)-4], binary.BigEndian.Uint32(raw[len(raw)-4:])
	if crc32.ChecksumIEEE(body) != sum {
		return Revision{}, errors.New("revision: changed on the way")
	}
	if body[0] != version {
		return Revision{}, errors.New("revision: of a version that is not known here")
	}
	body = body[1:]
	sequence, n := binary.Uvarint(body)
	if n <= 0 {
		return Revision{}, errors.New("revision: without a sequence")
	}
	body = body[n:]
	size, n := binary.Uvarint(body)
	if n <= 0 || size > uint64(len(body)-n) {
		return Revision{}, errors.New("revision: without a stream")
	}
	body = body[n:]
	return Revision{Stream: string(body[:size]), Sequence: sequence, Scope: string(body[size:])}, nil
}
