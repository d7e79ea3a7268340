package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// asked is one service of each provider, with the least answers it needs, in the
// order of name.Providers.
var asked = []struct {
	service string
	inputs  []*casesv1.Input
}{
	{"procurement", []*casesv1.Input{{Id: "offering", Value: "Siivouspalvelut kouluille"}}},
	{"talent", []*casesv1.Input{{Id: "profiles", Value: "Kaksi ohjelmistokehittäjää"}}},
	{"apprenticeship", []*casesv1.Input{
		{Id: "apprentice", Value: "new_employee"}, {Id: "tasks", Value: "Kokin työt"}, {Id: "weekly_hours", Value: "37.5"}, {Id: "instructor_named", Value: "yes"},
	}},
	{"templates", []*casesv1.Input{{Id: "template", Value: "employment_contract"}}},
	{"trade-advice", []*casesv1.Input{
		{Id: "country", Value: "Ruotsi"}, {Id: "product", Value: "Pullat"}, {Id: "question", Value: "Mitä papereita tarvitaan?"},
	}},
	{"company-advice", []*casesv1.Input{{Id: "topic", Value: "finance"}, {Id: "situation", Value: "Kasvu vaatii rahaa"}}},
	{"vacancy", []*casesv1.Input{
		{Id: "job", Value: "Kokki"}, {Id: "description", Value: "Kokin työt lounaskahvilassa"}, {Id: "openings", Value: "1"},
	}},
}

// advisors are those that each provider has from the start.
var advisors = []string{"a1", "a2"}

// hire adds the advisors to every provider.
func hire(ctx context.Context, tg *target, p *people) error {
	for _, key := range name.Providers {
		for _, id := range advisors {
			if _, err := tg.admin.AddStaff(p.operator(ctx), staffRequest(key, id, uuid.NewString())); err != nil {
				return fmt.Errorf("hire %s at %s: %w", id, key, err)
			}
		}
	}
	return nil
}

func staffRequest(provider, id, requestID string) *adminv1.AddStaffRequest {
	return &adminv1.AddStaffRequest{
		RequestId: requestID, Parent: name.Provider(provider), AdvisorId: id, DisplayName: "Advisor " + id,
		Role: policyv1.Role_ROLE_ADVISOR, Languages: []string{"fi"},
	}
}

// clients is how many play at once.
const clients = 8

// load plays cases until ctx ends or stop is closed. With stop, a client finishes
// its case; with ctx it leaves its call in doubt.
func load(ctx context.Context, l *line, p *people, h *history, r *rand.Rand, stop <-chan struct{}) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := range clients {
		c := &client{caller: caller{line: l, history: h, dice: branch(r)}, number: i, people: p}
		group.Go(func() error {
			for {
				select {
				case <-stop:
					return nil
				default:
				}
				if err := c.play(ctx); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// client plays one case after the other.
type client struct {
	caller
	number int
	people *people
	played int
}

func (c *client) person() string { return fmt.Sprint("client-", c.number) }

// words are the words of one call: no other call has them.
func (c *client) words(what string) string {
	c.said++
	return fmt.Sprintf("%s %d-%d", what, c.number, c.said)
}

// play is one case with two requests: opened, and each request picked up, worked
// on and completed, with a word of everybody in between, and read at the end.
func (c *client) play(ctx context.Context) error {
	c.played++
	if err := c.aside(ctx); err != nil {
		return err
	}
	order := c.dice.Perm(len(asked))[:2]
	opening := &casesv1.OpenCaseRequest{
		Company:  &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: companyID},
		NeedText: c.words("Tarvitsemme apua"), Language: "fi",
	}
	record := c.history.begin(c.number, of(casesv1.EntryKind_ENTRY_KIND_CASE_OPENED), "", "", opening.NeedText)
	for _, i := range order {
		key := name.Providers[i]
		opening.Services = append(opening.Services, &casesv1.ServiceChoice{Service: name.Service(key, asked[i].service), Inputs: asked[i].inputs})
		opening.Consents = append(opening.Consents, &casesv1.Consent{Provider: name.Provider(key), TextVersion: "2026-11"})
		record.Requests = append(record.Requests, "/requests/"+key+"-1")
	}
	var opened string
	_, err := c.call(ctx, record, func(ctx context.Context, tg *target, id string) (string, error) {
		opening.RequestId = id
		answer, err := tg.cases.OpenCase(c.people.company(ctx, c.person()), opening)
		if err != nil {
			return "", err
		}
		c.history.change(func() {
			if opened == "" {
				opened, record.Scope, record.Case = answer.Case.Name, answer.Case.Name, answer.Case.Name
			}
		})
		if opened != answer.Case.Name && !*freshIDs {
			c.history.problem("the same opening made " + opened + " and " + answer.Case.Name)
		}
		return answer.Revision, nil
	})
	if err != nil {
		return err
	}
	var newest string
	for _, i := range order {
		d := desk{client: c, key: name.Providers[i], request: opened + "/requests/" + name.Providers[i] + "-1", caseName: opened}
		if newest, err = d.work(ctx); err != nil {
			return err
		}
	}
	return c.read(ctx, opened, newest)
}

// aside does, now and then, what belongs to no case: a draft, a new advisor.
func (c *client) aside(ctx context.Context) error {
	if c.dice.IntN(3) == 0 {
		content := c.words("luonnos")
		record := c.history.begin(c.number, saveDraft, c.person(), "", content)
		if _, err := c.call(ctx, record, func(ctx context.Context, tg *target, id string) (string, error) {
			_, err := tg.cases.SaveDraft(c.people.company(ctx, c.person()), &casesv1.SaveDraftRequest{
				RequestId: id, Draft: &casesv1.Draft{Key: "unfinished", Content: content},
			})
			return "", err
		}); err != nil {
			return err
		}
	}
	if c.dice.IntN(6) > 0 {
		return nil
	}
	key := name.Providers[c.dice.IntN(len(name.Providers))]
	id := strings.ReplaceAll(c.words("x"), " ", "")
	record := c.history.begin(c.number, addStaff, name.Provider(key), "", name.Advisor(key, id))
	_, err := c.call(ctx, record, func(ctx context.Context, tg *target, requestID string) (string, error) {
		_, err := tg.admin.AddStaff(c.people.operator(ctx), staffRequest(key, id, requestID))
		return "", err
	})
	return err
}

// read reads the case as the company does, and wants to see what was done last.
func (c *client) read(ctx context.Context, opened, newest string) error {
	return c.until(ctx, "reading "+opened, func(ctx context.Context, tg *target) error {
		answer, err := tg.cases.GetCase(c.people.company(ctx, c.person()), &casesv1.GetCaseRequest{Name: opened, MinRevision: newest})
		if err == nil && len(answer.Case.Requests) != 2 {
			c.history.problem(fmt.Sprintf("%s shows %d requests of 2", opened, len(answer.Case.Requests)))
		}
		return err
	})
}

// desk is a provider's side of one request.
type desk struct {
	*client
	key, request, caseName string
}

// contend lets both advisors try to pick the request up at once, and answers who
// has it.
func (d desk) contend(ctx context.Context) (string, error) {
	group, ctx := errgroup.WithContext(ctx)
	var won [2]string
	for i, id := range advisors {
		other := caller{line: d.line, history: d.history, dice: branch(d.dice)}
		group.Go(func() error {
			who := name.Advisor(d.key, id)
			record := d.history.begin(d.number, of(casesv1.EntryKind_ENTRY_KIND_PICKED_UP), d.request, d.caseName, who)
			_, err := other.call(ctx, record, func(ctx context.Context, tg *target, requestID string) (string, error) {
				answer, err := tg.desks.PickUp(d.people.advisor(ctx, d.key, id), &providerv1.PickUpRequest{Name: d.request, RequestId: requestID})
				return answer.GetRevision(), err
			})
			if err == nil && record.Outcome == acknowledged {
				won[i] = id
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return "", err
	}
	if won[0] == "" && won[1] == "" || won[0] != "" && won[1] != "" && !*freshIDs {
		d.history.problem(fmt.Sprintf("%s was picked up by %q, want one of them", d.request, won))
	}
	if won[1] != "" {
		return won[1], nil
	}
	return advisors[0], nil // who did win, or had the complaint above
}

// retryPause is how long a client waits before it asks again.
const retryPause = 3 * time.Millisecond

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
