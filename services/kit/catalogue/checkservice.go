package catalogue

import (
	"slices"
	"strings"
)

func (c *checker) service(at place, s *Service) {
	c.key(at.field("id"), s.ID, "start-advice")
	c.texts(at.field("names"), s.Names, maxName, "a service needs its name in fi, sv and en")
	c.texts(at.field("descriptions"), s.Descriptions, maxDescription, "a service needs its description in fi, sv and en")
	c.texts(at.field("who"), s.Who, maxDescription, "say in fi, sv and en who the service is for")
	if len(s.Needs) == 0 {
		c.fail(at.field("needs"), "is empty; name at least one need that the service answers")
	}
	for i, need := range s.Needs {
		if !slices.Contains(c.needs, need) {
			c.fail(at.field("needs").item(i, ""), "%q is not a need; it is one of %s", need, strings.Join(c.needs, ", "))
		}
	}
	seen := map[string]bool{}
	for i := range s.Inputs {
		in := &s.Inputs[i]
		here := at.field("inputs").item(i, in.ID)
		c.unique(here.field("id"), seen, in.ID, "input of this service")
		c.input(here, in)
	}
	c.expectedTime(at.field("expected_time"), s.ExpectedTime)
	oneOf(c, at.field("outcome").field("type"), s.Outcome.Type, outcomeTypes())
	c.texts(at.field("outcome").field("names"), s.Outcome.Names, maxName, "an outcome needs its name in fi, sv and en")
	c.decided(at.field("decided"), s.Decided)
	if s.Joint != nil {
		c.key(at.field("joint").field("with"), s.Joint.With, "employment")
		oneOf(c, at.field("joint").field("role"), s.Joint.Role, []JointRole{JointLead, JointInvited})
	}
	oneOf(c, at.field("price"), s.Price, []Price{PriceFree, PriceMembers, PriceCharged})
	if s.Price == PriceMembers && !s.MembersOnly {
		c.fail(at.field("price"), "is members, but the service is not members_only")
	}
	c.languages(at.field("languages"), s.Languages)
	for i, l := range s.Legislation {
		if strings.TrimSpace(l.Name) == "" {
			c.fail(at.field("legislation").item(i, "").field("name"), "is empty; name the act with its number")
		}
	}
	c.provenance(at, s.Provenance)
	c.validity(at, s.Validity)
}

func (c *checker) languages(at place, languages []string) {
	if len(languages) == 0 {
		c.fail(at, "is empty; name the languages in which the service can be had: fi, sv, en")
	}
	for i, lang := range languages {
		oneOf(c, at.item(i, ""), lang, []string{"fi", "sv", "en"})
		if slices.Contains(languages[:i], lang) {
			c.fail(at.item(i, ""), "%q is there twice", lang)
		}
	}
}

func (c *checker) input(at place, in *Input) {
	if !inputPattern.MatchString(in.ID) {
		c.fail(at.field("id"), "%q is not an input id; write small letters, digits and underscores, such as weekly_hours", in.ID)
	}
	c.texts(at.field("names"), in.Names, maxName, "an input needs its label in fi, sv and en")
	if !in.Hints.Empty() {
		c.texts(at.field("hints"), in.Hints, maxHint, "a hint is needed in fi, sv and en, or in none")
	}
	oneOf(c, at.field("type"), in.Type, inputTypes())
	oneOf(c, at.field("data_class"), in.DataClass, dataClasses())
	c.bounds(at, in)
	switch {
	case in.MaxLength != 0 && defaultLength(in.Type) == 0:
		c.fail(at.field("max_length"), "is for texts; this input is a %s", in.Type)
	case in.MaxLength < 0:
		c.fail(at.field("max_length"), "is %d; write a positive number, or leave it out", in.MaxLength)
	}
	if in.Type != InputChoice && len(in.Choices) > 0 {
		c.fail(at.field("choices"), "are for inputs of type choice; this one is a %s", in.Type)
	}
	if in.Type == InputChoice && len(in.Choices) < 2 {
		c.fail(at.field("choices"), "has %d; a choice needs at least two", len(in.Choices))
	}
	seen := map[string]bool{}
	for i, choice := range in.Choices {
		here := at.field("choices").item(i, choice.ID)
		if !inputPattern.MatchString(choice.ID) {
			c.fail(here.field("id"), "%q is not a choice id; write small letters, digits and underscores", choice.ID)
		}
		c.unique(here.field("id"), seen, choice.ID, "choice of this input")
		c.texts(here.field("names"), choice.Names, maxName, "a choice needs its name in fi, sv and en")
	}
}

func (c *checker) bounds(at place, in *Input) {
	bounded := in.Type == InputNumber || in.Type == InputMoney
	for _, b := range []struct{ name, value string }{{"min", in.Min}, {"max", in.Max}} {
		switch {
		case b.value == "":
		case !bounded:
			c.fail(at.field(b.name), "is for numbers and money; this input is a %s", in.Type)
		case !decimalPattern.MatchString(b.value):
			c.fail(at.field(b.name), "%q is not a decimal number; write it as \"37.5\"", b.value)
		}
	}
	if decimalPattern.MatchString(in.Min) && decimalPattern.MatchString(in.Max) && compare(in.Min, in.Max) > 0 {
		c.fail(at.field("max"), "%s is less than min %s", in.Max, in.Min)
	}
}

func (c *checker) expectedTime(at place, e ExpectedTime) {
	given := 0
	for _, is := range []bool{e.Dated, e.Immediate, e.Agreed, e.Min != 0 || e.Max != 0} {
		if is {
			given++
		}
	}
	if given != 1 {
		c.fail(at, "must be exactly one of: min, max and unit; dated: true; immediate: true; agreed: true")
		return
	}
	if e.Max == 0 && e.Min == 0 {
		if e.Unit != "" {
			c.fail(at.field("unit"), "is for min and max")
		}
		return
	}
	if e.Min < 0 || e.Max < 1 || e.Min > e.Max {
		c.fail(at, "min is %d and max is %d; min is 0 or more, max at least 1 and not less than min", e.Min, e.Max)
	}
	oneOf(c, at.field("unit"), e.Unit, units())
	c.provenance(at, Provenance{Source: e.Source, Mark: e.Mark})
}

func (c *checker) decided(at place, d Decided) {
	oneOf(c, at.field("where"), d.Where, []DecidedWhere{DecidedInHub, DecidedOfficially})
	if d.Where != DecidedOfficially {
		if !d.Names.Empty() || d.URL != "" || !d.Reference.Empty() {
			c.fail(at, "names an official service, but where is %q", d.Where)
		}
		return
	}
	c.texts(at.field("names"), d.Names, maxName, "the official service needs its name in fi, sv and en")
	c.address(at.field("url"), d.URL)
	c.texts(at.field("reference"), d.Reference, maxHint, "say in fi, sv and en which reference number to record")
}
