package journey

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/datafile"
)

func journeys(t *testing.T) *Set {
	t.Helper()
	set, err := Journeys()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestSecret(t *testing.T) {
	set := journeys(t)
	set.Journeys = append(set.Journeys, Journey{ID: "shared", Needs: []string{"layoffs"}})
	for _, c := range []struct {
		journey string
		needs   []string
		want    bool
	}{
		{"hard-times", nil, true},
		{"change-of-ownership", []string{"hire"}, true},
		{"", []string{"hire", "crisis"}, true},
		{"", []string{"buy-or-sell-business"}, true},
		{"", []string{"layoffs"}, false}, // a journey that is no secret has it too
		{"export", []string{"export"}, false},
		{"", []string{"unheard-of"}, false},
		{"", nil, false},
	} {
		if got := set.Secret(c.journey, c.needs); got != c.want {
			t.Errorf("journey %q with needs %v is secret: %t", c.journey, c.needs, got)
		}
	}
}

func TestJourneys(t *testing.T) {
	set := journeys(t)
	var ids []string
	for i := range set.Journeys {
		j := &set.Journeys[i]
		ids = append(ids, j.ID)
		if hidden := j.ID == "change-of-ownership" || j.ID == "hard-times"; j.Secret != hidden {
			t.Errorf("%s: secret is %t, want %t", j.ID, j.Secret, hidden)
		}
		if anonymous := j.ID == "hard-times"; j.Anonymous != anonymous {
			t.Errorf("%s: anonymous is %t, want %t", j.ID, j.Anonymous, anonymous)
		}
	}
	want := []string{"start-business", "first-employee", "export", "landing", "city-pilot", "change-of-ownership", "hard-times"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("journeys (-want +got):\n%s", diff)
	}
}

// What a title says is seen in lists and over shoulders.
func TestHardTimesIsNotNamedInTheTitle(t *testing.T) {
	j, ok := journeys(t).Journey("hard-times")
	if !ok {
		t.Fatal("hard-times is not there")
	}
	for _, title := range []string{j.ID, j.Names.FI, j.Names.SV, j.Names.EN} {
		for _, word := range []string{"kriisi", "kris", "crisis", "konkurs", "bankrupt", "velka"} {
			if strings.Contains(strings.ToLower(title), word) {
				t.Errorf("%q says %q", title, word)
			}
		}
	}
}

func TestTheStatementIsHandedOverWithConsent(t *testing.T) {
	j, _ := journeys(t).Journey("start-business")
	step, ok := j.Step("startup-grant")
	if !ok || step.Service != "employment/startup-grant" {
		t.Fatalf("step is %+v", step)
	}
	i := slices.IndexFunc(step.HandOffs, func(h HandOff) bool { return h.From == "grant-statement" })
	if i < 0 {
		t.Fatal("the statement is not handed over to the grant application")
	}
	if diff := cmp.Diff(HandOff{From: "grant-statement", Data: []string{"statement"}, Consent: true}, step.HandOffs[i]); diff != "" {
		t.Errorf("hand-off (-want +got):\n%s", diff)
	}
	if len(step.Rules) == 0 || step.Rules[0].Kind != RuleOrder || !step.Rules[0].Mark.Confirmed() {
		t.Errorf("rules are %+v, want the order of application and start, from a source", step.Rules)
	}
}

func TestForNeed(t *testing.T) {
	set := journeys(t)
	for need, want := range map[string][]string{
		"start-business": {"start-business"}, "hire": {"first-employee"}, "export-document": {"export"},
		"invest-in-espoo": {"landing"}, "pilot": {"city-pilot"}, "crisis": {"hard-times"}, "tourism": nil,
	} {
		var got []string
		for _, j := range set.ForNeed(need) {
			got = append(got, j.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("journeys for %s (-want +got):\n%s", need, diff)
		}
	}
}

func TestNext(t *testing.T) {
	set := journeys(t)
	for _, c := range []struct {
		name, journey string
		done          []string
		want          []string
	}{
		{"at the start", "start-business", nil, []string{"start-advice"}},
		{"after the advice", "start-business", []string{"start-advice"}, []string{"residence-permit", "plan-review"}},
		{
			"after the plan", "start-business",
			[]string{"start-advice", "residence-permit", "plan-review"},
			[]string{"permit-advice", "grant-statement", "tax-certificate", "premises"},
		},
		{
			"the grant waits for the statement", "start-business",
			[]string{"start-advice", "residence-permit", "plan-review", "permit-advice", "tax-certificate", "premises"},
			[]string{"grant-statement", "permit-decision"},
		},
		{"one way to find is enough", "first-employee", []string{"route", "contract-advice", "vacancy"}, []string{"pay-subsidy"}},
		{
			"the check waits for both aids", "first-employee",
			[]string{"route", "contract-advice", "vacancy", "pay-subsidy"},
			[]string{"apprenticeship"},
		},
		{
			"and then comes the contract", "first-employee",
			[]string{"route", "contract-advice", "vacancy", "pay-subsidy", "apprenticeship", "instructor-training", "cumulation-check"},
			[]string{"contract"},
		},
		{"what is unknown is ignored", "city-pilot", []string{"dancing"}, []string{"proposal"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, ok := set.Journey(c.journey)
			if !ok {
				t.Fatalf("%s is not there", c.journey)
			}
			if diff := cmp.Diff(c.want, j.Next(c.done)); diff != "" {
				t.Errorf("next steps (-want +got):\n%s", diff)
			}
		})
	}
}

// Whoever takes every step that is offered must come to the end of each journey.
func TestEveryJourneyCanBeFinished(t *testing.T) {
	set := journeys(t)
	for i := range set.Journeys {
		j := &set.Journeys[i]
		var done []string
		for next := j.Next(done); len(next) > 0; next = j.Next(done) {
			done = append(done, next[0])
		}
		for k := range j.Steps {
			step := &j.Steps[k]
			if !slices.Contains(done, step.ID) && !j.chosenElse(step, done) {
				t.Errorf("%s: %s is never reached", j.ID, step.ID)
			}
		}
	}
}

func TestCheckServices(t *testing.T) {
	set := journeys(t)
	missing := set.CheckServices(func(provider, service string) bool { return provider != "omnia" })
	want := []string{"omnia/innoomnia", "omnia/recruit-training", "omnia/apprenticeship", "omnia/instructor-training", "omnia/staff-training"}
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Errorf("missing services (-want +got):\n%s", diff)
	}
}

const small = `external_parties:
  - {id: prh, names: {fi: PRH, sv: PRS, en: PRH}, source: "Made up", mark: O}
data:
  - {id: plan, names: {fi: Suunnitelma, sv: Plan, en: Plan}, class: application}
journeys:
  - id: start
    names: {fi: Alku, sv: Start, en: Start}
    descriptions: {fi: Alku., sv: Start., en: Start.}
    needs: [start-business]
    steps:
      - {id: advice, names: {fi: Neuvo, sv: Råd, en: Advice}, service: yritysespoo/start-advice}
      - id: grant
        names: {fi: Raha, sv: Peng, en: Grant}
        service: employment/startup-grant
        depends_on: [advice]
        hand_offs:
          - {from: advice, data: [plan], consent: true}
        reminders:
          - {names: {fi: Muista, sv: Minns, en: Remember}, before: 1, unit: months, of: {fi: Loppu, sv: Slut, en: End}, source: "Made up", mark: E}
        rules:
          - {kind: order, texts: {fi: Ensin, sv: Först, en: First}, source: "Made up", mark: E}
      - {id: register, names: {fi: Ilmoita, sv: Anmäl, en: Register}, external: prh, depends_on: [grant], one_of: end}
      - {id: stop, names: {fi: Lopeta, sv: Sluta, en: Stop}, company: true, depends_on: [grant], one_of: end}
`

func TestLoadNamesTheMistake(t *testing.T) {
	if _, err := Load("journeys.yaml", []byte(small)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{
			"no name", "{fi: Neuvo, sv: Råd, en: Advice}", "{fi: Neuvo, en: Advice}",
			"journeys.yaml:11: journeys[0] (start).steps[0] (advice).names.sv: is empty; a step needs its name in fi, sv and en",
		},
		{
			"cycle", "service: yritysespoo/start-advice}", "service: yritysespoo/start-advice, depends_on: [grant]}",
			`journeys[0] (start).steps[0] (advice).depends_on[0]: "grant" is not an earlier step`,
		},
		{
			"itself", "depends_on: [advice]", "depends_on: [grant]",
			`journeys[0] (start).steps[1] (grant).depends_on[0]: "grant" is not an earlier step`,
		},
		{
			"step twice", "{id: stop,", "{id: grant,",
			`"grant" is given to another step of this journey too`,
		},
		{
			"nobody does it", "service: yritysespoo/start-advice}", "parallel: true}",
			"journeys.yaml:11: journeys[0] (start).steps[0] (advice): must have exactly one of service, external, hub and company",
		},
		{
			"two do it", "company: true,", "company: true, hub: true,",
			"steps[3] (stop): must have exactly one of service, external, hub and company",
		},
		{
			"not a service", "service: employment/startup-grant", "service: startup-grant",
			`steps[1] (grant).service: "startup-grant" is not a service; write provider/service`,
		},
		{
			"unknown party", "external: prh,", "external: kela,",
			`steps[2] (register).external: "kela" is not one of the external_parties`,
		},
		{
			"unknown data", "data: [plan]", "data: [plans]",
			`steps[1] (grant).hand_offs[0].data[0]: "plans" is not in the data of this file`,
		},
		{
			"data from later", "{from: advice, data", "{from: register, data",
			`steps[1] (grant).hand_offs[0].from: "register" does not come before this step`,
		},
		{
			"no consent", "data: [plan], consent: true", "data: [plan]",
			`journeys.yaml:17: journeys[0] (start).steps[1] (grant).hand_offs[0].data[0]: "plan" is of class application and goes to another provider; that needs consent: true`,
		},
		{
			"choice of one", "company: true, depends_on: [grant], one_of: end", "company: true, depends_on: [grant]",
			`steps[2] (register).one_of: "end" is on this step only`,
		},
		{"unknown need", "needs: [start-business]", "needs: [dancing]", `journeys[0] (start).needs[0]: "dancing" is not a need`},
		{"reminder without time", "before: 1, ", "", "reminders[0]: must have exactly one of before and after"},
		{"unknown rule", "kind: order", "kind: wish", `rules[0].kind: "wish" is not known; it is one of order, cumulation, condition, privacy, duty`},
		{
			"rule without source", `{fi: Ensin, sv: Först, en: First}, source: "Made up"`, `{fi: Ensin, sv: Först, en: First}`,
			"rules[0].source: is empty",
		},
		{"field nobody knows", "one_of: end}\n", "one_off: end}\n", `journeys[0].steps[2].one_off: unknown field "one_off"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(small, c.old) {
				t.Fatalf("%q is not there", c.old)
			}
			_, err := Load("journeys.yaml", []byte(strings.Replace(small, c.old, c.new, 1)))
			var mistake *datafile.Error
			if !errors.As(err, &mistake) {
				t.Fatalf("error is %v, want a datafile.Error", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is\n  %v\nwant\n  %s", err, c.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("journeys: [{steps: [{depends_on: [a]}]}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := Load("journeys.yaml", data)
		if (set == nil) == (err == nil) {
			t.Errorf("set %v with error %v", set, err)
		}
	})
}
