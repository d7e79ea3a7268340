package host

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// AccessLog keeps who has seen what; services/kit/access has one on the bus.
type AccessLog interface {
	// Record returns once the row is durable. When it fails, what the row tells of
	// must not be shown.
	Record(ctx context.Context, row *accessv1.AccessRow) error
	// Keep is for what goes on also when the log does not answer: it waits for the
	// log as Record does, and otherwise keeps the row to write it later.
	Keep(ctx context.Context, row *accessv1.AccessRow)
	// Follow waits for nothing: the row is written within a moment, or once the log is
	// back. It fails when so many wait that no more are kept.
	Follow(row *accessv1.AccessRow) error
}

// accessReasons is what a call may say of its own row.
type accessReasons struct {
	mu    sync.Mutex
	basis *accessv1.Basis
	// of are the reasons of single cases.
	of map[string]*accessv1.Basis
	// shows are cases that are shown beside those that the answer names.
	shows     []string
	elsewhere bool
	fact      bool
}

type accessKey struct{}

// Because says in the access log what a call rests on, where its caller's role
// does not say it: a consent, or a disclosure that a law allows. It is said of all that
// the call shows, or of the cases that are named, which then get a row of their own.
func Because(ctx context.Context, basis *accessv1.Basis, cases ...string) {
	reasons, ok := ctx.Value(accessKey{}).(*accessReasons)
	if !ok {
		return
	}
	reasons.mu.Lock()
	defer reasons.mu.Unlock()
	if len(cases) == 0 {
		reasons.basis = basis
	} else if reasons.of == nil {
		reasons.of = map[string]*accessv1.Basis{}
	}
	for _, c := range cases {
		reasons.of[c] = basis
	}
}

// why is what a call rests on for what it shows, the same for all of it; nil where its
// caller's role says it.
func (r *accessReasons) why(shown []*accessv1.Shown) *accessv1.Basis {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range shown {
		if basis, ok := r.of[s.Case]; ok {
			return basis
		}
	}
	return r.basis
}

// apart parts what a call shows by what it rests on: in no row stands a reason that is
// another's.
func (r *accessReasons) apart(seen *sightings) []*sightings {
	r.mu.Lock()
	same := len(r.of) == 0
	r.mu.Unlock()
	if same || len(seen.shown) < 2 {
		return []*sightings{seen}
	}
	var parts []*sightings
	for _, shown := range seen.shown {
		why := r.why([]*accessv1.Shown{shown})
		at := slices.IndexFunc(parts, func(part *sightings) bool { return proto.Equal(r.why(part.shown), why) })
		if at < 0 {
			at, parts = len(parts), append(parts, &sightings{companies: seen.companies})
		}
		parts[at].shown = append(parts[at].shown, shown)
	}
	return parts
}

// Shows says that a call shows these cases, cases/{id}, where its answer names none: an
// archive is a file. It comes before anything of them is sent.
func Shows(ctx context.Context, cases ...string) {
	if reasons, ok := ctx.Value(accessKey{}).(*accessReasons); ok {
		reasons.mu.Lock()
		defer reasons.mu.Unlock()
		reasons.shows = append(reasons.shows, cases...)
	}
}

// also adds to what an answer names what its call says that it shows.
func (r *accessReasons) also(seen *sightings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	named := seen.shown
	for _, c := range r.shows {
		if !slices.ContainsFunc(named, func(known *accessv1.Shown) bool { return known.Case == c }) {
			seen.shown = append(seen.shown, &accessv1.Shown{Case: c})
		}
	}
	r.shows = nil
}

// RecordedElsewhere says that the process which the call was handed on to decided
// it, and has written its row.
func RecordedElsewhere(ctx context.Context) {
	if reasons, ok := ctx.Value(accessKey{}).(*accessReasons); ok {
		reasons.mu.Lock()
		defer reasons.mu.Unlock()
		reasons.elsewhere = true
	}
}

func (r *accessReasons) factStands() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fact
}

// FactStands says that this very call has put a fact into the log which names the
// caller and the case. The fact is durable and says who came to see the case, so the
// answer does not wait for the row. A call that only repeats another has no such fact.
func FactStands(ctx context.Context) {
	if reasons, ok := ctx.Value(accessKey{}).(*accessReasons); ok {
		reasons.mu.Lock()
		defer reasons.mu.Unlock()
		reasons.fact = true
	}
}

// recorded tells whether a call has a row here: somebody signed in makes it, and
// it is not about what anybody may see.
func (s *Server) recorded(c *call, seen *sightings) bool {
	if s.options.Access == nil || c.rule == nil || c.principal.Role == policyv1.Role_ROLE_UNSPECIFIED {
		return false
	}
	if c.rule.access.GetPublic() && len(c.rule.access.GetRoles()) == 0 && len(seen.shown) == 0 {
		return false
	}
	c.reasons.mu.Lock()
	defer c.reasons.mu.Unlock()
	return !c.reasons.elsewhere
}

// own tells whether what a caller sees is theirs: they must not lose sight of it
// because the access log is away.
func own(p token.Principal) bool {
	return p.Role == policyv1.Role_ROLE_COMPANY || p.Role == policyv1.Role_ROLE_CASE_HOLDER
}

// rowOf makes the row of a call about what was seen, or asked for.
func (s *Server) rowOf(c *call, seen *sightings) *accessv1.AccessRow {
	p := c.principal
	basis := c.reasons.why(seen.shown)
	if basis == nil {
		basis = &accessv1.Basis{Purpose: purposes[p.Role]}
	}
	return &accessv1.AccessRow{
		Person: p.Subject, Role: p.Role, Organisations: organisations(p, seen), Advisor: p.Advisor,
		Method: c.rule.name, Shown: seen.shown, Basis: basis,
	}
}

// purposes are why somebody sees something, when the call says nothing else.
var purposes = map[policyv1.Role]accessv1.Purpose{
	policyv1.Role_ROLE_COMPANY:         accessv1.Purpose_PURPOSE_OWN_MATTER,
	policyv1.Role_ROLE_CASE_HOLDER:     accessv1.Purpose_PURPOSE_OWN_MATTER,
	policyv1.Role_ROLE_ADVISOR:         accessv1.Purpose_PURPOSE_PROVIDER_TASK,
	policyv1.Role_ROLE_LEAD:            accessv1.Purpose_PURPOSE_PROVIDER_TASK,
	policyv1.Role_ROLE_PROVIDER_SYSTEM: accessv1.Purpose_PURPOSE_PROVIDER_TASK,
	policyv1.Role_ROLE_INTEGRATOR:      accessv1.Purpose_PURPOSE_FOR_COMPANY,
	policyv1.Role_ROLE_OPERATOR:        accessv1.Purpose_PURPOSE_OPERATION,
}

// organisations are those that a caller acts for: of several companies the ones
// that were seen.
func organisations(p token.Principal, seen *sightings) (all []string) {
	if p.Organisation != "" {
		all = append(all, p.Organisation)
	}
	if p.Provider != "" {
		all = append(all, p.Provider)
	}
	for _, company := range p.Companies {
		_, id, schemed := strings.Cut(company, ":")
		if len(p.Companies) == 1 || seen.companies[company] || schemed && seen.companies[id] {
			all = append(all, company)
		}
	}
	return all
}

// disclose writes the row of a call that was carried out, before its answer goes out.
func (s *Server) disclose(c *call, request, response any) error {
	seen := s.sight(response)
	if len(seen.shown) == 0 { // such as a note: it is of the request that was asked about
		seen = s.sight(request)
	}
	return s.record(c, seen)
}

// sight finds the cases and requests in a message.
func (s *Server) sight(message any) *sightings {
	seen := &sightings{}
	if m, ok := message.(proto.Message); ok && m != nil && s.options.Access != nil {
		seen.walk(s.namings.of(m), m.ProtoReflect())
	}
	return seen
}

// record writes the row of what is to be shown now, and waits for it unless a fact
// of the same call says the same. What is shown for several reasons has a row for each.
func (s *Server) record(c *call, seen *sightings) error {
	if !s.recorded(c, seen) {
		return nil
	}
	c.reasons.also(seen)
	for _, part := range c.reasons.apart(seen) {
		if err := s.recordPart(c, part); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) recordPart(c *call, seen *sightings) error {
	log := s.options.Access
	if c.confidential() {
		if log = s.options.Confidential; log == nil {
			return problem.New(problem.Denied, "ACCESS_LOG_MISSING", "%s is confidential, and this server has no log for it", c.rule.name)
		}
	}
	row := s.rowOf(c, seen)
	var err error
	switch mine := own(c.principal); {
	case c.reasons.factStands():
		if err = log.Follow(row); mine {
			return nil
		}
	case mine:
		log.Keep(c.ctx, row)
		return nil
	default:
		err = log.Record(c.ctx, row)
	}
	if err == nil || c.ctx.Err() != nil {
		return err
	}
	const wrong = "the access log cannot be written now, and without it nothing is shown"
	refusal := problem.New(problem.Unavailable, "ACCESS_LOG_UNAVAILABLE", wrong+"; try again in a moment")
	if c.rule.access.GetMutation() {
		refusal = problem.New(problem.Unavailable, "ACCESS_LOG_UNAVAILABLE",
			wrong+". What you asked for was carried out and is kept; the same call with the same request_id changes nothing more and answers it")
	}
	return refusal.Retry(time.Second).Because(err)
}

// refuse writes the row of a call that is refused, with what it asked for, and
// ends the call. A refusal shows nothing, so it waits for nothing.
func (s *Server) refuse(c *call, request any, err error) error {
	seen := s.sight(request)
	// Whoever calls too often would fill the log.
	if s.recorded(c, seen) && problem.KindOf(err) != problem.Exhausted {
		row, log := s.rowOf(c, seen), s.options.Access
		row.Refused = problem.From(err).Reason
		if c.confidential() {
			if log = s.options.Confidential; log == nil {
				// It was not decided where it belongs. That it was tried is all that is told here.
				log, row.Shown = s.options.Access, nil
				row.Method, _, _ = strings.Cut(row.Method, ".")
			}
		}
		_ = log.Follow(row) // which counts what it cannot keep
	}
	return s.end(c, err)
}

// watched is a stream whose caller is recorded: when it opens, and for each case
// that it comes to show.
type watched struct {
	grpc.ServerStream
	server *Server
	call   *call
	// request is the first message that the caller sent.
	request any
	opened  bool
	cases   map[string]bool
}

// RecvMsg keeps what was asked for.
func (w *watched) RecvMsg(message any) error {
	err := w.ServerStream.RecvMsg(message)
	if w.request == nil {
		w.request = message
	}
	return err
}

// SendHeader tells the caller that the stream is on.
func (w *watched) SendHeader(header metadata.MD) error {
	if err := w.open(); err != nil {
		return err
	}
	return w.ServerStream.SendHeader(header)
}

// SendMsg sends a message once all cases in it are recorded.
func (w *watched) SendMsg(message any) error {
	if err := w.open(); err != nil {
		return err
	}
	seen := w.server.sight(message)
	for _, shown := range seen.shown {
		if w.cases[shown.Case] {
			continue
		}
		if err := w.server.record(w.call, &sightings{shown: []*accessv1.Shown{shown}, companies: seen.companies}); err != nil {
			return err
		}
		if w.cases == nil {
			w.cases = map[string]bool{}
		}
		w.cases[shown.Case] = true
	}
	return w.ServerStream.SendMsg(message)
}

func (w *watched) open() error {
	if w.opened || w.server.options.Access == nil {
		return nil
	}
	if err := w.server.record(w.call, w.server.sight(w.request)); err != nil {
		return err
	}
	w.opened = true
	return nil
}

// end writes the row of a stream that was refused before it opened.
func (w *watched) end(err error) error {
	if err == nil || w.opened || errors.Is(err, context.Canceled) {
		return w.server.end(w.call, err)
	}
	return w.server.refuse(w.call, w.request, err)
}
