package api

import (
	"context"
	"errors"
	"fmt"
	"io"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// Desks serves the provider service for all seven, and forwards each call by the
// provider in its resource name, with the caller's own token: the provider
// decides, not the gateway.
type Desks struct {
	providerv1.UnsafeProviderServiceServer
	clients map[string]providerv1.ProviderServiceClient
}

// NewDesks forwards to the connections by provider key; all seven must be there.
func NewDesks(connections map[string]grpc.ClientConnInterface) (*Desks, error) {
	d := &Desks{clients: map[string]providerv1.ProviderServiceClient{}}
	for _, key := range name.Providers {
		connection, ok := connections[key]
		if !ok {
			return nil, fmt.Errorf("api: no address for provider %s; give one for each of %v", key, name.Providers)
		}
		d.clients[key] = providerv1.NewProviderServiceClient(connection)
	}
	return d, nil
}

// ofProvider and ofRequest answer the client of the provider in a resource name.
func (d *Desks) ofProvider(resource string) (providerv1.ProviderServiceClient, error) {
	key, err := name.ParseProvider(resource)
	if err != nil {
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("parent", err.Error())
	}
	return d.clients[key], nil
}

func (d *Desks) ofRequest(resource string) (providerv1.ProviderServiceClient, error) {
	scope, err := name.ParseRequest(resource)
	if err != nil {
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("name", err.Error())
	}
	return d.clients[scope.Party], nil
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

// forward hands a call on to the provider of its resource name.
func forward[Request, Response any](ctx context.Context, client providerv1.ProviderServiceClient, err error, req *Request,
	call func(providerv1.ProviderServiceClient, context.Context, *Request, ...grpc.CallOption) (*Response, error)) (*Response, error) {
	if err != nil {
		return nil, err
	}
	return call(client, onward(ctx), req)
}

// ListRequests forwards.
func (d *Desks) ListRequests(ctx context.Context, req *providerv1.ListRequestsRequest) (*providerv1.ListRequestsResponse, error) {
	client, err := d.ofProvider(req.Parent)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.ListRequests)
}

// GetRequest forwards.
func (d *Desks) GetRequest(ctx context.Context, req *providerv1.GetRequestRequest) (*providerv1.GetRequestResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.GetRequest)
}

// PickUp forwards.
func (d *Desks) PickUp(ctx context.Context, req *providerv1.PickUpRequest) (*providerv1.PickUpResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.PickUp)
}

// HandBack forwards.
func (d *Desks) HandBack(ctx context.Context, req *providerv1.HandBackRequest) (*providerv1.HandBackResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.HandBack)
}

// Assign forwards.
func (d *Desks) Assign(ctx context.Context, req *providerv1.AssignRequest) (*providerv1.AssignResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.Assign)
}

// Reply forwards.
func (d *Desks) Reply(ctx context.Context, req *providerv1.ReplyRequest) (*providerv1.ReplyResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.Reply)
}

// AskSupplement forwards.
func (d *Desks) AskSupplement(ctx context.Context, req *providerv1.AskSupplementRequest) (*providerv1.AskSupplementResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.AskSupplement)
}

// Decline forwards.
func (d *Desks) Decline(ctx context.Context, req *providerv1.DeclineRequest) (*providerv1.DeclineResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.Decline)
}

// Refer forwards.
func (d *Desks) Refer(ctx context.Context, req *providerv1.ReferRequest) (*providerv1.ReferResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.Refer)
}

// Decide forwards.
func (d *Desks) Decide(ctx context.Context, req *providerv1.DecideRequest) (*providerv1.DecideResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.Decide)
}

// Complete forwards.
func (d *Desks) Complete(ctx context.Context, req *providerv1.CompleteRequest) (*providerv1.CompleteResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.Complete)
}

// AddNote forwards.
func (d *Desks) AddNote(ctx context.Context, req *providerv1.AddNoteRequest) (*providerv1.AddNoteResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.AddNote)
}

// ListNotes forwards.
func (d *Desks) ListNotes(ctx context.Context, req *providerv1.ListNotesRequest) (*providerv1.ListNotesResponse, error) {
	client, err := d.ofRequest(req.Parent)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.ListNotes)
}

// RecordContact forwards.
func (d *Desks) RecordContact(ctx context.Context, req *providerv1.RecordContactRequest) (*providerv1.RecordContactResponse, error) {
	client, err := d.ofRequest(req.Name)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.RecordContact)
}

// OpenCaseOnBehalf forwards.
func (d *Desks) OpenCaseOnBehalf(ctx context.Context, req *providerv1.OpenCaseOnBehalfRequest) (*providerv1.OpenCaseOnBehalfResponse, error) {
	client, err := d.ofProvider(req.Parent)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.OpenCaseOnBehalf)
}

// ListAdvisors forwards.
func (d *Desks) ListAdvisors(ctx context.Context, req *providerv1.ListAdvisorsRequest) (*providerv1.ListAdvisorsResponse, error) {
	client, err := d.ofProvider(req.Parent)
	return forward(ctx, client, err, req, providerv1.ProviderServiceClient.ListAdvisors)
}

// WatchRequests forwards a watch until either side ends it.
func (d *Desks) WatchRequests(req *providerv1.WatchRequestsRequest, stream grpc.ServerStreamingServer[providerv1.WatchRequestsResponse]) error {
	client, err := d.ofProvider(req.Parent)
	if err != nil {
		return err
	}
	source, err := client.WatchRequests(onward(stream.Context()), req)
	if err != nil {
		return err
	}
	for {
		answer, err := source.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}
