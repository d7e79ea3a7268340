package casework

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// The services that the rules over the whole case are about. The rules live here
// because no provider knows of another's requests.
const (
	paySubsidy     = "providers/employment/services/pay-subsidy"
	employment55   = "providers/employment/services/employment-55"
	startupGrant   = "providers/employment/services/startup-grant"
	apprenticeship = "providers/omnia/services/apprenticeship"
	recruitment    = "providers/omnia/services/recruit-training"
	grantStatement = "providers/yritysespoo/services/grant-statement"
)

// startInputs names the question that asks for the first day, of the work or of
// the business, for each service that has one. A test reads them in the catalogues.
var startInputs = map[string]string{
	paySubsidy: "planned_start", employment55: "planned_start", startupGrant: "planned_start", grantStatement: "planned_start",
	apprenticeship: "start_date", recruitment: "start_date",
}

// Further questions whose answers the rules read.
const (
	payInput       = "monthly_pay" // of the subsidies, in euros
	subsidyInput   = "pay_subsidy" // of an apprenticeship: whether pay subsidy is applied for too
	situationInput = "situation"   // of the start-up grant
	partTime       = "part_time_entrepreneur"
)

// Limits are the figures of law that the rules count with. They are reference
// data with a validity, so whoever calls takes those of the day.
type Limits struct {
	// DeMinimisCents is how much de minimis aid one undertaking may be granted
	// within DeMinimisYears, in euro cents. With 0 the rule says nothing.
	DeMinimisCents int64
	// DeMinimisYears is the period, counted back from today.
	DeMinimisYears int
}

// Notices answers what the rules over the whole case say: the order of steps, and
// how much support may come together. requests are the case's, as they are shown;
// the texts are in the case's language. A notice that blocks says that the step
// costs the support; the others say what to mind.
//
// Order: Act on the Organisation of Employment Services 380/2023. Cumulation: the
// same, as the authority explains it. De minimis: Regulation (EU) 2023/2831.
func Notices(c *casesv1.Case, requests []*casesv1.Request, now time.Time, limits Limits) []*casesv1.Notice {
	v := &wholeCase{c: c, today: Today(now)}
	for _, r := range requests {
		if alive(r) {
			v.requests = append(v.requests, r)
		}
	}
	for _, subsidy := range v.of(paySubsidy, employment55) {
		v.subsidyBeforeWork(subsidy)
	}
	for _, grant := range v.of(startupGrant) {
		v.grantBeforeStart(grant)
	}
	for _, subsidy := range v.of(paySubsidy, employment55) {
		for _, training := range v.of(apprenticeship) {
			v.cumulation(subsidy, training)
		}
	}
	v.deMinimis(limits)
	return v.notices
}

// wholeCase is a case under the rules.
type wholeCase struct {
	c        *casesv1.Case
	requests []*casesv1.Request
	today    string
	notices  []*casesv1.Notice
}

// alive tells whether support may still come of a request, or has.
func alive(r *casesv1.Request) bool {
	return r.Status != declined && r.Status != withdrawn && (r.Decision == nil || granted(r))
}

func granted(r *casesv1.Request) bool {
	switch r.GetDecision().GetResult() {
	case casesv1.DecisionResult_DECISION_RESULT_GRANTED, casesv1.DecisionResult_DECISION_RESULT_GRANTED_IN_PART:
		return true
	}
	return false
}

func (v *wholeCase) of(services ...string) []*casesv1.Request {
	var found []*casesv1.Request
	for _, r := range v.requests {
		if slices.Contains(services, r.Service) {
			found = append(found, r)
		}
	}
	return found
}

func (v *wholeCase) say(rule noticeRule, blocking bool, texts noticeTexts, values map[string]amount, about ...*casesv1.Request) {
	n := &casesv1.Notice{Code: rule.code, Source: rule.source, Blocking: blocking, Text: texts.in(v.c.GetLanguage(), values)}
	for _, r := range about {
		n.Requests = append(n.Requests, r.Name)
	}
	v.notices = append(v.notices, n)
}

// subsidyBeforeWork: work may begin on the day of the decision at the earliest.
func (v *wholeCase) subsidyBeforeWork(subsidy *casesv1.Request) {
	// The subsidy and an apprenticeship that names it are about one employment.
	// Another hiring step may be about another: it is only pointed at.
	same, hirings := []*casesv1.Request{subsidy}, v.of(apprenticeship, recruitment)
	var others []*casesv1.Request
	for _, h := range hirings {
		if input(h, subsidyInput) == "yes" {
			same = append(same, h)
		} else {
			others = append(others, h)
		}
	}
	switch {
	case v.workTooEarly(subsidy, same, true), v.workTooEarly(subsidy, others, false):
	case subsidy.Decision == nil && len(hirings) > 0:
		v.say(orderSubsidy, false, workAfterDecision, nil, append([]*casesv1.Request{subsidy}, hirings...)...)
	}
}

// workTooEarly compares the earliest first day that steps tell of with the
// decision; it tells whether it found one that is too early.
func (v *wholeCase) workTooEarly(subsidy *casesv1.Request, steps []*casesv1.Request, sure bool) bool {
	step, start := earliest(steps)
	if start == "" {
		return false
	}
	about := []*casesv1.Request{subsidy}
	if step != subsidy {
		about = append(about, step)
	}
	values := map[string]amount{"start": dateAmount(start), "due": dateAmount(subsidy.DueDate)}
	switch {
	case subsidy.Decision != nil && subsidy.Decision.DecidedOn > start:
		values["decided"] = dateAmount(subsidy.Decision.DecidedOn)
		v.say(orderSubsidy, sure, workBeforeDecision, values, about...)
	case subsidy.Decision != nil:
		return false
	case start <= v.today:
		v.say(orderSubsidy, sure, workBegun, values, about...)
	case start < subsidy.DueDate:
		v.say(orderSubsidy, false, workBeforeExpected, values, about...)
	default:
		return false
	}
	return true
}

// earliest finds the step with the earliest first day, and that day.
func earliest(steps []*casesv1.Request) (step *casesv1.Request, start string) {
	for _, s := range steps {
		if date := startOf(s); date != "" && (start == "" || date < start) {
			step, start = s, date
		}
	}
	return step, start
}

// grantBeforeStart: the application comes before full-time business, and before
// the Business ID of a new business. What the hub knows of the application is the
// day on which it was asked for here.
func (v *wholeCase) grantBeforeStart(grant *casesv1.Request) {
	if grant.Decision != nil {
		return
	}
	about := []*casesv1.Request{grant}
	step, start := earliest(append([]*casesv1.Request{grant}, v.of(grantStatement)...))
	if start != "" && step != grant {
		about = append(about, step)
	}
	asked := v.today
	if grant.RequestedAt != nil {
		asked = Today(grant.RequestedAt.AsTime())
	}
	values := map[string]amount{"start": dateAmount(start), "asked": dateAmount(asked)}
	switch {
	case start != "" && start < asked:
		v.say(orderGrant, true, startBeforeApplication, values, about...)
	case start != "" && start <= v.today:
		v.say(orderGrant, false, startBeforeGrant, values, about...)
	}
	if v.c.GetCompany() != nil && input(grant, situationInput) != partTime {
		v.say(orderGrantID, false, registeredBeforeGrant, nil, grant)
	}
}

// cumulation: subsidy and training compensation together stay within the payroll
// costs. The pay stands for them: it is what the company told.
func (v *wholeCase) cumulation(subsidy, training *casesv1.Request) {
	about := []*casesv1.Request{subsidy, training}
	pay, known := euros(input(subsidy, payInput))
	first, second := perMonth(subsidy), perMonth(training)
	switch {
	case !known || first == 0 || second == 0:
		v.say(cumulationRule, false, cumulationAhead, nil, about...)
	case first+second > pay:
		v.say(cumulationRule, true, cumulationExceeded,
			map[string]amount{"subsidy": centsAmount(first), "training": centsAmount(second), "pay": centsAmount(pay)}, about...)
	}
}

// deMinimis: what was granted in the case alone stays within the limit. The
// start-up grant is the entrepreneur's own income, and no aid to an undertaking. It
// does not block: aid may also be granted on another basis than de minimis.
func (v *wholeCase) deMinimis(limits Limits) {
	if limits.DeMinimisCents <= 0 {
		return
	}
	today, _ := time.Parse(time.DateOnly, v.today)
	since := today.AddDate(-limits.DeMinimisYears, 0, 0).Format(time.DateOnly)
	var sum int64
	var about []*casesv1.Request
	for _, r := range v.requests {
		cents := r.GetDecision().GetAmountCents()
		if r.Service == startupGrant || cents <= 0 || r.Decision.DecidedOn <= since {
			continue
		}
		about = append(about, r)
		if sum += cents; sum < cents {
			sum = math.MaxInt64
		}
	}
	if sum > limits.DeMinimisCents {
		v.say(deMinimisRule, false, deMinimisExceeded, map[string]amount{
			"sum": centsAmount(sum), "limit": centsAmount(limits.DeMinimisCents), "years": plainAmount(limits.DeMinimisYears),
		}, about...)
	}
}

// input is the newest answer to a question: a supplement may have answered it anew.
func input(r *casesv1.Request, id string) string {
	value := ""
	for _, in := range r.Inputs {
		if in.Id == id {
			value = in.Value
		}
	}
	for _, s := range r.Supplements {
		for _, in := range s.Inputs {
			if in.Id == id {
				value = in.Value
			}
		}
	}
	return value
}

// startOf is the first day that a request tells of; empty when it tells none.
func startOf(r *casesv1.Request) string {
	if date := input(r, startInputs[r.Service]); isDate(date) {
		return date
	}
	return ""
}

// perMonth is what a decision grants in a month, in cents: an amount for a time
// that ends is spread over its months, one without an end is read as monthly.
func perMonth(r *casesv1.Request) int64 {
	d := r.GetDecision()
	from, errFrom := time.Parse(time.DateOnly, cmp.Or(startOf(r), d.GetDecidedOn()))
	to, errTo := time.Parse(time.DateOnly, d.GetValidTo())
	if errFrom != nil || errTo != nil || to.Before(from) {
		return d.GetAmountCents()
	}
	const daysInMonth = 365.25 / 12
	months := max(1, math.Round((to.Sub(from).Hours()/24+1)/daysInMonth))
	return int64(math.Round(float64(d.GetAmountCents()) / months))
}

// euros reads an amount of money as catalogues write it, such as 2500 or 2500.50, in cents.
func euros(value string) (cents int64, ok bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(f > 0 && f < 1e12) {
		return 0, false
	}
	return int64(math.Round(f * 100)), true
}
