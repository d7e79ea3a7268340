package provider

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
)

// CorrectText puts other words in the place of the provider's own.
func (d desk) CorrectText(ctx context.Context, in *providerv1.CorrectTextRequest) (*providerv1.CorrectTextResponse, error) {
	r, rev, err := d.act(ctx, in, func(caller) (casework.RequestCommand, error) { return d.correction(ctx, in) })
	if err != nil {
		return nil, err
	}
	return &providerv1.CorrectTextResponse{Request: r, Revision: rev}, nil
}

// correction finds the fact whose words a call corrects. Whose words they are is
// decided in casework.
func (d desk) correction(ctx context.Context, in *providerv1.CorrectTextRequest) (casework.RequestCommand, error) {
	scope, err := name.ParseRequest(in.Name)
	if err != nil {
		return nil, err
	}
	if _, err := d.load(ctx, scope); err != nil { // a request that is not there has no revisions
		return nil, err
	}
	place, err := revision.Decode("revision", in.Revision)
	if err != nil {
		return nil, err
	}
	if place.Scope != scope.String() || place.Stream != bus.StreamCases {
		const right = "take the revision of an entry in the request's timeline"
		return nil, problem.New(problem.Invalid, "REVISION_INVALID", "nothing of the request stands at this revision; %s", right).Field("revision", right)
	}
	if err := d.awaitRevision(ctx, in.Revision); err != nil {
		return nil, err
	}
	of, err := d.inbox.factAt(ctx, scope, place.Sequence)
	return casework.CorrectText{Sequence: place.Sequence, Of: of, Field: in.Field, Text: in.Text, Reason: in.Reason}, err
}

// factAt answers the fact of a request at a sequence, or nil when it has none there.
func (in *inbox) factAt(ctx context.Context, scope name.Scope, sequence uint64) (*eventsv1.Fact, error) {
	var body []byte
	row := in.db.Reader().QueryRowContext(ctx,
		"SELECT body FROM facts WHERE sequence = ? AND request = (SELECT id FROM requests WHERE name = ?)", int64(sequence), scope.Resource())
	if err := row.Scan(&body); errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("inbox: read fact %d of %s: %w", sequence, scope.Resource(), err)
	}
	f := &eventsv1.Fact{}
	if err := proto.Unmarshal(body, f); err != nil {
		return nil, fmt.Errorf("inbox: read fact %d of %s: %w", sequence, scope.Resource(), err)
	}
	return f, nil
}
