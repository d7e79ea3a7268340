package provider

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
)

// mostTextBlocks is how many text blocks a provider may have: what one can choose from.
const mostTextBlocks = 100

// ListTextBlocks lists the provider's text blocks by title.
func (d desk) ListTextBlocks(ctx context.Context, in *providerv1.ListTextBlocksRequest) (*providerv1.ListTextBlocksResponse, error) {
	if _, err := d.ownTexts(ctx, in.Parent); err != nil {
		return nil, err
	}
	if err := d.awaitRevision(ctx, in.MinRevision); err != nil {
		return nil, err
	}
	out := &providerv1.ListTextBlocksResponse{}
	for _, block := range d.directory.TextBlocks(d.key).Sorted() {
		out.TextBlocks = append(out.TextBlocks, showTextBlock(block))
	}
	return out, nil
}

// SetTextBlock adds a text block or changes one.
func (d desk) SetTextBlock(ctx context.Context, in *providerv1.SetTextBlockRequest) (*providerv1.SetTextBlockResponse, error) {
	who, err := d.ownTexts(ctx, in.Parent)
	if err != nil {
		return nil, err
	}
	change := &eventsv1.TextBlockChanged{Id: in.Id, Title: in.Title, Fi: in.Fi, Sv: in.Sv, En: in.En}
	if in.Id == "" {
		change.Id = strings.ToLower(in.RequestId)
	}
	changed, rev, err := d.changeText(ctx, who, in, change, func(known directory.TextBlocks) error {
		if in.Id != "" && known.Blocks[in.Id] == nil {
			return noTextBlock(in.Id)
		}
		if in.Id == "" && len(known.Blocks) >= mostTextBlocks {
			return problem.New(problem.State, "TOO_MANY_TEXT_BLOCKS", "%s has %d text blocks, which is the most; delete one that nobody uses first",
				name.Provider(d.key), len(known.Blocks))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &providerv1.SetTextBlockResponse{TextBlock: showTextBlock(changed), Revision: rev}, nil
}

// DeleteTextBlock takes a text block out of the list.
func (d desk) DeleteTextBlock(ctx context.Context, in *providerv1.DeleteTextBlockRequest) (*providerv1.DeleteTextBlockResponse, error) {
	who, err := d.ownTexts(ctx, in.Parent)
	if err != nil {
		return nil, err
	}
	_, rev, err := d.changeText(ctx, who, in, &eventsv1.TextBlockChanged{Id: in.Id, Removed: true}, func(known directory.TextBlocks) error {
		if known.Blocks[in.Id] == nil {
			return noTextBlock(in.Id)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &providerv1.DeleteTextBlockResponse{Revision: rev}, nil
}

func noTextBlock(id string) error {
	const right = "ListTextBlocks lists those that there are"
	return problem.New(problem.NotFound, "TEXT_BLOCK_NOT_FOUND", "there is no text block %s; %s", id, right).Field("id", "is not there; "+right)
}

func showTextBlock(b *eventsv1.TextBlockChanged) *providerv1.TextBlock {
	return &providerv1.TextBlock{Id: b.Id, Title: b.Title, Fi: b.Fi, Sv: b.Sv, En: b.En}
}

// ownTexts admits a caller to the text blocks of this provider.
func (d desk) ownTexts(ctx context.Context, parent string) (caller, error) {
	who, err := d.admit(ctx)
	if err != nil {
		return caller{}, err
	}
	return who, d.ownProvider(who, parent)
}

// textCommand is a call that changes a text block.
type textCommand interface {
	proto.Message
	GetRequestId() string
}

// changeText appends a change behind all that others made, once allow agrees to it, and
// waits until this process knows it. A repeat is answered as the first call was.
func (d desk) changeText(ctx context.Context, who caller, in textCommand, change *eventsv1.TextBlockChanged, allow func(directory.TextBlocks) error) (*eventsv1.TextBlockChanged, string, error) {
	sum, err := fact.Digest(in)
	if err != nil {
		return nil, "", err
	}
	for range mostTries {
		known := d.directory.TextBlocks(d.key)
		if before, sequence, same := known.Call(in.GetRequestId(), sum); same {
			return before, revision.Encode(bus.StreamStaff, sequence, ""), nil
		} else if before != nil {
			return nil, "", problem.New(problem.Exists, "REQUEST_ID_REUSED",
				"request_id %s was used for another change of a text block; take a new UUID for a new change, and the same body to repeat one", in.GetRequestId()).
				Field("request_id", "was used for another change")
		}
		if err := allow(known); err != nil {
			return nil, "", err
		}
		message, err := fact.Encode(known.Scope(d.key)+"."+name.ByOwn, d.key, &eventsv1.Fact{
			Id: d.newID(), Time: timestamppb.New(d.clock()), Actor: who.actor, RequestId: in.GetRequestId(), CommandDigest: sum,
			CausationId: in.GetRequestId(), CorrelationId: in.GetRequestId(), TraceParent: traceParent(ctx),
			Event: &eventsv1.Fact_TextBlockChanged{TextBlockChanged: change},
		})
		if err != nil {
			return nil, "", err
		}
		sequence, err := d.bus.Append(ctx, message, known.Scope(d.key), known.Last)
		conflict, lost := errors.AsType[*bus.ConflictError](err)
		if err != nil && !lost {
			return nil, "", logAway(err)
		}
		if lost {
			sequence = conflict.Last
		}
		wait, cancel := context.WithTimeout(ctx, conflictPatience)
		err = d.directory.Wait(wait, sequence)
		cancel()
		if err != nil && lost {
			return nil, "", logAway(err)
		}
		if !lost {
			return change, revision.Encode(bus.StreamStaff, sequence, ""), nil
		}
	}
	return nil, "", problem.New(problem.Conflict, "TEXT_BLOCKS_BUSY", "others changed text blocks at the same time, %d times; try the same call again", mostTries).Retry(busyRetry)
}
