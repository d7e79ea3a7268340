package e2e

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/revision"
)

// attempt is one call with a fault.
type attempt struct {
	// authorization is sent as it is; empty for none.
	authorization string
	message       proto.Message
	// raw is sent instead of the message when it is not nil.
	raw []byte
	// prepare are calls that come first and must succeed.
	prepare []proto.Message
	// alike is a second attempt that must be answered with the same bytes, but for
	// the names in it.
	alike *attempt
	// beside is what came with the answer, once the call was made: headers and trailers.
	beside string
	// verify looks at a call that was taken.
	verify func(t *testing.T, answer proto.Message)
}

// kind is one kind of fault. It answers nil for an rpc to which it does not apply.
type kind struct {
	name string
	make func(f *fixture, m method, s sample) *attempt
}

var kinds = []kind{
	// Nobody signed in.
	{"no-token", func(f *fixture, m method, s sample) *attempt {
		if s.public() {
			return nil
		}
		return &attempt{message: s.valid(f)}
	}},
	// Tokens that are not right: they are refused also where nobody need sign in.
	{"expired-token", func(f *fixture, m method, s sample) *attempt {
		return &attempt{authorization: f.expired(s.caller()), message: s.valid(f)}
	}},
	{"forged-token", func(f *fixture, m method, s sample) *attempt {
		return &attempt{authorization: f.forged(s.caller()), message: s.valid(f)}
	}},
	{"unsigned-token", func(f *fixture, m method, s sample) *attempt {
		return &attempt{authorization: f.unsigned(s.caller()), message: s.valid(f)}
	}},
	// A role that may not call it.
	{"wrong-role", func(f *fixture, m method, s sample) *attempt {
		wrong, ok := outsider(m)
		if !ok {
			return nil
		}
		return &attempt{authorization: f.bearer(wrong), message: s.valid(f)}
	}},
	// A message with nothing in it.
	{"empty", func(f *fixture, m method, s sample) *attempt {
		return &attempt{authorization: f.as(s), message: fresh(m)}
	}},
	// Every text longer than its limit.
	{"too-long", func(f *fixture, m method, s sample) *attempt {
		message := fresh(m)
		if !lengthen(message.ProtoReflect(), 0) {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
	// A text that is not UTF-8.
	{"not-utf8", func(f *fixture, m method, s sample) *attempt {
		text := firstText(m.descriptor.Input())
		if text == nil {
			return nil
		}
		raw := protowire.AppendTag(nil, text.Number(), protowire.BytesType)
		return &attempt{authorization: f.as(s), raw: protowire.AppendBytes(raw, []byte("a\xff\xfeb"))}
	}},
	// A message of 5 MiB.
	{"too-large", func(f *fixture, m method, s sample) *attempt {
		raw := protowire.AppendTag(nil, 20000, protowire.BytesType)
		return &attempt{authorization: f.as(s), raw: protowire.AppendBytes(raw, bytes.Repeat([]byte("x"), 5<<20))}
	}},
	// A case or a request that does not exist.
	{"unknown", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !rename(message, f.nowhere()) {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
	// One of another company or provider: not to be told from one that does not exist.
	{"not-yours", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		elsewhere := proto.Clone(message)
		if !rename(elsewhere, f.nowhere()) {
			return nil
		}
		auth := f.bearer(s.stranger())
		return &attempt{authorization: auth, message: message, alike: &attempt{authorization: auth, message: elsewhere}}
	}},
	// Another provider's inbox, staff or cases.
	{"other-provider", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !setText(message, "parent", "providers/chamber") || s.caller().Provider == "" {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
	// A provider, or a service, that there is not.
	{"unknown-provider", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !replace(message, "omnia", "nobody") {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
	{"unknown-service", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !replace(message, "/services/", "/services/no-such-") {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
	// A Business ID with a wrong check digit.
	{"business-id", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		field := message.ProtoReflect().Descriptor().Fields().ByName("company")
		if field == nil || field.Message() == nil {
			return nil
		}
		company := message.ProtoReflect().Mutable(field).Message()
		company.Set(company.Descriptor().Fields().ByName("id"), protoreflect.ValueOfString("9000001-2"))
		return &attempt{authorization: f.as(s), message: message}
	}},
	// A state that does not allow the command.
	{"state", func(f *fixture, m method, s sample) *attempt {
		if s.state == nil {
			return nil
		}
		return &attempt{authorization: f.as(s), message: s.state(f)}
	}},
	// An etag of an older state.
	{"stale-etag", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !setText(message, "etag", "AAAAAAAAAAAA") && !setText(message, "draft.etag", "zz") {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
	// The same call again: answered as the first was, and nothing more is done.
	{"repeat", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !hasField(message, "request_id") || s.never != "" {
			return nil
		}
		a := &attempt{authorization: f.as(s), message: message, prepare: []proto.Message{message}}
		a.verify = func(t *testing.T, answer proto.Message) {
			if issued, ok := f.first.(*keysv1.IssueKeyResponse); ok {
				issued.Secret = "" // shown once; the repeat must not hold it
			}
			if diff := sameAnswer(t, f.first, answer); diff != "" {
				t.Errorf("%s answers a repeat otherwise (-first +repeat):\n%s", m.name, diff)
			}
		}
		return a
	}},
	// The same request_id for another call.
	{"reused-id", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !hasField(message, "request_id") || s.never != "" || s.alone {
			return nil
		}
		changed := proto.Clone(message)
		if s.change != nil {
			s.change(changed)
		} else if !setAnyText(changed) {
			f.t.Errorf("%s: nothing to change in its sample", m.name)
		}
		return &attempt{authorization: f.as(s), message: changed, prepare: []proto.Message{message}}
	}},
	// A page token that belongs to another query, and one that is none.
	{"page-token", func(f *fixture, m method, s sample) *attempt {
		if s.otherPage == nil {
			return nil
		}
		return &attempt{authorization: f.as(s), message: s.otherPage(f)}
	}},
	{"page-nonsense", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !setText(message, "page_token", "nonsense") {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
	{"page-size", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		field := message.ProtoReflect().Descriptor().Fields().ByName("page_size")
		if field == nil {
			return nil
		}
		message.ProtoReflect().Set(field, protoreflect.ValueOfInt32(100_000))
		return &attempt{authorization: f.as(s), message: message}
	}},
	// A revision that is none, and one that lies ahead of the log.
	{"revision", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		if !setText(message, "min_revision", "nonsense") && !setText(message, "revision", "nonsense") {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
	{"future-revision", func(f *fixture, m method, s sample) *attempt {
		message := s.valid(f)
		ahead := revision.Encode(bus.StreamCases, 1<<40, f.scope)
		if !setText(message, "min_revision", ahead) && !setText(message, "revision", ahead) {
			return nil
		}
		return &attempt{authorization: f.as(s), message: message}
	}},
}
