package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// small measures an empty hub and then the load.
func (b *bench) small(ctx context.Context) error {
	data := filepath.Join(b.dir, "small")
	p, err := b.start(ctx, data)
	if err != nil {
		return err
	}
	defer func() { _ = p.stop(syscall.SIGTERM) }()
	b.put("empty.ready", ms(p.ready), "ms", "< 1000")
	if err := rest(ctx, 3*time.Second); err != nil {
		return err
	}
	rss, err := p.rss()
	if err != nil {
		return err
	}
	b.put("empty.rss", rss, "MB", "<= 120")
	t, err := p.connect(ctx)
	if err != nil {
		return err
	}
	if err := b.latencies(ctx, t); err != nil {
		return err
	}
	aims := map[int]string{8: ">= 145 (floor)", 32: "300"}
	for _, n := range b.clients {
		before, err := p.cpu()
		if err != nil {
			return err
		}
		o, err := t.run(ctx, n, b.load)
		if err != nil {
			return fmt.Errorf("load of %d clients: %w", n, err)
		}
		after, err := p.cpu()
		if err != nil {
			return err
		}
		prefix := fmt.Sprintf("load.%d.", n)
		b.put(prefix+"cases", o.rate(), "cases/s", aims[n])
		b.put(prefix+"cpu", ms(after-before)/float64(o.cases), "ms/case", "processor time of the hub alone")
		b.put(prefix+"step.p50", ms(o.step.at(0.5)), "ms", "")
		b.put(prefix+"step.p99", ms(o.step.at(0.99)), "ms", "")
		b.put(prefix+"open.p50", ms(o.open.at(0.5)), "ms", "")
		b.put(prefix+"view_lag.p50", ms(o.lag.at(0.5)), "ms", "")
		b.put(prefix+"view_lag.p99", ms(o.lag.at(0.99)), "ms", "< 100, else the rate is not valid")
	}
	if rss, err = p.rss(); err != nil {
		return err
	}
	b.put("load.rss", rss, "MB", "")
	return nil
}

// latencies measures single calls, one at a time.
func (b *bench) latencies(ctx context.Context, t *target) error {
	if _, err := t.run(ctx, 1, 2*time.Second); err != nil { // to warm up
		return err
	}
	alone, err := t.run(ctx, 1, b.load/2)
	if err != nil {
		return err
	}
	b.put("alone.step.p50", ms(alone.step.at(0.5)), "ms", "< 1.7")
	var read, visible samples
	opened, err := t.cases.ListCases(as(ctx, t.company), &casesv1.ListCasesRequest{PageSize: 1})
	if err != nil {
		return err
	}
	for range 2000 {
		began := time.Now()
		if _, err := t.cases.GetCase(as(ctx, t.company), &casesv1.GetCaseRequest{Name: opened.Cases[0].Name}); err != nil {
			return err
		}
		read.add(time.Since(began))
	}
	b.put("alone.view.p50", ms(read.at(0.5)), "ms", "< 1.0")
	watches, stop, err := t.watch(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for range 100 {
		took, err := t.spread(ctx, watches)
		if err != nil {
			return err
		}
		visible.add(took)
		// One case at a time: the next one meets an idle hub.
		if err := rest(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	b.put("alone.visible.p50", ms(visible.at(0.5)), "ms", "< 10, open until seven inboxes show it")
	return nil
}

// seen is a request that a watched inbox shows.
type seen struct {
	request string
	at      time.Time
}

// watch opens a watch of each of the seven inboxes. What they show comes on the
// channel, until stop is called.
func (t *target) watch(ctx context.Context) (shown <-chan seen, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	all := make(chan seen, 1000)
	for _, d := range t.desks {
		stream, err := d.client.WatchRequests(as(ctx, d.token), &providerv1.WatchRequestsRequest{Parent: name.Provider(d.key)})
		if err != nil {
			cancel()
			return nil, nil, err
		}
		go func() {
			known := map[string]bool{}
			for {
				answer, err := stream.Recv()
				if err != nil {
					return // stopped, or the load fails with a clearer word
				}
				// A request that was made while the watch began comes without its entry.
				if request := answer.Request.Name; !known[request] {
					known[request] = true
					all <- seen{request, time.Now()}
				}
			}
		}()
	}
	return all, cancel, nil
}

// spread opens a case and answers how long it took until the last of the seven
// inboxes showed its request.
func (t *target) spread(ctx context.Context, shown <-chan seen) (time.Duration, error) {
	began := time.Now()
	opened, err := t.cases.OpenCase(as(ctx, t.company), request(uuid.NewString()))
	if err != nil {
		return 0, err
	}
	var last time.Time
	for left := len(t.desks); left > 0; {
		select {
		case s := <-shown:
			if strings.HasPrefix(s.request, opened.Case.Name+"/") {
				last, left = s.at, left-1
			}
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(10 * time.Second):
			return 0, fmt.Errorf("%s is not in all inboxes after 10 s", opened.Case.Name)
		}
	}
	// Nothing of this measures what stays open: it is closed again.
	_, err = t.cases.CloseCase(as(ctx, t.company), &casesv1.CloseCaseRequest{Name: opened.Case.Name, RequestId: uuid.NewString()})
	return last.Sub(began), err
}

// request opens a case that asks all seven providers.
func request(id string) *casesv1.OpenCaseRequest {
	req := &casesv1.OpenCaseRequest{
		RequestId: id, Company: &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: company},
		NeedText: "Palkkaamme ensimmäisen työntekijän ja etsimme toimitilaa", Language: "fi",
	}
	for i, a := range asked {
		req.Services = append(req.Services, &casesv1.ServiceChoice{Service: a.service, Inputs: a.inputs})
		req.Consents = append(req.Consents, &casesv1.Consent{Provider: name.Provider(name.Providers[i]), TextVersion: "2026-11"})
	}
	return req
}
