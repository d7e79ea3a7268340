package catalogue

import "time"

// ExpectedTime tells how long a service usually takes, from the request to the
// outcome. It is exactly one of: a span (Min, Max, Unit), a dated event, at
// once, or agreed case by case.
type ExpectedTime struct {
	Min  int  `yaml:"min,omitempty" json:"min,omitempty"`
	Max  int  `yaml:"max,omitempty" json:"max,omitempty"`
	Unit Unit `yaml:"unit,omitempty" json:"unit,omitempty"`
	// Dated services happen on announced dates: courses, events, meetings.
	Dated bool `yaml:"dated,omitempty" json:"dated,omitempty"`
	// Immediate services give their outcome at once.
	Immediate bool `yaml:"immediate,omitempty" json:"immediate,omitempty"`
	// Agreed services take what the company and the provider agree on.
	Agreed bool `yaml:"agreed,omitempty" json:"agreed,omitempty"`
	// Source and Mark of the span.
	Source string `yaml:"source,omitempty" json:"source,omitempty"`
	Mark   Mark   `yaml:"mark,omitempty" json:"mark,omitempty"`
}

// Due returns the dates in Finland by which the outcome is expected at the
// earliest and at the latest, for a service requested at the instant start. It
// reports false when the time depends on an event or an agreement.
//
// The day of the request does not count. What is due on a date is due by the end
// of that day: see [Date.End].
func (e ExpectedTime) Due(start time.Time) (earliest, latest Date, ok bool) {
	day := DateOf(start)
	if e.Immediate {
		return day, day, true
	}
	if e.Max == 0 {
		return "", "", false
	}
	return e.add(day, e.Min), e.add(day, e.Max), true
}

func (e ExpectedTime) add(day Date, n int) Date {
	switch e.Unit {
	case UnitWorkingDays:
		return day.AddWorkingDays(n)
	case UnitWeeks:
		return day.AddDays(7 * n)
	case UnitMonths:
		return day.AddMonths(n)
	default:
		return day.AddDays(n)
	}
}
