package casework

import (
	"strings"
	"time"
	_ "time/tzdata" // deadlines are local dates wherever the hub runs

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// Helsinki is the zone of every deadline: local dates, to the end of the day.
var Helsinki = mustZone("Europe/Helsinki")

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic("casework: the embedded time zone data lacks " + name)
	}
	return zone
}

// SoonDays is how many days before its due date a request is warned of, if that is
// later than the day on which it was made.
const SoonDays = 2

// Today is the local date at an instant, YYYY-MM-DD.
func Today(now time.Time) string { return now.In(Helsinki).Format(time.DateOnly) }

// addDays moves a local date by days; an empty date stays empty.
func addDays(date string, days int) string {
	t, err := time.ParseInLocation(time.DateOnly, date, Helsinki)
	if err != nil {
		return date
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// daysBetween counts the local midnights from a to b.
func daysBetween(a, b time.Time) int {
	da, _ := time.Parse(time.DateOnly, Today(a))
	db, _ := time.Parse(time.DateOnly, Today(b))
	return max(0, int(db.Sub(da).Hours()/24))
}

// isDate tells whether s is a date, YYYY-MM-DD.
func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// dueAfterWaiting is the due date once supplement number is answered: while a
// request waits for the company the clock of the expected time stands still, so
// the date moves by the days waited when this answer ends the wait.
func dueAfterWaiting(s *statev1.RequestState, number int32, now time.Time) string {
	if s.WaitingSince == nil || openAsks(s.Request, number) > 0 {
		return s.Request.DueDate
	}
	return addDays(s.Request.DueDate, daysBetween(s.WaitingSince.AsTime(), now))
}

// openAsks counts what waits for the company, but for supplement except.
func openAsks(r *casesv1.Request, except int32) int {
	n := 0
	for _, sup := range r.Supplements {
		if sup.AnsweredAt == nil && sup.Number != except {
			n++
		}
	}
	for _, ref := range r.Referrals {
		if ref.AnsweredAt == nil {
			n++
		}
	}
	return n
}

// StatusWord is a request's state in one English word, for messages.
func StatusWord(s casesv1.RequestStatus) string {
	if s == none {
		return "not made yet"
	}
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s.String(), "REQUEST_STATUS_")), "_", " ")
}

func words(states []casesv1.RequestStatus) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = StatusWord(s)
	}
	return either(names)
}

// either lists words as English does: "new, in progress or waiting".
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
