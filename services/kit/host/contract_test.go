package host_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

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
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

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
