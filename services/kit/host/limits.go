package host

import (
	"context"
	"crypto/subtle"
	"fmt"
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/limit"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	// burstSeconds is how many seconds' worth of calls may come at once.
	burstSeconds = 5
	// dearPart is which part of the rate is left to strangers for what is dear.
	dearPart = 10
	// MaxStreams is how many streams one caller may have open at a time when the
	// options say nothing else.
	MaxStreams = 50
	// wrongBurst and wrongEvery are how many wrong codes and secrets one address may
	// try at once, and how often over time. No rate switches this off.
	wrongBurst = 20
	wrongEvery = 3 * time.Second
)

const (
	relayHeader   = "hub-relay"
	visitorHeader = "hub-visitor"
)

// Limits bound what one caller may ask of a server. A caller is who the token says,
// the one case of a code and its secret, and without either the address.
type Limits struct {
	// Rate is how many calls a second are answered over time; five seconds' worth may
	// come at once after a pause. 0 is without limit.
	Rate float64
	// Streams is how many streams may be open at a time; MaxStreams when 0.
	Streams int
	// Dear are methods, such as /businessespoo.cases.v1.CaseService/OpenCase, of which
	// a caller who is not signed in gets a tenth of the rate.
	Dear []string
	// Relay is a secret of this process. A part of it that calls for others, as the
	// pages do, shows it to be counted as its visitor; see ForVisitor. Empty believes nobody.
	Relay string
}

// limits are Limits at work.
type limits struct {
	Limits
	calls, dear, wrong *limit.Buckets
	streams            *limit.Places
	isDear             map[string]bool
}

func newLimits(l Limits) *limits {
	if l.Streams == 0 {
		l.Streams = MaxStreams
	}
	made := &limits{
		Limits: l, streams: limit.NewPlaces(l.Streams), isDear: map[string]bool{},
		calls: limit.NewBuckets(l.Rate, burst(l.Rate)),
		dear:  limit.NewBuckets(l.Rate/dearPart, burst(l.Rate/dearPart)),
		wrong: limit.NewBuckets(1/wrongEvery.Seconds(), wrongBurst),
	}
	for _, method := range l.Dear {
		made.isDear[method] = true
	}
	return made
}

func burst(perSecond float64) int { return max(1, int(perSecond*burstSeconds)) }

// ForVisitor returns a context for a call that a part of this process makes for a
// visitor at an address. It changes how the call is counted, never what it may do.
func ForVisitor(ctx context.Context, relay, address string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, relayHeader, relay, visitorHeader, address)
}

// address is where a call comes from. What a caller sends decides nothing here,
// unless they know the secret of this process.
func (l *limits) address(ctx context.Context, md metadata.MD) string {
	if shown := md[relayHeader]; len(shown) == 1 && l.Relay != "" && subtle.ConstantTimeCompare([]byte(shown[0]), []byte(l.Relay)) == 1 {
		if visitor := md[visitorHeader]; len(visitor) == 1 {
			return Network(visitor[0])
		}
	}
	if from, ok := peer.FromContext(ctx); ok && from.Addr != nil {
		return Network(from.Addr.String())
	}
	return ""
}

// Network is what an address, with or without a port, is counted as: itself, and
// with IPv6 the /64 that one customer of a network operator gets.
func Network(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}

// Caller is the name under which the calls of somebody who is signed in are counted.
func Caller(p token.Principal) string { return caller(p, "") }

// caller is the name under which a call is counted.
func caller(p token.Principal, address string) string {
	switch p.Role {
	case policyv1.Role_ROLE_UNSPECIFIED:
		return "address/" + address
	case policyv1.Role_ROLE_CASE_HOLDER:
		return "case/" + p.CaseID
	}
	return token.RoleName(p.Role) + "/" + p.Provider + "/" + p.Subject
}

// identify finds out who calls and counts the call. An address that tried too many
// wrong codes is refused before another is looked up; a wrong token costs a call of
// its address.
//
// Wrong secrets are not counted by code: a secret has 120 bits, and who knows but
// the code could then lock its holder out.
func (s *Server) identify(c *call, md metadata.MD) error {
	l, now := s.limits, s.options.Clock()
	address := l.address(c.ctx, md)
	c.guess = guesses(md)
	c.caller = caller(token.Principal{}, address)
	if c.guess {
		if wait := l.wrong.Wait(address, now); wait > 0 {
			return TooOften(wait, "wrong codes, secrets and keys came from your address", 1/wrongEvery.Seconds(), wrongBurst)
		}
	}
	var err error
	c.principal, err = s.authenticate(c.ctx, md)
	if c.guess && problem.KindOf(err) == problem.Unauthenticated {
		l.wrong.Charge(address, now)
	}
	c.caller = caller(c.principal, address)
	if wait := l.calls.Take(c.caller, now); wait > 0 {
		return TooOften(wait, "calls came from you", l.Rate, burst(l.Rate))
	}
	if err != nil {
		return err
	}
	if c.principal.Role == policyv1.Role_ROLE_UNSPECIFIED && l.isDear[c.method] {
		if wait := l.dear.Take(c.caller, now); wait > 0 {
			return TooOften(wait, "calls of "+c.rule.name+" came from your address without sign-in", l.Rate/dearPart, burst(l.Rate/dearPart))
		}
	}
	return nil
}

// guesses tells whether a call tries a code and a secret, or a key.
func guesses(md metadata.MD) bool {
	values := md[authHeader]
	if len(values) != 1 {
		return false
	}
	scheme, _, _ := strings.Cut(values[0], " ")
	return strings.EqualFold(scheme, "Case") || strings.EqualFold(scheme, systemkey.Scheme)
}

// TooOften is the refusal of what came more often than a limit allows: what says
// what came, as in "more calls came from you than".
func TooOften(wait time.Duration, what string, perSecond float64, burst int) error {
	return problem.New(problem.Exhausted, "RATE_LIMITED", "more %s than the limit of %s, and %d at once after a pause; try again in %s",
		what, pace(perSecond), burst, wait.Round(time.Millisecond)).Retry(wait).Meta("seconds", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// pace writes a rate as people say it.
func pace(perSecond float64) string {
	if perSecond < 1 {
		return fmt.Sprintf("one every %s s", strconv.FormatFloat(1/perSecond, 'f', -1, 64))
	}
	return strconv.FormatFloat(perSecond, 'f', -1, 64) + " a second"
}

// hold takes one of the caller's places for streams.
func (s *Server) hold(c *call) error {
	if s.limits.streams.Take(c.caller) {
		return nil
	}
	return problem.New(problem.Exhausted, "TOO_MANY_STREAMS",
		"you have %d streams open, and that is the limit for one caller; end one, or watch more with one stream", s.limits.Limits.Streams)
}
