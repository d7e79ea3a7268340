package provider

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
)

const (
	// mostTries is how often a command is decided when others append to the same
	// request at the same time.
	mostTries = 5
	// conflictPatience is how long one try waits for the inbox to read what
	// another has appended.
	conflictPatience = time.Second
	// busyRetry is when a caller may come back after mostTries.
	busyRetry = 200 * time.Millisecond
)

// mutation is what all calls that change a request have in common.
type mutation interface {
	proto.Message
	GetName() string
	GetRequestId() string
	GetEtag() string
}

// command carries one call out: it decides on the newest state, appends the
// fact, and answers the request as it is then, with the revision of the fact. A
// repeat of an earlier call changes nothing and answers the same way. who is
// the caller, whom the provider has admitted to the request.
func (p *Provider) command(ctx context.Context, who caller, scope name.Scope, in mutation, cmd casework.RequestCommand) (*casesv1.Request, string, error) {
	sum, err := fact.Digest(in)
	if err != nil {
		return nil, "", err
	}
	call := casework.Call{
		ID: p.newID(), Time: p.clock().UTC(), Actor: who.actor, RequestID: in.GetRequestId(), Digest: sum, ETag: in.GetEtag(),
		Causation: in.GetRequestId(), Correlation: in.GetRequestId(), TraceParent: traceParent(ctx),
	}
	for range mostTries {
		now, err := p.load(ctx, scope)
		if err != nil {
			return nil, "", err
		}
		call.Basis = p.basisOf(now.state.Request)
		f, err := casework.DecideRequest(now.state, cmd, call)
		if err != nil {
			return nil, "", p.refusal(err)
		}
		if f != nil {
			now, err = p.append(ctx, scope, now, f)
		}
		if conflict, ok := errors.AsType[*bus.ConflictError](err); ok {
			p.log.DebugContext(ctx, "decide again", "request", in.GetName(), "last", conflict.Last)
			if err := p.catchUp(ctx, conflict.Last); err != nil {
				return nil, "", err
			}
			continue
		}
		if err != nil {
			return nil, "", err
		}
		r, rev := p.show(scope, now)
		return r, rev, nil
	}
	return nil, "", problem.New(problem.Conflict, "REQUEST_BUSY",
		"%s changed %d times while this call was decided; try the same call again", in.GetName(), mostTries).Retry(busyRetry)
}

// append adds a caller's fact behind the state it was decided on, and answers the
// state after it. It fails with a *bus.ConflictError when the scope has moved on.
func (p *Provider) append(ctx context.Context, scope name.Scope, now held, f *eventsv1.Fact) (held, error) {
	message, err := fact.Encode(scope.Subject(name.ByOwn), p.key, f)
	if err != nil {
		return held{}, err
	}
	sequence, err := p.bus.Append(ctx, message, scope.String(), now.last)
	if err != nil {
		if _, ok := errors.AsType[*bus.ConflictError](err); ok {
			return held{}, err
		}
		return held{}, logAway(err)
	}
	host.FactStands(ctx)
	after := held{state: casework.CloneRequest(now.state), id: now.id, last: sequence}
	if err := casework.EvolveRequest(after.state, f, scope.Resource(), p.key, sequence, fact.Hash(message.Subject, message.Data)); err != nil {
		return held{}, fmt.Errorf("provider: fold fact %d: %w", sequence, err)
	}
	p.inbox.drop(after.state)
	p.inbox.states.put(scope.Resource(), after)
	return after, nil
}

// load answers the newest state of a request that this process knows.
func (p *Provider) load(ctx context.Context, scope name.Scope) (held, error) {
	if h, ok := p.inbox.states.get(scope.Resource()); ok {
		return h, nil
	}
	if p.inbox.spoiled.has(scope.Resource()) {
		if err := p.inbox.db.Fresh(ctx); err != nil {
			return held{}, err
		}
	}
	h := held{state: &statev1.RequestState{}}
	var body []byte
	statement, err := p.inbox.db.Prepared(ctx, "SELECT id, last_sequence, state FROM requests WHERE name = ?")
	if err != nil {
		return held{}, err
	}
	row := statement.QueryRowContext(ctx, scope.Resource())
	if err := row.Scan(&h.id, &h.last, &body); errors.Is(err, sql.ErrNoRows) {
		return held{}, notFound(scope.Resource())
	} else if err != nil {
		return held{}, fmt.Errorf("provider: read request %s: %w", scope.Resource(), err)
	}
	if err := proto.Unmarshal(body, h.state); err != nil {
		return held{}, fmt.Errorf("provider: read the state of request %s: %w", scope.Resource(), err)
	}
	p.inbox.states.put(scope.Resource(), h)
	return h, nil
}

// catchUp waits until the inbox has read the cases up to a sequence.
func (p *Provider) catchUp(ctx context.Context, sequence uint64) error {
	short, cancel := context.WithTimeout(ctx, conflictPatience)
	defer cancel()
	err := p.inbox.db.Wait(short, bus.StreamCases, sequence)
	if err != nil && ctx.Err() == nil {
		return problem.New(problem.Unavailable, "INBOX_BEHIND", "the inbox of %s is behind the log; try the same call again", p.key).Retry(busyRetry).Because(err)
	}
	return err
}

// show is the request as a caller gets it, with the revision that it shows.
func (p *Provider) show(scope name.Scope, h held) (*casesv1.Request, string) {
	r := proto.CloneOf(h.state.Request)
	p.directory.Name(r.Advisor)
	return r, revision.Encode(bus.StreamCases, h.state.Scope.Sequence, scope.String())
}

// refusal adds to a refusal of the rules what it holds for programs, and the
// name of the advisor that it tells of.
func (p *Provider) refusal(err error) error {
	refused, ok := errors.AsType[*casework.Refusal](err)
	if !ok {
		return err
	}
	told := problem.From(err)
	for key, value := range refused.Meta {
		told = told.Meta(key, value)
	}
	if holder := refused.Meta["advisor"]; holder != "" {
		described := &casesv1.Advisor{Name: holder}
		if p.directory.Name(described); described.DisplayName != "" {
			told = told.Meta("advisorName", described.DisplayName)
		}
	}
	return told
}

// logAway is the answer when the log could not take a fact. Whether it has is
// not known; the same call with the same request_id finds out.
func logAway(err error) error {
	if kind := problem.KindOf(err); kind == problem.Deadline || kind == problem.Canceled {
		return err
	}
	return problem.New(problem.Unavailable, "LOG_UNAVAILABLE",
		"the log does not answer now; try the same call again with the same request_id").Retry(time.Second).Because(err)
}

// notFound is the same for a request that does not exist and for one that the
// caller may not see.
func notFound(request string) *problem.Problem {
	return problem.New(problem.NotFound, "REQUEST_NOT_FOUND", "there is no request %s that you may see; ListRequests lists those of your provider", request)
}
