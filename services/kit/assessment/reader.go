package assessment

import (
	"fmt"
	"time"
	"unicode/utf8"

	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The dates that an assessment takes. Outside them there are no figures, and
// counting months could leave the four digits of a year.
const (
	firstDate catalogue.Date = "2000-01-01"
	lastDate  catalogue.Date = "2099-12-31"
)

// Reader reads the facts of one request and remembers everything that is wrong
// with them, so that the caller learns all of it at once. The zero Reader is
// ready. What it returns for a wrong field is the value for "not known"; do not
// assess before [Reader.Err] has said that nothing is wrong.
//
// A field's name is its path from the request, such as hiring.weekly_hours.
type Reader struct {
	wrong *problem.Problem
}

// Err returns nil, or one problem of kind Invalid that names every wrong field.
func (r *Reader) Err() error {
	if r.wrong == nil {
		return nil
	}
	first := r.wrong.Violations[0]
	r.wrong.Message = first.Field + ": " + first.Description
	if more := len(r.wrong.Violations) - 1; more > 0 {
		r.wrong.Message += fmt.Sprintf(" (and %d more, see the field violations)", more)
	}
	return r.wrong
}

// Wrong says what is wrong with a field and what would be right.
func (r *Reader) Wrong(field, format string, args ...any) {
	if r.wrong == nil {
		r.wrong = problem.New(problem.Invalid, "INVALID_FIELDS", "")
	}
	r.wrong = r.wrong.Field(field, fmt.Sprintf(format, args...))
}

// Today reads the date of an assessment: what the caller asked for, else the
// date that it is in Finland at the instant now.
func (r *Reader) Today(field, text string, now time.Time) catalogue.Date {
	if text == "" {
		return catalogue.DateOf(now)
	}
	return r.Date(field, text)
}

// Date reads a local date; an empty text is an empty date.
func (r *Reader) Date(field, text string) catalogue.Date {
	date := catalogue.Date(text)
	switch {
	case text == "":
	case !date.Valid():
		r.Wrong(field, "%q is not a date, such as 2026-03-31", shorten(text))
		return ""
	case date < firstDate || date > lastDate:
		r.Wrong(field, "is %s; it must be from %s to %s", date, firstDate, lastDate)
		return ""
	}
	return date
}

// Order wants that the date of a field is not before another date, which what
// names with its article. Dates that are not known are in any order.
func (r *Reader) Order(field string, date catalogue.Date, what string, notBefore catalogue.Date) {
	if date != "" && notBefore != "" && date < notBefore {
		r.Wrong(field, "is %s, before %s, %s; it must be that day or later", date, what, notBefore)
	}
}

// NotAfter wants that something that has happened is not after the date assessed.
func (r *Reader) NotAfter(field string, date, on catalogue.Date) {
	if date != "" && on != "" && date > on {
		r.Wrong(field, "is %s, after the date assessed, %s; leave it empty until it has happened", date, on)
	}
}

// Decimal reads a number with at most two decimals within the limits, both
// included. An empty text is 0, which the rules take as not known.
func (r *Reader) Decimal(field, text string, least, most rule.Decimal) rule.Decimal {
	if text == "" {
		return 0
	}
	number, err := rule.ParseDecimal(text)
	if err != nil {
		r.Wrong(field, "%q is not a number with at most two decimals, such as 37.5", shorten(text))
		return 0
	}
	if number < least || number > most {
		r.Wrong(field, "is %s; it must be from %s to %s, or empty when it is not known", number, least, most)
		return 0
	}
	return number
}

// Number reads a whole number within the limits, both included; 0 is 0, which
// the rules take as not known.
func (r *Reader) Number(field string, number int32, least, most int) int {
	if n := int(number); n != 0 && (n < least || n > most) {
		r.Wrong(field, "is %d; it must be from %d to %d, or 0 when it is not known", n, least, most)
		return 0
	}
	return int(number)
}

// Answer reads an answer.
func (r *Reader) Answer(field string, answer assessmentv1.Answer) rule.Answer {
	switch answer {
	case assessmentv1.Answer_ANSWER_UNSPECIFIED:
		return rule.Unknown
	case assessmentv1.Answer_ANSWER_YES:
		return rule.Yes
	case assessmentv1.Answer_ANSWER_NO:
		return rule.No
	}
	r.Wrong(field, "has the number %d, which means nothing; the numbers 0 to 2 do", answer)
	return rule.Unknown
}

// Choice reads an enum by the table of its values.
func Choice[E ~int32, T any](r *Reader, field string, value E, table map[E]T) T {
	known, ok := table[value]
	if !ok {
		r.Wrong(field, "has the number %d, which means nothing here; the contract lists the values", value)
	}
	return known
}

// shorten bounds what a message repeats of a value.
func shorten(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "..."
}
