// Package rule is the vocabulary in which the providers' rules speak: facts that
// may be unknown, conditions that are met or not, the reasons this gives, and
// the verdict that follows from the reasons.
//
// A rule is a pure function of facts, reference data and a date. It never reads
// a clock or a file, and it never holds a figure that can change: figures come
// from the catalogue's amounts through [Amounts], which knows what was valid on
// the date and says so when nothing was.
//
// A verdict of a rule informs; it decides nothing. A grant or a certificate is
// decided by the one who is competent, and every reason names its source, so
// that a reader can check it.
package rule

import (
	"slices"
	"strings"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

// Answer is what is known about a fact. The zero value is Unknown, so a fact
// nobody has asked about never counts as a no.
type Answer int

// The answers.
const (
	Unknown Answer = iota
	Yes
	No
)

// AnswerOf turns a known truth into an answer.
func AnswerOf(is bool) Answer {
	if is {
		return Yes
	}
	return No
}

// Not returns the opposite answer; the opposite of Unknown is Unknown.
func (a Answer) Not() Answer {
	switch a {
	case Yes:
		return No
	case No:
		return Yes
	default:
		return Unknown
	}
}

// String returns "yes", "no" or "unknown".
func (a Answer) String() string {
	switch a {
	case Yes:
		return "yes"
	case No:
		return "no"
	default:
		return "unknown"
	}
}

// Effect is what one reason means for the whole.
type Effect string

// The effects, from good to bad.
const (
	// Met conditions speak for it.
	Met Effect = "met"
	// Notes are worth knowing in time and change nothing in the verdict.
	Notes Effect = "note"
	// Missing conditions are not known, or something that can be done is not in place yet.
	Missing Effect = "missing"
	// Warns means that the matter may fail on this, at somebody's discretion.
	Warns Effect = "warns"
	// Blocks means that it cannot be had as the facts stand.
	Blocks Effect = "blocks"
)

// Reason is one step of an assessment, as shown to the company.
type Reason struct {
	// Code is stable: programs and statistics may rely on it.
	Code   string
	Effect Effect
	// Texts says it in plain words.
	Texts catalogue.Texts
	// Provenance is the source of the rule. A reason whose mark is not confirmed
	// is shown as an estimate.
	catalogue.Provenance
}

// Condition is one requirement of a rule.
type Condition struct {
	Code string
	// Requires says what must hold; shown when it holds and when it is not known.
	Requires catalogue.Texts
	// Fails says what is wrong when it does not hold.
	Fails catalogue.Texts
	// OnFail is the effect when it does not hold: Blocks, Warns or Notes.
	OnFail Effect
	catalogue.Provenance
}

// Check returns the reason that follows when the condition is known to hold, not
// to hold, or is not known.
func (c Condition) Check(holds Answer) Reason {
	r := Reason{Code: c.Code, Texts: c.Requires, Provenance: c.Provenance}
	switch holds {
	case Yes:
		r.Effect = Met
	case No:
		r.Effect, r.Texts = c.OnFail, c.Fails
	default:
		r.Effect = Missing
	}
	return r
}

// Note returns the condition as something to keep in mind: what must hold, while
// nothing speaks against it yet.
func (c Condition) Note() Reason {
	return Reason{Code: c.Code, Effect: Notes, Texts: c.Requires, Provenance: c.Provenance}
}

// Fill returns a copy of the condition in whose texts "{name}" is replaced by
// the value in the same language.
func (c Condition) Fill(name string, value catalogue.Texts) Condition {
	c.Requires = Fill(c.Requires, name, value)
	c.Fails = Fill(c.Fails, name, value)
	return c
}

// Fill replaces "{name}" in a text by the value in the same language.
func Fill(t catalogue.Texts, name string, value catalogue.Texts) catalogue.Texts {
	name = "{" + name + "}"
	return catalogue.Texts{
		FI: strings.ReplaceAll(t.FI, name, value.FI),
		SV: strings.ReplaceAll(t.SV, name, value.SV),
		EN: strings.ReplaceAll(t.EN, name, value.EN),
	}
}

// Verdict is what all reasons together say.
type Verdict string

// The verdicts.
const (
	// Possible means that all conditions are met. It does not mean that the one who
	// decides will say yes.
	Possible Verdict = "possible"
	// Uncertain means that something is missing or depends on discretion.
	Uncertain Verdict = "uncertain"
	// NotPossible means that at least one condition blocks.
	NotPossible Verdict = "not_possible"
)

// Judge returns the verdict that follows from the reasons. Without reasons it is
// Uncertain: nothing has been examined.
func Judge(reasons []Reason) Verdict {
	if len(reasons) == 0 {
		return Uncertain
	}
	verdict := Possible
	for _, r := range reasons {
		switch r.Effect {
		case Blocks:
			return NotPossible
		case Met, Notes:
		default:
			verdict = Uncertain
		}
	}
	return verdict
}

// Codes returns the codes of the reasons with the effect, in their order.
func Codes(reasons []Reason, effect Effect) []string {
	var codes []string
	for _, r := range reasons {
		if r.Effect == effect {
			codes = append(codes, r.Code)
		}
	}
	return codes
}

// Has reports whether there is a reason with the code and the effect.
func Has(reasons []Reason, code string, effect Effect) bool {
	return slices.ContainsFunc(reasons, func(r Reason) bool { return r.Code == code && r.Effect == effect })
}

// Deadline is a date by which something must be done, or on which something
// happens by itself.
type Deadline struct {
	// Code is stable, as a reason's.
	Code string
	// On is the last day. What is due on a date is in time until its end in Finland.
	On    catalogue.Date
	Texts catalogue.Texts
	catalogue.Provenance
}
