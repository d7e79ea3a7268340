package host

import (
	"errors"
	"log/slog"

	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/token"
)

// changes are the calls that change who may do or see what, or that take much along: an
// operator watches for those that were carried out, or repeated, too.
var changes = map[string]security.Event{
	"KeyService.IssueKey": security.KeyIssued, "KeyService.RevokeKey": security.KeyRevoked,
	"GrantService.GrantAccess": security.GrantGiven, "GrantService.WithdrawGrant": security.GrantWithdrawn,
	"SharedCaseService.RecordDisclosure": security.DisclosureRecorded,
	"SessionService.RevokeSession":       security.SessionEnded, "SessionService.RevokeAllSessions": security.SessionEnded,
	"DataRightsService.ExportData": security.DataExported, "DataRightsService.Erase": security.DataErased, "DataRightsService.RedactFact": security.DataErased,
	"DataRightsService.HoldCase": security.HoldChanged, "DataRightsService.ReleaseCase": security.HoldChanged,
}

// tell writes a refusal, or a change, that an operator watches for. Reasons and methods
// come from the code and the contract, so nothing that a caller wrote is in the line.
func (s *Server) tell(c *call, failure *problem.Problem) {
	var event security.Event
	var attributes []slog.Attr
	ok := false
	switch {
	case failure != nil:
		event, ok = c.refusal(failure)
		attributes = append(attributes, slog.String("reason", failure.Reason))
	case c.rule != nil:
		event, ok = changes[c.rule.name]
	}
	if !ok {
		return
	}
	attributes = append(attributes, slog.String("method", c.told()), slog.String("trace", Trace(c.ctx).ID()),
		slog.String("role", token.RoleName(c.principal.Role)), security.Caller(c.caller))
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
