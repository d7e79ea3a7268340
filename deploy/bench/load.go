package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// asked is one service of each provider, with the least answers it needs.
var asked = []struct {
	service string
	inputs  []*casesv1.Input
}{
	{"providers/espoo-city/services/procurement", []*casesv1.Input{{Id: "offering", Value: "Siivouspalvelut kouluille"}}},
	{"providers/enter-espoo/services/talent", []*casesv1.Input{{Id: "profiles", Value: "Kaksi ohjelmistokehittäjää"}}},
	{"providers/omnia/services/apprenticeship", []*casesv1.Input{
		{Id: "apprentice", Value: "new_employee"}, {Id: "tasks", Value: "Kokin työt"}, {Id: "weekly_hours", Value: "37.5"}, {Id: "instructor_named", Value: "yes"},
	}},
	{"providers/espoon-yrittajat/services/templates", []*casesv1.Input{{Id: "template", Value: "employment_contract"}}},
	{"providers/chamber/services/trade-advice", []*casesv1.Input{
		{Id: "country", Value: "Ruotsi"}, {Id: "product", Value: "Pullat"}, {Id: "question", Value: "Mitä papereita tarvitaan?"},
	}},
	{"providers/yritysespoo/services/company-advice", []*casesv1.Input{{Id: "topic", Value: "finance"}, {Id: "situation", Value: "Kasvu vaatii rahaa"}}},
	{"providers/employment/services/vacancy", []*casesv1.Input{
		{Id: "job", Value: "Kokki"}, {Id: "description", Value: "Kokin työt lounaskahvilassa"}, {Id: "openings", Value: "1"},
	}},
}

// desk is one provider as the load sees it.
type desk struct {
	key    string
	client providerv1.ProviderServiceClient
	token  string
}

// target is a running hub under load. Calls go to the gateway for the company
// and to each provider's own port for its advisor.
type target struct {
	cases   casesv1.CaseServiceClient
	company string
	desks   []desk
	close   []func() error
}

func connect(gateway string, providers map[string]string, sign func(token.Principal) (string, error)) (*target, error) {
	t := &target{}
	dial := func(address string) (*grpc.ClientConn, error) {
		c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err == nil {
			t.close = append(t.close, c.Close)
		}
		return c, err
	}
	c, err := dial(gateway)
	if err != nil {
		return nil, err
	}
	t.cases = casesv1.NewCaseServiceClient(c)
	if t.company, err = sign(token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "bench-person", Companies: []string{company}}); err != nil {
		return nil, err
	}
	for _, key := range name.Providers {
		c, err := dial(providers[key])
		if err != nil {
			return nil, err
		}
		signed, err := sign(token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: "bench-" + key, Provider: key, Advisor: advisor})
		if err != nil {
			return nil, err
		}
		t.desks = append(t.desks, desk{key, providerv1.NewProviderServiceClient(c), signed})
	}
	return t, nil
}

const (
	company = "9000001-1"
	advisor = "bench"
)

func as(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// samples are latencies; safe for concurrent use.
type samples struct {
	mu   sync.Mutex
	list []time.Duration
}

func (s *samples) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, d)
}

func (s *samples) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

// at answers the quantile q, 0 to 1.
func (s *samples) at(q float64) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return 0
	}
	slices.Sort(s.list)
	return s.list[min(len(s.list)-1, int(q*float64(len(s.list))))]
}

// outcome is what one run of the load measured.
type outcome struct {
	clients int
	cases   int
	took    time.Duration
	step    samples // one durable step: pick up, reply or complete
	open    samples // one open
	lag     samples // from the last acknowledged step until the view shows it
}

func (o *outcome) rate() float64 { return float64(o.cases) / o.took.Seconds() }

// run plays whole cases with the given number of clients for about d.
func (t *target) run(ctx context.Context, clients int, d time.Duration) (*outcome, error) {
	o := &outcome{clients: clients}
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	var mu sync.Mutex
	for range clients {
		group.Go(func() error {
			for time.Since(began) < d {
				if err := t.play(ctx, o); err != nil {
					return err
				}
				mu.Lock()
				o.cases++
				mu.Unlock()
			}
			return nil
		})
	}
	err := group.Wait()
	o.took = time.Since(began)
	return o, err
}

// play is one case: open, seven times pick up, reply and complete, one read of
// the view that must show the last step.
func (t *target) play(ctx context.Context, o *outcome) error {
	mine := as(ctx, t.company)
	began := time.Now()
	opened, err := t.cases.OpenCase(mine, request(uuid.NewString()))
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	o.open.add(time.Since(began))
	var last string
	for _, d := range t.desks {
		if last, err = d.work(as(ctx, d.token), opened.Case.Name+"/requests/"+d.key+"-1", o); err != nil {
			return err
		}
	}
	acknowledged := time.Now()
	if _, err := t.cases.GetCase(mine, &casesv1.GetCaseRequest{Name: opened.Case.Name, MinRevision: last}); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	o.lag.add(time.Since(acknowledged))
	return nil
}

// work picks a request up, replies and completes it.
func (d desk) work(ctx context.Context, request string, o *outcome) (string, error) {
	if err := d.pickUp(ctx, request, o); err != nil {
		return "", fmt.Errorf("pick up %s: %w", request, err)
	}
	began := time.Now()
	if _, err := d.client.Reply(ctx, &providerv1.ReplyRequest{Name: request, RequestId: uuid.NewString(), Text: "Hei, tartun tähän heti."}); err != nil {
		return "", fmt.Errorf("reply to %s: %w", request, err)
	}
	o.step.add(time.Since(began))
	began = time.Now()
	done, err := d.client.Complete(ctx, &providerv1.CompleteRequest{Name: request, RequestId: uuid.NewString(), Summary: "Asia on hoidettu."})
	if err != nil {
		return "", fmt.Errorf("complete %s: %w", request, err)
	}
	o.step.add(time.Since(began))
	return done.Revision, nil
}

// retryPause is how long a client waits for a request that is still on its way.
const retryPause = 2 * time.Millisecond

// pickUp picks a request up as soon as it is in the inbox.
func (d desk) pickUp(ctx context.Context, request string, o *outcome) error {
	for {
		began := time.Now()
		_, err := d.client.PickUp(ctx, &providerv1.PickUpRequest{Name: request, RequestId: uuid.NewString()})
		if err == nil {
			o.step.add(time.Since(began))
			return nil
		}
		if status.Code(err) != codes.NotFound {
			return err
		}
		if err := rest(ctx, retryPause); err != nil {
			return err
		}
	}
}

func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
