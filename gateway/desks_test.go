package gateway_test

import (
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/businessespoo/hub/gateway"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// deskStub is a provider's own service that remembers the headers it got.
type deskStub struct {
	providerv1.UnimplementedProviderServiceServer
	key  string
	seen chan metadata.MD
}

func (d *deskStub) note(ctx context.Context) {
	md, _ := metadata.FromIncomingContext(ctx)
	d.seen <- md
}

func (d *deskStub) ListAdvisors(ctx context.Context, req *providerv1.ListAdvisorsRequest) (*providerv1.ListAdvisorsResponse, error) {
	d.note(ctx)
	return &providerv1.ListAdvisorsResponse{NextPageToken: d.key + " " + req.Parent}, nil
}

func (d *deskStub) PickUp(ctx context.Context, req *providerv1.PickUpRequest) (*providerv1.PickUpResponse, error) {
	d.note(ctx)
	return nil, problem.New(problem.State, "ALREADY_PICKED_UP", "a2 works on %s already", req.Name).
		Meta("advisor", "providers/omnia/advisors/a2").Field("name", "is taken").Retry(7e9).GRPCStatus().Err()
}

func (d *deskStub) WatchRequests(_ *providerv1.WatchRequestsRequest, stream grpc.ServerStreamingServer[providerv1.WatchRequestsResponse]) error {
	d.note(stream.Context())
	for _, revision := range []string{"one", "two"} {
		if err := stream.Send(&providerv1.WatchRequestsResponse{Revision: revision}); err != nil {
			return err
		}
	}
	<-stream.Context().Done()
	return stream.Context().Err()
}

// desk runs a stub of a provider until stop.
func (w *world) stub(key string) (*deskStub, string, func()) {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(w.t, err)
	d := &deskStub{key: key, seen: make(chan metadata.MD, 100)}
	server := grpc.NewServer()
	providerv1.RegisterProviderServiceServer(server, d)
	go func() { _ = server.Serve(listener) }()
	w.t.Cleanup(server.Stop)
	return d, listener.Addr().String(), server.Stop
}

func TestDesksAreForwarded(t *testing.T) {
	w := newWorld(t)
	omnia, omniaAt, stopOmnia := w.stub("omnia")
	chamber, chamberAt, _ := w.stub("chamber")
	n := w.start(func(o *gateway.Options) {
		o.Providers = maps.Clone(o.Providers)
		o.Providers["omnia"], o.Providers["chamber"] = omniaAt, chamberAt
	})
	advisor := w.as(token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: "person", Provider: "omnia", Advisor: "a1"})

	// To the right one, with the caller's token and a trace, and nothing else.
	spoofed := metadata.AppendToOutgoingContext(advisor, "x-advisor", "a2", "x-forwarded-for", "10.0.0.1", "grpc-trace-bin", "x", "cookie", "a=b")
	for _, d := range []*deskStub{omnia, chamber} {
		answer := get[*providerv1.ListAdvisorsResponse](t)(n.desks.ListAdvisors(spoofed, &providerv1.ListAdvisorsRequest{Parent: name.Provider(d.key)}))
		if answer.NextPageToken != d.key+" "+name.Provider(d.key) {
			t.Errorf("%s answered what was asked of %s", answer.NextPageToken, d.key)
		}
		got := <-d.seen
		sent, _ := metadata.FromOutgoingContext(advisor)
		if !slices.Equal(got["authorization"], sent["authorization"]) || len(got["traceparent"]) != 1 {
			t.Errorf("%s got the token %v and the trace %v", d.key, got["authorization"], got["traceparent"])
		}
		for key := range got {
			if !slices.Contains([]string{"authorization", "traceparent", ":authority", "content-type", "user-agent", "grpc-accept-encoding"}, key) {
				t.Errorf("%s got the header %s: %v", d.key, key, got[key])
			}
		}
	}
	// What it refuses comes back as it is.
	pick := &providerv1.PickUpRequest{Name: name.Request(strings.Repeat("a", 26), "omnia", 1), RequestId: uuid.NewString()}
	_, err := n.desks.PickUp(advisor, pick)
	if fields := refused(t, err, codes.FailedPrecondition, "ALREADY_PICKED_UP"); !slices.Equal(fields, []string{"name"}) {
		t.Errorf("fields %v", fields)
	}
	p := problem.From(err)
	if p.Metadata["advisor"] != "providers/omnia/advisors/a2" || p.RetryAfter != 7e9 || !strings.Contains(p.Message, "works on") {
		t.Errorf("the refusal came as %+v", p)
	}
	<-omnia.seen

	// A method that the stub does not have, and a name of nobody.
	_, err = n.desks.Reply(advisor, &providerv1.ReplyRequest{Name: pick.Name, RequestId: uuid.NewString(), Text: "Hei"})
	if err == nil {
		t.Error("what nobody serves was answered")
	}
	_, err = n.desks.ListAdvisors(advisor, &providerv1.ListAdvisorsRequest{Parent: "providers/nobody"})
	if code := problem.From(err).Kind; code != problem.Invalid {
		t.Errorf("an unknown provider: %v", err)
	}
	// Who may not call is refused here already.
	_, err = n.desks.PickUp(w.company("p1", bakery), pick)
	refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")

	// A watch is forwarded too, and ends with its provider.
	stream := get[providerv1.ProviderService_WatchRequestsClient](t)(n.desks.WatchRequests(advisor, &providerv1.WatchRequestsRequest{Parent: "providers/omnia"}))
	for _, want := range []string{"one", "two"} {
		if got := get[*providerv1.WatchRequestsResponse](t)(stream.Recv()); got.Revision != want {
			t.Errorf("the watch says %s, want %s", got.Revision, want)
		}
	}
	stopOmnia()
	if _, err := stream.Recv(); err == nil {
		t.Error("the watch goes on without its provider")
	}
	// One that is away says which, and that the others go on.
	_, err = n.desks.PickUp(advisor, pick)
	refused(t, err, codes.Unavailable, "PROVIDER_AWAY")
	if p := problem.From(err); !strings.Contains(p.Message, "providers/omnia does not answer now") || p.RetryAfter == 0 || strings.Contains(p.Message, omniaAt) {
		t.Errorf("the refusal says %q, retry after %s", p.Message, p.RetryAfter)
	}
	get[*providerv1.ListAdvisorsResponse](t)(n.desks.ListAdvisors(advisor, &providerv1.ListAdvisorsRequest{Parent: "providers/chamber"}))

	// A case is opened while a provider is away, and its request waits in the log.
	c := n.open(w.company("p1", bakery), opening(bakery, "omnia/apprenticeship"))
	if c.Requests[0].Status != casesv1.RequestStatus_REQUEST_STATUS_NEW {
		t.Errorf("the request is %s", c.Requests[0].Status)
	}
}
