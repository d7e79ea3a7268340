package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// What the pages are measured under.
const (
	openRequests = 5000    // of one provider,
	crowded      = "omnia" // the third
	livePages    = 200     // half of them inboxes, half cases
	events       = 50      // a second, at that provider
	// inboxLook is how often an open inbox looks at what is new while it changes all the time.
	inboxLook = 4 * time.Second
)

// visitor is somebody's browser, as far as the measurement needs one.
type visitor struct {
	base   string
	client *http.Client
}

// pages measures how long the inbox and the page of a case take the server when one
// provider has 5,000 open requests, many pages are live and much happens.
func (b *bench) pages(ctx context.Context) error {
	var issuers *door
	p, err := b.start(ctx, filepath.Join(b.dir, "pages"), func(web string) (more []string, err error) {
		issuers, err = b.openDoor(web, crowded)
		return []string{"--issuers", issuers.file}, err
	})
	if issuers != nil {
		defer issuers.close()
	}
	if err != nil {
		return err
	}
	defer func() { _ = p.stop(syscall.SIGTERM) }()
	t, err := p.connect(ctx)
	if err != nil {
		return err
	}
	cases, err := t.fill(ctx, openRequests)
	if err != nil {
		return fmt.Errorf("fill an inbox: %w", err)
	}
	owner, err := p.visit(ctx, "companies", 0)
	if err != nil {
		return err
	}
	at := t.desks[2]
	advisor, err := p.visit(ctx, at.key, 0)
	if err != nil {
		return err
	}
	limit, err := owner.often(ctx, "/privacy", 200)
	if err != nil {
		return err
	}
	b.put("limit.page.p50", ms(limit.at(0.5)), "ms", "a page that asks nobody, one at a time")
	kinds := []struct {
		name, path, issuer string
		who                *visitor
	}{{"inbox", "/desk/" + at.key, at.key, advisor}, {"case", "/" + cases[0], "companies", owner}}
	for _, kind := range kinds {
		took, err := kind.who.often(ctx, kind.path, 200)
		if err != nil {
			return fmt.Errorf("%s page: %w", kind.name, err)
		}
		b.put("pages.quiet."+kind.name+".p50", ms(took.at(0.5)), "ms", "")
		b.put("pages.quiet."+kind.name+".p95", ms(took.at(0.95)), "ms", "")
	}
	busy, stop := context.WithCancel(ctx)
	defer stop()
	group, busy := errgroup.WithContext(busy)
	var saw watched
	for i := range livePages {
		kind := kinds[i%len(kinds)]
		who, err := p.visit(ctx, kind.issuer, 1+i/len(kinds))
		if err != nil {
			return errors.Join(err, ended(group, stop))
		}
		group.Go(func() error { return who.live(busy, kind.path, kind.name == "inbox", &saw) })
	}
	var happened atomic.Int64
	group.Go(func() error { return t.happen(busy, at, cases, &happened) })
	if err := rest(ctx, 3*time.Second); err != nil {
		return err
	}
	began, from := time.Now(), happened.Load()
	took := make([]samples, len(kinds))
	for time.Since(began) < b.load && busy.Err() == nil {
		for i, kind := range kinds {
			if err := kind.who.once(busy, kind.path, &took[i]); err != nil {
				return errors.Join(fmt.Errorf("%s page: %w", kind.name, err), ended(group, stop))
			}
		}
	}
	rate := float64(happened.Load()-from) / time.Since(began).Seconds()
	for i, kind := range kinds {
		b.put("pages.busy."+kind.name+".p50", ms(took[i].at(0.5)), "ms", "")
		b.put("pages.busy."+kind.name+".p95", ms(took[i].at(0.95)), "ms", "< 50, at 5,000 open requests with 200 live pages")
	}
	b.put("pages.events", rate, "events/s", "50, else the figures above are not valid")
	b.put("pages.heard", float64(saw.heard.Load()), "events", "by the live pages")
	b.put("pages.looked", float64(saw.looked.Load()), "pages", "that live pages fetched again")
	b.put("pages.ended", float64(saw.ended.Load()), "streams", "0: that ended by themselves")
	return ended(group, stop)
}

// ended stops what runs and answers what went wrong in it.
func ended(group *errgroup.Group, stop func()) error {
	stop()
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// fill opens cases until the third provider has n open requests, and answers the names
// of the cases.
func (t *target) fill(ctx context.Context, n int) ([]string, error) {
	names := make([]string, n)
	group, filling := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range names {
		group.Go(func() error {
			opening := request(uuid.NewString())
			opening.Services, opening.Consents = opening.Services[2:3], opening.Consents[2:3]
			answer, err := t.cases.OpenCase(as(filling, t.company), opening)
			if err != nil {
				return err
			}
			names[i] = answer.GetCase().GetName()
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	at := t.desks[2]
	for {
		answer, err := at.client.ListRequests(as(ctx, at.token), &providerv1.ListRequestsRequest{Parent: "providers/" + at.key, PageSize: 1})
		if err != nil || int(answer.GetTotalSize()) >= n {
			return names, err
		}
		if err := rest(ctx, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// happen makes things happen at one provider, so many a second: companies write.
func (t *target) happen(ctx context.Context, at desk, cases []string, happened *atomic.Int64) error {
	tick := time.NewTicker(time.Second / events)
	defer tick.Stop()
	for i := 1; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		of := cases[i%len(cases)] + "/requests/" + at.key + "-1"
		_, err := t.cases.PostMessage(as(ctx, t.company), &casesv1.PostMessageRequest{Name: of, RequestId: uuid.NewString(), Text: "Mitä kuuluu?"})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("write a message: %w", err)
		}
		happened.Add(1)
	}
}

// get asks for a page and reads it whole.
func (v *visitor) get(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, nil)
	if err != nil {
		return err
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if at := answer.Request.URL; answer.StatusCode != http.StatusOK || at.Path != path {
		return fmt.Errorf("%s is answered %s at %s", path, answer.Status, at)
	}
	return nil
}

func (v *visitor) once(ctx context.Context, path string, took *samples) error {
	began := time.Now()
	if err := v.get(ctx, path); err != nil {
		return err
	}
	took.add(time.Since(began))
	return nil
}

func (v *visitor) often(ctx context.Context, path string, times int) (*samples, error) {
	took := &samples{}
	for range times {
		if err := v.once(ctx, path, took); err != nil {
			return nil, err
		}
	}
	return took, nil
}

// live does what the script of an open page does: it hears what changed over the event
// stream, opens it again when it ends, and looks at the page again when that concerns it.
func (v *visitor) live(ctx context.Context, path string, inbox bool, saw *watched) error {
	for ctx.Err() == nil {
		if err := v.listen(ctx, path, inbox, saw); err != nil {
			return ignoreEnd(ctx, err)
		}
		saw.ended.Add(1)
		if err := rest(ctx, 2*time.Second); err != nil {
			return nil
		}
	}
	return nil
}

// watched counts what the live pages heard, looked at again, and how often their streams ended.
type watched struct{ heard, looked, ended atomic.Int64 }

func (v *visitor) listen(ctx context.Context, path string, inbox bool, saw *watched) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/live", nil)
	if err != nil {
		return err
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the event stream is answered %s", answer.Status)
	}
	var last time.Time
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		saw.heard.Add(1)
		if concerns := inbox && time.Since(last) > inboxLook || !inbox && "/"+name == path; !concerns {
			continue
		}
		last = time.Now()
		if err := v.get(ctx, path); err != nil {
			return err
		}
		saw.looked.Add(1)
	}
	return nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
