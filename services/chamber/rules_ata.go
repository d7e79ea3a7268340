package chamber

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// Use is what goods on a carnet are taken abroad for.
type Use string

// The uses; the ids are those of the input "use" of ata.
const (
	Samples               Use = "samples"
	ProfessionalEquipment Use = "professional_equipment"
	Fair                  Use = "fair"
	OtherUse              Use = "other"
)

// Journey is what the rules want to know about goods that go abroad for a time.
// A date that is empty is not known.
type Journey struct {
	Use Use
	// Processed, Repaired, Consumed and GivenAway tell what is to happen to any of
	// the goods abroad.
	Processed, Repaired, Consumed, GivenAway rule.Answer
	// Countries visited outside the EU, as written by the company.
	Countries []string
	// Departure and Return are the days on which the goods leave and come back.
	Departure, Return catalogue.Date
	// Issued is the day on which the carnet was issued, and ValidTo its last day as
	// printed on it. Both are empty before there is a carnet.
	Issued, ValidTo catalogue.Date
}

// CarnetCheck is the answer to: do these goods suit an ATA carnet, and by when
// must they be back?
type CarnetCheck struct {
	Verdict rule.Verdict
	Reasons []rule.Reason
	// LastDay is the last day on which the goods may come back: as printed, or the
	// latest there can be, counted from the day of issue or of departure. Empty
	// when neither is known.
	LastDay catalogue.Date
	// Reminders before the last day that are still ahead, and the last day itself,
	// in the order of their dates; none for goods that cannot travel on a carnet.
	Reminders []rule.Deadline
	// Figures are the amounts that were counted with.
	Figures []catalogue.Amount
}

// CheckCarnet tells whether the goods suit an ATA carnet, and the dates. The
// date is the day of the check; amounts are the provider's reference data.
func CheckCarnet(j Journey, amounts []catalogue.Amount, on catalogue.Date) CarnetCheck {
	var c CarnetCheck
	figures := rule.AmountsOn(amounts, on)
	c.add(suitableUse.Check(suits(j.Use)))
	c.add(notProcessed.Check(none(j.Processed, j.Repaired)))
	c.add(notUsedUp.Check(none(j.Consumed, j.GivenAway)))
	c.countries(j, figures)
	c.timely(j, figures, on)
	c.dates(j, figures, on)
	if unknown, ok := figures.Unknown(); ok {
		c.add(unknown)
	}
	c.Figures = figures.Used()
	c.Verdict = rule.Judge(c.Reasons)
	if c.Verdict == rule.NotPossible && j.Issued == "" {
		c.Reminders = nil
	}
	return c
}

func (c *CarnetCheck) add(r rule.Reason) { c.Reasons = append(c.Reasons, r) }

func (c *CarnetCheck) countries(j Journey, figures *rule.Amounts) {
	if len(j.Countries) == 0 {
		c.add(countriesKnown.Check(rule.Unknown))
		return
	}
	if n, ok := figures.Get("ata.countries"); ok {
		c.add(memberCountry.Fill("countries", n.Number()).Note())
	}
}

// timely warns when the carnet would not be ready before the departure.
func (c *CarnetCheck) timely(j Journey, figures *rule.Amounts, on catalogue.Date) {
	days, ok := figures.Int("ata.working_days")
	if !ok || j.Departure == "" || j.Issued != "" {
		return
	}
	ready := on.AddWorkingDays(days)
	condition := inTime.Fill("days", rule.Whole(days).Number()).Fill("ready", rule.DateTexts(ready))
	c.add(condition.Check(rule.AnswerOf(ready <= j.Departure)))
}

// dates counts the last day and the reminders before it.
func (c *CarnetCheck) dates(j Journey, figures *rule.Amounts, on catalogue.Date) {
	months, ok := figures.Int("ata.valid_months_max")
	if !ok {
		return
	}
	from := j.Issued
	if from == "" {
		from = j.Departure
	}
	if from == "" {
		return
	}
	longest := from.AddMonths(months).AddDays(-1)
	c.LastDay = longest
	if j.ValidTo != "" {
		condition := validAtMost.Fill("longest", rule.DateTexts(longest))
		c.add(condition.Check(rule.AnswerOf(j.ValidTo <= longest)))
		c.LastDay = min(j.ValidTo, longest)
	}
	if j.Departure > c.LastDay {
		c.add(validAtDeparture.Fill("last", rule.DateTexts(c.LastDay)).Check(rule.No))
	}
	if j.Return != "" {
		condition := backInTime.Fill("last", rule.DateTexts(c.LastDay))
		c.add(condition.Check(rule.AnswerOf(j.Return <= c.LastDay)))
	}
	c.Reminders = reminders(c.LastDay, figures, on)
}

// reminders returns those before the last day that are not past yet, and the
// last day itself.
func reminders(last catalogue.Date, figures *rule.Amounts, on catalogue.Date) []rule.Deadline {
	var ahead []rule.Deadline
	for _, id := range []string{"ata.reminder_first_days", "ata.reminder_second_days", "ata.reminder_last_days"} {
		days, ok := figures.Int(id)
		day := last.AddDays(-days)
		if !ok || day < on {
			continue
		}
		d := carnetExpiring
		d.On = day
		d.Texts = rule.Fill(d.Texts, "days", rule.Whole(days).Number())
		d.Texts = rule.Fill(d.Texts, "last", rule.DateTexts(last))
		ahead = append(ahead, d)
	}
	if last >= on {
		d := carnetReturn
		d.On = last
		ahead = append(ahead, d)
	}
	return ahead
}

func suits(u Use) rule.Answer {
	switch u {
	case Samples, ProfessionalEquipment, Fair:
		return rule.Yes
	case "":
		return rule.Unknown
	default:
		return rule.No
	}
}

// none is yes when all answers are no, and no when any is yes.
func none(answers ...rule.Answer) rule.Answer {
	out := rule.Yes
	for _, a := range answers {
		switch a {
		case rule.Yes:
			return rule.No
		case rule.Unknown:
			out = rule.Unknown
		}
	}
	return out
}
