package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/businessespoo/hub/deploy/e2e/world"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
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
		if field == nil {
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

// try makes one attempt, and answers its line of the expectations; empty when the
// kind does not apply.
func (f *fixture) try(m method, s sample, k kind) string {
	f.t.Helper()
	a := k.make(f, m, s)
	if a == nil {
		return ""
	}
	for _, message := range a.prepare {
		var err error
		if f.first, err = f.call(m, s, &attempt{authorization: a.authorization, message: message}); err != nil {
			f.t.Errorf("%s %s: the call before it fails: %v", m.name, k.name, err)
			return ""
		}
	}
	before := f.settled(len(a.prepare) > 0)
	answer, err := f.call(m, s, a)
	got := world.Read(err)
	if a.verify != nil && err == nil {
		a.verify(f.t, answer)
	}
	if a.alike != nil {
		_, otherErr := f.call(m, s, a.alike)
		if one, other := f.anonymous(err, a.message), f.anonymous(otherErr, a.alike.message); one != other {
			f.t.Errorf("%s: another's and none can be told apart:\n%s\n%s", m.name, one, other)
		}
	}
	if got.Code != codes.OK || len(a.prepare) > 0 {
		if after := f.state(); before != after {
			f.t.Errorf("%s %s was refused, and something changed:\n%s\n%s", m.name, k.name, before, after)
		}
	}
	f.plain(m, k, got)
	fields := "-"
	if len(got.Fields) > 0 {
		fields = strings.Join(got.Fields, " ")
	}
	reason := got.Reason
	if reason == "" {
		reason = "-"
	}
	return fmt.Sprintf("%s %s %s %s %s", m.name, k.name, got.Code, reason, fields)
}

// plain fails the test when a message tells something internal, or nothing.
func (f *fixture) plain(m method, k kind, got world.Refusal) {
	f.t.Helper()
	if got.Code == codes.OK {
		return
	}
	if got.Message == "" {
		f.t.Errorf("%s %s says nothing", m.name, k.name)
	}
	for _, inner := range []string{"sqlite", "SELECT", "goroutine", ".go:", "/tmp", "nats:", "panic", "127.0.0.1"} {
		if strings.Contains(got.Message, inner) {
			f.t.Errorf("%s %s tells %q: %s", m.name, k.name, inner, got.Message)
		}
	}
}

// anonymous is a refusal as bytes, without the names in it that were asked for.
func (f *fixture) anonymous(err error, asked proto.Message) string {
	text := status.Convert(err).Proto().String()
	for _, id := range caseIDs(asked) {
		text = strings.ReplaceAll(text, id, "?")
	}
	return text
}

// call makes a call and answers what came back. A stream that begins is taken.
func (f *fixture) call(m method, s sample, a *attempt) (proto.Message, error) {
	ctx, cancel := context.WithTimeout(f.t.Context(), 15*time.Second)
	defer cancel()
	if a.authorization != "" {
		ctx = world.Authorized(ctx, a.authorization)
	}
	conn := f.w.Conn(f.t, s.address(f.w))
	kind, err := protoregistry.GlobalTypes.FindMessageByName(m.descriptor.Output().FullName())
	if err != nil {
		return nil, err
	}
	answer := kind.New().Interface()
	var request any = a.message
	var options []grpc.CallOption
	if a.raw != nil {
		request, options = rawMessage(a.raw), append(options, grpc.ForceCodecV2(rawWriter{encoding.GetCodecV2("proto")}))
	}
	if !m.descriptor.IsStreamingServer() {
		return answer, conn.Invoke(ctx, m.path, request, answer, options...)
	}
	short, stop := context.WithTimeout(ctx, streamBegins)
	defer stop()
	if hasField(a.messageOr(m), "revision") && a.message != nil && textOf(a.message, "revision") != "" {
		short = ctx // it waits for its revision
	}
	stream, err := conn.NewStream(short, &grpc.StreamDesc{ServerStreams: true}, m.path, options...)
	if err == nil {
		err = errors.Join(stream.SendMsg(request), stream.CloseSend())
	}
	if err == nil {
		err = stream.RecvMsg(answer)
	}
	if short.Err() != nil && ctx.Err() == nil || errors.Is(err, io.EOF) {
		return answer, nil // nothing to send yet
	}
	return answer, err
}

// streamBegins is how long a stream that was taken may send nothing.
const streamBegins = 300 * time.Millisecond

func (a *attempt) messageOr(m method) proto.Message {
	if a.message != nil {
		return a.message
	}
	return fresh(m)
}

// fresh is a message of a method's input with nothing in it.
func fresh(m method) proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(m.descriptor.Input().FullName())
	if err != nil {
		panic(err) // the contract is linked in
	}
	return kind.New().Interface()
}

// outsider is somebody with a role that may not call a method; false when
// everybody may.
func outsider(m method) (principal, bool) {
	access := proto.GetExtension(m.descriptor.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
	if len(access.GetRoles()) == 0 {
		return principal{}, false
	}
	for _, candidate := range []principal{world.Operator(), world.CompanyUser("outsider"), world.AdvisorOf("omnia", world.FirstAdvisor)} {
		allowed := false
		for _, role := range access.GetRoles() {
			allowed = allowed || role == candidate.Role
		}
		if !allowed {
			return candidate, true
		}
	}
	return principal{}, false
}

// unsigned is a token as the algorithm "none" would make it.
func (f *fixture) unsigned(p principal) string {
	parts := strings.Split(strings.TrimPrefix(f.bearer(p), "Bearer "), ".")
	return "Bearer " + base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
}

// expired is a token that was right an hour ago.
func (f *fixture) expired(p principal) string {
	signed, err := f.w.Key.Sign(p, time.Now().Add(-2*time.Hour), time.Hour)
	if err != nil {
		f.t.Fatal(err)
	}
	return "Bearer " + signed
}

// forged is a token of another key.
func (f *fixture) forged(p principal) string {
	signed, err := f.otherKey.Sign(p, time.Now().Add(-time.Minute), time.Hour)
	if err != nil {
		f.t.Fatal(err)
	}
	return "Bearer " + signed
}

func newID() string { return uuid.NewString() }
