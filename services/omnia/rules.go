// Package omnia is Omnia, the joint authority of education, in the hub.
//
// The rules here tell whether an employment may become an apprenticeship and
// what is missing. Omnia decides when it makes the agreement with the employer
// and the apprentice.
package omnia

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// ServiceApprenticeship is the catalogue id of what the rules assess.
const ServiceApprenticeship = "apprenticeship"

// Employment is what the rules want to know about an employment, or about an
// entrepreneur's own work, that is to become an apprenticeship. No field names a
// person. A number that is zero is not known.
type Employment struct {
	// Entrepreneur tells that the apprentice is the entrepreneur: there is a mentor
	// instead of a workplace instructor, and no employment contract.
	Entrepreneur bool
	// WeeklyHours on average over the apprenticeship.
	WeeklyHours rule.Decimal
	// Age of the apprentice in full years when the apprenticeship begins.
	Age int
	// Contract tells that there is an employment contract, or that one will be made
	// for the time of the apprenticeship.
	Contract rule.Answer
	// Instructor tells that a workplace instructor, or an entrepreneur's mentor, has been named.
	Instructor rule.Answer
	// TasksMatch tells that the tasks match the qualification or the part of it.
	TasksMatch rule.Answer
	// PayByAgreement tells that pay follows the collective agreement.
	PayByAgreement rule.Answer
	// OnLeave tells that the apprentice is on leave from this work during the apprenticeship.
	OnLeave rule.Answer
	// CompetencePlan tells that the personal competence plan has been made. It is
	// made together with Omnia, so it may still be open.
	CompetencePlan rule.Answer
}

// Assessment is the answer to: may this employment become an apprenticeship?
type Assessment struct {
	// On is the date of the assessment; the figures are those of that date.
	On catalogue.Date
	// Verdict follows from the reasons.
	Verdict rule.Verdict
	// Reasons in the order in which a reader wants them, met ones too.
	Reasons []rule.Reason
	// Missing are the codes of what is not known or not in place yet.
	Missing []string
	// Figures are the amounts that were counted with, each with its source.
	Figures []catalogue.Amount
}

// Apprenticeship tells whether the employment may become an apprenticeship on
// the date, and what is missing. Amounts are Omnia's reference data.
//
// What the employer can still put right, such as naming an instructor, is
// missing; what another employment would need, such as more hours, blocks.
func Apprenticeship(e Employment, amounts []catalogue.Amount, on catalogue.Date) Assessment {
	a := Assessment{On: on}
	figures := rule.AmountsOn(amounts, on)
	if hours, ok := figures.Get("apprenticeship.hours_min"); ok {
		a.check(enoughHours.Fill("hours", hours.Number()), known(e.WeeklyHours != 0, e.WeeklyHours >= hours))
	}
	if age, ok := figures.Int("apprenticeship.age_min"); ok {
		a.check(oldEnough.Fill("age", rule.Whole(age).Number()), known(e.Age != 0, e.Age >= age))
	}
	a.check(tasksMatch, e.TasksMatch)
	if e.Entrepreneur {
		a.open(mentorNamed, e.Instructor)
	} else {
		a.open(contractMade, e.Contract)
		a.open(instructorNamed, e.Instructor)
		a.check(payByAgreement, e.PayByAgreement)
		a.check(notOnLeave, e.OnLeave.Not())
	}
	a.plan(e.CompetencePlan)
	if unknown, ok := figures.Unknown(); ok {
		a.Reasons = append(a.Reasons, unknown)
	}
	a.Figures = figures.Used()
	a.Verdict = rule.Judge(a.Reasons)
	a.Missing = rule.Codes(a.Reasons, rule.Missing)
	return a
}

func (a *Assessment) check(c rule.Condition, holds rule.Answer) {
	a.Reasons = append(a.Reasons, c.Check(holds))
}

// open checks something that the employer can still do: a no is missing, with
// the text that says what to do, and does not speak against the apprenticeship.
func (a *Assessment) open(c rule.Condition, holds rule.Answer) {
	c.OnFail = rule.Missing
	a.check(c, holds)
}

// plan mentions the competence plan until it is made. Omnia makes it with the
// apprentice and the workplace, so its absence is no lack of the employer's.
func (a *Assessment) plan(made rule.Answer) {
	if made == rule.Yes {
		a.check(competencePlan, rule.Yes)
		return
	}
	a.Reasons = append(a.Reasons, competencePlan.Note())
}

func known(is, holds bool) rule.Answer {
	if !is {
		return rule.Unknown
	}
	return rule.AnswerOf(holds)
}
