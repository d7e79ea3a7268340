package catalogue

import (
	"sync"
	"time"

	// The dates of the hub are Finnish dates on any machine, also on one without
	// a time zone database.
	_ "time/tzdata"
)

// Date is a local date in Finland, written 2026-03-31. Dates compare as strings.
// The empty date is no date.
type Date string

// DateOf returns the date that it is in Finland at the instant t.
func DateOf(t time.Time) Date {
	return Date(t.In(Helsinki()).Format(time.DateOnly))
}

// Valid reports whether d is a date of the calendar in the form 2026-03-31.
func (d Date) Valid() bool {
	t, err := time.Parse(time.DateOnly, string(d))
	return err == nil && t.Format(time.DateOnly) == string(d)
}

// Start returns the first instant of the day in Finland, and the zero time when
// d is not valid.
func (d Date) Start() time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), Helsinki())
	if err != nil {
		return time.Time{}
	}
	return t
}

// End returns the last second of the day in Finland: a deadline on a date is
// kept until the end of that day. It returns the zero time when d is not valid.
func (d Date) End() time.Time {
	start := d.Start()
	if start.IsZero() {
		return start
	}
	return start.AddDate(0, 0, 1).Add(-time.Second)
}

// AddDays returns the date n calendar days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date {
	return Date(d.Start().AddDate(0, 0, n).Format(time.DateOnly))
}

// AddMonths returns the same day n months later, or the last day of that month
// when it is shorter: one month from 31 January is 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	start := d.Start()
	out := start.AddDate(0, n, 0)
	if out.Day() != start.Day() {
		out = out.AddDate(0, 0, -out.Day())
	}
	return Date(out.Format(time.DateOnly))
}

// Helsinki returns the time zone of all dates and deadlines of the hub.
func Helsinki() *time.Location { return loadHelsinki() }

var loadHelsinki = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		panic("catalogue: the time zone data that is built in lacks Europe/Helsinki: " + err.Error())
	}
	return zone
})
