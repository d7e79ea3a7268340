package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/businessespoo/hub/services/kit/name"
)

// visitor is somebody's browser, as far as the measurement needs one.
type visitor struct {
	base   string
	client *http.Client
}

// get asks for a page and answers it whole; live says that the page keeps itself up to date.
func (v *visitor) get(ctx context.Context, path string, live bool) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, nil)
	if err != nil {
		return nil, err
	}
	if live {
		r.Header.Set("Hub-Live", "-")
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if at := answer.Request.URL; answer.StatusCode != http.StatusOK || at.Path != path {
		return nil, fmt.Errorf("%s is answered %s at %s", path, answer.Status, at)
	}
	return page, nil
}

func (v *visitor) once(ctx context.Context, path string, took *samples) error {
	began := time.Now()
	if _, err := v.get(ctx, path, false); err != nil {
		return err
	}
	took.add(time.Since(began))
	return nil
}

// livePage is an open page with its script.
type livePage struct {
	*visitor
	path  string
	inbox bool
	// pace is the least time between two looks, as the page says it.
	pace time.Duration
	saw  *watched
}

// open opens the i-th live page: those of cases first, then the inboxes.
func (p *process) open(ctx context.Context, s *scene, i int, saw *watched) (*livePage, error) {
	issuer, n, path := "companies", i, ""
	if i < liveCases {
		path = "/" + s.watched[i]
	} else {
		n = i - liveCases
		issuer = name.Providers[crowdedAt]
		if n >= crowdedDesks {
			issuer = name.Providers[[]int{0, 1, 3, 4, 5, 6}[n%6]]
		}
		path = "/desk/" + issuer
	}
	who, err := p.visit(ctx, issuer, n)
	if err != nil {
		return nil, err
	}
	first, err := who.get(ctx, path, false)
	if err != nil {
		return nil, err
	}
	return &livePage{visitor: who, path: path, inbox: i >= liveCases, pace: paceOf(first), saw: saw}, nil
}

// paceOf reads what a page says of its pace.
func paceOf(page []byte) time.Duration {
	_, rest, _ := bytes.Cut(page, []byte(`data-pace="`))
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	pace, _ := time.ParseDuration(string(text) + "ms")
	return pace
}

// live does what the script of an open page does: it hears what changed over the event
// stream, opens it again when it ends, and looks at the page again when that concerns it.
func (l *livePage) live(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := l.listen(ctx); err != nil {
			return ignoreEnd(ctx, err)
		}
		l.saw.ended.Add(1)
		if err := rest(ctx, 2*time.Second); err != nil {
			return nil
		}
	}
	return nil
}

func (l *livePage) listen(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+"/live", nil)
	if err != nil {
		return err
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the event stream is answered %s", answer.Status)
	}
	due, looked := make(chan struct{}, 1), make(chan error, 1)
	go func() { looked <- l.look(ctx, due) }()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		changed, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		l.saw.heard.Add(1)
		if l.inbox || "/"+changed == l.path {
			select {
			case due <- struct{}{}:
			default: // one is due already
			}
		}
	}
	stop()
	return <-looked
}

// How the script of a page looks again (gateway/web/static/hub.js), which a page in this
// measurement does alike.
const (
	together = 120 * time.Millisecond
	slack    = 0.25
	patience = 4
)

// look fetches the page again when that is due, at its pace.
func (l *livePage) look(ctx context.Context, due <-chan struct{}) error {
	var last time.Time
	var took time.Duration
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-due:
		}
		gap := max(l.pace, patience*took)
		if err := rest(ctx, max(together, time.Until(last.Add(gap)))+time.Duration(rand.Float64()*slack*float64(gap))); err != nil {
			return nil
		}
		last = time.Now()
		page, err := l.get(ctx, l.path, true)
		took = time.Since(last)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case l.inbox:
			l.saw.inboxes.Add(1)
		default:
			l.saw.cases.Add(1)
			l.saw.found(l.path[1:], page)
		}
	}
}

// found takes the time of replies that a page shows now.
func (w *watched) found(of string, page []byte) {
	w.scene.mutex.Lock()
	defer w.scene.mutex.Unlock()
	for text, began := range w.scene.written[of] {
		if bytes.Contains(page, []byte(text)) {
			w.replies.add(time.Since(began))
			delete(w.scene.written[of], text)
		}
	}
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
