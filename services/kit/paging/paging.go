// Package paging writes and reads the page tokens of lists.
//
// A token holds where the next page begins, as the values that the list is
// sorted by, so that a page is found by an index and changes between two pages
// move nothing. It is bound to the query it was made for: with other filters the
// same place would mean something else, so such a token is refused.
package paging

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/businessespoo/hub/services/kit/problem"
)

// MaxLength is the longest token that is read, in characters.
const MaxLength = 1000

const (
	version    = 1
	digestSize = 12
	// mostValues bounds how many values a place has.
	mostValues = 8
)

// free are the fields of a query that may differ from page to page: none of them says
// which rows there are, or in which order.
var free = []protoreflect.Name{"page_token", "page_size", "min_revision", "with_counts"}

// Size is how many rows a page holds: what was asked for, or normal when that
// is 0 or less. The contract's option max bounds it before.
func Size(asked int32, normal int) int {
	if asked <= 0 {
		return normal
	}
	return int(asked)
}

// Encode makes the token with which query's next page begins behind place: the
// values of the last row's sort columns.
func Encode(query proto.Message, place ...string) (string, error) {
	sum, err := digest(query)
	if err != nil {
		return "", err
	}
	raw := append([]byte{version}, sum...)
	for _, value := range place {
		raw = binary.AppendUvarint(raw, uint64(len(value)))
		raw = append(raw, value...)
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	if len(token) > MaxLength || len(place) > mostValues {
		return "", fmt.Errorf("paging: a token of %d characters for %d values; a sort column is too long", len(token), len(place))
	}
	return token, nil
}

// Decode reads the place from a query's page token, as the given number of
// values; nil when the token is empty, so that the list begins at its beginning.
// It fails with a problem of kind Invalid: PAGE_TOKEN_MISMATCH for the token of
// another query, PAGE_TOKEN_INVALID for anything else.
func Decode(query proto.Message, token string, values int) ([]string, error) {
	if token == "" {
		return nil, nil
	}
	sum, place, err := decode(token)
	if err != nil || len(place) != values {
		const right = "give the next_page_token of the last answer, unchanged, or nothing for the first page"
		return nil, problem.New(problem.Invalid, "PAGE_TOKEN_INVALID", "page_token %.40q is no page token; %s", token, right).
			Field("page_token", "is no page token; "+right).Because(err)
	}
	want, err := digest(query)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(sum, want) {
		const right = "repeat the query it was made for with only page_token and page_size changed, or begin anew without a page_token"
		return nil, problem.New(problem.Invalid, "PAGE_TOKEN_MISMATCH", "page_token belongs to another query; %s", right).
			Field("page_token", "belongs to another query; "+right)
	}
	return place, nil
}

func decode(token string) (sum []byte, place []string, err error) {
	if len(token) > MaxLength {
		return nil, nil, errors.New("paging: too long")
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, nil, err
	}
	if len(raw) < 1+digestSize || raw[0] != version {
		return nil, nil, errors.New("paging: too short, or of a version that is not known here")
	}
	sum, rest := raw[1:1+digestSize], raw[1+digestSize:]
	for len(rest) > 0 && len(place) <= mostValues {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return nil, nil, errors.New("paging: cut short")
		}
		place = append(place, string(rest[n:n+int(size)]))
		rest = rest[n+int(size):]
	}
	return sum, place, nil
}

// digest names a query by all of its fields that must stay the same.
func digest(query proto.Message) ([]byte, error) {
	same := proto.Clone(query)
	fields := same.ProtoReflect().Descriptor().Fields()
	for _, name := range free {
		if field := fields.ByName(name); field != nil {
			same.ProtoReflect().Clear(field)
		}
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(same)
	if err != nil {
		return nil, fmt.Errorf("paging: read the query: %w", err)
	}
	sum := sha256.New()
	sum.Write([]byte(same.ProtoReflect().Descriptor().FullName()))
	sum.Write([]byte{0})
	sum.Write(body)
	return sum.Sum(nil)[:digestSize], nil
}
