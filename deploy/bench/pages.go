package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// What the pages are measured under. The pages of cases are of as many companies, of whose
// cases each asks all seven providers; the other cases are spread over the same companies,
// and ask the crowded provider alone.
const (
	openRequests = 5000    // of one provider,
	crowded      = "omnia" // the third
	liveCases    = 160     // live pages of cases, each of a company of its own
	liveInboxes  = 40      // live inboxes of the seven, of which
	crowdedDesks = 10      // so many are the crowded one's
	livePages    = liveCases + liveInboxes
	events       = 50 // a second: half in cases that somebody looks at, half in others
	// lookRate is how often a second each of the measured pages is opened.
	lookRate = 4
	// mostOthers is the share of the processors that others may use while figures are valid.
	mostOthers = 0.1
)

// measured is a page whose time is taken, with somebody who opens it.
type measured struct {
	name, path string
	who        *visitor
}

// pages measures how long the inbox and the page of a case take the server when one
// provider has 5,000 open requests, many pages are live and much happens.
func (b *bench) pages(ctx context.Context) error {
	var issuers *door
	p, err := b.start(ctx, filepath.Join(b.dir, "pages"), func(web string) (more []string, err error) {
		issuers, err = b.openDoor(web)
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
	s, err := p.crowd(ctx, t)
	if err != nil {
		return fmt.Errorf("fill an inbox: %w", err)
	}
	owner, err := p.visit(ctx, "companies", 0)
	if err != nil {
		return err
	}
	advisor, err := p.visit(ctx, crowded, liveInboxes)
	if err != nil {
		return err
	}
	kinds := []measured{{"limit", "/privacy", owner}, {"inbox", "/desk/" + crowded, advisor}, {"case", "/" + s.watched[0], owner}}
	for _, kind := range kinds {
		if err := b.quiet(ctx, p, kind); err != nil {
			return fmt.Errorf("%s page: %w", kind.name, err)
		}
	}
	if err := b.bare(ctx, p, s); err != nil {
		return err
	}
	return b.busy(ctx, p, s, kinds)
}

// quiet takes a page's times, and its processor time, when nothing else happens.
func (b *bench) quiet(ctx context.Context, p *process, kind measured) error {
	const times = 200
	before, err := p.cpu()
	if err != nil {
		return err
	}
	took := &samples{}
	for range times {
		if err := kind.who.once(ctx, kind.path, took); err != nil {
			return err
		}
	}
	after, err := p.cpu()
	if err != nil {
		return err
	}
	b.put("pages.quiet."+kind.name+".p50", ms(took.at(0.5)), "ms", pageWords[kind.name])
	b.put("pages.quiet."+kind.name+".p95", ms(took.at(0.95)), "ms", "")
	b.put("pages.quiet."+kind.name+".cpu", ms(after-before)/times, "ms", "processor time of the hub for one page")
	return nil
}

var pageWords = map[string]string{"limit": "a page that asks nobody, one at a time", "inbox": "", "case": ""}

// bare takes the processor time of events that no page listens to.
func (b *bench) bare(ctx context.Context, p *process, s *scene) error {
	// Without a deadline, which the hub would see first and answer with an error.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer time.AfterFunc(b.load/2, stop).Stop()
	before, err := p.cpu()
	if err != nil {
		return err
	}
	if err := s.happen(ctx); err != nil {
		return err
	}
	after, err := p.cpu()
	b.put("pages.event.cpu", ms(after-before)/float64(max(s.happened.Load(), 1)), "ms", "processor time of the hub for one event that no page hears")
	return err
}

// busy takes the times of the pages while all live pages are there and events happen.
func (b *bench) busy(ctx context.Context, p *process, s *scene, kinds []measured) error {
	busy, stop := context.WithCancel(ctx)
	defer stop()
	group, busy := errgroup.WithContext(busy)
	saw := &watched{scene: s}
	s.forget()
	for i := range livePages {
		page, err := p.open(ctx, s, i, saw)
		if err != nil {
			return errors.Join(err, ended(group, stop))
		}
		group.Go(func() error { return page.live(busy) })
	}
	group.Go(func() error { return s.happen(busy) })
	if err := rest(ctx, 5*time.Second); err != nil {
		return err
	}
	saw.start()
	from := s.happened.Load()
	m, err := p.meter()
	if err != nil {
		return err
	}
	took := make([]samples, len(kinds))
	if err := look(busy, b.load, kinds, took); err != nil {
		return errors.Join(err, ended(group, stop))
	}
	used, err := m.read()
	if err != nil {
		return err
	}
	b.report(kinds, took, used, float64(s.happened.Load()-from)/used.took.Seconds(), saw)
	return ended(group, stop)
}

// look opens each page at its rate, also while the ones before are on their way: a hub that
// is slow is not asked less.
func look(ctx context.Context, during time.Duration, kinds []measured, took []samples) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, kind := range kinds {
		group.Go(func() error {
			tick := time.NewTicker(time.Second / lookRate)
			defer tick.Stop()
			for n := 0; n < int(during.Seconds())*lookRate; n++ {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-tick.C:
				}
				group.Go(func() error {
					if err := kind.who.once(ctx, kind.path, &took[i]); err != nil {
						return fmt.Errorf("%s page: %w", kind.name, err)
					}
					return nil
				})
			}
			return nil
		})
	}
	return group.Wait()
}

// report prints what was measured under load, and whether it counts.
func (b *bench) report(kinds []measured, took []samples, used usage, rate float64, saw *watched) {
	aims := map[string]string{"limit": "the same page that asks nobody, meanwhile"}
	for i, kind := range kinds {
		aim := aims[kind.name]
		if aim == "" {
			aim = "< 50, at 5,000 open requests with 200 live pages"
		}
		b.put("pages.busy."+kind.name+".p50", ms(took[i].at(0.5)), "ms", "")
		b.put("pages.busy."+kind.name+".p95", ms(took[i].at(0.95)), "ms", aim)
	}
	seconds := used.took.Seconds()
	b.put("pages.reply.p50", ms(saw.replies.at(0.5)), "ms", "until what an advisor writes is in the company's open page")
	b.put("pages.reply.p99", ms(saw.replies.at(0.99)), "ms", "< 1000")
	b.put("pages.events", rate, "events/s", "50, else the figures above are not valid")
	b.put("pages.heard", float64(saw.heard.Load())/seconds, "names/s", "that the streams told the live pages")
	b.put("pages.looked.case", float64(saw.cases.Load())/seconds, "pages/s", "of cases that live pages fetched again")
	b.put("pages.looked.inbox", float64(saw.inboxes.Load())/seconds, "pages/s", "inboxes that live pages fetched again")
	b.put("pages.ended", float64(saw.ended.Load()), "streams", "0: that ended by themselves")
	b.put("pages.cpu.hub", 100*used.hub, "%", "of all processors")
	b.put("pages.cpu.load", 100*used.load, "%", "the 200 browsers and the events")
	b.put("pages.cpu.others", 100*used.others, "%", "what else runs here; < 10, else the figures above are not valid")
	if used.others > mostOthers || rate < 0.95*events {
		fmt.Printf("# not valid: others used %.0f %% of the processors, and %.0f of %d events a second were reached\n", 100*used.others, rate, events)
	}
}

// ended stops what runs and answers what went wrong in it.
func ended(group *errgroup.Group, stop func()) error {
	stop()
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// watched counts what the live pages heard, looked at again, and how often their streams
// ended, since start.
type watched struct {
	scene                        *scene
	heard, cases, inboxes, ended atomic.Int64
	replies                      samples
}

func (w *watched) start() {
	w.heard.Store(0)
	w.cases.Store(0)
	w.inboxes.Store(0)
	w.replies.clear()
}
