package journey

import (
	"regexp"
	"slices"
	"strings"

	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/datafile"
)

var servicePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$`)

// checker checks one file of journeys.
type checker struct {
	*datafile.File
	needs   []string
	parties map[string]bool
	data    map[string]catalogue.DataClass
}

func (c *checker) set(s *Set) {
	for i := range s.ExternalParties {
		p := &s.ExternalParties[i]
		at := datafile.Field("external_parties").Item(i, p.ID)
		c.Key(at.Field("id"), p.ID, "tax-administration")
		c.Unique(at.Field("id"), c.parties, p.ID, "external party")
		p.Names.Check(c.File, at.Field("names"), catalogue.MaxName, "a party needs its name in fi, sv and en")
		if p.Web != "" {
			c.Address(at.Field("web"), p.Web)
		}
		p.Check(c.File, at)
	}
	for i := range s.Data {
		d := &s.Data[i]
		at := datafile.Field("data").Item(i, d.ID)
		c.Key(at.Field("id"), d.ID, "business-plan")
		if _, ok := c.data[d.ID]; ok {
			c.Fail(at.Field("id"), "%q is given to another kind of data too; each needs its own id", d.ID)
		}
		c.data[d.ID] = d.Class
		d.Names.Check(c.File, at.Field("names"), catalogue.MaxName, "data needs its name in fi, sv and en")
		datafile.OneOf(c.File, at.Field("class"), d.Class, []catalogue.DataClass{
			catalogue.ClassPublic,
			catalogue.ClassCase, catalogue.ClassApplication, catalogue.ClassSecret,
		})
	}
	if len(s.Journeys) == 0 {
		c.Fail(datafile.Field("journeys"), "is empty; write at least one journey")
	}
	seen := map[string]bool{}
	for i := range s.Journeys {
		j := &s.Journeys[i]
		at := datafile.Field("journeys").Item(i, j.ID)
		c.Key(at.Field("id"), j.ID, "first-employee")
		c.Unique(at.Field("id"), seen, j.ID, "journey")
		c.journey(at, j)
	}
}

func (c *checker) journey(at datafile.Place, j *Journey) {
	j.Names.Check(c.File, at.Field("names"), catalogue.MaxName, "a journey needs its name in fi, sv and en")
	j.Descriptions.Check(c.File, at.Field("descriptions"), catalogue.MaxDescription, "a journey needs its description in fi, sv and en")
	if len(j.Needs) == 0 {
		c.Fail(at.Field("needs"), "is empty; name at least one need that leads to the journey")
	}
	for i, need := range j.Needs {
		if !slices.Contains(c.needs, need) {
			c.Fail(at.Field("needs").Item(i, ""), "%q is not a need; it is one of %s", need, strings.Join(c.needs, ", "))
		}
	}
	if len(j.Steps) == 0 {
		c.Fail(at.Field("steps"), "is empty; a journey has at least one step")
	}
	seen := map[string]bool{}
	choices := map[string]int{}
	// before holds, for each step so far, all steps that are finished when it
	// begins. A step may depend on earlier ones only, so there can be no cycle.
	before := map[string]map[string]bool{}
	for i := range j.Steps {
		step := &j.Steps[i]
		here := at.Field("steps").Item(i, step.ID)
		c.Key(here.Field("id"), step.ID, "plan-review")
		c.Unique(here.Field("id"), seen, step.ID, "step of this journey")
		c.dependencies(here, step, before)
		c.step(here, step)
		for k, h := range step.HandOffs {
			c.handOff(here.Field("hand_offs").Item(k, ""), j, step, h, before[step.ID])
		}
		if step.OneOf != "" {
			choices[step.OneOf]++
		}
	}
	for i := range j.Steps {
		if name := j.Steps[i].OneOf; name != "" && choices[name] == 1 {
			c.Fail(at.Field("steps").Item(i, j.Steps[i].ID).Field("one_of"), "%q is on this step only; a choice needs at least two", name)
		}
	}
}

// dependencies checks what a step depends on and notes all that comes before it.
func (c *checker) dependencies(at datafile.Place, step *Step, before map[string]map[string]bool) {
	all := map[string]bool{}
	for i, id := range step.DependsOn {
		earlier, ok := before[id]
		if !ok {
			c.Fail(at.Field("depends_on").Item(i, ""), "%q is not an earlier step; write a step after all those it depends on", id)
			continue
		}
		if slices.Contains(step.DependsOn[:i], id) {
			c.Fail(at.Field("depends_on").Item(i, ""), "%q is there twice", id)
		}
		all[id] = true
		for other := range earlier {
			all[other] = true
		}
	}
	before[step.ID] = all
}

func (c *checker) step(at datafile.Place, s *Step) {
	s.Names.Check(c.File, at.Field("names"), catalogue.MaxName, "a step needs its name in fi, sv and en")
	doers := 0
	for _, is := range []bool{s.Service != "", s.External != "", s.Hub, s.Company} {
		if is {
			doers++
		}
	}
	if doers != 1 {
		c.Fail(at, "must have exactly one of service, external, hub and company")
	}
	for _, name := range s.Services() {
		if !servicePattern.MatchString(name) {
			c.Fail(at.Field("service"), "%q is not a service; write provider/service, such as omnia/apprenticeship", name)
		}
	}
	if s.Service == "" && len(s.Alternatives) > 0 {
		c.Fail(at.Field("alternatives"), "are for a step with a service")
	}
	if s.External != "" && !c.parties[s.External] {
		c.Fail(at.Field("external"), "%q is not one of the external_parties of this file", s.External)
	}
	if s.Duration != nil {
		s.Duration.Check(c.File, at.Field("duration"))
	}
	for i, r := range s.Reminders {
		c.reminder(at.Field("reminders").Item(i, ""), r)
	}
	for i, r := range s.Rules {
		here := at.Field("rules").Item(i, "")
		datafile.OneOf(c.File, here.Field("kind"), r.Kind, ruleKinds())
		r.Texts.Check(c.File, here.Field("texts"), catalogue.MaxDescription, "a rule needs its text in fi, sv and en")
		r.Check(c.File, here)
	}
}

// handOff checks that what is handed over comes from an earlier step, and that the
// company is asked before a provider passes on what belongs to an application. A
// step with alternatives counts as other providers' too.
func (c *checker) handOff(at datafile.Place, j *Journey, to *Step, h HandOff, before map[string]bool) {
	from, ok := j.Step(h.From)
	if !ok || !before[h.From] {
		c.Fail(at.Field("from"), "%q does not come before this step; depend on it, or on a step after it", h.From)
		return
	}
	if len(h.Data) == 0 {
		c.Fail(at.Field("data"), "is empty; name what is handed over")
	}
	for i, id := range h.Data {
		class, ok := c.data[id]
		here := at.Field("data").Item(i, "")
		switch {
		case !ok:
			c.Fail(here, "%q is not in the data of this file", id)
		case h.Consent || class == catalogue.ClassPublic || class == catalogue.ClassCase:
		case leavesProvider(from, to):
			c.Fail(here, "%q is of class %s and goes to another provider; that needs consent: true", id, class)
		}
	}
}

// leavesProvider reports whether one provider's step may be followed by another
// provider's. What an external party or the company itself gives is the
// company's own doing, and the hub is no receiver of its own.
func leavesProvider(from, to *Step) bool {
	for _, giver := range from.Services() {
		for _, taker := range to.Services() {
			a, _, _ := strings.Cut(giver, "/")
			b, _, _ := strings.Cut(taker, "/")
			if a != b {
				return true
			}
		}
	}
	return false
}

func (c *checker) reminder(at datafile.Place, r Reminder) {
	r.Names.Check(c.File, at.Field("names"), catalogue.MaxName, "a reminder needs its name in fi, sv and en")
	r.Of.Check(c.File, at.Field("of"), catalogue.MaxName, "say in fi, sv and en which date the reminder counts from")
	if (r.Before > 0) == (r.After > 0) || r.Before < 0 || r.After < 0 {
		c.Fail(at, "must have exactly one of before and after, a positive number")
	}
	datafile.OneOf(c.File, at.Field("unit"), r.Unit, []catalogue.Unit{
		catalogue.UnitWorkingDays,
		catalogue.UnitDays, catalogue.UnitWeeks, catalogue.UnitMonths,
	})
	r.Check(c.File, at)
}
