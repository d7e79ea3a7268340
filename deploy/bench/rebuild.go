package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/timestamppb"

	folder "github.com/businessespoo/hub/deploy/hub"
	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// rebuildCases is how many cases the rebuild reads: 29 facts each.
const rebuildCases = 5000

// rebuild measures how fast the gateway's view is folded anew from the log.
func (b *bench) rebuild(ctx context.Context) error {
	data := filepath.Join(b.dir, "rebuild")
	if err := b.seed(ctx, data, rebuildCases); err != nil {
		return err
	}
	rate, err := b.foldView(ctx, data)
	if err != nil {
		return err
	}
	b.put("rebuild.view", rate, "events/s", ">= 30000")
	return nil
}

// foldView folds the log of a data folder into a new view.
func (b *bench) foldView(ctx context.Context, data string) (float64, error) {
	log := slog.New(slog.DiscardHandler)
	server, err := embedded.Start(embedded.Options{Dir: data, Log: log})
	if err != nil {
		return 0, err
	}
	defer server.Shutdown()
	hub, err := bus.Connect(ctx, server.BusOptions(bus.Hub))
	if err != nil {
		return 0, err
	}
	defer hub.Close()
	last, err := hub.Last(ctx, bus.StreamCases)
	if err != nil {
		return 0, err
	}
	v, err := view.Open(filepath.Join(b.dir, "rebuilt-"+uuid.NewString()+".db"), hub, log)
	if err != nil {
		return 0, err
	}
	inner, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- v.Run(inner) }()
	err = v.Wait(ctx, last)
	took := time.Since(began)
	cancel()
	if ended := <-done; err == nil && !errors.Is(ended, context.Canceled) {
		err = ended
	}
	if closing := v.Close(); err == nil {
		err = closing
	}
	return float64(last) / took.Seconds(), err
}

// large measures a store of many cases.
func (b *bench) large(ctx context.Context, cases int) error {
	data := filepath.Join(b.dir, "large")
	if _, err := os.Stat(data); errors.Is(err, fs.ErrNotExist) {
		began := time.Now()
		if err := b.seed(ctx, data, cases); err != nil {
			return err
		}
		fmt.Printf("# seeded %d cases in %s\n", cases, time.Since(began).Round(time.Second))
	}
	prefix := fmt.Sprintf("large.%d.", cases)
	p, err := b.start(ctx, data)
	if err != nil {
		return err
	}
	b.put(prefix+"first_ready", ms(p.ready)/1000, "s", "all projections built from the log")
	t, err := p.connect(ctx)
	if err != nil {
		return err
	}
	// Nobody has routed the seeded cases: a new one waits until the router, which
	// takes facts in their order, has compared them all.
	began := time.Now()
	if err := t.play(ctx, &outcome{}); err != nil {
		return err
	}
	b.put(prefix+"backlog", time.Since(began).Seconds(), "s", "until a new router has compared all cases")
	if err := p.stop(syscall.SIGTERM); err != nil {
		return err
	}
	if p, err = b.start(ctx, data); err != nil {
		return err
	}
	b.put(prefix+"ready_after_stop", ms(p.ready)/1000, "s", "")
	if err := rest(ctx, 3*time.Second); err != nil {
		return err
	}
	rss, err := p.rss()
	if err != nil {
		return err
	}
	b.put(prefix+"rss", rss, "MB", "")
	if t, err = p.connect(ctx); err != nil {
		return err
	}
	for _, when := range []string{"first", "then"} {
		o, err := t.run(ctx, 8, b.load)
		if err != nil {
			return err
		}
		b.put(prefix+"load.8."+when, o.rate(), "cases/s", "")
		b.put(prefix+"load.8."+when+".step.p99", ms(o.step.at(0.99)), "ms", "")
	}
	if err := p.stop(syscall.SIGKILL); err != nil {
		return err
	}
	if p, err = b.start(ctx, data); err != nil {
		return err
	}
	b.put(prefix+"ready_after_kill", ms(p.ready)/1000, "s", "")
	return p.stop(syscall.SIGTERM)
}

// seed writes whole finished cases straight to a log, as the hub would have.
func (b *bench) seed(ctx context.Context, data string, cases int) error {
	if _, err := folder.OpenFolder(data); err != nil {
		return err
	}
	// Made for this run and read in this run: no group commit.
	server, err := embedded.Start(embedded.Options{Dir: data, Log: slog.New(slog.DiscardHandler), GroupCommitOff: true})
	if err != nil {
		return err
	}
	defer server.Shutdown()
	hub, err := bus.Connect(ctx, server.BusOptions(bus.Hub))
	if err != nil {
		return err
	}
	defer hub.Close()
	if err := hub.EnsureTopology(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	const writers = 64
	for w := range writers {
		group.Go(func() error {
			for i := w; i < cases; i += writers {
				if err := seedCase(ctx, hub); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func newID() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random))
}

// seedCase writes the 29 facts of one case that all seven providers completed.
func seedCase(ctx context.Context, hub *bus.Bus) error {
	id := newID()
	asks := request("")
	opened := &eventsv1.CaseOpened{
		Company: asks.Company, Title: "Ensimmäinen työntekijä", NeedText: asks.NeedText, Language: "fi", ContactLanguage: "fi", Consents: asks.Consents,
	}
	for i, a := range asked {
		_, service, err := name.ParseService(a.service)
		if err != nil {
			return err
		}
		opened.Requests = append(opened.Requests, &eventsv1.PlannedRequest{
			Provider: name.Providers[i], Number: 1, Service: service, Inputs: a.inputs,
			Terms: &eventsv1.ServiceTerms{DisplayName: service, OutcomeType: "advice", DueDate: "2026-12-31"},
		})
	}
	company := &eventsv1.Actor{Person: "bench-person", Party: casesv1.Party_PARTY_COMPANY}
	_, _, err := put(ctx, hub, name.CaseScope(id), name.ByHub, &eventsv1.Fact{Actor: company, Event: &eventsv1.Fact_CaseOpened{CaseOpened: opened}}, nil, 0)
	if err != nil {
		return err
	}
	for _, planned := range opened.Requests {
		scope := name.Scope{Case: id, Party: planned.Provider, Number: 1}
		own := &eventsv1.Actor{Person: "bench-" + planned.Provider, Party: casesv1.Party_PARTY_PROVIDER, Provider: planned.Provider, Advisor: advisor}
		var head []byte
		var last uint64
		for _, f := range []*eventsv1.Fact{
			{Actor: &eventsv1.Actor{Party: casesv1.Party_PARTY_HUB}, Event: &eventsv1.Fact_RequestMade{RequestMade: &eventsv1.RequestMade{
				Request: planned, Company: opened.Company, CaseTitle: opened.Title, NeedText: opened.NeedText, Language: "fi", ContactLanguage: "fi",
			}}},
			{Actor: own, Event: &eventsv1.Fact_RequestPickedUp{RequestPickedUp: &eventsv1.RequestPickedUp{Languages: []string{"fi"}}}},
			{Actor: own, Event: &eventsv1.Fact_ReplySent{ReplySent: &eventsv1.ReplySent{Text: "Hei, tartun tähän heti."}}},
			{Actor: own, Event: &eventsv1.Fact_RequestCompleted{RequestCompleted: &eventsv1.RequestCompleted{Summary: "Asia on hoidettu."}}},
		} {
			author := name.ByHub
			if f.Actor == own {
				author = name.ByOwn
			}
			if head, last, err = put(ctx, hub, scope, author, f, head, last); err != nil {
				return err
			}
		}
	}
	return nil
}

// put appends one fact behind the end of its scope, and answers the new end.
func put(ctx context.Context, hub *bus.Bus, scope name.Scope, author string, f *eventsv1.Fact, head []byte, last uint64) ([]byte, uint64, error) {
	f.Id, f.Time, f.RequestId, f.PreviousHash = uuid.NewString(), timestamppb.Now(), uuid.NewString(), head
	m, err := fact.Encode(scope.Subject(author), name.Hub, f)
	if err != nil {
		return nil, 0, err
	}
	sequence, err := hub.Append(ctx, m, scope.String(), last)
	return fact.Hash(m.Subject, m.Data), sequence, err
}
