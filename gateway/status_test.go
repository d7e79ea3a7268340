package gateway_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/businessespoo/hub/gateway"
	"github.com/businessespoo/hub/services/kit/name"
)

// A provider that hangs does not make the others look down on the status page.
func TestStatusPage(t *testing.T) {
	t.Parallel() // it mostly waits
	w := newWorld(t)
	listen := func() net.Listener {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		t.Cleanup(func() { _ = listener.Close() })
		return listener
	}
	silent, healthy, web := listen(), listen(), listen()
	server := grpc.NewServer()
	healthv1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(healthy) }()
	t.Cleanup(server.Stop)
	n := w.start(func(o *gateway.Options) {
		o.Web = web
		for _, key := range name.Providers {
			o.Providers[key] = silent.Addr().String() // takes the connection and says nothing
		}
		last := name.Providers[len(name.Providers)-1]
		o.Providers[last] = healthy.Addr().String()
	})
	n.open(w.company("p1", bakery), opening(bakery, "employment/vacancy"))
	visitor := http.Client{Timeout: patience}
	response, err := visitor.Get("http://" + web.Addr().String() + "/status")
	must(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	up, down := strings.Count(string(body), `class="status up"`), strings.Count(string(body), `class="status overdue"`)
	if response.StatusCode != http.StatusOK || up != 2 || down != 6 {
		t.Errorf("status %d; %d parts are up and %d down, want the gateway and one provider", response.StatusCode, up, down)
	}
}
