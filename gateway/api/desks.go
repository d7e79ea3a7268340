package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// Desks serves the provider service for all seven, and forwards each call by the
// provider in its resource name, with the caller's own token: the provider
// decides, not the gateway.
type Desks struct {
	providerv1.UnsafeProviderServiceServer
	desks map[string]desk
}

// desk is one provider's own service.
type desk struct {
	provider string
	client   providerv1.ProviderServiceClient
}

// NewDesks forwards to the connections by provider key; all seven must be there.
func NewDesks(connections map[string]grpc.ClientConnInterface) (*Desks, error) {
	d := &Desks{desks: map[string]desk{}}
	for _, key := range name.Providers {
		connection, ok := connections[key]
		if !ok {
			return nil, fmt.Errorf("api: no address for provider %s; give one for each of %v", key, name.Providers)
		}
		d.desks[key] = desk{provider: key, client: providerv1.NewProviderServiceClient(connection)}
	}
	return d, nil
}

// of answers the desk that a resource name leads to: a provider, or a request.
func (d *Desks) of(field, resource string) (desk, error) {
	key, err := name.ParseProvider(resource)
	if err != nil {
		scope, notRequest := name.ParseRequest(resource)
		if notRequest != nil {
			return desk{}, problem.New(problem.Invalid, "NAME_INVALID", "%s", notRequest).Field(field, notRequest.Error())
		}
		key = scope.Party
	}
	return d.desks[key], nil
}

// carried are the headers that go on with a call; nothing else that the caller
// sends reaches a provider.
var carried = []string{"authorization"}

func onward(ctx context.Context) context.Context {
	in, _ := metadata.FromIncomingContext(ctx)
	out := metadata.MD{}
	for _, key := range carried {
		if values := in.Get(key); len(values) > 0 {
			out.Set(key, values...)
		}
	}
	out.Set("traceparent", host.Trace(ctx).Child().String())
	return metadata.NewOutgoingContext(ctx, out)
}

// away says that a provider does not answer. What it answers itself goes back as it is.
func (d desk) away(err error) error {
	if status.Code(err) != codes.Unavailable || len(status.Convert(err).Details()) > 0 {
		return err
	}
	return problem.New(problem.Unavailable, "PROVIDER_AWAY",
		"%s does not answer now; the other providers go on. Try the same call again with the same request_id", name.Provider(d.provider)).
		Meta("provider", name.Provider(d.provider)).Retry(awayRetry).Because(err)
}

// awayRetry is when a caller may try a provider again that did not answer.
const awayRetry = 2 * time.Second

// admits refuses the system of another provider as that provider would refuse its staff. It
// does not know the key, and would count it as a wrong one of this gateway.
func (d desk) admits(ctx context.Context, field, resource string) error {
	who := token.From(ctx)
	switch {
	case who.Key == "" || who.Provider == d.provider:
		return nil
	case field == "parent" && resource == name.Provider(d.provider):
		return problem.New(problem.Denied, "OTHER_PROVIDER", "you belong to %s, and only those of %s see its inbox", name.Provider(who.Provider), resource)
	}
	return problem.New(problem.NotFound, "REQUEST_NOT_FOUND", "there is no request %s that you may see; ListRequests lists those of your provider", resource)
}

// forward hands a call on to the provider of a resource name.
func forward[Request, Response any](ctx context.Context, d *Desks, field, resource string, req *Request,
	call func(providerv1.ProviderServiceClient, context.Context, *Request, ...grpc.CallOption) (*Response, error),
) (*Response, error) {
	to, err := d.of(field, resource)
	if err == nil {
		err = to.admits(ctx, field, resource)
	}
	if err != nil {
		return nil, err
	}
	answer, err := call(to.client, onward(ctx), req)
	if err = to.away(err); err != nil {
		return nil, decided(ctx, err)
	}
	return answer, decided(ctx, nil)
}

// decided passes on what became of a call. Unless its provider was away, that has
// written the row of the access log.
func decided(ctx context.Context, err error) error {
	if away, ours := errors.AsType[*problem.Problem](err); !ours || away.Reason != "PROVIDER_AWAY" {
		host.RecordedElsewhere(ctx)
	}
	return err
}

// ListRequests forwards.
func (d *Desks) ListRequests(ctx context.Context, req *providerv1.ListRequestsRequest) (*providerv1.ListRequestsResponse, error) {
	return forward(ctx, d, "parent", req.Parent, req, providerv1.ProviderServiceClient.ListRequests)
}

// GetRequest forwards.
func (d *Desks) GetRequest(ctx context.Context, req *providerv1.GetRequestRequest) (*providerv1.GetRequestResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.GetRequest)
}

// PickUp forwards.
func (d *Desks) PickUp(ctx context.Context, req *providerv1.PickUpRequest) (*providerv1.PickUpResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.PickUp)
}

// HandBack forwards.
func (d *Desks) HandBack(ctx context.Context, req *providerv1.HandBackRequest) (*providerv1.HandBackResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.HandBack)
}

// Assign forwards.
func (d *Desks) Assign(ctx context.Context, req *providerv1.AssignRequest) (*providerv1.AssignResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.Assign)
}

// Reply forwards.
func (d *Desks) Reply(ctx context.Context, req *providerv1.ReplyRequest) (*providerv1.ReplyResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.Reply)
}

// AskSupplement forwards.
func (d *Desks) AskSupplement(ctx context.Context, req *providerv1.AskSupplementRequest) (*providerv1.AskSupplementResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.AskSupplement)
}

// Decline forwards.
func (d *Desks) Decline(ctx context.Context, req *providerv1.DeclineRequest) (*providerv1.DeclineResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.Decline)
}

// Refer forwards.
func (d *Desks) Refer(ctx context.Context, req *providerv1.ReferRequest) (*providerv1.ReferResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.Refer)
}

// Decide forwards.
func (d *Desks) Decide(ctx context.Context, req *providerv1.DecideRequest) (*providerv1.DecideResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.Decide)
}

// Complete forwards.
func (d *Desks) Complete(ctx context.Context, req *providerv1.CompleteRequest) (*providerv1.CompleteResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.Complete)
}

// AddNote forwards.
func (d *Desks) AddNote(ctx context.Context, req *providerv1.AddNoteRequest) (*providerv1.AddNoteResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.AddNote)
}

// ListNotes forwards.
func (d *Desks) ListNotes(ctx context.Context, req *providerv1.ListNotesRequest) (*providerv1.ListNotesResponse, error) {
	return forward(ctx, d, "parent", req.Parent, req, providerv1.ProviderServiceClient.ListNotes)
}

// RecordContact forwards.
func (d *Desks) RecordContact(ctx context.Context, req *providerv1.RecordContactRequest) (*providerv1.RecordContactResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.RecordContact)
}

// CorrectText forwards.
func (d *Desks) CorrectText(ctx context.Context, req *providerv1.CorrectTextRequest) (*providerv1.CorrectTextResponse, error) {
	return forward(ctx, d, "name", req.Name, req, providerv1.ProviderServiceClient.CorrectText)
}

// OpenCaseOnBehalf forwards.
func (d *Desks) OpenCaseOnBehalf(ctx context.Context, req *providerv1.OpenCaseOnBehalfRequest) (*providerv1.OpenCaseOnBehalfResponse, error) {
	return forward(ctx, d, "parent", req.Parent, req, providerv1.ProviderServiceClient.OpenCaseOnBehalf)
}

// ListAdvisors forwards.
func (d *Desks) ListAdvisors(ctx context.Context, req *providerv1.ListAdvisorsRequest) (*providerv1.ListAdvisorsResponse, error) {
	return forward(ctx, d, "parent", req.Parent, req, providerv1.ProviderServiceClient.ListAdvisors)
}

// ListTextBlocks forwards.
func (d *Desks) ListTextBlocks(ctx context.Context, req *providerv1.ListTextBlocksRequest) (*providerv1.ListTextBlocksResponse, error) {
	return forward(ctx, d, "parent", req.Parent, req, providerv1.ProviderServiceClient.ListTextBlocks)
}

// SetTextBlock forwards.
func (d *Desks) SetTextBlock(ctx context.Context, req *providerv1.SetTextBlockRequest) (*providerv1.SetTextBlockResponse, error) {
	return forward(ctx, d, "parent", req.Parent, req, providerv1.ProviderServiceClient.SetTextBlock)
}

// DeleteTextBlock forwards.
func (d *Desks) DeleteTextBlock(ctx context.Context, req *providerv1.DeleteTextBlockRequest) (*providerv1.DeleteTextBlockResponse, error) {
	return forward(ctx, d, "parent", req.Parent, req, providerv1.ProviderServiceClient.DeleteTextBlock)
}

// WatchRequests forwards a watch until either side ends it.
func (d *Desks) WatchRequests(req *providerv1.WatchRequestsRequest, stream grpc.ServerStreamingServer[providerv1.WatchRequestsResponse]) error {
	to, err := d.of("parent", req.Parent)
	if err == nil {
		err = to.admits(stream.Context(), "parent", req.Parent)
	}
	if err != nil {
		return err
	}
	source, err := to.client.WatchRequests(onward(stream.Context()), req)
	if err != nil {
		return to.away(err)
	}
	// No headers come when the provider refuses; why is told by Recv.
	if headers, err := source.Header(); err == nil && headers != nil {
		host.RecordedElsewhere(stream.Context())
		if err := stream.SendHeader(nil); err != nil {
			return err
		}
	}
	for {
		answer, err := source.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return decided(stream.Context(), to.away(err))
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}
