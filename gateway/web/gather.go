package web

import (
	"slices"
	"time"
)

const (
	// firstWindow and longestWindow bound how long changes are gathered.
	firstWindow   = 100 * time.Millisecond
	longestWindow = 300 * time.Millisecond
)

// gathering tells a stream of changes: of the first at once, and of what follows on it
// together, each name once. While changes keep coming the window becomes longer, so that a
// busy day costs a stream a few writes a second, however much happens.
type gathering struct {
	out *eventStream
	// after is where the stream goes on that is cut off.
	after   string
	waiting []happening
	window  time.Duration
	// told is when the stream was told something last.
	told time.Time
}

// take takes one change in. It answers how long it is until flush is due; 0 when it has been
// told, or flush is due already.
func (g *gathering) take(h happening, now time.Time) time.Duration {
	due := len(g.waiting) > 0
	g.waiting = slices.DeleteFunc(g.waiting, func(known happening) bool { return known.Name == h.Name })
	g.waiting = append(g.waiting, h)
	if due {
		return 0
	}
	since := now.Sub(g.told)
	switch {
	case since >= 2*g.window: // it was quiet
		g.window = firstWindow
	case since < g.window:
		wait := g.window - since
		g.window, g.told = min(2*g.window, longestWindow), now.Add(wait)
		return wait
	}
	g.told = now
	g.flush()
	return 0
}

// flush tells what waits.
func (g *gathering) flush() {
	if len(g.waiting) == 0 {
		return
	}
	g.out.send(g.waiting)
	for _, h := range g.waiting {
		if h.Revision != "" {
			g.after = h.Revision
		}
	}
	g.waiting = nil
}
