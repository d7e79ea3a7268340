package host_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/testing/protocmp"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/chamber/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/employment/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/omnia/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	otherCase = "cases/bbbbbbbbbbbbbbbbbbbbbbbbbb"
	thirdCase = "cases/cccccccccccccccccccccccccc"
)

const requestName = caseName + "/requests/chamber-1"

// What each method leaves in the access log when it is carried out: a row that names
// the case, the case with its request, or neither ("nothing"); or no row at all, for
// what anybody may see.
var leaves = map[string]string{
	"AccessService.ListAccess": "case", "AccessService.ListProviderAccess": "case",

	"AdminService.AddStaff": "nothing", "AdminService.RemoveStaff": "nothing", "AdminService.ListStaff": "nothing", "AdminService.ListDeadLetters": "nothing",
	"AdminService.ReplayDeadLetter": "nothing", "AdminService.DropDeadLetter": "nothing", "AdminService.AdvanceClock": "nothing",

	"CaseService.SuggestServices": "no row", "CaseService.OpenCase": "request", "CaseService.GetCase": "request", "CaseService.ListCases": "request",
	"CaseService.WatchCase": "watch", "CaseService.WatchEvents": "watch", "CaseService.PostMessage": "request", "CaseService.AnswerSupplement": "request",
	"CaseService.AnswerReferral": "request", "CaseService.AddRequest": "request", "CaseService.WithdrawRequest": "request", "CaseService.CloseCase": "request",
	"CaseService.ReopenCase": "request", "CaseService.ConfirmCase": "request", "CaseService.RateRequest": "request", "CaseService.SaveDraft": "nothing",
	"CaseService.GetDraft": "nothing", "CaseService.ListDrafts": "nothing", "CaseService.DeleteDraft": "nothing", "CaseService.LinkCompany": "request",

	"SharedCaseService.GetSharedCase": "request", "SharedCaseService.ListSharedCases": "request", "SharedCaseService.WatchSharedCase": "watch",
	"SharedCaseService.ListLegalGrounds": "nothing", "SharedCaseService.RecordDisclosure": "case",

	"ConsentService.ListConsents": "case", "ConsentService.GrantConsent": "case", "ConsentService.WithdrawConsent": "case",

	"SessionService.ListSessions": "nothing", "SessionService.RevokeSession": "nothing", "SessionService.RevokeAllSessions": "nothing",

	"KeyService.IssueKey": "nothing", "KeyService.ListKeys": "nothing", "KeyService.RevokeKey": "nothing",

	"GrantService.ListIntegrators": "nothing", "GrantService.GrantAccess": "nothing", "GrantService.ListGrants": "nothing", "GrantService.WithdrawGrant": "nothing",

	"DataRightsService.ExportData": "nothing", "DataRightsService.DeleteDrafts": "nothing", "DataRightsService.Erase": "case", "DataRightsService.RedactFact": "case", "DataRightsService.CorrectText": "case",
	"DataRightsService.GetErasure": "nothing", "DataRightsService.ListErasures": "nothing", "DataRightsService.HoldCase": "case", "DataRightsService.ReleaseCase": "case",

	"CatalogueService.ListProviders": "no row", "CatalogueService.GetProvider": "no row", "CatalogueService.ListServices": "no row",
	"CatalogueService.GetService": "no row", "CatalogueService.ListNeeds": "no row", "CatalogueService.ListJourneys": "no row",

	"CompanyService.LookupCompany": "nothing",

	"ApprenticeshipService.CheckApprenticeship": "no row", "ExportDocumentService.ListOriginEvidence": "no row", "ExportDocumentService.CheckOriginEvidence": "no row",
	"ExportDocumentService.PlanCarnet": "no row", "SupportService.AssessStartupGrant": "no row", "SupportService.AssessPaySubsidy": "no row",
	"SupportService.AssessEmployment55": "no row",

	"ProviderService.ListRequests": "request", "ProviderService.GetRequest": "request", "ProviderService.PickUp": "request", "ProviderService.HandBack": "request",
	"ProviderService.Assign": "request", "ProviderService.Reply": "request", "ProviderService.AskSupplement": "request", "ProviderService.Decline": "request",
	"ProviderService.Refer": "request", "ProviderService.Decide": "request", "ProviderService.Complete": "request", "ProviderService.AddNote": "confidential",
	"ProviderService.ListNotes": "confidential", "ProviderService.RecordContact": "request", "ProviderService.CorrectText": "request", "ProviderService.OpenCaseOnBehalf": "case",
	"ProviderService.WatchRequests": "watch", "ProviderService.ListAdvisors": "nothing",
	"ProviderService.ListTextBlocks": "nothing", "ProviderService.SetTextBlock": "nothing", "ProviderService.DeleteTextBlock": "nothing",
}

// rows is an access log in memory.
type rows struct {
	mu   sync.Mutex
	kept []*accessv1.AccessRow
	// away tells that nothing can be written, full that nothing can be kept either; early
	// is called before a row is taken.
	away, full bool
	early      func()
	followed   int // rows that nobody waited for
}

func (r *rows) Record(_ context.Context, row *accessv1.AccessRow) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		return errors.New("the disk is full")
	}
	if r.early != nil {
		r.early()
	}
	r.kept = append(r.kept, row)
	return nil
}

func (r *rows) Keep(_ context.Context, row *accessv1.AccessRow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, row)
}

func (r *rows) Follow(row *accessv1.AccessRow) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		return errors.New("too many wait")
	}
	r.kept, r.followed = append(r.kept, row), r.followed+1
	return nil
}

// take answers the rows since the last time.
func (r *rows) take() []*accessv1.AccessRow {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.kept
	r.kept = nil
	return taken
}

// contract is a server that answers every method of the contract with messages in
// which everything is filled in, or with a failure.
type contract struct {
	open, private *rows
	conn          *grpc.ClientConn
	key           *token.Key
	mu            sync.Mutex
	fail          error
	handled       int
	because       *accessv1.Basis
	of            map[string]*accessv1.Basis // of single cases
	shows         []string
	fact          bool // the call has put its fact into the log
}

func newContract(t *testing.T, change ...func(*host.Options)) *contract {
	t.Helper()
	key, err := token.OpenKey(filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{open: &rows{}, private: &rows{}, key: key}
	o := host.Options{Verifier: token.NewVerifier(time.Now, key.Public()), Access: c.open, Confidential: c.private}
	for _, change := range change {
		change(&o)
	}
	server := host.NewGRPC(o)
	for service, methods := range methods(t) {
		server.RegisterService(c.describe(service, methods), c)
	}
	listener := bufconn.Listen(1 << 20)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	c.conn, err = grpc.NewClient("passthrough:///contract", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.conn.Close() })
	return c
}

// methods are those of the contract, by service.
func methods(t *testing.T) map[string][]protoreflect.MethodDescriptor {
	t.Helper()
	found := map[string][]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				if m := service.Methods().Get(j); strings.HasPrefix(string(m.FullName()), "businessespoo.") {
					found[string(service.FullName())] = append(found[string(service.FullName())], m)
				}
			}
		}
		return true
	})
	if len(found) < 6 {
		t.Fatalf("the contract has %d services", len(found))
	}
	return found
}

func (c *contract) describe(service string, methods []protoreflect.MethodDescriptor) *grpc.ServiceDesc {
	desc := &grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil)}
	for _, m := range methods {
		if m.IsStreamingServer() {
			desc.Streams = append(desc.Streams, grpc.StreamDesc{StreamName: string(m.Name()), ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
				in := instance(m.Input())
				if err := stream.RecvMsg(in); err != nil {
					return err
				}
				if err := c.does(stream.Context()); err != nil {
					return err
				}
				if err := stream.SendHeader(nil); err != nil {
					return err
				}
				for range 2 { // the case is new to the watcher once
					sight.Show(stream.Context(), sight.All) // where it depends on the case
					if err := stream.SendMsg(filled(m.Output())); err != nil {
						return err
					}
				}
				return nil
			}})
			continue
		}
		desc.Methods = append(desc.Methods, grpc.MethodDesc{MethodName: string(m.Name()), Handler: func(_ any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			in := instance(m.Input())
			if err := decode(in); err != nil {
				return nil, err
			}
			return intercept(ctx, in, &grpc.UnaryServerInfo{FullMethod: path(m)}, func(ctx context.Context, _ any) (any, error) {
				sight.Show(ctx, sight.All)
				return filled(m.Output()), c.does(ctx)
			})
		}})
	}
	return desc
}

func (c *contract) does(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handled++
	if c.because != nil {
		host.Because(ctx, c.because)
	}
	for resource, because := range c.of {
		host.Because(ctx, because, resource)
	}
	host.Shows(ctx, c.shows...)
	if c.fact {
		host.FactStands(ctx)
	}
	return c.fail
}

func path(m protoreflect.MethodDescriptor) string {
	return "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
}

// call calls a method and answers its first error.
func (c *contract) call(t *testing.T, m protoreflect.MethodDescriptor, role policyv1.Role) error {
	t.Helper()
	ctx, request := c.as(t, role), filled(m.Input())
	if !m.IsStreamingServer() {
		return c.conn.Invoke(ctx, path(m), request, instance(m.Output()))
	}
	stream, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path(m))
	if err == nil {
		err = errors.Join(stream.SendMsg(request), stream.CloseSend())
	}
	for err == nil {
		err = stream.RecvMsg(instance(m.Output()))
	}
	if err.Error() == "EOF" {
		return nil
	}
	return err
}

func (c *contract) as(t *testing.T, role policyv1.Role) context.Context {
	t.Helper()
	p := token.Principal{Role: role, Subject: "someone"}
	switch role {
	case policyv1.Role_ROLE_COMPANY, policyv1.Role_ROLE_INTEGRATOR:
		p.Companies = []string{"9000007-0"}
	case policyv1.Role_ROLE_ADVISOR, policyv1.Role_ROLE_LEAD:
		p.Provider, p.Advisor = "chamber", "a1"
	case policyv1.Role_ROLE_PROVIDER_SYSTEM:
		p.Provider = "chamber"
	}
	text, err := c.key.Sign(p, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+text)
}

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

// roleOf is somebody who may call a method.
func roleOf(m protoreflect.MethodDescriptor) policyv1.Role {
	access, _ := proto.GetExtension(m.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
	for _, role := range access.GetRoles() {
		if role != policyv1.Role_ROLE_CASE_HOLDER {
			return role
		}
	}
	return policyv1.Role_ROLE_COMPANY
}

func shownCase(requests ...string) []*accessv1.Shown {
	return []*accessv1.Shown{{Case: caseName, Requests: requests}}
}

// Every method of the contract leaves exactly one row with what it showed, a watch
// one when it opens and one for a case that is new to it. A method that is missing
// from the table fails the test.
func TestEveryMethodLeavesItsRow(t *testing.T) {
	c := newContract(t)
	known := 0
	for _, methods := range methods(t) {
		for _, m := range methods {
			name := string(m.Parent().Name() + "." + m.Name())
			t.Run(name, func(t *testing.T) {
				want, ok := leaves[name]
				if !ok {
					t.Fatal("the table does not say what it leaves in the access log: add it")
				}
				known++
				if err := c.call(t, m, roleOf(m)); err != nil {
					t.Fatal(err)
				}
				open, private := c.open.take(), c.private.take()
				var expected [][]*accessv1.Shown
				switch want {
				case "no row":
				case "nothing":
					expected = [][]*accessv1.Shown{nil}
				case "case":
					expected = [][]*accessv1.Shown{shownCase()}
				case "watch":
					expected = [][]*accessv1.Shown{nil, shownCase("chamber-1")}
					if asked := m.Input().Fields().ByName("name"); asked != nil { // the one case that was asked for
						expected[0] = shownCase()
					}
				default:
					expected = [][]*accessv1.Shown{shownCase("chamber-1")}
				}
				rows := open
				if want == "confidential" {
					rows = private
				}
				if len(open)+len(private) != len(expected) || len(rows) != len(expected) {
					t.Fatalf("%d rows and %d confidential ones, want %d", len(open), len(private), len(expected))
				}
				for i, row := range rows {
					if diff := cmp.Diff(expected[i], row.Shown, protocmp.Transform()); diff != "" {
						t.Errorf("row %d shows (-want +got):\n%s", i, diff)
					}
					if row.Method != name || row.Person != "someone" || row.Role != roleOf(m) || row.Refused != "" || row.GetBasis().GetPurpose() == 0 {
						t.Errorf("the row is %v", row)
					}
				}
			})
		}
	}
	if known != len(leaves) {
		t.Errorf("the table knows %d methods, the contract %d", len(leaves), known)
	}
}

// A refused call leaves one row that says why, with what it asked for; one of a
// stranger leaves none.
func TestRefusalsLeaveTheirRow(t *testing.T) {
	c := newContract(t)
	c.fail = problem.New(problem.NotFound, "NOT_FOUND", "there is none")
	for _, methods := range methods(t) {
		for _, m := range methods {
			name := string(m.Parent().Name() + "." + m.Name())
			if leaves[name] == "no row" {
				continue
			}
			if err := c.call(t, m, roleOf(m)); status.Code(err) != codes.NotFound {
				t.Errorf("%s: %v", name, err)
			}
			rows := append(c.open.take(), c.private.take()...)
			if len(rows) != 1 || rows[0].Refused != "NOT_FOUND" {
				t.Errorf("%s leaves %v", name, rows)
				continue
			}
			asked := instance(m.Input()).ProtoReflect().Descriptor().Fields().ByName("name")
			if asked != nil && strings.HasPrefix(sample(asked).String(), "cases/") && (len(rows[0].Shown) != 1 || rows[0].Shown[0].Case != caseName) {
				t.Errorf("%s: the row does not say what was asked for: %v", name, rows[0])
			}
		}
	}
	get := methods(t)["businessespoo.provider.v1.ProviderService"][1]
	if err := c.call(t, get, policyv1.Role_ROLE_OPERATOR); status.Code(err) != codes.PermissionDenied {
		t.Fatal(err)
	}
	if rows := c.open.take(); len(rows) != 1 || rows[0].Refused != "ROLE_NOT_ALLOWED" || rows[0].Role != policyv1.Role_ROLE_OPERATOR {
		t.Errorf("a role that may not call leaves %v", rows)
	}
	if err := c.conn.Invoke(t.Context(), path(get), filled(get.Input()), instance(get.Output())); status.Code(err) != codes.Unauthenticated {
		t.Fatal(err)
	}
	if rows := c.open.take(); len(rows) != 0 {
		t.Errorf("a stranger leaves %v", rows)
	}
}

// What cannot be recorded is not shown, except what is the caller's own; and what was
// carried out says so.
func TestNothingIsShownWithoutItsRow(t *testing.T) {
	c := newContract(t)
	c.open.away, c.private.away = true, true
	for _, methods := range methods(t) {
		for _, m := range methods {
			name := string(m.Parent().Name() + "." + m.Name())
			if leaves[name] == "no row" {
				continue
			}
			before := c.handled
			err := c.call(t, m, roleOf(m))
			if roleOf(m) == policyv1.Role_ROLE_COMPANY {
				if err != nil {
					t.Errorf("%s of a company: %v", name, err)
				}
				continue
			}
			if problem.From(err).Reason != "ACCESS_LOG_UNAVAILABLE" || status.Code(err) != codes.Unavailable {
				t.Errorf("%s: %v", name, err)
			}
			access, _ := proto.GetExtension(m.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
			if access.GetMutation() != strings.Contains(err.Error(), "was carried out") || c.handled != before+1 {
				t.Errorf("%s changes something: %t; it is answered %v", name, access.GetMutation(), err)
			}
		}
	}
}

// The answer to a call whose own fact stands in the log goes out while its row cannot be
// written, but not when the row cannot even be kept; a company's goes out always.
// Nobody waits for the row of a refusal.
func TestAFactSpeaksForItsRow(t *testing.T) {
	c := newContract(t)
	c.open.away, c.fact = true, true
	pickUp := methods(t)["businessespoo.provider.v1.ProviderService"][2]
	if err := c.call(t, pickUp, policyv1.Role_ROLE_ADVISOR); err != nil {
		t.Error(err)
	}
	if rows := c.open.take(); c.open.followed != 1 || len(rows) != 1 || rows[0].Method != "ProviderService.PickUp" || len(rows[0].Shown) != 1 {
		t.Errorf("it leaves %v", rows)
	}
	c.open.full = true
	err := c.call(t, pickUp, policyv1.Role_ROLE_ADVISOR)
	if problem.From(err).Reason != "ACCESS_LOG_UNAVAILABLE" || !strings.Contains(err.Error(), "was carried out") {
		t.Errorf("a row that cannot be kept: %v", err)
	}
	post := slices.IndexFunc(methods(t)["businessespoo.cases.v1.CaseService"], func(m protoreflect.MethodDescriptor) bool { return m.Name() == "PostMessage" })
	if err := c.call(t, methods(t)["businessespoo.cases.v1.CaseService"][post], policyv1.Role_ROLE_COMPANY); err != nil {
		t.Errorf("of a company: %v", err)
	}
	c.open.full, c.fact, c.fail = false, false, problem.New(problem.NotFound, "NOT_FOUND", "there is none")
	if err := c.call(t, pickUp, policyv1.Role_ROLE_ADVISOR); status.Code(err) != codes.NotFound || c.open.followed != 2 {
		t.Errorf("a refusal: %v; %d rows follow", err, c.open.followed)
	}
	c.fail = nil
	if err := c.call(t, pickUp, policyv1.Role_ROLE_ADVISOR); problem.From(err).Reason != "ACCESS_LOG_UNAVAILABLE" {
		t.Errorf("a change without a fact of its own, as when it is repeated: %v", err)
	}
}

// The row is durable before the answer goes out: while it is written nothing has come.
func TestTheRowComesBeforeTheAnswer(t *testing.T) {
	c := newContract(t)
	get := methods(t)["businessespoo.provider.v1.ProviderService"][1]
	entered, release := make(chan struct{}), make(chan struct{})
	c.open.early = func() { close(entered); <-release }
	answered := make(chan error, 1)
	ctx := c.as(t, policyv1.Role_ROLE_ADVISOR)
	go func() { answered <- c.conn.Invoke(ctx, path(get), filled(get.Input()), instance(get.Output())) }()
	<-entered
	select {
	case err := <-answered:
		t.Errorf("answered before its row was written: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// A call may say what it rests on, and that another process has recorded it; a server
// without a log for confidential calls tells nothing of them.
func TestWhatACallSaysOfItsRow(t *testing.T) {
	c := newContract(t)
	c.because = &accessv1.Basis{Purpose: accessv1.Purpose_PURPOSE_CONSENT, Reference: "consents/1"}
	get := methods(t)["businessespoo.provider.v1.ProviderService"][1]
	if err := c.call(t, get, policyv1.Role_ROLE_ADVISOR); err != nil {
		t.Fatal(err)
	}
	if rows := c.open.take(); len(rows) != 1 || rows[0].Basis.Reference != "consents/1" || !slices.Equal(rows[0].Organisations, []string{"chamber"}) {
		t.Errorf("the rows are %v", rows)
	}
	// What single cases rest on stands in rows apart.
	c.because, c.shows = &accessv1.Basis{Purpose: accessv1.Purpose_PURPOSE_CONSENT}, []string{otherCase, thirdCase}
	c.of = map[string]*accessv1.Basis{thirdCase: {Purpose: accessv1.Purpose_PURPOSE_STATUTORY_DISCLOSURE}}
	list := methods(t)["businessespoo.sharing.v1.SharedCaseService"][1]
	if err := c.call(t, list, policyv1.Role_ROLE_ADVISOR); err != nil {
		t.Fatal(err)
	}
	told := map[accessv1.Purpose]int{}
	for _, row := range c.open.take() {
		told[row.Basis.Purpose] += len(row.Shown)
	}
	if want := (map[accessv1.Purpose]int{accessv1.Purpose_PURPOSE_CONSENT: 2, accessv1.Purpose_PURPOSE_STATUTORY_DISCLOSURE: 1}); !maps.Equal(told, want) {
		t.Errorf("the list shows cases for %v, want %v", told, want)
	}
	front := newContract(t, func(o *host.Options) { o.Confidential = nil })
	front.fail = problem.New(problem.NotFound, "NOT_FOUND", "there is none")
	for _, m := range methods(t)["businessespoo.provider.v1.ProviderService"] {
		if leaves["ProviderService."+string(m.Name())] != "confidential" {
			continue
		}
		_ = front.call(t, m, roleOf(m))
		if rows := front.open.take(); len(rows) != 1 || rows[0].Method != "ProviderService" || len(rows[0].Shown) > 0 {
			t.Errorf("%s is told of: %v", m.Name(), rows)
		}
	}
}

// What it takes to find what an answer shows, for the row of its call.
func BenchmarkSight(b *testing.B) {
	get, err := protoregistry.GlobalFiles.FindDescriptorByName("businessespoo.cases.v1.GetCaseResponse")
	if err != nil {
		b.Fatal(err)
	}
	answer, sight := filled(get.(protoreflect.MessageDescriptor)), host.SightForTest()
	for b.Loop() {
		if len(sight(answer)) != 1 {
			b.Fatal("it does not find the case")
		}
	}
}
