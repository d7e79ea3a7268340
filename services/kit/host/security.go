package host

import (
	"errors"
	"log/slog"

	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/token"
)

// tell writes a refusal that an operator watches for. Reasons and methods come from
// the code and the contract, so nothing that a caller wrote is in the line.
func (s *Server) tell(c *call, failure *problem.Problem) {
	event, ok := c.refusal(failure)
	if !ok {
		return
	}
	attributes := []slog.Attr{
		slog.String("reason", failure.Reason), slog.String("method", c.method), slog.String("trace", Trace(c.ctx).ID()),
		slog.String("role", token.RoleName(c.principal.Role)), security.Caller(c.caller),
	}
	if c.principal.Provider != "" {
		attributes = append(attributes, slog.String("caller_provider", c.principal.Provider))
	}
	s.security.Write(c.ctx, event, attributes...)
}

// refusal is the event that a failed call is, if it is one.
func (c *call) refusal(failure *problem.Problem) (security.Event, bool) {
	switch {
	case errors.Is(failure, security.ErrHidden), failure.Kind == problem.Denied, failure.Reason == signInNeeded:
		return security.AccessDenied, true
	case failure.Kind == problem.Unauthenticated && c.guess:
		return security.CodeRefused, true
	case failure.Kind == problem.Unauthenticated:
		return security.TokenRefused, true
	case failure.Kind == problem.Exhausted:
		return security.RateLimited, true
	case c.unread:
		return security.InputRefused, true
	}
	return "", false
}
