package catalogue

import (
	"slices"
	"strings"

	"github.com/businessespoo/hub/services/kit/datafile"
)

func (c *checker) service(at datafile.Place, s *Service) {
	c.Key(at.Field("id"), s.ID, "start-advice")
	s.Names.Check(c.File, at.Field("names"), MaxName, "a service needs its name in fi, sv and en")
	s.Descriptions.Check(c.File, at.Field("descriptions"), MaxDescription, "a service needs its description in fi, sv and en")
	s.Who.Check(c.File, at.Field("who"), MaxDescription, "say in fi, sv and en who the service is for")
	if len(s.Needs) == 0 {
		c.Fail(at.Field("needs"), "is empty; name at least one need that the service answers")
	}
	for i, need := range s.Needs {
		if !slices.Contains(c.needs, need) {
			c.Fail(at.Field("needs").Item(i, ""), "%q is not a need; it is one of %s", need, strings.Join(c.needs, ", "))
		}
	}
	seen := map[string]bool{}
	for i := range s.Inputs {
		in := &s.Inputs[i]
		here := at.Field("inputs").Item(i, in.ID)
		c.Unique(here.Field("id"), seen, in.ID, "input of this service")
		c.input(here, in)
	}
	s.ExpectedTime.Check(c.File, at.Field("expected_time"))
	datafile.OneOf(c.File, at.Field("outcome").Field("type"), s.Outcome.Type, outcomeTypes())
	s.Outcome.Names.Check(c.File, at.Field("outcome").Field("names"), MaxName, "an outcome needs its name in fi, sv and en")
	c.decided(at.Field("decided"), s.Decided)
	if s.Joint != nil {
		c.Key(at.Field("joint").Field("with"), s.Joint.With, "employment")
		datafile.OneOf(c.File, at.Field("joint").Field("role"), s.Joint.Role, []JointRole{JointLead, JointInvited})
	}
	datafile.OneOf(c.File, at.Field("price"), s.Price, []Price{PriceFree, PriceMembers, PriceCharged})
	if s.Price == PriceMembers && !s.MembersOnly {
		c.Fail(at.Field("price"), "is members, but the service is not members_only")
	}
	c.languages(at.Field("languages"), s.Languages)
	for i, l := range s.Legislation {
		if strings.TrimSpace(l.Name) == "" {
			c.Fail(at.Field("legislation").Item(i, "").Field("name"), "is empty; name the act with its number")
		}
	}
	s.Provenance.Check(c.File, at)
	s.Validity.Check(c.File, at)
}

func (c *checker) languages(at datafile.Place, languages []string) {
	if len(languages) == 0 {
		c.Fail(at, "is empty; name the languages in which the service can be had: fi, sv, en")
	}
	for i, lang := range languages {
		datafile.OneOf(c.File, at.Item(i, ""), lang, []string{"fi", "sv", "en"})
		if slices.Contains(languages[:i], lang) {
			c.Fail(at.Item(i, ""), "%q is there twice", lang)
		}
	}
}

func (c *checker) input(at datafile.Place, in *Input) {
	if !inputPattern.MatchString(in.ID) {
		c.Fail(at.Field("id"), "%q is not an input id; write small letters, digits and underscores, such as weekly_hours", in.ID)
	}
	in.Names.Check(c.File, at.Field("names"), MaxName, "an input needs its label in fi, sv and en")
	if !in.Hints.Empty() {
		in.Hints.Check(c.File, at.Field("hints"), MaxHint, "a hint is needed in fi, sv and en, or in none")
	}
	datafile.OneOf(c.File, at.Field("type"), in.Type, inputTypes())
	datafile.OneOf(c.File, at.Field("data_class"), in.DataClass, dataClasses())
	c.bounds(at, in)
	switch {
	case in.MaxLength != 0 && defaultLength(in.Type) == 0:
		c.Fail(at.Field("max_length"), "is for texts; this input is a %s", in.Type)
	case in.MaxLength < 0:
		c.Fail(at.Field("max_length"), "is %d; write a positive number, or leave it out", in.MaxLength)
	}
	if in.Type != InputChoice && len(in.Choices) > 0 {
		c.Fail(at.Field("choices"), "are for inputs of type choice; this one is a %s", in.Type)
	}
	if in.Type == InputChoice && len(in.Choices) < 2 {
		c.Fail(at.Field("choices"), "has %d; a choice needs at least two", len(in.Choices))
	}
	seen := map[string]bool{}
	for i, choice := range in.Choices {
		here := at.Field("choices").Item(i, choice.ID)
		if !inputPattern.MatchString(choice.ID) {
			c.Fail(here.Field("id"), "%q is not a choice id; write small letters, digits and underscores", choice.ID)
		}
		c.Unique(here.Field("id"), seen, choice.ID, "choice of this input")
		choice.Names.Check(c.File, here.Field("names"), MaxName, "a choice needs its name in fi, sv and en")
	}
}

func (c *checker) bounds(at datafile.Place, in *Input) {
	bounded := in.Type == InputNumber || in.Type == InputInteger || in.Type == InputMoney
	for _, b := range []struct{ name, value string }{{"min", in.Min}, {"max", in.Max}} {
		switch {
		case b.value == "":
		case !bounded:
			c.Fail(at.Field(b.name), "is for numbers and money; this input is a %s", in.Type)
		case !decimalPattern.MatchString(b.value):
			c.Fail(at.Field(b.name), "%q is not a decimal number; write it as \"37.5\"", b.value)
		}
	}
	if decimalPattern.MatchString(in.Min) && decimalPattern.MatchString(in.Max) && compare(in.Min, in.Max) > 0 {
		c.Fail(at.Field("max"), "%s is less than min %s", in.Max, in.Min)
	}
}

func (c *checker) decided(at datafile.Place, d Decided) {
	datafile.OneOf(c.File, at.Field("where"), d.Where, []DecidedWhere{DecidedInHub, DecidedOfficially})
	if d.Where != DecidedOfficially {
		if !d.Names.Empty() || d.URL != "" || !d.Reference.Empty() {
			c.Fail(at, "names an official service, but where is %q", d.Where)
		}
		return
	}
	d.Names.Check(c.File, at.Field("names"), MaxName, "the official service needs its name in fi, sv and en")
	c.Address(at.Field("url"), d.URL)
	d.Reference.Check(c.File, at.Field("reference"), MaxHint, "say in fi, sv and en which reference number to record")
}
