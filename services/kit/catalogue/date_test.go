package catalogue

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDateOfIsTheDateInFinland(t *testing.T) {
	for _, c := range []struct{ instant, want string }{
		{"2026-01-31T21:59:59Z", "2026-01-31"}, // winter: UTC+2
		{"2026-01-31T22:00:00Z", "2026-02-01"},
		{"2026-06-30T20:59:59Z", "2026-06-30"}, // summer: UTC+3
		{"2026-06-30T21:00:00Z", "2026-07-01"},
	} {
		instant, err := time.Parse(time.RFC3339, c.instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := DateOf(instant); got != Date(c.want) {
			t.Errorf("%s is %s in Finland, want %s", c.instant, got, c.want)
		}
	}
}

func TestDateEnd(t *testing.T) {
	for _, c := range []struct{ date, want string }{
		{"2026-03-28", "2026-03-28T21:59:59Z"},
		{"2026-03-29", "2026-03-29T20:59:59Z"}, // the clock goes forward: 23 hours
		{"2026-10-25", "2026-10-25T21:59:59Z"}, // and back: 25 hours
	} {
		if got := Date(c.date).End().UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s ends at %s, want %s", c.date, got, c.want)
		}
	}
	if !Date("2026-02-30").End().IsZero() {
		t.Error("a date that does not exist has an end")
	}
}

func TestDateValid(t *testing.T) {
	for date, want := range map[Date]bool{
		"2026-02-28": true, "2028-02-29": true, "2026-02-29": false, "2026-2-1": false,
		"": false, "31.3.2026": false, "2026-13-01": false, "02026-01-01": false,
	} {
		if got := date.Valid(); got != want {
			t.Errorf("%q: valid is %t, want %t", date, got, want)
		}
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from   Date
		months int
		want   Date
	}{
		{"2026-01-31", 1, "2026-02-28"},
		{"2028-01-31", 1, "2028-02-29"},
		{"2026-03-31", 1, "2026-04-30"},
		{"2026-11-30", 3, "2027-02-28"},
		{"2026-02-28", 1, "2026-03-28"},
		{"2026-12-15", 12, "2027-12-15"},
	} {
		if got := c.from.AddMonths(c.months); got != c.want {
			t.Errorf("%s and %d months is %s, want %s", c.from, c.months, got, c.want)
		}
	}
}

// The days off on weekdays, from the Finnish calendars of the two years.
func TestHolidays(t *testing.T) {
	want := map[int][]Date{
		2025: {
			"2025-01-01", "2025-01-06", "2025-04-18", "2025-04-21", "2025-05-01", "2025-05-29", "2025-06-20",
			"2025-12-24", "2025-12-25", "2025-12-26",
		},
		2026: {
			"2026-01-01", "2026-01-06", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-06-19",
			"2026-12-24", "2026-12-25",
		},
	}
	for year, holidays := range want {
		var got []Date
		for d := Date(time.Date(year, 1, 1, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)); d.Start().Year() == year; d = d.AddDays(1) {
			if weekday := d.Start().Weekday(); weekday != time.Saturday && weekday != time.Sunday && !d.IsWorkingDay() {
				got = append(got, d)
			}
		}
		if diff := cmp.Diff(holidays, got); diff != "" {
			t.Errorf("%d (-want +got):\n%s", year, diff)
		}
	}
}

func TestEaster(t *testing.T) {
	for _, want := range []Date{"2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2024-03-31", "2027-03-28", "2038-04-25"} {
		month, day := easter(want.Start().Year())
		if got := DateOf(time.Date(want.Start().Year(), month, day, 12, 0, 0, 0, time.UTC)); got != want {
			t.Errorf("Easter is on %s, want %s", got, want)
		}
	}
}

func TestDue(t *testing.T) {
	span := func(low, high int, unit Unit) ExpectedTime { return ExpectedTime{Min: low, Max: high, Unit: unit} }
	for _, c := range []struct {
		name             string
		time             ExpectedTime
		start            string
		earliest, latest Date
	}{
		{"over a weekend", span(1, 2, UnitWorkingDays), "2026-01-09T08:00:00Z", "2026-01-12", "2026-01-13"},
		{"over Easter", span(1, 5, UnitWorkingDays), "2026-04-02T08:00:00Z", "2026-04-07", "2026-04-13"},
		{"over Christmas", span(2, 3, UnitWorkingDays), "2026-12-23T08:00:00Z", "2026-12-29", "2026-12-30"},
		{"over Midsummer", span(1, 1, UnitWorkingDays), "2026-06-18T08:00:00Z", "2026-06-22", "2026-06-22"},
		{"from a Saturday", span(1, 1, UnitWorkingDays), "2026-01-10T08:00:00Z", "2026-01-12", "2026-01-12"},
		{"late in the evening", span(1, 1, UnitWorkingDays), "2026-01-12T22:30:00Z", "2026-01-14", "2026-01-14"},
		{"same day", span(0, 2, UnitWorkingDays), "2026-01-12T08:00:00Z", "2026-01-12", "2026-01-14"},
		{"days", span(20, 40, UnitDays), "2026-03-20T08:00:00Z", "2026-04-09", "2026-04-29"},
		{"weeks", span(2, 6, UnitWeeks), "2026-03-20T08:00:00Z", "2026-04-03", "2026-05-01"},
		{"months", span(3, 9, UnitMonths), "2026-05-31T08:00:00Z", "2026-08-31", "2027-02-28"},
		{"at once", ExpectedTime{Immediate: true}, "2026-03-20T23:00:00Z", "2026-03-21", "2026-03-21"},
		{"dated", ExpectedTime{Dated: true}, "2026-03-20T08:00:00Z", "", ""},
		{"agreed", ExpectedTime{Agreed: true}, "2026-03-20T08:00:00Z", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			start, err := time.Parse(time.RFC3339, c.start)
			if err != nil {
				t.Fatal(err)
			}
			earliest, latest, ok := c.time.Due(start)
			if earliest != c.earliest || latest != c.latest || ok != (c.latest != "") {
				t.Errorf("due %s to %s (%t), want %s to %s", earliest, latest, ok, c.earliest, c.latest)
			}
		})
	}
}
