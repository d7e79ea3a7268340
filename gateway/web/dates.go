package web

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

// Date writes a local date such as 2026-03-31 as people of the page's language do.
func (f *frame) Date(date string) string {
	t := catalogue.Date(date).Start()
	if t.IsZero() {
		return date
	}
	return f.day(t)
}

// Day writes the date of an instant in Finland.
func (f *frame) Day(ts *timestamppb.Timestamp) string {
	if ts == nil {
		return ""
	}
	return f.day(ts.AsTime().In(catalogue.Helsinki()))
}

// Time writes an instant as date and time of day in Finland.
func (f *frame) Time(ts *timestamppb.Timestamp) string {
	if ts == nil {
		return ""
	}
	return f.instant(ts.AsTime())
}

// Clock writes the time of day of an instant in Finland.
func (f *frame) Clock(ts *timestamppb.Timestamp) string {
	t := ts.AsTime().In(catalogue.Helsinki())
	if f.Lang == "en" {
		return t.Format("15:04")
	}
	return clock(t)
}

// Machine writes an instant for the datetime attribute.
func (f *frame) Machine(ts *timestamppb.Timestamp) string {
	return ts.AsTime().Format(time.RFC3339)
}

func (f *frame) instant(t time.Time) string {
	t = t.In(catalogue.Helsinki())
	switch f.Lang {
	case "fi":
		return t.Format("2.1.2006 klo ") + clock(t)
	case "sv":
		return t.Format("2.1.2006 kl. ") + clock(t)
	default:
		return t.Format("2 January 2006, 15:04")
	}
}

// clock is the time of day as it is written in Finland: 9.05.
func clock(t time.Time) string { return fmt.Sprintf("%d.%02d", t.Hour(), t.Minute()) }

func (f *frame) day(t time.Time) string {
	if f.Lang == "en" {
		return t.Format("2 January 2006")
	}
	return t.Format("2.1.2006")
}

// today is the date in Finland.
func (f *frame) today() string { return string(catalogue.DateOf(f.now)) }

// localTime reads what a datetime-local input holds, as a time in Finland.
func localTime(value string) (time.Time, error) {
	return time.ParseInLocation("2006-01-02T15:04", value, catalogue.Helsinki())
}
