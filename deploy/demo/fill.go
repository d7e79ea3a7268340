// Package demo fills an empty hub with people, companies and cases that do not
// exist, through the public API alone: what it can do, any integrator can.
package demo

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	// Days is how many days the demo's story takes. The clock of the hub must
	// begin that long ago, so that it ends today.
	Days = 70
	// atOnce is how many calls are under way at a time.
	atOnce = 16
)

// Options say what to fill.
type Options struct {
	// Gateway is host:port of the gateway's gRPC.
	Gateway string
	// Sign makes a token for a caller that is valid for ttl.
	Sign func(p token.Principal, ttl time.Duration) (string, error)
	// Began is the hub's time at which the fill began for the first time.
	Began time.Time
	// Day is the first day, 0 to Days, that is not filled yet: that of an
	// interrupted fill.
	Day int
	// Reached is called when a day is filled, with the next one.
	Reached func(day int) error
	// Out receives the progress.
	Out io.Writer
}

// Samples are names to try things on, for demo.json.
type Samples struct {
	// Case is a case with a request to each of the seven, and Requests are these
	// requests by provider.
	Case     string            `json:"case"`
	Requests map[string]string `json:"requests"`
	// Company is the company of that case.
	Company Company `json:"company"`
	// Anonymous is a case without a name, with what opens it.
	Anonymous struct {
		Case   string `json:"case"`
		Code   string `json:"code"`
		Secret string `json:"secret"`
	} `json:"anonymous"`
}

// fill is one filling under way.
type fill struct {
	Options
	cases     casesv1.CaseServiceClient
	desk      providerv1.ProviderServiceClient
	admin     adminv1.AdminServiceClient
	services  map[string]*cataloguev1.Service
	consent   string
	callers   *callers
	namespace uuid.UUID
}

// Fill makes the staff and plays the cases. Every call has a request_id made from
// its place in the story, so that a fill that was interrupted goes on where it
// was, and nothing is done twice.
func Fill(ctx context.Context, o Options) (Samples, error) {
	connection, err := grpc.NewClient(o.Gateway, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return Samples{}, fmt.Errorf("demo: connect to %s: %w", o.Gateway, err)
	}
	defer func() { _ = connection.Close() }()
	f := &fill{
		Options: o, cases: casesv1.NewCaseServiceClient(connection), desk: providerv1.NewProviderServiceClient(connection),
		admin: adminv1.NewAdminServiceClient(connection), callers: newCallers(o.Sign),
		namespace: uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:businessespoo:demo:1")),
	}
	if err := f.learn(ctx, cataloguev1.NewCatalogueServiceClient(connection)); err != nil {
		return Samples{}, err
	}
	if o.Day == 0 {
		if err := f.addStaff(ctx); err != nil {
			return Samples{}, err
		}
	}
	plays := f.plays()
	for day := 0; day <= Days; day++ {
		if err := f.fillDay(ctx, day, plays); err != nil {
			return Samples{}, fmt.Errorf("demo: day %d: %w", day, err)
		}
	}
	_, _ = fmt.Fprintf(o.Out, "\rdemo data: %d cases, %d advisors, %d companies      \n", len(plays), len(Staff()), len(Companies()))
	return f.samples(plays)
}

// fillDay plays a day. Of a day that was filled before an interruption it only
// opens the cases again, which answers their names and changes nothing.
func (f *fill) fillDay(ctx context.Context, day int, plays []*play) error {
	done := day < f.Day
	if !done {
		if err := f.advanceTo(ctx, day); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, p := range plays {
		group.Go(func() error { return p.playDay(ctx, day, done) })
	}
	if err := group.Wait(); err != nil || done {
		return err
	}
	_, _ = fmt.Fprintf(f.Out, "\rdemo data: day %d of %d", day, Days)
	return f.Reached(day + 1)
}

// advanceTo moves the hub's clock to a day of the story. The clock may be there
// already, when the fill was interrupted.
func (f *fill) advanceTo(ctx context.Context, day int) error {
	if day == 0 {
		return nil
	}
	answer, err := f.admin.AdvanceClock(f.callers.as(ctx, Operator()), &adminv1.AdvanceClockRequest{RequestId: f.id("clock", day, 0), Seconds: 1})
	if err != nil {
		return fmt.Errorf("move the clock: %w", err)
	}
	ahead := f.Began.AddDate(0, 0, day).Sub(answer.Time.AsTime())
	if ahead < time.Second {
		return nil
	}
	_, err = f.admin.AdvanceClock(f.callers.as(ctx, Operator()), &adminv1.AdvanceClockRequest{RequestId: f.id("clock", day, 1), Seconds: int64(ahead / time.Second)})
	if err != nil {
		return fmt.Errorf("move the clock: %w", err)
	}
	return nil
}

// learn reads what services there are, what they ask, and which consent text is
// asked for today.
func (f *fill) learn(ctx context.Context, catalogue cataloguev1.CatalogueServiceClient) error {
	f.services = map[string]*cataloguev1.Service{}
	for page := ""; ; {
		answer, err := catalogue.ListServices(ctx, &cataloguev1.ListServicesRequest{PageToken: page})
		if err != nil {
			return fmt.Errorf("demo: read the catalogue: %w", err)
		}
		for _, s := range answer.Services {
			f.services[s.Name] = s
		}
		if page = answer.NextPageToken; page == "" {
			break
		}
	}
	answer, err := f.cases.SuggestServices(ctx, &casesv1.SuggestServicesRequest{Text: "kahvila"})
	if err != nil {
		return fmt.Errorf("demo: read the consent text: %w", err)
	}
	f.consent = answer.ConsentTextVersion
	return nil
}

func (f *fill) addStaff(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for n, a := range Staff() {
		group.Go(func() error {
			_, err := f.admin.AddStaff(f.callers.as(ctx, Operator()), &adminv1.AddStaffRequest{
				RequestId: f.id("staff", n, 0), Parent: name.Provider(a.Provider), AdvisorId: a.ID, DisplayName: a.Name,
				Role: a.Principal().Role, Languages: a.Languages, Competences: a.Competences,
			})
			if err != nil {
				return fmt.Errorf("demo: add %s: %w", a.Name, err)
			}
			return nil
		})
	}
	group.Go(func() error {
		_, err := f.admin.AddStaff(f.callers.as(ctx, Operator()), &adminv1.AddStaffRequest{
			RequestId: f.id("operator", 0, 0), AdvisorId: "demo", DisplayName: "Operator Demo-1", Role: policyv1.Role_ROLE_OPERATOR,
		})
		if err != nil {
			return fmt.Errorf("demo: add the operator: %w", err)
		}
		return nil
	})
	return group.Wait()
}

// id is the request_id of a call: the same at every fill.
func (f *fill) id(what string, numbers ...int) string {
	return uuid.NewSHA1(f.namespace, []byte(fmt.Sprint(what, numbers))).String()
}
