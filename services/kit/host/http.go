package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// checkLimit is how long one probe waits for all checks.
const checkLimit = 2 * time.Second

// HTTP serves /livez, /readyz and /metrics. Keep it on an address that only
// operators reach: a failed check tells its reason.
type HTTP struct {
	metrics  *Metrics
	stopping atomic.Bool

	mutex  sync.Mutex
	checks []check
}

type check struct {
	name string
	test func(context.Context) error
}

// NewHTTP makes the probes; metrics may be nil.
func NewHTTP(metrics *Metrics) *HTTP { return &HTTP{metrics: metrics} }

// Check adds something that must hold for the process to be ready. Until the
// first one is added it is still starting, and not ready.
func (h *HTTP) Check(name string, test func(context.Context) error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.checks = append(h.checks, check{name, test})
}

// Handler serves the three paths, and Go's profiles under /debug/pprof/.
func (h *HTTP) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", h.readyz)
	if h.metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(h.metrics.Registry, promhttp.HandlerOpts{}))
	}
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func (h *HTTP) readyz(w http.ResponseWriter, r *http.Request) {
	if h.stopping.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), checkLimit)
	defer cancel()
	h.mutex.Lock()
	checks := h.checks
	h.mutex.Unlock()
	if len(checks) == 0 {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	for _, c := range checks {
		if err := c.test(ctx); err != nil {
			http.Error(w, c.name+": "+err.Error(), http.StatusServiceUnavailable)
			return
		}
	}
	_, _ = fmt.Fprintln(w, "ok")
}

// Part serves the probes on the listener. Give it to Run as the first part, so
// that it answers until the very end.
func (h *HTTP) Part(listener net.Listener) Part {
	part := HTTPPart("health", listener, h.Handler())
	part.Quiesce = func() { h.stopping.Store(true) }
	return part
}

type stoppingKey struct{}

// Stopping returns a channel that is closed when the HTTP server of the request
// with this context begins to stop; nil, which blocks for ever, for any other.
func Stopping(ctx context.Context) <-chan struct{} {
	stopping, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return stopping
}

// HTTPPart serves any handler on the listener, with limits against slow callers.
// Requests that are under way at the end are finished; a handler that sends
// events without end must watch Stopping.
func HTTPPart(name string, listener net.Listener, handler http.Handler) Part {
	stopping := make(chan struct{})
	base := context.WithValue(context.Background(), stoppingKey{}, (<-chan struct{})(stopping))
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	server.RegisterOnShutdown(func() { close(stopping) })
	return Part{
		Name: name,
		Run: func(context.Context) error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
		Stop: func(ctx context.Context) error {
			if err := server.Shutdown(ctx); err != nil {
				return errors.Join(err, server.Close())
			}
			return nil
		},
	}
}
