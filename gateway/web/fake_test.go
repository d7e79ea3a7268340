package web_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// fake is an API with fixed answers behind a real gRPC connection. It keeps
// what it was asked and with which credential, and fails where a test says so.
type fake struct {
	casesv1.UnimplementedCaseServiceServer
	providerv1.UnimplementedProviderServiceServer
	cataloguev1.UnimplementedCatalogueServiceServer
	keysv1.UnimplementedKeyServiceServer
	keysv1.UnimplementedGrantServiceServer

	mu    sync.Mutex
	calls []called
	fail  map[string]error
	// late is how many reads pass before a code is known or a request is there.
	late int
	// drafts are those that are kept.
	drafts fakeDrafts
	// between runs once, right before the next draft is saved.
	between func()

	theCase     *casesv1.Case
	suggestions []*casesv1.Suggestion
	services    []*cataloguev1.Service
	cases       []*casesv1.Case
	requests    []*casesv1.Request
	notes       []*providerv1.Note
	seen        []*accessv1.Access
	waiting     []*casesv1.Case
	blocks      []*providerv1.TextBlock
	secret      string
	admin       *fakeAdmin
}

// called is one call that the API got.
type called struct {
	method, authorization string
	request               proto.Message
}

func (f *fake) intercept(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	method := info.FullMethod[strings.LastIndexByte(info.FullMethod, '/')+1:]
	credential := ""
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		credential = strings.Join(md.Get("authorization"), ", ")
	}
	f.mu.Lock()
	f.calls = append(f.calls, called{method, credential, request.(proto.Message)})
	err := f.fail[method]
	if method == "GetCase" && f.late > 0 {
		f.late--
		err = problem.New(problem.Unauthenticated, "CASE_SECRET_WRONG", "not known")
	}
	if method == "GetRequest" && f.late > 0 {
		f.late--
		err = problem.New(problem.NotFound, "REQUEST_NOT_FOUND", "not there")
	}
	f.mu.Unlock()
	if err != nil {
		return nil, problem.From(err).GRPCStatus().Err()
	}
	return handle(ctx, request)
}

// last returns the last call of a method.
func (f *fake) last(t *testing.T, method string) called {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.calls) - 1; i >= 0; i-- {
		if f.calls[i].method == method {
			return f.calls[i]
		}
	}
	t.Fatalf("the page did not call %s", method)
	return called{}
}

// count says how often a method was called.
func (f *fake) count(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if c.method == method {
			n++
		}
	}
	return n
}

// failing makes a method fail from now on; nil mends it.
func (f *fake) failing(method string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail[method] = err
}

// serve starts the API and returns a connection to it.
func (f *fake) serve(t *testing.T) *grpc.ClientConn {
	t.Helper()
	f.fail, f.drafts = map[string]error{}, fakeDrafts{"unfinished": unfinished()}
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.UnaryInterceptor(f.intercept))
	casesv1.RegisterCaseServiceServer(server, f)
	providerv1.RegisterProviderServiceServer(server, f)
	companyv1.RegisterCompanyServiceServer(server, &fakeCompanies{fake: f})
	consentv1.RegisterConsentServiceServer(server, &fakeConsents{fake: f})
	sharingv1.RegisterSharedCaseServiceServer(server, &fakeSharing{fake: f})
	accessv1.RegisterAccessServiceServer(server, &fakeAccess{fake: f})
	rightsv1.RegisterDataRightsServiceServer(server, fakeRights{fake: f})
	adminv1.RegisterAdminServiceServer(server, f.admin)
	identityv1.RegisterSessionServiceServer(server, fakeSessions{})
	cataloguev1.RegisterCatalogueServiceServer(server, f)
	keysv1.RegisterKeyServiceServer(server, f)
	keysv1.RegisterGrantServiceServer(server, f)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	conn, err := grpc.NewClient("passthrough:fake", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		<-done
	})
	return conn
}

// noon is the time of all tests: a Monday in winter, 12.00 in Finland.
func noon() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

func (f *fake) SuggestServices(_ context.Context, r *casesv1.SuggestServicesRequest) (*casesv1.SuggestServicesResponse, error) {
	answer := &casesv1.SuggestServicesResponse{ConsentTextVersion: "2026-1", ConsentText: "Consent text in " + r.GetLanguage() + "."}
	if r.GetText() == "" && r.GetNeedCode() == "" {
		return nil, problem.New(problem.Invalid, "NEED_MISSING", "give text or need_code").Field("text", "is empty").GRPCStatus().Err()
	}
	if r.GetText() == "qwerty" {
		answer.Message = "Nothing found, says the API."
		return answer, nil
	}
	answer.Suggestions = f.suggestions
	return answer, nil
}

func (f *fake) OpenCase(ctx context.Context, _ *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error) {
	answer := &casesv1.OpenCaseResponse{Case: f.theCase, Revision: "rev-1"}
	if md, _ := metadata.FromIncomingContext(ctx); len(md.Get("authorization")) == 0 {
		answer.Secret = f.secret
	}
	return answer, nil
}

func (f *fake) GetCase(_ context.Context, r *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
	if r.GetName() != f.theCase.GetName() {
		return nil, problem.New(problem.NotFound, "CASE_NOT_FOUND", "there is no case %s", r.GetName()).GRPCStatus().Err()
	}
	return &casesv1.GetCaseResponse{Case: f.theCase}, nil
}

func (f *fake) ListCases(_ context.Context, r *casesv1.ListCasesRequest) (*casesv1.ListCasesResponse, error) {
	if r.GetAsksMe() && f.waiting != nil {
		return &casesv1.ListCasesResponse{Cases: f.waiting}, nil
	}
	return &casesv1.ListCasesResponse{Cases: f.cases, NextPageToken: "token-2"}, nil
}

func (f *fake) PostMessage(context.Context, *casesv1.PostMessageRequest) (*casesv1.PostMessageResponse, error) {
	return &casesv1.PostMessageResponse{Revision: "rev-2"}, nil
}

func (f *fake) AnswerSupplement(context.Context, *casesv1.AnswerSupplementRequest) (*casesv1.AnswerSupplementResponse, error) {
	return &casesv1.AnswerSupplementResponse{Revision: "rev-2"}, nil
}

func (f *fake) AnswerReferral(context.Context, *casesv1.AnswerReferralRequest) (*casesv1.AnswerReferralResponse, error) {
	return &casesv1.AnswerReferralResponse{Revision: "rev-2"}, nil
}

func (f *fake) AddRequest(context.Context, *casesv1.AddRequestRequest) (*casesv1.AddRequestResponse, error) {
	return &casesv1.AddRequestResponse{Revision: "rev-2"}, nil
}

func (f *fake) WithdrawRequest(context.Context, *casesv1.WithdrawRequestRequest) (*casesv1.WithdrawRequestResponse, error) {
	return &casesv1.WithdrawRequestResponse{Revision: "rev-2"}, nil
}

func (f *fake) CloseCase(context.Context, *casesv1.CloseCaseRequest) (*casesv1.CloseCaseResponse, error) {
	return &casesv1.CloseCaseResponse{Revision: "rev-2"}, nil
}

func (f *fake) ReopenCase(context.Context, *casesv1.ReopenCaseRequest) (*casesv1.ReopenCaseResponse, error) {
	return &casesv1.ReopenCaseResponse{Revision: "rev-2"}, nil
}

func (f *fake) ConfirmCase(context.Context, *casesv1.ConfirmCaseRequest) (*casesv1.ConfirmCaseResponse, error) {
	return &casesv1.ConfirmCaseResponse{Revision: "rev-2"}, nil
}

func (f *fake) RateRequest(context.Context, *casesv1.RateRequestRequest) (*casesv1.RateRequestResponse, error) {
	return &casesv1.RateRequestResponse{Revision: "rev-2"}, nil
}

func (f *fake) LinkCompany(context.Context, *casesv1.LinkCompanyRequest) (*casesv1.LinkCompanyResponse, error) {
	return &casesv1.LinkCompanyResponse{Revision: "rev-2"}, nil
}

func (f *fake) ListRequests(_ context.Context, r *providerv1.ListRequestsRequest) (*providerv1.ListRequestsResponse, error) {
	shown := f.requests
	if n := int(r.GetPageSize()); n > 0 && n < len(shown) {
		shown = shown[:n]
	}
	return &providerv1.ListRequestsResponse{
		Requests: shown, TotalSize: int32(len(f.requests)), NextPageToken: "token-2",
		Counts: &providerv1.InboxCounts{Mine: 1, Unclaimed: 20, Open: 300, Waiting: 4, Overdue: 5, Ended: 6},
	}, nil
}

func (f *fake) GetRequest(_ context.Context, r *providerv1.GetRequestRequest) (*providerv1.GetRequestResponse, error) {
	for _, request := range f.requests {
		if request.GetName() == r.GetName() {
			return &providerv1.GetRequestResponse{Request: request, Timeline: f.theCase.GetTimeline(), Revision: "rev-1"}, nil
		}
	}
	return nil, problem.New(problem.NotFound, "REQUEST_NOT_FOUND", "there is no request %s", r.GetName()).GRPCStatus().Err()
}

func (f *fake) ListNotes(context.Context, *providerv1.ListNotesRequest) (*providerv1.ListNotesResponse, error) {
	return &providerv1.ListNotesResponse{Notes: f.notes}, nil
}

func (f *fake) ListAdvisors(context.Context, *providerv1.ListAdvisorsRequest) (*providerv1.ListAdvisorsResponse, error) {
	return &providerv1.ListAdvisorsResponse{Staff: []*providerv1.StaffMember{
		{Advisor: &casesv1.Advisor{Name: "providers/omnia/advisors/maija", DisplayName: "Maija Meri", Languages: []string{"fi", "sv"}}, OpenRequests: 3, Load: &providerv1.Load{Open: 3, Waiting: 1, Overdue: 2, Oldest: at(1)}},
		{Advisor: &casesv1.Advisor{Name: "providers/omnia/advisors/kalle", DisplayName: "Kalle Koski", Languages: []string{"fi", "en"}}, OpenRequests: 1, Load: &providerv1.Load{Open: 1, Oldest: at(3)}, Lead: true},
	}, Unclaimed: &providerv1.Load{Open: 4, Oldest: at(2)}, Left: []*providerv1.StaffMember{
		{Advisor: &casesv1.Advisor{Name: "providers/omnia/advisors/gone"}, OpenRequests: 1, Load: &providerv1.Load{Open: 1, Waiting: 1, Oldest: at(1)}},
	}}, nil
}

func (f *fake) ListTextBlocks(context.Context, *providerv1.ListTextBlocksRequest) (*providerv1.ListTextBlocksResponse, error) {
	return &providerv1.ListTextBlocksResponse{TextBlocks: f.blocks}, nil
}

func (f *fake) SetTextBlock(context.Context, *providerv1.SetTextBlockRequest) (*providerv1.SetTextBlockResponse, error) {
	return &providerv1.SetTextBlockResponse{Revision: "rev-2"}, nil
}

func (f *fake) DeleteTextBlock(context.Context, *providerv1.DeleteTextBlockRequest) (*providerv1.DeleteTextBlockResponse, error) {
	return &providerv1.DeleteTextBlockResponse{Revision: "rev-2"}, nil
}

func (f *fake) PickUp(context.Context, *providerv1.PickUpRequest) (*providerv1.PickUpResponse, error) {
	return &providerv1.PickUpResponse{Revision: "rev-2"}, nil
}

func (f *fake) HandBack(context.Context, *providerv1.HandBackRequest) (*providerv1.HandBackResponse, error) {
	return &providerv1.HandBackResponse{Revision: "rev-2"}, nil
}

func (f *fake) Assign(context.Context, *providerv1.AssignRequest) (*providerv1.AssignResponse, error) {
	return &providerv1.AssignResponse{Revision: "rev-2"}, nil
}

func (f *fake) Reply(context.Context, *providerv1.ReplyRequest) (*providerv1.ReplyResponse, error) {
	return &providerv1.ReplyResponse{Revision: "rev-2"}, nil
}

func (f *fake) AskSupplement(context.Context, *providerv1.AskSupplementRequest) (*providerv1.AskSupplementResponse, error) {
	return &providerv1.AskSupplementResponse{Revision: "rev-2"}, nil
}

func (f *fake) Decline(context.Context, *providerv1.DeclineRequest) (*providerv1.DeclineResponse, error) {
	return &providerv1.DeclineResponse{Revision: "rev-2"}, nil
}

func (f *fake) Refer(context.Context, *providerv1.ReferRequest) (*providerv1.ReferResponse, error) {
	return &providerv1.ReferResponse{Revision: "rev-2"}, nil
}

func (f *fake) Decide(context.Context, *providerv1.DecideRequest) (*providerv1.DecideResponse, error) {
	return &providerv1.DecideResponse{Revision: "rev-2"}, nil
}

func (f *fake) Complete(context.Context, *providerv1.CompleteRequest) (*providerv1.CompleteResponse, error) {
	return &providerv1.CompleteResponse{Revision: "rev-2"}, nil
}

func (f *fake) RecordContact(context.Context, *providerv1.RecordContactRequest) (*providerv1.RecordContactResponse, error) {
	return &providerv1.RecordContactResponse{Revision: "rev-2"}, nil
}

func (f *fake) CorrectText(context.Context, *providerv1.CorrectTextRequest) (*providerv1.CorrectTextResponse, error) {
	return &providerv1.CorrectTextResponse{Revision: "rev-2"}, nil
}

func (f *fake) AddNote(context.Context, *providerv1.AddNoteRequest) (*providerv1.AddNoteResponse, error) {
	return &providerv1.AddNoteResponse{}, nil
}

func (f *fake) OpenCaseOnBehalf(context.Context, *providerv1.OpenCaseOnBehalfRequest) (*providerv1.OpenCaseOnBehalfResponse, error) {
	return &providerv1.OpenCaseOnBehalfResponse{Request: f.theCase.GetName() + "/requests/omnia-1", CaseName: f.theCase.GetName(), Revision: "rev-2"}, nil
}

func (f *fake) ListProviders(context.Context, *cataloguev1.ListProvidersRequest) (*cataloguev1.ListProvidersResponse, error) {
	return &cataloguev1.ListProvidersResponse{Providers: providers()}, nil
}

func (f *fake) ListServices(context.Context, *cataloguev1.ListServicesRequest) (*cataloguev1.ListServicesResponse, error) {
	return &cataloguev1.ListServicesResponse{Services: f.services}, nil
}

func (f *fake) ListNeeds(context.Context, *cataloguev1.ListNeedsRequest) (*cataloguev1.ListNeedsResponse, error) {
	return &cataloguev1.ListNeedsResponse{Needs: []*cataloguev1.Need{
		{Code: "hire", DisplayName: texts("Työntekijän palkkaaminen", "Anställa", "Hiring")},
		{Code: "premises", DisplayName: texts("Toimitila", "Lokal", "Premises")},
	}}, nil
}

// total is how often the API was called.
func (f *fake) total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

// changes is how often something was called that may change anything.
func (f *fake) changes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if !strings.HasPrefix(c.method, "Get") && !strings.HasPrefix(c.method, "List") && c.method != "SuggestServices" {
			n++
		}
	}
	return n
}
