package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// crowdedAt is the place of the crowded provider.
const crowdedAt = 2

// scene is what the pages show: cases of many companies, and what happens in them.
type scene struct {
	*target
	// tokens are those of the companies; watched are their cases that somebody looks at,
	// one each, and others the remaining ones, of the companies in turn.
	tokens, watched, others []string
	happened                atomic.Int64

	mutex sync.Mutex
	// written are when replies were begun that no page has shown yet, by case and text.
	written map[string]map[string]time.Time
}

// liveCompany is the company of the n-th page.
func liveCompany(n int) string { return identifier.NewTestBusinessID(5000 + n) }

// crowd opens the cases, and has an advisor of each provider take those that are looked at.
func (p *process) crowd(ctx context.Context, t *target) (*scene, error) {
	s := &scene{target: t, watched: make([]string, liveCases), others: make([]string, openRequests-liveCases), written: map[string]map[string]time.Time{}}
	sign, err := p.sign()
	if err != nil {
		return nil, err
	}
	for n := range liveCases {
		signed, err := sign(token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: fmt.Sprintf("bench-person-%d", n), Companies: []string{liveCompany(n)}})
		if err != nil {
			return nil, err
		}
		s.tokens = append(s.tokens, signed)
	}
	group, filling := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for n := range s.watched {
		group.Go(func() error {
			if s.watched[n], err = s.openCase(filling, n, request(uuid.NewString())); err != nil {
				return err
			}
			for _, d := range t.desks {
				if err := d.pickUp(as(filling, d.token), s.watched[n]+"/requests/"+d.key+"-1", &outcome{}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for n := range s.others {
		group.Go(func() (err error) {
			opening := request(uuid.NewString())
			opening.Services, opening.Consents = opening.Services[crowdedAt:crowdedAt+1], opening.Consents[crowdedAt:crowdedAt+1]
			s.others[n], err = s.openCase(filling, n%liveCases, opening)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return s, s.full(ctx)
}

func (s *scene) openCase(ctx context.Context, n int, opening *casesv1.OpenCaseRequest) (string, error) {
	opening.Company.Id = liveCompany(n)
	answer, err := s.cases.OpenCase(as(ctx, s.tokens[n]), opening)
	return answer.GetCase().GetName(), err
}

// full waits until the crowded inbox has all its requests.
func (s *scene) full(ctx context.Context) error {
	at := s.desks[crowdedAt]
	for {
		answer, err := at.client.ListRequests(as(ctx, at.token), &providerv1.ListRequestsRequest{Parent: name.Provider(at.key), PageSize: 1})
		if err != nil || int(answer.GetTotalSize()) >= openRequests {
			return err
		}
		if err := rest(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// happen makes things happen until ctx ends, so many a second, whether or not those before
// are done: in turns a company writes in a case that nobody looks at, to the crowded
// provider, and an advisor of the seven in turn replies in one that somebody does.
func (s *scene) happen(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(64)
	tick := time.NewTicker(time.Second / events)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return group.Wait()
		case <-tick.C:
		}
		group.Go(func() error {
			err := s.event(ctx, i)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil {
				s.happened.Add(1)
			}
			return err
		})
	}
}

func (s *scene) event(ctx context.Context, i int) error {
	if i%2 == 0 {
		n := i / 2 % len(s.others)
		of := s.others[n] + "/requests/" + crowded + "-1"
		if _, err := s.cases.PostMessage(as(ctx, s.tokens[n%liveCases]), &casesv1.PostMessageRequest{Name: of, RequestId: uuid.NewString(), Text: "Mitä kuuluu?"}); err != nil {
			return fmt.Errorf("write a message: %w", err)
		}
		return nil
	}
	of, d, text := s.watched[i/2%liveCases], s.desks[i/2%len(s.desks)], fmt.Sprintf("Vastaus numero %d.", i)
	s.mutex.Lock()
	if s.written[of] == nil {
		s.written[of] = map[string]time.Time{}
	}
	s.written[of][text] = time.Now()
	s.mutex.Unlock()
	if _, err := d.client.Reply(as(ctx, d.token), &providerv1.ReplyRequest{Name: of + "/requests/" + d.key + "-1", RequestId: uuid.NewString(), Text: text}); err != nil {
		return fmt.Errorf("reply: %w", err)
	}
	return nil
}

// forget forgets the replies that no page was open to hear of.
func (s *scene) forget() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	clear(s.written)
}
