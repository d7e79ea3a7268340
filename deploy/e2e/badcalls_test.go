package e2e

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/businessespoo/hub/deploy/e2e/world"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

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
		if one, other := f.anonymous(err, a), f.anonymous(otherErr, a.alike); one != other {
			f.t.Errorf("%s: another's and none can be told apart:\n%s\n%s", m.name, one, other)
		}
	}
	if got.Code != codes.OK || len(a.prepare) > 0 {
		after := f.state()
		// What changed may come of a call before, later than it seemed: whoever changes
		// something does so again.
		for tries := 0; before != after && tries < 3; tries++ {
			before = f.settled(true)
			_, _ = f.call(m, s, a)
			after = f.state()
		}
		if before != after {
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

// anonymous is all that comes with a refusal, without the names in it that were
// asked for.
func (f *fixture) anonymous(err error, asked *attempt) string {
	text := prototext.Format(status.Convert(err).Proto()) + asked.beside
	for _, id := range caseIDs(asked.message) {
		text = strings.ReplaceAll(text, id, "?")
	}
	return text
}

// call makes a call and answers what came back. A stream whose headers come is taken.
func (f *fixture) call(m method, s sample, a *attempt) (proto.Message, error) {
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
	defer cancel()
	if a.authorization != "" {
		ctx = world.Authorized(ctx, a.authorization)
	}
	return f.callAt(ctx, s.address(f.w), m, a)
}

// callAt makes the call at an address, with the authorization that ctx carries.
func (f *fixture) callAt(ctx context.Context, address string, m method, a *attempt) (proto.Message, error) {
	conn := f.w.Conn(f.t, address)
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
		var header, trailer metadata.MD
		err := conn.Invoke(ctx, m.path, request, answer, append(options, grpc.Header(&header), grpc.Trailer(&trailer))...)
		a.beside = beside(header, trailer)
		return answer, err
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, m.path, options...)
	if err == nil {
		err = errors.Join(stream.SendMsg(request), stream.CloseSend())
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return answer, err
	}
	// A refusal comes without headers.
	if headers, err := stream.Header(); err != nil || headers != nil {
		return answer, err
	}
	err = stream.RecvMsg(answer)
	a.beside = beside(nil, stream.Trailer())
	return answer, err
}

// beside writes down what came with an answer. The status is there once more, as bytes.
func beside(header, trailer metadata.MD) string {
	trailer.Delete("grpc-status-details-bin")
	return fmt.Sprintf("header %v trailer %v", header, trailer)
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
	parts := strings.Split(f.w.Token(f.t, p), ".")
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
