package catalogue

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/businessespoo/hub/services/kit/datafile"
)

// The limits of texts, in characters. Names and descriptions have the limits of
// the Finnish Service Catalogue (PTV), so that a service can be exported there.
const (
	MaxName        = 100  // of a name or a label
	MaxDescription = 2500 // of a description
	MaxHint        = 500  // of a hint
)

var (
	inputPattern   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	amountPattern  = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)
	decimalPattern = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
)

// checker checks one catalogue file.
type checker struct {
	*datafile.File
	needs []string
}

func (c *checker) provider(p *Provider) {
	c.Key(datafile.Field("provider"), p.Key, "espoo-city")
	p.Names.Check(c.File, datafile.Field("names"), MaxName, "a provider needs its name in fi, sv and en")
	p.Descriptions.Check(c.File, datafile.Field("descriptions"), MaxDescription, "a provider needs its description in fi, sv and en")
	c.Address(datafile.Field("contact").Field("web"), p.Contact.Web)
	if len(p.LegalEntities) == 0 {
		c.Fail(datafile.Field("legal_entities"), "is empty; name at least one legal entity that acts as the provider")
	}
	for i := range p.LegalEntities {
		c.legalEntity(datafile.Field("legal_entities").Item(i, ""), &p.LegalEntities[i])
	}
	c.amounts(datafile.Field("amounts"), p.Amounts)
	if len(p.Services) == 0 {
		c.Fail(datafile.Field("services"), "is empty; a provider offers at least one service")
	}
	seen := map[string]bool{}
	for i := range p.Services {
		s := &p.Services[i]
		at := datafile.Field("services").Item(i, s.ID)
		c.Unique(at.Field("id"), seen, s.ID, "service")
		c.service(at, s)
	}
}

func (c *checker) legalEntity(at datafile.Place, e *LegalEntity) {
	if strings.TrimSpace(e.Name) == "" {
		c.Fail(at.Field("name"), "is empty; a legal entity needs its registered name")
	}
	e.Form.Check(c.File, at.Field("form"), MaxName, "the legal form is needed in fi, sv and en")
	e.Validity.Check(c.File, at)
	e.Provenance.Check(c.File, at)
}

// amounts checks each amount, and that no two amounts of one id are valid on the
// same day: a rule could not tell which to take.
func (c *checker) amounts(at datafile.Place, amounts []Amount) {
	for i, a := range amounts {
		here := at.Item(i, a.ID)
		if !amountPattern.MatchString(a.ID) {
			c.Fail(here.Field("id"), "%q is not an amount id; write dotted small letters, such as apprenticeship.hours_min", a.ID)
		}
		if !decimalPattern.MatchString(a.Value) {
			c.Fail(here.Field("value"), "%q is not a decimal number; write it as \"37.21\"", a.Value)
		}
		if !inputPattern.MatchString(a.Unit) {
			c.Fail(here.Field("unit"), "%q is not a unit; write small letters and underscores, such as eur_per_month", a.Unit)
		}
		a.Validity.Check(c.File, here)
		a.Provenance.Check(c.File, here)
		for _, b := range amounts[:i] {
			if a.ID == b.ID && overlap(a.Validity, b.Validity) {
				c.Fail(here.Field("valid_from"), "%s overlaps another period of %s; end the earlier one with valid_to", a.ValidFrom, a.ID)
			}
		}
	}
}

func overlap(a, b Validity) bool { return a.ValidOn(b.ValidFrom) || b.ValidOn(a.ValidFrom) }

// Check records the mistakes in a period: dates that do not exist and an end
// before the beginning.
func (v Validity) Check(f *datafile.File, at datafile.Place) {
	if !v.ValidFrom.Valid() {
		f.Fail(at.Field("valid_from"), "%q is not a date; write it as 2025-01-01", v.ValidFrom)
	}
	if v.ValidTo == "" {
		return
	}
	if !v.ValidTo.Valid() {
		f.Fail(at.Field("valid_to"), "%q is not a date; write it as 2025-12-31, or leave it out", v.ValidTo)
	} else if v.ValidTo < v.ValidFrom {
		f.Fail(at.Field("valid_to"), "%s is before valid_from %s", v.ValidTo, v.ValidFrom)
	}
}

// Check records a missing source and an unknown mark.
func (p Provenance) Check(f *datafile.File, at datafile.Place) {
	if strings.TrimSpace(p.Source) == "" {
		f.Fail(at.Field("source"), "is empty; say where this comes from")
	}
	datafile.OneOf(f, at.Field("mark"), p.Mark, marks())
}

// Check records a language in which the text is missing, and a text that is
// longer than the limit in characters. what tells the reader why the text is
// needed.
func (t Texts) Check(f *datafile.File, at datafile.Place, limit int, what string) {
	for _, lang := range []string{"fi", "sv", "en"} {
		text := t.In(lang)
		here := at.Field(lang)
		switch n := utf8.RuneCountInString(text); {
		case strings.TrimSpace(text) == "":
			f.Fail(here, "is empty; %s", what)
		case n > limit:
			f.Fail(here, "has %d characters; at most %d fit", n, limit)
		case strings.TrimSpace(text) != text:
			f.Fail(here, "begins or ends with white space")
		}
	}
}

// Check records a time that is not exactly one of its four forms, and a span
// without its unit, source or mark.
func (e ExpectedTime) Check(f *datafile.File, at datafile.Place) {
	given := 0
	for _, is := range []bool{e.Dated, e.Immediate, e.Agreed, e.Min != 0 || e.Max != 0} {
		if is {
			given++
		}
	}
	if given != 1 {
		f.Fail(at, "must be exactly one of: min, max and unit; dated: true; immediate: true; agreed: true")
		return
	}
	if e.Max == 0 && e.Min == 0 {
		if e.Unit != "" {
			f.Fail(at.Field("unit"), "is for min and max")
		}
		return
	}
	if e.Min < 0 || e.Max < 1 || e.Min > e.Max {
		f.Fail(at, "min is %d and max is %d; min is 0 or more, max at least 1 and not less than min", e.Min, e.Max)
	}
	datafile.OneOf(f, at.Field("unit"), e.Unit, units())
	Provenance{Source: e.Source, Mark: e.Mark}.Check(f, at)
}
