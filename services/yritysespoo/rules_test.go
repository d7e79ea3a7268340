package yritysespoo_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/rule"
	"github.com/businessespoo/hub/services/yritysespoo"
)

// cafe is a plan with every needed section and a calculation that carries:
// 8 000 of sales with 40 % of variable costs leave 4 800, and 4 500 is required.
func cafe() (map[yritysespoo.Section]string, yritysespoo.Calculation) {
	plan := map[yritysespoo.Section]string{}
	for _, s := range yritysespoo.Sections() {
		if s.Needed {
			plan[s.ID] = "Something about " + s.Names.EN
		}
	}
	return plan, yritysespoo.Calculation{
		Living: rule.Whole(1800), IncomeTax: rule.Whole(400), LoanRepayments: rule.Whole(300), Interest: rule.Whole(50),
		PensionInsurance: rule.Whole(350), FixedCosts: rule.Whole(1600),
		Sales: rule.Whole(8000), VariableCosts: rule.Whole(3200),
		Investments: rule.Whole(15000), WorkingCapital: rule.Whole(5000), OwnMoney: rule.Whole(8000), Loans: rule.Whole(12000),
	}
}

func TestAssessPlanFigures(t *testing.T) {
	plan, calculation := cafe()
	got := yritysespoo.AssessPlan(plan, calculation)
	want := yritysespoo.Profitability{
		Required: rule.Whole(4500), Margin: rule.Whole(4800), MarginPercent: rule.Whole(60),
		BreakEven: rule.Whole(7500), Surplus: rule.Whole(300),
	}
	if diff := cmp.Diff(want, got.Figures); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if got.Verdict != rule.Possible || got.Profitable != rule.Possible || got.Ready != rule.Possible || got.KnowsItsCompetition != rule.Possible {
		t.Errorf("verdicts: %s, %s, %s, %s", got.Verdict, got.Profitable, got.Ready, got.KnowsItsCompetition)
	}
}

func TestAssessPlan(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(map[yritysespoo.Section]string, *yritysespoo.Calculation)
		want   rule.Verdict
		code   string
		effect rule.Effect
		empty  []yritysespoo.Section
	}{
		{"at break-even", func(_ map[yritysespoo.Section]string, c *yritysespoo.Calculation) {
			c.Sales, c.VariableCosts = rule.Whole(7500), rule.Whole(3000)
		}, rule.Possible, "profitability", rule.Met, nil},
		{"too little sales", func(_ map[yritysespoo.Section]string, c *yritysespoo.Calculation) {
			c.Sales, c.VariableCosts = rule.Whole(5000), rule.Whole(2000)
		}, rule.Uncertain, "profitability", rule.Warns, nil},
		{
			"sells at a loss", func(_ map[yritysespoo.Section]string, c *yritysespoo.Calculation) { c.VariableCosts = rule.Whole(8000) },
			rule.NotPossible, "margin", rule.Blocks, nil,
		},
		{
			"no sales given", func(_ map[yritysespoo.Section]string, c *yritysespoo.Calculation) { c.Sales = 0 },
			rule.Uncertain, "profitability", rule.Missing, nil,
		},
		{
			"no living given", func(_ map[yritysespoo.Section]string, c *yritysespoo.Calculation) { c.Living = 0 },
			rule.Uncertain, "profitability", rule.Missing, nil,
		},
		{
			"no pension insurance", func(_ map[yritysespoo.Section]string, c *yritysespoo.Calculation) { c.PensionInsurance = 0 },
			rule.Uncertain, "pension_insurance", rule.Warns, nil,
		},
		{
			"not financed", func(_ map[yritysespoo.Section]string, c *yritysespoo.Calculation) { c.Loans = rule.Whole(7000) },
			rule.Uncertain, "financing", rule.Warns, nil,
		},
		{
			"negative number", func(_ map[yritysespoo.Section]string, c *yritysespoo.Calculation) { c.FixedCosts = -1 },
			rule.Uncertain, "calculation", rule.Missing, nil,
		},
		{
			"nothing on competitors", func(p map[yritysespoo.Section]string, _ *yritysespoo.Calculation) { p["competitors"] = "  \n" },
			rule.Uncertain, "competition", rule.Missing,
			[]yritysespoo.Section{"competitors"},
		},
		{"nothing on risks and permits", func(p map[yritysespoo.Section]string, _ *yritysespoo.Calculation) {
			delete(p, "risks")
			delete(p, "permits")
		}, rule.Uncertain, "readiness", rule.Missing, []yritysespoo.Section{"risks", "permits"}},
		{
			"nothing on the vision", func(p map[yritysespoo.Section]string, _ *yritysespoo.Calculation) { delete(p, "vision") },
			rule.Possible, "business", rule.Met, nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan, calculation := cafe()
			test.change(plan, &calculation)
			got := yritysespoo.AssessPlan(plan, calculation)
			if got.Verdict != test.want {
				t.Errorf("verdict is %s, want %s", got.Verdict, test.want)
			}
			if !rule.Has(got.Reasons, test.code, test.effect) {
				t.Errorf("no reason %s (%s) among %+v", test.code, test.effect, got.Reasons)
			}
			if diff := cmp.Diff(test.empty, got.Empty); diff != "" {
				t.Errorf("empty sections (-want +got):\n%s", diff)
			}
			for _, r := range got.Reasons {
				for _, text := range []string{r.Texts.FI, r.Texts.SV, r.Texts.EN} {
					if text == "" || strings.ContainsAny(text, "{}") || r.Source == "" {
						t.Errorf("%s reads %q, source %q", r.Code, text, r.Source)
					}
				}
			}
		})
	}
}

// The gap and the sales that are needed are said in the text, as money is
// written in each language.
func TestAssessPlanTexts(t *testing.T) {
	plan, calculation := cafe()
	calculation.Sales, calculation.VariableCosts, calculation.Loans = rule.Whole(5000), rule.Whole(2000), rule.Whole(10500)
	var texts []string
	for _, r := range yritysespoo.AssessPlan(plan, calculation).Reasons {
		if r.Effect == rule.Warns {
			texts = append(texts, strings.ReplaceAll(r.Texts.FI, "\u00a0", " "))
		}
	}
	want := []string{
		"Alkuvaiheen menoista puuttuu rahoitusta 1 500 €.",
		"Suunniteltu myynti 5 000 € kuukaudessa ei riitä. Tarvitaan 7 500 €.",
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}
