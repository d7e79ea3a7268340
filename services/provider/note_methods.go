package provider

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
)

// normalNotes is how many notes a page holds when the caller does not say.
const normalNotes = 50

// AddNote adds a confidential note, in whatever state the request is.
func (d desk) AddNote(ctx context.Context, in *providerv1.AddNoteRequest) (*providerv1.AddNoteResponse, error) {
	who, err := d.admit(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := d.ownRequest(who, in.Name)
	if err != nil {
		return nil, err
	}
	about, err := d.load(ctx, scope)
	if err != nil {
		return nil, err
	}
	sum, err := fact.Digest(in)
	if err != nil {
		return nil, err
	}
	added, err := d.notes.add(ctx, d.bus, scope, &eventsv1.Fact{
		Id: d.newID(), Time: timestamppb.New(d.clock()), Actor: who.actor, Basis: d.basisOf(about.state.Request),
		RequestId: in.RequestId, CommandDigest: sum, CausationId: in.RequestId, CorrelationId: in.RequestId, TraceParent: traceParent(ctx),
		Event: &eventsv1.Fact_NoteAdded{NoteAdded: &eventsv1.NoteAdded{Text: in.Text}},
	})
	if err != nil {
		return nil, err
	}
	return &providerv1.AddNoteResponse{Note: d.showNote(added)}, nil
}

// ListNotes lists the notes of a request, oldest first.
func (d desk) ListNotes(ctx context.Context, in *providerv1.ListNotesRequest) (*providerv1.ListNotesResponse, error) {
	who, err := d.admit(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := d.ownRequest(who, in.Parent)
	if err != nil {
		return nil, err
	}
	if _, err := d.load(ctx, scope); err != nil {
		return nil, err
	}
	place, err := paging.Decode(in, in.PageToken, 1)
	if err != nil {
		return nil, err
	}
	behind := int64(0)
	if place != nil {
		if behind, err = strconv.ParseInt(place[0], 10, 64); err != nil {
			return nil, problem.New(problem.Invalid, "PAGE_TOKEN_INVALID", "page_token is no page token of notes").Field("page_token", "is no page token of notes").Because(err)
		}
	}
	if err := d.notes.wait(ctx, revisionPatience, d.notes.appended.Load()); err != nil {
		return nil, err
	}
	size := paging.Size(in.PageSize, normalNotes)
	found, err := d.notes.list(ctx, scope.Resource(), behind, size+1)
	if err != nil {
		return nil, err
	}
	out := &providerv1.ListNotesResponse{}
	if len(found) > size {
		found = found[:size]
		if out.NextPageToken, err = paging.Encode(in, strconv.Itoa(int(found[size-1].number))); err != nil {
			return nil, err
		}
	}
	for _, n := range found {
		out.Notes = append(out.Notes, d.showNote(n))
	}
	return out, nil
}

// showNote adds the name of who wrote it.
func (p *Provider) showNote(n note) *providerv1.Note {
	author := &casesv1.Advisor{Name: name.Advisor(p.key, n.advisor)}
	p.directory.Name(author)
	return &providerv1.Note{Number: n.number, Text: n.text, Advisor: author, Time: timestamppb.New(n.writtenAt)}
}

// traceParent is the W3C trace context of a call; empty outside of one.
func traceParent(ctx context.Context) string {
	if t := host.Trace(ctx); t != (host.Traceparent{}) {
		return t.String()
	}
	return ""
}
