package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
)

// livePath is the stream of what changes, as server-sent events. One stream of a
// browser serves all its tabs (static/hub.js).
const livePath = "/live"

// liveHeader is on what the script fetches by itself.
const liveHeader = "Hub-Live"

const (
	// heartbeat is how often a silent stream says that it is there.
	heartbeat = 15 * time.Second
	// slowestListener bounds how long one event may take to be sent.
	slowestListener = 10 * time.Second
	// comeBack is when a browser asks for the stream again that ended, and comeBackLater
	// when the visitor has as many streams open as one may have.
	comeBack, comeBackLater = 2 * time.Second, time.Minute
)

// happening is one change, as a stream tells of it. It holds no content: a page that
// shows what changed asks for itself again, and is shown what its visitor may see then.
type happening struct {
	// Revision is where a stream goes on that was cut off.
	Revision string
	// Name is the case or the request that changed.
	Name string
	// Gone: it was erased.
	Gone bool
}

// live tells of each change that the visitor may see, until they go or may no longer.
func (s *server) live(w http.ResponseWriter, r *http.Request) {
	f := s.frame(w, r)
	if err := s.limits.page(r, time.Now()); err != nil {
		s.explain(w, r, f, err)
		return
	}
	out := &eventStream{w: w, controller: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if f.Session == nil && f.Holder == nil {
		if _, err := s.whoIs(r); err == nil {
			out.end()
		}
		return // if nobody can say who it is, the browser comes back
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stopping := host.Stopping(ctx)
	go func() {
		select {
		case <-stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	// Nothing more is to arrive: the deadline for a slow form would end the stream.
	_ = out.controller.SetReadDeadline(time.Time{})
	out.write("retry: %d\n\n", comeBack.Milliseconds())
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = r.URL.Query().Get("after")
	}
	g := &gathering{out: out, after: after}
	for ctx.Err() == nil && out.err == nil {
		err := s.tellChanges(ctx, f, out, g)
		if !isKind(err, problem.Unauthenticated, problem.Denied, problem.Invalid, problem.Exhausted) {
			return // the hub is away for a moment, or the visitor has gone: the browser comes back
		}
		if isKind(err, problem.Exhausted) {
			out.write("retry: %d\n\n", comeBackLater.Milliseconds())
			return
		}
		if isKind(err, problem.Invalid) && g.after != "" {
			g.after = "" // a place of an older log
			continue
		}
		// The token of the call has run out, or the visitor is no longer here.
		if f.Session, err = s.whoIs(r); err != nil {
			return
		}
		if f.Session == nil || !out.told {
			out.end()
			return
		}
		out.told = false
	}
}

// tellChanges passes on what the API tells until it ends the watch.
func (s *server) tellChanges(ctx context.Context, f *frame, out *eventStream, g *gathering) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of two watches one may go on
	next, err := s.watch(ctx, f, g.after)
	if err != nil {
		return err
	}
	happenings, ended := make(chan happening), make(chan error, 1)
	go func() {
		for {
			h, err := next()
			if err != nil {
				ended <- err
				return
			}
			select {
			case happenings <- h:
			case <-ctx.Done():
				return
			}
		}
	}()
	out.ready()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	window := time.NewTimer(0) // what the watch before did not come to tell
	defer window.Stop()
	for out.err == nil {
		select {
		case h := <-happenings:
			if wait := g.take(h, time.Now()); wait > 0 {
				window.Reset(wait)
			}
		case <-window.C:
			g.flush()
		case <-beat.C:
			out.write(": still here\n\n")
		case err := <-ended:
			return err
		}
	}
	return out.err
}

// watch begins a watch of what concerns the visitor, behind a revision if one is given,
// and answers how to wait for the next change.
func (s *server) watch(ctx context.Context, f *frame, after string) (next func() (happening, error), err error) {
	if f.Session.Desk() {
		return s.watchDesk(f.as(ctx), "providers/"+f.Session.Provider, after)
	}
	if f.Holder == nil {
		return s.watchCases(f.as(ctx), after)
	}
	held, err := s.watchCases(with(ctx, f.Holder), after)
	if f.Session == nil {
		return held, err
	}
	if isKind(err, problem.Unauthenticated, problem.Denied, problem.NotFound) {
		held = nil // the case that they hold is no longer there for them
	} else if err != nil {
		return nil, err
	}
	own, err := s.watchCases(f.as(ctx), after)
	switch {
	case held == nil, err != nil && !isKind(err, problem.Denied):
		return own, err
	case err != nil:
		return held, nil // they work for the hub
	}
	return either(ctx, own, held), nil
}

func (s *server) watchCases(ctx context.Context, after string) (func() (happening, error), error) {
	stream, err := s.Cases.WatchEvents(ctx, &casesv1.WatchEventsRequest{Revision: after})
	if err == nil {
		_, err = stream.Header() // the watch is on, or refused
	}
	return func() (happening, error) {
		step, err := stream.Recv()
		switch {
		case err != nil:
			return happening{}, err
		case step.GetGone() != "":
			return happening{Revision: step.GetRevision(), Name: step.GetGone(), Gone: true}, nil
		case step.GetGained() != nil:
			return happening{Revision: step.GetRevision(), Name: step.GetGained().GetName()}, nil
		}
		return happening{Revision: step.GetRevision(), Name: step.GetEntry().GetCaseName()}, nil
	}, err
}

// either waits for the next change of one of two watches. It ends with the first that ends.
func either(ctx context.Context, watches ...func() (happening, error)) func() (happening, error) {
	type step struct {
		happening
		err error
	}
	steps := make(chan step)
	for _, next := range watches {
		go func() {
			for {
				h, err := next()
				select {
				case steps <- step{h, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		}()
	}
	return func() (happening, error) {
		select {
		case one := <-steps:
			return one.happening, one.err
		case <-ctx.Done():
			return happening{}, ctx.Err()
		}
	}
}

func (s *server) watchDesk(ctx context.Context, provider, after string) (func() (happening, error), error) {
	if after == "" {
		answer, err := s.Provider.ListRequests(ctx, &providerv1.ListRequestsRequest{Parent: provider, PageSize: 1})
		if err != nil {
			return nil, fmt.Errorf("web: begin to watch an inbox: %w", err)
		}
		after = answer.GetRevision()
	}
	stream, err := s.Provider.WatchRequests(ctx, &providerv1.WatchRequestsRequest{Parent: provider, Revision: after})
	if err == nil {
		_, err = stream.Header()
	}
	return func() (happening, error) {
		step, err := stream.Recv()
		switch {
		case err != nil:
			return happening{}, err
		case step.GetGone() != "":
			return happening{Revision: step.GetRevision(), Name: step.GetGone(), Gone: true}, nil
		}
		return happening{Revision: step.GetRevision(), Name: step.GetRequest().GetName()}, nil
	}, err
}

// eventStream writes server-sent events. After an error it writes nothing more.
type eventStream struct {
	w          io.Writer
	controller *http.ResponseController
	// told: a watch has begun since this was last unset.
	told bool
	err  error
}

// ready says that from now on every change is told.
func (e *eventStream) ready() {
	e.told = true
	e.write("event: ready\ndata:\n\n")
}

// end says that the visitor is not, or no longer, somebody who is told: their pages do not
// ask again by themselves.
func (e *eventStream) end() { e.write("event: ended\ndata:\n\n") }

// send tells of several changes at once.
func (e *eventStream) send(all []happening) {
	var text strings.Builder
	for _, h := range all {
		kind := "changed"
		if h.Gone {
			kind = "gone"
		}
		if h.Revision != "" {
			fmt.Fprintf(&text, "id: %s\n", line(h.Revision))
		}
		fmt.Fprintf(&text, "event: %s\ndata: %s\n\n", kind, line(h.Name))
	}
	e.write("%s", text.String())
}

func (e *eventStream) write(format string, values ...any) {
	if e.err != nil {
		return
	}
	_ = e.controller.SetWriteDeadline(time.Now().Add(slowestListener))
	_, err := fmt.Fprintf(e.w, format, values...)
	e.err = errors.Join(err, e.controller.Flush())
}

// line is a text as one line of an event.
func line(text string) string { return strings.NewReplacer("\n", "", "\r", "").Replace(text) }
