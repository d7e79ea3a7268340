package catalogue

import "time"

// IsWorkingDay reports whether authorities and offices work on the date: Monday
// to Friday, except public holidays and the eves of Midsummer and Christmas.
//
// Source: Act on the Computing of Statutory Time Limits (150/1930) section 5,
// which counts both eves as days off; the dates of the holidays follow the
// Church Act (652/2023), the Act on Independence Day and the Act on May Day.
func (d Date) IsWorkingDay() bool {
	start := d.Start()
	switch {
	case start.IsZero():
		return false
	case start.Weekday() == time.Saturday, start.Weekday() == time.Sunday:
		return false
	}
	return !isHoliday(start)
}

// AddWorkingDays returns the date n working days later. The day itself does not
// count, so one working day from a Friday is the next Monday.
func (d Date) AddWorkingDays(n int) Date {
	for n > 0 {
		d = d.AddDays(1)
		if d.IsWorkingDay() {
			n--
		}
	}
	return d
}

// isHoliday reports whether a weekday is a Finnish public holiday or one of the
// two eves. Holidays that always fall on a Saturday or Sunday need no rule here.
func isHoliday(t time.Time) bool {
	month, day := t.Month(), t.Day()
	switch {
	case month == time.January && (day == 1 || day == 6), // New Year, Epiphany
		month == time.May && day == 1,                                  // May Day
		month == time.December && (day == 6 || day >= 24 && day <= 26): // Independence Day, Christmas
		return true
	case month == time.June && t.Weekday() == time.Friday && day >= 19 && day <= 25: // Midsummer Eve
		return true
	}
	easterMonth, easterDay := easter(t.Year())
	sunday := time.Date(t.Year(), easterMonth, easterDay, 0, 0, 0, 0, time.UTC)
	days := int(time.Date(t.Year(), month, day, 0, 0, 0, 0, time.UTC).Sub(sunday).Hours() / 24)
	return days == -2 || days == 1 || days == 39 // Good Friday, Easter Monday, Ascension Day
}

// easter returns Easter Sunday of a year of the Gregorian calendar, by the method
// of Meeus, Jones and Butcher.
func easter(year int) (time.Month, int) {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	sum := h + l - 7*m + 114
	return time.Month(sum / 31), sum%31 + 1
}
