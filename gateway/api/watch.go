package api

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
)

// WatchCase sends the view of one case, and then each thing that happens in it.
func (s *Cases) WatchCase(req *casesv1.WatchCaseRequest, stream grpc.ServerStreamingServer[casesv1.WatchCaseResponse]) error {
	ctx := stream.Context()
	id, err := s.mine(ctx, req.Name)
	if err != nil {
		return err
	}
	position, err := s.begin(stream, req.Revision)
	if err != nil {
		return err
	}
	if req.Revision == "" {
		c, err := s.full(ctx, id, position)
		if err != nil {
			return err
		}
		if err := stream.Send(&casesv1.WatchCaseResponse{Case: c, Revision: c.Revision}); err != nil {
			return err
		}
	}
	still := func() error {
		_, err := s.mine(ctx, req.Name)
		return err // it went to a company that the watcher does not act for, or a grant ended
	}
	err = s.follow(ctx, position, still, func(after, last uint64) (uint64, bool, error) {
		if s.View.Erased(id) {
			return 0, false, errors.Join(errGone, stream.Send(&casesv1.WatchCaseResponse{Gone: true, Revision: revision.Encode(bus.StreamCases, last, "")}))
		}
		if err := still(); err != nil {
			return 0, false, err
		}
		timeline, err := s.View.Timeline(ctx, id, after, last)
		if err != nil {
			return 0, false, err
		}
		for _, h := range timeline {
			if entry := s.entry(h); entry != nil {
				if err := stream.Send(&casesv1.WatchCaseResponse{Entry: entry, Revision: entry.Revision}); err != nil {
					return 0, false, err
				}
			}
		}
		return last, len(timeline) > 0, nil
	})
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

// errGone ends the watch of a case that was erased.
var errGone = errors.New("api: the case was erased")

// WatchEvents sends each thing that happens in any case that the caller sees.
func (s *Cases) WatchEvents(req *casesv1.WatchEventsRequest, stream grpc.ServerStreamingServer[casesv1.WatchEventsResponse]) error {
	ctx := stream.Context()
	position, err := s.begin(stream, req.Revision)
	if err != nil {
		return err
	}
	return s.follow(ctx, position, nil, func(after, last uint64) (uint64, bool, error) {
		who := s.seer(ctx) // an integrator's companies come and go
		events, last, err := s.View.Events(ctx, who, after, last)
		if err != nil {
			return 0, false, err
		}
		for _, h := range events {
			if err := s.sendEvent(ctx, who, h, stream); err != nil {
				return 0, false, err
			}
		}
		gone := s.View.Gone(who, after, last)
		for _, id := range gone {
			s.showName(ctx)
			if err := stream.Send(&casesv1.WatchEventsResponse{Gone: name.Case(id), Revision: revision.Encode(bus.StreamCases, last, "")}); err != nil {
				return 0, false, err
			}
		}
		return last, len(events)+len(gone) > 0, nil
	})
}

// sendEvent sends one fact to a watcher who sees its case. A case that came to the
// watcher's company with this very fact, and that the watcher did not see before,
// is sent as a whole instead.
func (s *Cases) sendEvent(ctx context.Context, who view.Seer, h view.Happening, stream grpc.ServerStreamingServer[casesv1.WatchEventsResponse]) error {
	entry := s.entry(h)
	if entry == nil {
		return nil
	}
	if err := s.showOf(ctx, h.Scope.Case); err != nil {
		return err
	}
	if h.Fact.GetCompanyLinked() != nil {
		state, err := s.View.Case(ctx, h.Scope.Case)
		if err != nil {
			return err
		}
		if !who.Sees(h.Scope.Case, "", state.GetOpener()) {
			gained, err := s.full(ctx, h.Scope.Case, h.Sequence)
			if err != nil {
				return err
			}
			return stream.Send(&casesv1.WatchEventsResponse{Gained: gained, Revision: entry.Revision})
		}
	}
	return stream.Send(&casesv1.WatchEventsResponse{Entry: entry, Revision: entry.Revision})
}

// begin answers the place in the log that a watch goes on behind, and tells the
// watcher by the headers that all from there on will be sent.
func (s *Cases) begin(stream grpc.ServerStream, text string) (uint64, error) {
	if text == "" {
		// With all that its caller may have been shown before.
		if err := s.fresh(stream.Context(), ""); err != nil {
			return 0, err
		}
		return s.View.Position(), stream.SendHeader(nil)
	}
	sequence, err := sequenceOf("revision", text)
	if err != nil {
		return 0, err
	}
	if err := s.await(stream.Context(), "revision", text); err != nil {
		return 0, err
	}
	return sequence, stream.SendHeader(nil)
}

// follow calls send for each span of the log that the view has come to show,
// until ctx ends. send answers how far it came, and whether there was anything for its
// watcher. For an integrator still is asked when grants change, and an error of it ends the
// watch; nil asks nothing.
func (s *Cases) follow(ctx context.Context, position uint64, still func() error, send func(after, last uint64) (uint64, bool, error)) error {
	defer s.View.Watch()()
	var idle idling
	for {
		changed, grants := s.View.Notify(), s.grantsChanged(ctx)
		for last := s.View.Position(); position < last; {
			reached, found, err := send(position, last)
			if err != nil {
				return err
			}
			position = reached
			idle.looked(found)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
			idle.rest(ctx)
		case <-grants:
		}
		select {
		case <-grants:
			if still == nil {
				continue
			}
			if err := still(); err != nil {
				return err
			}
		default:
		}
	}
}

const (
	// firstIdle and longestIdle bound how long a watcher rests who was woken for nothing.
	firstIdle   = 10 * time.Millisecond
	longestIdle = 160 * time.Millisecond
)

// idling is how long a watcher rests before it looks at the next change. On a busy day most
// changes are of others, and each would wake all who watch: so who looks in vain rests, twice
// as long each time, and who finds something rests no more.
type idling struct{ pause time.Duration }

func (i *idling) looked(found bool) {
	if found {
		i.pause = 0
		return
	}
	i.pause = min(max(2*i.pause, firstIdle), longestIdle)
}

// rest takes the pause, unless ctx ends first.
func (i *idling) rest(ctx context.Context) {
	if i.pause == 0 {
		return
	}
	timer := time.NewTimer(i.pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
