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
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
)

// revisionPatience is how long a read waits for the revision it must show.
const revisionPatience = 2 * time.Second

// awaitRevision waits until the inbox shows a revision. A revision outside the
// provider's own requests shows nothing here, so there is nothing to wait for.
func (p *Provider) awaitRevision(ctx context.Context, text string) error {
	if text == "" {
		return nil
	}
	r, err := revision.Decode("min_revision", text)
	if err != nil {
		return err
	}
	scope, _, err := name.ParseSubject(r.Scope + "." + name.ByHub)
	ownCase := r.Stream == bus.StreamCases && err == nil && scope.Party == p.key
	ctx, cancel := context.WithTimeout(ctx, revisionPatience)
	defer cancel()
	switch {
	case ownCase:
		return p.inbox.db.Wait(ctx, r.Stream, r.Sequence)
	case r.Stream == bus.StreamStaff:
		return p.directory.Wait(ctx, r.Sequence)
	}
	return nil
}

// GetRequest answers one request with its conversation.
func (d desk) GetRequest(ctx context.Context, in *providerv1.GetRequestRequest) (*providerv1.GetRequestResponse, error) {
	who, err := d.admit(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := d.ownRequest(who, in.Name)
	if err != nil {
		return nil, err
	}
	if err := d.awaitRevision(ctx, in.MinRevision); err != nil {
		return nil, err
	}
	if err := d.inbox.db.Fresh(ctx); err != nil {
		return nil, err
	}
	state, timeline, err := d.readRequest(ctx, scope)
	// A row may hold a state that has facts yet to be written, and again some more.
	for range mostTries {
		if err != nil || len(timeline) > 0 && timeline[len(timeline)-1].Revision == revisionAt(scope, state) {
			break
		}
		if err = d.inbox.db.Wait(ctx, bus.StreamCases, state.Scope.Sequence); err == nil {
			state, timeline, err = d.readRequest(ctx, scope)
		}
	}
	if err != nil {
		return nil, err
	}
	d.directory.Name(state.Request.Advisor)
	for _, entry := range timeline {
		d.directory.Name(entry.Advisor)
	}
	return &providerv1.GetRequestResponse{
		Request: state.Request, Timeline: timeline,
		Revision: revisionAt(scope, state),
	}, nil
}

// revisionAt names the place of the last fact in a state.
func revisionAt(scope name.Scope, state *statev1.RequestState) string {
	return revision.Encode(bus.StreamCases, state.Scope.Sequence, scope.String())
}

// readRequest reads a request and what happened in it, both of the same moment.
func (p *Provider) readRequest(ctx context.Context, scope name.Scope) (*statev1.RequestState, []*casesv1.TimelineEntry, error) {
	wrap := func(err error) error { return fmt.Errorf("provider: read request %s: %w", scope.Resource(), err) }
	tx, err := p.inbox.db.Reader().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, nil, wrap(err)
	}
	defer func() { _ = tx.Rollback() }()
	var id int64
	var body []byte
	err = tx.QueryRowContext(ctx, "SELECT id, state FROM requests WHERE name = ?", scope.Resource()).Scan(&id, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, notFound(scope.Resource())
	}
	if err != nil {
		return nil, nil, wrap(err)
	}
	state := &statev1.RequestState{}
	if err := proto.Unmarshal(body, state); err != nil {
		return nil, nil, wrap(err)
	}
	rows, err := tx.QueryContext(ctx, "SELECT sequence, body FROM facts WHERE request = ? ORDER BY sequence", id)
	if err != nil {
		return nil, nil, wrap(err)
	}
	defer func() { _ = rows.Close() }()
	var timeline []*casesv1.TimelineEntry
	for rows.Next() {
		var sequence uint64
		var fact []byte
		if err := rows.Scan(&sequence, &fact); err != nil {
			return nil, nil, wrap(err)
		}
		entry, err := entryOf(fact, sequence, scope)
		if err != nil {
			return nil, nil, wrap(err)
		}
		timeline = append(timeline, entry)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, wrap(err)
	}
	casework.MarkCorrected(timeline)
	return state, timeline, nil
}

// entryOf shows a stored fact as an entry of a timeline.
func entryOf(body []byte, sequence uint64, scope name.Scope) (*casesv1.TimelineEntry, error) {
	f := &eventsv1.Fact{}
	if err := proto.Unmarshal(body, f); err != nil {
		return nil, fmt.Errorf("provider: read fact %d: %w", sequence, err)
	}
	entry := casework.EntryOf(f, name.Case(scope.Case), scope.Resource())
	entry.Revision = revision.Encode(bus.StreamCases, sequence, scope.String())
	if corrected := f.GetWordsCorrected().GetSequence(); corrected > 0 {
		entry.Corrects = revision.Encode(bus.StreamCases, corrected, scope.String())
	}
	return entry, nil
}

// Request answers one request of this provider as it is now, for its own
// service. The caller must belong to the provider; else, and when there is no
// such request, it fails with a problem of kind NotFound.
func (p *Provider) Request(ctx context.Context, request string) (*casesv1.Request, error) {
	who, err := p.admit(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := p.ownRequest(who, request)
	if err != nil {
		return nil, err
	}
	h, err := p.load(ctx, scope)
	if err != nil {
		return nil, err
	}
	r, _ := p.show(scope, h)
	return r, nil
}
