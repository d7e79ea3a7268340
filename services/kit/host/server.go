// Package host is the floor that every process of the hub stands on: a gRPC
// server that enforces what the contract states about access and fields, logs,
// metrics and traces, probes over HTTP, and an orderly start and end.
//
// A process makes its parts, gives them to Run and is done: see the mains.
package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	// MaxMessage is the largest message in bytes that a server takes when its
	// options say nothing else. A larger one is refused with RESOURCE_EXHAUSTED by
	// the transport.
	MaxMessage    = 4 << 20
	streamWorkers = 32
	// maxHeaders is the most metadata in bytes that comes with a call; gRPC's own limit is 16 MiB.
	maxHeaders = 256 << 10
	// MaxCall is how long a unary call may take when the caller sets no deadline.
	MaxCall       = 30 * time.Second
	normalRecheck = time.Second
)

// Options are what a gRPC server needs to know.
type Options struct {
	// Verifier reads the tokens of callers; without one every token is refused.
	Verifier *token.Verifier
	// CaseHolder returns the principal for the code and the secret of one case,
	// or a problem. Without it only tokens are accepted.
	CaseHolder func(ctx context.Context, code, secret string) (token.Principal, error)
	// SystemKey returns the principal for the key of a system, or a problem. It is asked
	// with every call, and with all that a stream sends. Without it no key is accepted.
	SystemKey func(ctx context.Context, key string) (token.Principal, error)
	// KeysChanged returns a channel that is closed when keys change: streams are looked
	// at then, and not only at each Recheck. May be nil.
	KeysChanged func() <-chan struct{}
	// Binding is asked before every call that changes something; it answers the caller,
	// perhaps with what was found out just now, or why they may not. Nil lets all pass.
	Binding func(context.Context, token.Principal) (token.Principal, error)
	// Ready answers nil when what the server answers from has read the log, else what
	// it still reads. Calls wait a moment for it, and are then told to come again.
	// It is asked with every call; nil means always.
	Ready func(ctx context.Context) error
	// Log receives a line per call at debug level, at warn level for one that
	// found a part of the hub away, and at error level for a fault of the hub; and the
	// refusals that kit/security names. slog.Default when nil.
	Log *slog.Logger
	// Metrics counts calls; nil counts nothing.
	Metrics *Metrics
	// Credentials encrypt what the server sends and receives; nil means that nothing
	// is encrypted.
	Credentials credentials.TransportCredentials
	// MaxMessage is the largest message in bytes; the constant when 0.
	MaxMessage int
	// Limits bound what one caller may ask; the zero value bounds streams and wrong codes.
	Limits Limits
	// Clock measures how long calls take, and when who may call again; time.Now when nil.
	Clock func() time.Time
	// Access keeps who has seen what; nil keeps nothing. A row is written before an
	// answer goes out.
	Access AccessLog
	// Confidential keeps the calls that nobody outside of this provider may learn
	// of; the contract says which they are.
	Confidential AccessLog
	// Recheck is how often a stream in which nothing is sent sees whether its caller may
	// still have it; every second when 0.
	Recheck time.Duration
	// Sight is the table of who sees what; the hub's own when nil. Only a test that
	// changes a cell gives another.
	Sight *sight.Table
}

// Server is a gRPC server with reflection and grpc.health.v1. Register services
// on it as on any other; Part serves it.
//
// A call passes, in this order: recovery, trace, readiness, authentication, the limits of its
// caller, the access rule of the method, the field rules of the request, the handler; and on the way
// back the answer is masked by who sees what (kit/sight), the access log takes it, any error becomes a status by kit/problem, and the call is logged.
type Server struct {
	*grpc.Server

	options  Options
	security *security.Log
	limits   *limits
	health   *health.Server
	rules    sync.Map // full method name -> *rule
	plans    plans
	namings  namings

	// draining ends when the server stops, and with it all streams.
	draining context.Context
	drain    context.CancelCauseFunc
}

// NewGRPC makes a server.
func NewGRPC(options Options) *Server {
	if options.Log == nil {
		options.Log = slog.Default()
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Recheck == 0 {
		options.Recheck = normalRecheck
	}
	if options.Sight == nil {
		options.Sight = sight.Rules()
	}
	if options.MaxMessage == 0 {
		options.MaxMessage = MaxMessage
	}
	s := &Server{options: options, security: security.New(options.Log, nil), limits: newLimits(options.Limits), health: health.NewServer()}
	if options.Credentials == nil {
		options.Credentials = insecure.NewCredentials()
	}
	s.draining, s.drain = context.WithCancelCause(context.Background())
	s.Server = grpc.NewServer(
		grpc.Creds(options.Credentials),
		grpc.MaxRecvMsgSize(options.MaxMessage),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.MaxConcurrentStreams(1000),
		// Who stops the server may close what its handlers read from.
		grpc.WaitForHandlers(true),
		// Workers that are kept have grown their stacks already.
		grpc.NumStreamWorkers(streamWorkers),
		grpc.ConnectionTimeout(10*time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 2 * time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 20 * time.Second, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
	)
	healthv1.RegisterHealthServer(s, s.health)
	reflection.Register(s)
	return s
}

// CheckRules returns an error that names every registered method for which the
// contract states no access rule, or not to whom its answers are. Such a method would
// be refused to everybody. It also names the cells of the table of who sees what
// that no table may open.
func (s *Server) CheckRules() error {
	var failures []error
	if err := s.options.Sight.Check(); err != nil {
		failures = append(failures, err)
	}
	for service, info := range s.GetServiceInfo() {
		if isInfrastructure("/" + service + "/") {
			continue
		}
		for _, method := range info.Methods {
			if _, err := s.rule("/" + service + "/" + method.Name); err != nil {
				failures = append(failures, err)
			}
		}
	}
	slices.SortFunc(failures, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	if len(failures) > 0 {
		return fmt.Errorf("host: check the access rules: %w", errors.Join(failures...))
	}
	return nil
}
