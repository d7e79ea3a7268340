package web

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

// check looks at what was filled in before the API does, so that most errors
// are told in the visitor's language. The API checks everything again.
func (f *frame) check(was *sent, fields []field) {
	for _, x := range fields {
		if x.Kind == "date" {
			was.values.Set(x.Name, isoDate(was.values.Get(x.Name)))
		}
		value := strings.TrimSpace(was.values.Get(x.Name))
		if value == "" {
			if x.Required {
				was.fail(x.Name, fieldError{Text: f.T("error."+emptyError(x.Kind), "field", x.Label)})
			}
			continue
		}
		switch {
		case x.MaxLength > 0 && utf8.RuneCountInString(value) > x.MaxLength:
			was.fail(x.Name, fieldError{Text: f.T("error.too_long", "field", x.Label, "max", x.MaxLength, "n", utf8.RuneCountInString(value))})
		case x.Kind == "date" && !catalogue.Date(value).Valid():
			was.fail(x.Name, fieldError{Text: f.T("error.date", "field", x.Label)})
		case x.Kind == "date" && x.Min == "" && x.Max != "" && value > x.Max:
			was.fail(x.Name, fieldError{Text: f.T("error.date_until", "field", x.Label, "max", f.Date(x.Max))})
		case x.Kind == "date" && (x.Min != "" && value < x.Min || x.Max != "" && value > x.Max):
			was.fail(x.Name, fieldError{Text: f.T("error.date_range", "field", x.Label, "min", f.Date(x.Min), "max", f.Date(x.Max))})
		case x.Kind == "time":
			if t, err := localTime(value); err != nil {
				was.fail(x.Name, fieldError{Text: f.T("error.time", "field", x.Label)})
			} else if t.After(f.now) {
				was.fail(x.Name, fieldError{Text: f.T("error.future", "field", x.Label)})
			}
		case x.Kind == "money":
			if _, err := cents(value); err != nil {
				was.fail(x.Name, fieldError{Text: f.T("error.money", "field", x.Label)})
			}
		case (x.Kind == "select" || x.Kind == "radios") && !x.offers(value):
			was.fail(x.Name, fieldError{Text: f.T("error.choice", "field", x.Label)})
		}
	}
}

// emptyError is the kind of error for a field that must not be empty.
func emptyError(kind string) string {
	switch kind {
	case "select", "radios":
		return "choose"
	case "check":
		return "tick"
	default:
		return "empty"
	}
}

func (x field) offers(value string) bool {
	for _, c := range x.Choices {
		if c.Value == value {
			return true
		}
	}
	for _, g := range x.Groups {
		for _, c := range g.Choices {
			if c.Value == value {
				return true
			}
		}
	}
	return false
}

// sentForm reads which form was sent.
func sentForm(values url.Values) *sent {
	return &sent{form: values.Get("form"), values: values}
}

// isoDate turns a date as people write it, 31.3.2027, into 2027-03-31: not every
// browser has a calendar. What is no such date comes back unchanged.
func isoDate(value string) string {
	if t, err := time.Parse("2.1.2006", strings.TrimSpace(value)); err == nil {
		return t.Format(time.DateOnly)
	}
	return value
}
