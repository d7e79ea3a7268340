package demo

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/businessespoo/hub/services/kit/token"
)

// play is one case as it is played: who opens it on which day, and what happens
// then.
type play struct {
	fill     *fill
	key      string
	who      token.Principal
	company  *Company
	language string
	story    story
	secret   bool
	// contactLanguage is that of the advisor; the case's language when empty.
	contactLanguage string

	steps []step

	// What opening it told.
	name, code, pass string
}

// step is something that happens on a day.
type step struct {
	day  int
	what string
	run  func(ctx context.Context, call string) error
	// opens marks the step that tells the case's name.
	opens bool
}

// playDay plays what happens on a day, in order; with onlyOpen, for a day that
// has been played, only the opening.
func (p *play) playDay(ctx context.Context, day int, onlyOpen bool) error {
	for i, s := range p.steps {
		if s.day != day || onlyOpen && !s.opens {
			continue
		}
		if err := s.run(ctx, p.fill.id(p.key, i)); err != nil {
			return fmt.Errorf("%s: %s: %w", p.key, s.what, err)
		}
	}
	return nil
}

func (p *play) add(day int, what string, run func(ctx context.Context, call string) error) {
	p.steps = append(p.steps, step{day: day, what: what, run: run})
}

// request is the resource name of a request, given as provider-n.
func (p *play) request(key string) string { return p.name + "/requests/" + key }

// advisor is who works on a request of this play: one who speaks its language,
// and the same one each time.
func (p *play) advisor(provider string) Advisor {
	language := p.language
	if p.contactLanguage != "" {
		language = p.contactLanguage
	}
	var lead Advisor
	var fit []Advisor
	for _, a := range Staff() {
		if a.Provider != provider {
			continue
		}
		if a.Lead {
			lead = a
		} else if strings.Contains(strings.Join(a.Languages, " "), language) {
			fit = append(fit, a)
		}
	}
	if len(fit) == 0 {
		return lead
	}
	sum := 0
	for _, c := range p.key {
		sum += int(c)
	}
	if sum%2 == 0 {
		return fit[0] // the one whom a visitor can be has the most
	}
	return fit[sum%len(fit)]
}

func lead(provider string) Advisor {
	for _, a := range Staff() {
		if a.Provider == provider && a.Lead {
			return a
		}
	}
	return Advisor{}
}

// callers keeps a token for each caller.
type callers struct {
	sign   func(p token.Principal, ttl time.Duration) (string, error)
	mu     sync.Mutex
	tokens map[string]string
}

func newCallers(sign func(p token.Principal, ttl time.Duration) (string, error)) *callers {
	return &callers{sign: sign, tokens: map[string]string{}}
}

// as makes a context for a call by p. A caller that cannot be signed calls
// without a token, and is refused.
func (c *callers) as(ctx context.Context, p token.Principal) context.Context {
	if p.Subject == "" {
		return ctx
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	signed, known := c.tokens[p.Subject]
	if !known {
		var err error
		// The clock passes the whole story while the token is in use.
		if signed, err = c.sign(p, (Days+30)*24*time.Hour); err != nil {
			return ctx
		}
		c.tokens[p.Subject] = signed
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+signed)
}

const (
	// patience is how long a step waits for what an earlier one started elsewhere:
	// a request on its way to the inbox, an advisor on the way to the directory. In
	// the story days lie between the two, in the fill milliseconds.
	patience   = 15 * time.Second
	firstPause = 2 * time.Millisecond
	mostPause  = 100 * time.Millisecond
)

// insist calls until it succeeds or fails for another reason than that something
// is still on its way.
func insist(ctx context.Context, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		err := call(ctx)
		if err == nil || !onItsWay(err) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// errNotYet makes insist go on.
var errNotYet = status.Error(codes.Unavailable, "not yet")

func onItsWay(err error) bool {
	switch s := status.Convert(err); s.Code() {
	case codes.NotFound, codes.Unavailable, codes.Aborted:
		return true
	default:
		for _, detail := range s.Details() {
			if info, ok := detail.(*errdetails.ErrorInfo); ok && (info.Reason == "STAFF_UNKNOWN" || info.Reason == "STATE_FORBIDS") {
				return true
			}
		}
		return false
	}
}
