package casework

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

var testLimits = Limits{DeMinimisCents: 30_000_000, DeMinimisYears: 3}

// asked is a request in progress since 1 March 2026, due on the 20th, with answers
// given as id and value in turn.
func asked(t *testing.T, service, name string, answers ...string) *casesv1.Request {
	t.Helper()
	r := &casesv1.Request{
		Name: name, Service: service, Status: inProgress, DueDate: "2026-03-20", RequestedAt: timestamppb.New(at(t, "2026-03-01")),
	}
	for i := 0; i < len(answers); i += 2 {
		r.Inputs = append(r.Inputs, &casesv1.Input{Id: answers[i], Value: answers[i+1]})
	}
	return r
}

func grantedOn(r *casesv1.Request, date, until string, cents int64) *casesv1.Request {
	r.Status = decided
	r.Decision = &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, DecidedOn: date, ValidTo: until, AmountCents: cents}
	return r
}

func ended(r *casesv1.Request, status casesv1.RequestStatus) *casesv1.Request {
	r.Status = status
	return r
}

func TestNotices(t *testing.T) {
	rejected := func(r *casesv1.Request) *casesv1.Request {
		grantedOn(r, "2026-03-09", "", 0).Decision.Result = casesv1.DecisionResult_DECISION_RESULT_REJECTED
		return r
	}
	pay := func(answers ...string) *casesv1.Request { return asked(t, paySubsidy, "pay", answers...) }
	training := func(answers ...string) *casesv1.Request { return asked(t, apprenticeship, "training", answers...) }
	grant := func(answers ...string) *casesv1.Request { return asked(t, startupGrant, "grant", answers...) }
	for _, c := range []struct {
		name     string
		company  bool
		requests []*casesv1.Request
		want     []string
	}{
		{name: "nothing asked"},
		{name: "a start after the decision is expected", requests: []*casesv1.Request{pay("planned_start", "2026-03-20")}},
		{name: "no start known", requests: []*casesv1.Request{pay()}},
		{name: "a start that is no date", requests: []*casesv1.Request{pay("planned_start", "soon")}},
		{
			name: "a start before the decision is expected", requests: []*casesv1.Request{pay("planned_start", "2026-03-19")},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK advises pay"},
		},
		{
			name: "a start that has come", requests: []*casesv1.Request{pay("planned_start", "2026-03-10")},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK blocks pay"},
		},
		{
			name: "the same for people aged 55", requests: []*casesv1.Request{asked(t, employment55, "55", "planned_start", "2026-03-10")},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK blocks 55"},
		},
		{name: "withdrawn", requests: []*casesv1.Request{ended(pay("planned_start", "2026-03-10"), withdrawn)}},
		{name: "declined", requests: []*casesv1.Request{ended(pay("planned_start", "2026-03-10"), declined)}},
		{name: "rejected", requests: []*casesv1.Request{rejected(pay("planned_start", "2026-03-01"))}},
		{name: "decided on the first day", requests: []*casesv1.Request{grantedOn(pay("planned_start", "2026-03-05"), "2026-03-05", "", 0)}},
		{
			name: "decided a day late", requests: []*casesv1.Request{grantedOn(pay("planned_start", "2026-03-05"), "2026-03-06", "", 0)},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK blocks pay"},
		},
		{
			name: "decided a day late, and completed", requests: []*casesv1.Request{ended(grantedOn(pay("planned_start", "2026-03-05"), "2026-03-06", "", 0), completed)},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK blocks pay"},
		},
		{
			name: "an apprenticeship for the same work starts first", requests: []*casesv1.Request{pay("planned_start", "2026-04-01"), training("pay_subsidy", "yes", "start_date", "2026-03-09")},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK blocks pay training", "CUMULATION_SUBSIDY_TRAINING advises pay training"},
		},
		{
			name: "an apprenticeship for other work starts first", requests: []*casesv1.Request{pay("planned_start", "2026-04-01"), training("pay_subsidy", "no", "start_date", "2026-03-09")},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK advises pay training", "CUMULATION_SUBSIDY_TRAINING advises pay training"},
		},
		{
			name: "other work does not hide a start that has come", requests: []*casesv1.Request{pay("planned_start", "2026-03-10"), training("start_date", "2026-03-05")},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK blocks pay", "CUMULATION_SUBSIDY_TRAINING advises pay training"},
		},
		{
			name: "an apprenticeship without a day", requests: []*casesv1.Request{pay("planned_start", "2026-04-01"), training()},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK advises pay training", "CUMULATION_SUBSIDY_TRAINING advises pay training"},
		},
		{
			name: "a joint training", requests: []*casesv1.Request{pay(), asked(t, recruitment, "joint", "start_date", "2026-03-15")},
			want: []string{"ORDER_SUBSIDY_BEFORE_WORK advises pay joint"},
		},

		{name: "a grant before the start", requests: []*casesv1.Request{grant("planned_start", "2026-04-01")}},
		{
			name: "business began before the grant was asked for", requests: []*casesv1.Request{grant("planned_start", "2026-02-28")},
			want: []string{"ORDER_GRANT_BEFORE_START blocks grant"},
		},
		{
			name: "begun on the day of asking, undecided", requests: []*casesv1.Request{grant("planned_start", "2026-03-01")},
			want: []string{"ORDER_GRANT_BEFORE_START advises grant"},
		},
		{
			name: "the statement tells of an earlier start", requests: []*casesv1.Request{grant("planned_start", "2026-04-01"), asked(t, grantStatement, "statement", "planned_start", "2026-02-01")},
			want: []string{"ORDER_GRANT_BEFORE_START blocks grant statement"},
		},
		{
			name: "a company is linked", company: true, requests: []*casesv1.Request{grant("planned_start", "2026-04-01", "situation", "employee")},
			want: []string{"ORDER_GRANT_BEFORE_START advises grant"},
		},
		{name: "a part-time entrepreneur has a company", company: true, requests: []*casesv1.Request{grant("planned_start", "2026-04-01", "situation", "part_time_entrepreneur")}},
		{name: "linked after the grant", company: true, requests: []*casesv1.Request{grantedOn(grant("planned_start", "2026-03-09"), "2026-03-05", "", 0)}},

		{name: "together within the pay", requests: []*casesv1.Request{
			grantedOn(pay("monthly_pay", "2500"), "2026-03-01", "", 125_000), grantedOn(training("pay_subsidy", "yes"), "2026-03-01", "", 125_000),
		}},
		{
			name: "together above the pay", requests: []*casesv1.Request{
				grantedOn(pay("monthly_pay", "2500.00"), "2026-03-01", "", 125_000), grantedOn(training("pay_subsidy", "yes"), "2026-03-01", "", 125_001),
			},
			want: []string{"CUMULATION_SUBSIDY_TRAINING blocks pay training"},
		},
		{name: "amounts for a time are spread over it", requests: []*casesv1.Request{
			grantedOn(pay("monthly_pay", "2500", "planned_start", "2026-03-01"), "2026-03-01", "2026-12-31", 1_250_000),
			grantedOn(training("pay_subsidy", "yes", "start_date", "2026-03-01"), "2026-03-01", "2026-12-31", 120_000),
		}},
		{
			name: "amounts for a time above the pay", requests: []*casesv1.Request{
				grantedOn(pay("monthly_pay", "1300", "planned_start", "2026-03-01"), "2026-03-01", "2026-12-31", 1_250_000),
				grantedOn(training("pay_subsidy", "yes", "start_date", "2026-03-01"), "2026-03-01", "2026-12-31", 120_000),
			},
			want: []string{"CUMULATION_SUBSIDY_TRAINING blocks pay training"},
		},
		{
			name: "the pay is not known", requests: []*casesv1.Request{
				grantedOn(pay("monthly_pay", "much"), "2026-03-01", "", 125_000), grantedOn(training("pay_subsidy", "yes"), "2026-03-01", "", 125_000),
			},
			want: []string{"CUMULATION_SUBSIDY_TRAINING advises pay training"},
		},

		{name: "aid at the limit", requests: []*casesv1.Request{grantedOn(asked(t, "providers/espoo-city/services/pilot", "aid"), "2026-03-01", "", 30_000_000)}},
		{
			name: "aid above the limit", requests: []*casesv1.Request{
				grantedOn(asked(t, "providers/espoo-city/services/pilot", "aid"), "2026-03-01", "", 30_000_000),
				grantedOn(asked(t, "providers/espoo-city/services/pilot", "more"), "2023-03-11", "", 1),
			},
			want: []string{"DE_MINIMIS advises aid more"},
		},
		{name: "aid of more than three years ago", requests: []*casesv1.Request{
			grantedOn(asked(t, "providers/espoo-city/services/pilot", "aid"), "2026-03-01", "", 30_000_000),
			grantedOn(asked(t, "providers/espoo-city/services/pilot", "old"), "2023-03-10", "", 1),
		}},
		{name: "a start-up grant is no aid to a company", requests: []*casesv1.Request{grantedOn(grant(), "2026-03-01", "", 40_000_000)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			one := &casesv1.Case{Language: "en"}
			if c.company {
				one.Company = aCompany
			}
			var got []string
			for _, n := range Notices(one, c.requests, at(t, "2026-03-10"), testLimits) {
				verb := " advises "
				if n.Blocking {
					verb = " blocks "
				}
				got = append(got, n.Code+verb+strings.Join(n.Requests, " "))
				if n.Source == "" || n.Text == "" || strings.ContainsAny(n.Text, "{}") {
					t.Errorf("%s says %q, source %q", n.Code, n.Text, n.Source)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("says %q, want %q", got, c.want)
			}
		})
	}
}

// A date that was corrected in a supplement is the one that counts.
func TestNoticesReadTheNewestAnswer(t *testing.T) {
	r := asked(t, paySubsidy, "pay", "planned_start", "2026-03-05")
	r.Supplements = []*casesv1.Supplement{{Inputs: []*casesv1.Input{{Id: "planned_start", Value: "2026-04-05"}}}}
	if got := Notices(&casesv1.Case{}, []*casesv1.Request{r}, at(t, "2026-03-10"), testLimits); len(got) > 0 {
		t.Errorf("the corrected date is not read: %v", got)
	}
}

func TestNoticesInThreeLanguages(t *testing.T) {
	requests := []*casesv1.Request{
		grantedOn(asked(t, paySubsidy, "pay", "monthly_pay", "1234.50"), "2026-03-02", "", 126_000),
		grantedOn(asked(t, apprenticeship, "training", "pay_subsidy", "yes", "start_date", "2026-03-01"), "2026-03-02", "", 12_000),
	}
	for language, want := range map[string]string{
		"fi": "Palkan tuki 1 260 € ja koulutuskorvaus 120 € kuukaudessa ylittävät yhdessä palkan, joka on 1 234,50 € kuukaudessa. Ne eivät saa yhdessä ylittää palkkakustannuksia.",
		"sv": "Stödet för lönen, 1 260 €, och utbildningsersättningen, 120 € i månaden, överstiger tillsammans lönen, som är 1 234,50 € i månaden. De får inte tillsammans överstiga lönekostnaderna.",
		"en": "The subsidy of EUR 1,260 and the training compensation of EUR 120 a month together exceed the pay of EUR 1,234.50 a month. Together they may not exceed the payroll costs.",
	} {
		got := Notices(&casesv1.Case{Language: language}, requests, at(t, "2026-03-10"), testLimits)
		if len(got) != 2 || strings.ReplaceAll(got[1].Text, "\u00a0", " ") != want {
			t.Errorf("%s: %v", language, got)
		}
	}
	if got := Notices(&casesv1.Case{Language: "en"}, requests, at(t, "2026-03-10"), testLimits); !strings.Contains(got[0].Text, "1 March 2026") {
		t.Errorf("the date is not written in English: %s", got[0].Text)
	}
	if got := Notices(&casesv1.Case{}, requests, at(t, "2026-03-10"), testLimits); !strings.Contains(got[0].Text, "1.3.2026") {
		t.Errorf("no language is not Finnish: %s", got[0].Text)
	}
}

// The rules read questions of the catalogues: a question that is renamed there
// would silence a rule here.
func TestNoticesKnowTheCatalogues(t *testing.T) {
	ask := map[string][]string{paySubsidy: {payInput}, employment55: {payInput}, apprenticeship: {subsidyInput}, startupGrant: {situationInput}}
	for service, start := range startInputs {
		ask[service] = append(ask[service], start)
	}
	for service, questions := range ask {
		part := strings.Split(service, "/")
		data, err := os.ReadFile("../" + part[1] + "/catalogue.yaml")
		if err != nil {
			t.Fatal(err)
		}
		var catalogue struct {
			Services []struct {
				ID     string
				Inputs []struct {
					ID      string
					Choices []struct{ ID string }
				}
			}
		}
		if err := yaml.Unmarshal(data, &catalogue); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, s := range catalogue.Services {
			for _, in := range s.Inputs {
				if s.ID != part[3] {
					continue
				}
				found[in.ID] = true
				for _, choice := range in.Choices {
					found[choice.ID] = true
				}
			}
		}
		for _, q := range questions {
			if !found[q] {
				t.Errorf("%s has no question %q", service, q)
			}
		}
		if service == startupGrant && !found[partTime] {
			t.Errorf("%s has no choice %q", service, partTime)
		}
	}
}
