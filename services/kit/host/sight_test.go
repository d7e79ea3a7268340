package host_test

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

const aCase = "cases/aaaaaaaaaaaaaaaaaaaaaaaaaa"

// told is a case with a word of each kind; handlers answer it to everybody, and only
// the server decides what of it is seen.
func told() *casesv1.Case {
	return &casesv1.Case{
		Name: aCase, NeedText: "the-need",
		Requests: []*casesv1.Request{{Name: aCase + "/requests/omnia-1", ServiceDisplayName: "the-step", Summary: "the-memo"}},
	}
}

// careless answers everything to everybody.
type careless struct {
	casesv1.UnimplementedCaseServiceServer
	sharingv1.UnimplementedSharedCaseServiceServer
	// show is what the handlers say that the caller sees; nil for who forgets to.
	show *sight.Set
}

func (s careless) GetCase(ctx context.Context, _ *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
	if s.show != nil {
		sight.Show(ctx, *s.show)
	}
	return &casesv1.GetCaseResponse{Case: told()}, nil
}

func (careless) PostMessage(context.Context, *casesv1.PostMessageRequest) (*casesv1.PostMessageResponse, error) {
	return &casesv1.PostMessageResponse{Request: told().Requests[0]}, nil
}

func (s careless) WatchCase(_ *casesv1.WatchCaseRequest, stream grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error {
	if s.show != nil {
		sight.Show(stream.Context(), *s.show)
	}
	return stream.Send(&casesv1.WatchCaseResponse{Case: told()})
}

func (s careless) GetSharedCase(ctx context.Context, _ *sharingv1.GetSharedCaseRequest) (*sharingv1.GetSharedCaseResponse, error) {
	if s.show != nil {
		sight.Show(ctx, *s.show)
	}
	return &sharingv1.GetSharedCaseResponse{SharedCase: &sharingv1.SharedCase{Case: told()}}, nil
}

func (s careless) WatchSharedCase(_ *sharingv1.WatchSharedCaseRequest, stream grpc.ServerStreamingServer[sharingv1.WatchSharedCaseResponse]) error {
	for _, set := range []*sight.Set{s.show, new(sight.Set)} {
		if s.show != nil {
			sight.Show(stream.Context(), *set)
		}
		if err := stream.Send(&sharingv1.WatchSharedCaseResponse{SharedCase: &sharingv1.SharedCase{Case: told()}}); err != nil {
			return err
		}
	}
	return nil
}

// sightWorld serves the careless handlers with a table.
func sightWorld(t *testing.T, table *sight.Table, show *sight.Set) (*grpc.ClientConn, func(token.Principal) context.Context) {
	t.Helper()
	key, err := token.OpenKey(filepath.Join(t.TempDir(), "token.key"))
	if err != nil {
		t.Fatal(err)
	}
	system := func(context.Context, string) (token.Principal, error) {
		return token.Principal{Role: policyv1.Role_ROLE_INTEGRATOR, Subject: "ledger", Key: "k1", Scopes: []string{sight.ScopeCaseRead, sight.ScopeApplicationRead}}, nil
	}
	server := host.NewGRPC(host.Options{Verifier: token.NewVerifier(time.Now, key.Public()), SystemKey: system, Sight: table})
	casesv1.RegisterCaseServiceServer(server, careless{show: show})
	sharingv1.RegisterSharedCaseServiceServer(server, careless{show: show})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, func(p token.Principal) context.Context {
		if token.NeedsKey(p.Role) {
			return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Key k1")
		}
		signed, err := key.Sign(p, time.Now(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+signed)
	}
}

// sees checks which words of the case an answer holds.
func sees(t *testing.T, who string, answer proto.Message, words string) {
	t.Helper()
	text := prototext.Format(answer)
	for _, word := range []string{"the-need", "the-step", "the-memo", aCase} {
		if want := strings.Contains(words, word); strings.Contains(text, word) != want {
			t.Errorf("%s sees %s: %t, and should: %t", who, word, !want, want)
		}
	}
}

// Whatever a handler answers, the server lets through what the caller may see, in
// answers and in streams.
func TestAnswersAreMasked(t *testing.T) {
	company := token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p1"}
	ledger := token.Principal{Role: policyv1.Role_ROLE_INTEGRATOR, Subject: "ledger"}
	steps := sight.Of(policyv1.DataClass_DATA_CLASS_CASE, policyv1.DataClass_DATA_CLASS_PROGRESS)
	more := steps | sight.Of(policyv1.DataClass_DATA_CLASS_APPLICATION)
	for _, c := range []struct {
		who   string
		by    token.Principal
		show  *sight.Set
		words string
	}{
		{"the company", company, nil, "the-need the-step the-memo " + aCase},
		{"an integrator of whom the handler says nothing", ledger, nil, ""},
		{"an integrator", ledger, &steps, "the-step " + aCase},
		{"an integrator with the scope", ledger, &more, "the-need the-step " + aCase},
	} {
		conn, as := sightWorld(t, nil, c.show)
		calls := casesv1.NewCaseServiceClient(conn)
		answer, err := calls.GetCase(as(c.by), &casesv1.GetCaseRequest{Name: aCase})
		if err != nil {
			t.Fatal(err)
		}
		sees(t, c.who, answer, c.words)
		watch, err := calls.WatchCase(as(c.by), &casesv1.WatchCaseRequest{Name: aCase})
		if err != nil {
			t.Fatal(err)
		}
		step, err := watch.Recv()
		if err != nil {
			t.Fatal(err)
		}
		sees(t, c.who+" who watches", step, c.words)
	}
	conn, as := sightWorld(t, nil, nil)
	_, err := casesv1.NewCaseServiceClient(conn).PostMessage(as(ledger), &casesv1.PostMessageRequest{Name: aCase + "/requests/omnia-1", RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Text: "?"})
	if status.Code(err) != codes.PermissionDenied {
		t.Errorf("a key that may only read writes: %v", err)
	}
}

// Of a shared case nothing is shown that its handler did not grant, and a grant is
// for the next message as well only until the next one.
func TestWithoutAGrantNothingIsShown(t *testing.T) {
	advisor := token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: "a", Provider: "omnia", Advisor: "a"}
	header := sight.Of(policyv1.DataClass_DATA_CLASS_CASE)
	for who, c := range map[string]struct {
		show  *sight.Set
		words string
	}{"who forgot to grant": {nil, ""}, "who granted the header": {&header, aCase}} {
		conn, as := sightWorld(t, nil, c.show)
		calls := sharingv1.NewSharedCaseServiceClient(conn)
		answer, err := calls.GetSharedCase(as(advisor), &sharingv1.GetSharedCaseRequest{Name: aCase})
		if err != nil {
			t.Fatal(err)
		}
		sees(t, who, answer, c.words)
		watch, err := calls.WatchSharedCase(as(advisor), &sharingv1.WatchSharedCaseRequest{Name: aCase})
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range []string{c.words, ""} {
			step, err := watch.Recv()
			if err != nil {
				t.Fatal(err)
			}
			sees(t, who+" in a watch", step, words)
		}
	}
}

// A changed cell changes what is seen, and a server does not start with a table that
// opens what no table may.
func TestTheTableIsWhatCounts(t *testing.T) {
	conn, as := sightWorld(t, sight.Rules().With(sight.Company, policyv1.DataClass_DATA_CLASS_APPLICATION, sight.No), nil)
	answer, err := casesv1.NewCaseServiceClient(conn).GetCase(as(token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p1"}), &casesv1.GetCaseRequest{Name: aCase})
	if err != nil {
		t.Fatal(err)
	}
	sees(t, "the company of another table", answer, "the-step the-memo "+aCase)
	server := host.NewGRPC(host.Options{Sight: sight.Rules().With(sight.Integrator, policyv1.DataClass_DATA_CLASS_SECRET, sight.Yes)})
	defer server.Stop()
	if err := server.CheckRules(); err == nil || !strings.Contains(err.Error(), "integrator") {
		t.Errorf("a table that gives notes to integrators: %v", err)
	}
}
