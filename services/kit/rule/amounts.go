package rule

import (
	"slices"
	"strings"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

// Amounts gives one assessment its figures: those that are valid on its date. It
// remembers which were used, so that the assessment can show them with their
// sources, and which were asked for in vain.
//
// Amounts is for one assessment in one goroutine.
type Amounts struct {
	all     []catalogue.Amount
	on      catalogue.Date
	used    []catalogue.Amount
	missing []string
}

// AmountsOn returns the amounts that are valid on the date.
func AmountsOn(all []catalogue.Amount, on catalogue.Date) *Amounts {
	return &Amounts{all: all, on: on}
}

// Get returns the value of the amount, and false when none is valid on the date
// or its value has more than two decimals. A rule that gets false must leave out
// what depends on the figure; [Amounts.Unknown] then explains it.
func (a *Amounts) Get(id string) (Decimal, bool) {
	for _, amount := range a.all {
		if amount.ID != id || !amount.ValidOn(a.on) {
			continue
		}
		value, err := ParseDecimal(amount.Value)
		if err != nil {
			break
		}
		if !slices.Contains(a.used, amount) {
			a.used = append(a.used, amount)
		}
		return value, true
	}
	if !slices.Contains(a.missing, id) {
		a.missing = append(a.missing, id)
	}
	return 0, false
}

// Int is Get for figures that count whole things, such as months. It reports
// false for a value with decimals.
func (a *Amounts) Int(id string) (int, bool) {
	value, ok := a.Get(id)
	if !ok || value%100 != 0 {
		return 0, false
	}
	return int(value / 100), true
}

// Used returns the amounts that were used, in the order of first use.
func (a *Amounts) Used() []catalogue.Amount { return a.used }

// Unknown returns a reason that names the figures which were asked for and are
// not known on the date, and false when all were known.
func (a *Amounts) Unknown() (Reason, bool) {
	if len(a.missing) == 0 {
		return Reason{}, false
	}
	ids := strings.Join(a.missing, ", ")
	texts := catalogue.Texts{
		FI: "Vahvistettua lukua ei ole tälle päivälle ({date}): {ids}.",
		SV: "Det finns ingen bekräftad siffra för denna dag ({date}): {ids}.",
		EN: "There is no confirmed figure for this date ({date}): {ids}.",
	}
	texts = Fill(texts, "date", DateTexts(a.on))
	texts = Fill(texts, "ids", catalogue.Texts{FI: ids, SV: ids, EN: ids})
	return Reason{
		Code: "figure_unknown", Effect: Missing, Texts: texts,
		Provenance: catalogue.Provenance{Source: "The reference data of the provider", Mark: catalogue.MarkComputed},
	}, true
}
