package catalogue

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// The limits of texts, in characters. Names and descriptions have the limits of
// the Finnish Service Catalogue (PTV), so that a service can be exported there.
const (
	maxName        = 100
	maxDescription = 2500
	maxHint        = 500
)

var (
	keyPattern     = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	inputPattern   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	amountPattern  = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)
	decimalPattern = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
)

// checker collects the mistakes of one file. It knows where each value stands,
// so that every mistake names its line and field.
type checker struct {
	file  string
	tree  *ast.File
	needs []string
	first *FileError
}

func (c *checker) err() error {
	if c.first == nil {
		return nil
	}
	return c.first
}

func (c *checker) fail(at place, format string, args ...any) {
	if c.first != nil {
		c.first.More++
		return
	}
	c.first = &FileError{File: c.file, Line: lineOf(c.tree, at), Field: at.show, Message: fmt.Sprintf(format, args...)}
}

func (c *checker) provider(p *Provider) {
	root := place{}
	c.key(root.field("provider"), p.Key, "espoo-city")
	c.texts(root.field("names"), p.Names, maxName, "a provider needs its name in fi, sv and en")
	c.texts(root.field("descriptions"), p.Descriptions, maxDescription, "a provider needs its description in fi, sv and en")
	c.address(root.field("contact").field("web"), p.Contact.Web)
	if len(p.LegalEntities) == 0 {
		c.fail(root.field("legal_entities"), "is empty; name at least one legal entity that acts as the provider")
	}
	for i := range p.LegalEntities {
		c.legalEntity(root.field("legal_entities").item(i, ""), &p.LegalEntities[i])
	}
	c.amounts(root.field("amounts"), p.Amounts)
	if len(p.Services) == 0 {
		c.fail(root.field("services"), "is empty; a provider offers at least one service")
	}
	seen := map[string]bool{}
	for i := range p.Services {
		s := &p.Services[i]
		at := root.field("services").item(i, s.ID)
		c.unique(at.field("id"), seen, s.ID, "service")
		c.service(at, s)
	}
}

func (c *checker) legalEntity(at place, e *LegalEntity) {
	if strings.TrimSpace(e.Name) == "" {
		c.fail(at.field("name"), "is empty; a legal entity needs its registered name")
	}
	c.texts(at.field("form"), e.Form, maxName, "the legal form is needed in fi, sv and en")
	c.validity(at, e.Validity)
	c.provenance(at, e.Provenance)
}

// amounts checks each amount, and that no two amounts of one id are valid on the
// same day: a rule could not tell which to take.
func (c *checker) amounts(at place, amounts []Amount) {
	for i, a := range amounts {
		here := at.item(i, a.ID)
		if !amountPattern.MatchString(a.ID) {
			c.fail(here.field("id"), "%q is not an amount id; write dotted small letters, such as apprenticeship.hours_min", a.ID)
		}
		if !decimalPattern.MatchString(a.Value) {
			c.fail(here.field("value"), "%q is not a decimal number; write it as \"37.21\"", a.Value)
		}
		if !inputPattern.MatchString(a.Unit) {
			c.fail(here.field("unit"), "%q is not a unit; write small letters and underscores, such as eur_per_month", a.Unit)
		}
		c.validity(here, a.Validity)
		c.provenance(here, a.Provenance)
		for _, b := range amounts[:i] {
			if a.ID == b.ID && overlap(a.Validity, b.Validity) {
				c.fail(here.field("valid_from"), "%s overlaps another period of %s; end the earlier one with valid_to", a.ValidFrom, a.ID)
			}
		}
	}
}

func overlap(a, b Validity) bool { return a.ValidOn(b.ValidFrom) || b.ValidOn(a.ValidFrom) }

func (c *checker) validity(at place, v Validity) {
	if !v.ValidFrom.Valid() {
		c.fail(at.field("valid_from"), "%q is not a date; write it as 2025-01-01", v.ValidFrom)
	}
	if v.ValidTo == "" {
		return
	}
	if !v.ValidTo.Valid() {
		c.fail(at.field("valid_to"), "%q is not a date; write it as 2025-12-31, or leave it out", v.ValidTo)
	} else if v.ValidTo < v.ValidFrom {
		c.fail(at.field("valid_to"), "%s is before valid_from %s", v.ValidTo, v.ValidFrom)
	}
}

func (c *checker) provenance(at place, p Provenance) {
	if strings.TrimSpace(p.Source) == "" {
		c.fail(at.field("source"), "is empty; say where this comes from")
	}
	oneOf(c, at.field("mark"), p.Mark, marks())
}

// texts checks that a text is there in all three languages and fits.
func (c *checker) texts(at place, t Texts, limit int, what string) {
	for _, lang := range []string{"fi", "sv", "en"} {
		text := t.In(lang)
		here := at.field(lang)
		switch n := utf8.RuneCountInString(text); {
		case strings.TrimSpace(text) == "":
			c.fail(here, "is empty; %s", what)
		case n > limit:
			c.fail(here, "has %d characters; at most %d fit", n, limit)
		case strings.TrimSpace(text) != text:
			c.fail(here, "begins or ends with white space")
		}
	}
}

func (c *checker) key(at place, key, example string) {
	if !keyPattern.MatchString(key) {
		c.fail(at, "%q is not a key; write small letters, digits and hyphens, such as %s", key, example)
	}
}

func (c *checker) unique(at place, seen map[string]bool, id, what string) {
	if seen[id] {
		c.fail(at, "%q is given to another %s too; each needs its own id", id, what)
	}
	seen[id] = true
}

func (c *checker) address(at place, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		c.fail(at, "%q is not a web address; write it in full, such as https://www.espoo.fi", address)
	}
}

// oneOf checks that a value is one of a closed list and says the list if not.
func oneOf[T ~string](c *checker, at place, value T, allowed []T) {
	if slices.Contains(allowed, value) {
		return
	}
	list := make([]string, len(allowed))
	for i, a := range allowed {
		list[i] = string(a)
	}
	c.fail(at, "%q is not known; it is one of %s", string(value), strings.Join(list, ", "))
}
