package host

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/services/kit/projection"
)

// Metrics is the registry of one process and what this package counts in it. A
// nil *Metrics counts nothing.
type Metrics struct {
	*prometheus.Registry

	calls     *prometheus.CounterVec
	durations *prometheus.HistogramVec
	events    *prometheus.CounterVec
	pending   *prometheus.GaugeVec
	lag       *prometheus.GaugeVec
	lost      prometheus.Counter
}

// NewMetrics makes a registry with the metrics of Go, of the process, of gRPC
// calls and of projections.
func NewMetrics() *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hub_grpc_calls_total", Help: "Calls answered, by method and status code.",
		}, []string{"method", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hub_grpc_call_seconds", Help: "How long calls took, by method; streams count until their end.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hub_projection_events_total", Help: "Events applied, by projection and stream.",
		}, []string{"projection", "stream"}),
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hub_projection_pending_events", Help: "Events that waited behind the last one applied.",
		}, []string{"projection", "stream"}),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "hub_projection_lag_seconds", Help: "The age of the last event when it became visible.",
		}, []string{"projection", "stream"}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hub_access_rows_lost_total", Help: "Rows of the access log that could not be kept: the log was away for too long.",
		}),
	}
	m.MustRegister(m.calls, m.durations, m.events, m.pending, m.lag, m.lost,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) called(method string, code codes.Code, took time.Duration) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(method, code.String()).Inc()
	m.durations.WithLabelValues(method).Observe(took.Seconds())
}

// AccessLost counts rows of the access log that could not be kept.
func (m *Metrics) AccessLost(rows int) {
	if m != nil {
		m.lost.Add(float64(rows))
	}
}

// Projection returns an observer for projection.WithObserver.
func (m *Metrics) Projection(name string) func(projection.Batch) {
	return func(b projection.Batch) {
		if m == nil {
			return
		}
		m.events.WithLabelValues(name, b.Stream).Add(float64(b.Events))
		m.pending.WithLabelValues(name, b.Stream).Set(float64(b.Pending))
		m.lag.WithLabelValues(name, b.Stream).Set(b.Lag.Seconds())
	}
}
