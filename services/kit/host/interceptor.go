package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

// errDraining ends the streams of a server that stops.
var errDraining = problem.New(problem.Unavailable, "RESTARTING",
	"this server stops; watch again from your last revision").Retry(time.Second)

// call is what is known of a call for its log line.
type call struct {
	ctx       context.Context
	method    string
	rule      *rule
	principal token.Principal
	caller    string    // as it is counted
	guess     bool      // a code and a secret were tried
	unread    bool      // the contract refused what was sent
	sees      sight.Set // of the answer; see look and mask
	shown     *sight.Set
	began     time.Time
	reasons   accessReasons
}

// begin does what comes before the handler: trace, readiness, authentication, limits,
// access.
func (s *Server) begin(ctx context.Context, method string) (*call, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	c := &call{ctx: traced(ctx, md), method: method, began: s.options.Clock()}
	var err error
	if c.rule, err = s.rule(method); err != nil {
		return c, problem.New(problem.Denied, "METHOD_WITHOUT_RULE", "the contract does not say who may call this method, so nobody may").Because(err)
	}
	if err := s.awaitReady(c.ctx); err != nil {
		return c, err
	}
	if err := s.identify(c, md); err != nil {
		return c, err
	}
	if err := s.allow(c.rule, c.principal); err != nil {
		return c, err
	}
	if c.rule.access.GetMutation() && s.options.Binding != nil {
		if c.principal, err = s.options.Binding(c.ctx, c.principal); err != nil {
			return c, err
		}
	}
	c.ctx = context.WithValue(token.With(c.ctx, c.principal), accessKey{}, &c.reasons)
	s.look(c)
	return c, nil
}

const (
	// startPatience is how long a call waits for a server that has just started.
	startPatience = 2 * time.Second
	startPause    = 20 * time.Millisecond
)

// ready answers nil when the server may answer, else what it still reads.
func (s *Server) ready(ctx context.Context) error {
	if s.options.Ready == nil {
		return nil
	}
	return s.options.Ready(ctx)
}

// awaitReady returns when the server may answer. Answers from a log that is half
// read would be wrong: a case would seem not to exist.
func (s *Server) awaitReady(ctx context.Context) error {
	err := s.ready(ctx)
	for waited := time.Duration(0); err != nil && waited < startPatience; waited += startPause {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(startPause):
		}
		err = s.ready(ctx)
	}
	if err != nil {
		return problem.New(problem.Unavailable, "STARTING", "this part of the hub still reads the log; try again in a moment").
			Retry(time.Second).Because(err)
	}
	return nil
}

// end turns the error into what may be told, and logs and counts the call. The
// result is nil or a status.
func (s *Server) end(c *call, err error) error {
	code, took := codes.OK, s.options.Clock().Sub(c.began)
	var failure *problem.Problem
	if err != nil {
		failure = problem.From(err)
		code = failure.Kind.Code()
	}
	if !c.confidential() { // a count of them would tell how many notes there are
		s.options.Metrics.called(c.method, code, took)
	}
	level := slog.LevelDebug
	switch {
	case failure != nil && failure.Kind == problem.Internal:
		level = slog.LevelError
	case failure != nil && failure.Kind == problem.Unavailable:
		level = slog.LevelWarn
	}
	if s.options.Log.Enabled(c.ctx, level) && (level > slog.LevelDebug || !c.confidential()) {
		s.options.Log.LogAttrs(c.ctx, level, "call", c.attributes(code, took, failure)...)
	}
	s.tell(c, failure)
	if failure == nil {
		return nil
	}
	return failure.GRPCStatus().Err()
}

// confidential tells whether nobody outside of its provider may learn of a call.
func (c *call) confidential() bool { return c.rule != nil && c.rule.access.GetConfidential() }

// told is the method as a line of the log names it: of one that is confidential the
// service alone.
func (c *call) told() string {
	if c.confidential() {
		return path.Dir(c.method)
	}
	return c.method
}

// attributes never include names, texts, identifiers of companies or tokens.
func (c *call) attributes(code codes.Code, took time.Duration, failure *problem.Problem) []slog.Attr {
	attributes := []slog.Attr{
		slog.String("trace", Trace(c.ctx).ID()), slog.String("method", c.told()), slog.String("code", code.String()),
		slog.Duration("took", took), slog.String("role", token.RoleName(c.principal.Role)),
	}
	if c.principal.Provider != "" {
		attributes = append(attributes, slog.String("provider", c.principal.Provider))
	}
	if failure != nil {
		attributes = append(attributes, slog.String("reason", failure.Reason))
		if failure.Kind == problem.Internal {
			// Only here is the cause logged: other problems' texts repeat what the caller sent.
			attributes = append(attributes, slog.String("reference", failure.Metadata["reference"]), slog.Any("error", errors.Unwrap(failure)))
		}
	}
	return attributes
}

// protect turns a panic into an error with its stack, for the log.
func protect(run func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("host: panic: %v\n%s", reason, debug.Stack())
		}
	}()
	return run()
}

func (s *Server) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if isInfrastructure(info.FullMethod) {
		return handler(ctx, request)
	}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, MaxCall)
		defer cancel()
	}
	c, err := s.begin(ctx, info.FullMethod)
	if err != nil {
		return nil, s.refuse(c, request, err)
	}
	var response any
	err = protect(func() error {
		if err := c.rule.request.check(request.(proto.Message)); err != nil {
			c.unread = true
			return err
		}
		if response, err = handler(c.ctx, request); err == nil {
			response = c.mask(response)
		}
		return err
	})
	if err != nil {
		return nil, s.refuse(c, request, err)
	}
	if err := s.disclose(c, request, response); err != nil {
		return nil, s.end(c, err)
	}
	return response, s.end(c, nil)
}

func (s *Server) stream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if isInfrastructure(info.FullMethod) {
		return handler(server, stream)
	}
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	defer context.AfterFunc(s.draining, func() { cancel(errDraining) })()
	c, err := s.begin(ctx, info.FullMethod)
	if err != nil {
		return s.refuse(c, nil, err)
	}
	if err := s.hold(c); err != nil {
		return s.end(c, err)
	}
	defer s.limits.streams.Leave(c.caller)
	go s.recheck(ctx, c, cancel)
	watched := &watched{ServerStream: stream, server: s, call: c}
	err = protect(func() error {
		return handler(server, &checkedStream{ServerStream: watched, ctx: c.ctx, plan: c.rule.request, mask: c.mask, still: func() error { return s.still(ctx, c) }})
	})
	if cause, ours := errors.AsType[*problem.Problem](context.Cause(ctx)); err != nil && ours {
		err = cause
	}
	return watched.end(err)
}

// recheck ends a stream whose caller may no longer have it: it was right when it
// began, perhaps long ago.
func (s *Server) recheck(ctx context.Context, c *call, end context.CancelCauseFunc) {
	ticker := time.NewTicker(s.options.Recheck)
	defer ticker.Stop()
	for changed := s.keysMayHaveChanged(c); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-changed:
		}
		changed = s.keysChanged(c)
		if err := s.still(ctx, c); err != nil {
			end(problem.From(err))
			return
		}
	}
}

// still answers nil while the caller of a stream may have it, else why no longer.
func (s *Server) still(ctx context.Context, c *call) error {
	if s.ready(ctx) != nil {
		return nil // nothing that is read now would tell
	}
	md, _ := metadata.FromIncomingContext(ctx)
	principal, err := s.authenticate(ctx, md)
	if err == nil {
		err = s.allow(c.rule, principal)
	}
	if kind := problem.KindOf(err); kind == problem.Unauthenticated || kind == problem.Denied {
		return err
	}
	return nil
}

// checkedStream applies the field rules to what the caller sends.
type checkedStream struct {
	grpc.ServerStream
	ctx  context.Context
	plan *plan
	mask func(any) any
	// still answers why the caller may no longer have the stream.
	still func() error
}

// Context is the call's, with principal and trace.
func (s *checkedStream) Context() context.Context { return s.ctx }

// SendMsg sends what the caller may see, and nothing more once the stream is to end, or
// its caller may not have it: what was taken away between two looks discloses nothing.
func (s *checkedStream) SendMsg(message any) error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	if err := s.still(); err != nil {
		return err
	}
	return s.ServerStream.SendMsg(s.mask(message))
}

// RecvMsg reads and checks the next message.
func (s *checkedStream) RecvMsg(message any) error {
	if err := s.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	return s.plan.check(message.(proto.Message))
}
