package yritysespoo

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The sources of the conditions.
var (
	statementPage = catalogue.Provenance{
		Source: "What an expert's statement on a start-up grant speaks of, ohje.te-palvelut.fi/hloasiakas/fi/starttirahahakemus",
		Mark:   catalogue.MarkFound,
	}
	arithmetic = catalogue.Provenance{
		Source: "Computed from the calculation in the plan",
		Mark:   catalogue.MarkComputed,
	}
)

// The conditions of a plan. What a section lacks is missing and can be written.
var (
	businessDescribed = rule.Condition{
		Code: "business", OnFail: rule.Missing, Provenance: statementPage,
		Requires: catalogue.Texts{
			FI: "Suunnitelma kertoo, mitä myydään, kenelle ja miten.",
			SV: "Planen berättar vad som säljs, till vem och hur.",
			EN: "The plan says what is sold, to whom and how.",
		},
		Fails: catalogue.Texts{
			FI: "Kuvaa liiketoiminta tarkemmin. Tyhjiä kohtia: {sections}.",
			SV: "Beskriv verksamheten närmare. Tomma punkter: {sections}.",
			EN: "Describe the business further. Empty sections: {sections}.",
		},
	}
	readinessDescribed = rule.Condition{
		Code: "readiness", OnFail: rule.Missing, Provenance: statementPage,
		Requires: catalogue.Texts{
			FI: "Suunnitelma kertoo osaamisestasi, riskeistä ja luvista.",
			SV: "Planen berättar om din kompetens, riskerna och tillstånden.",
			EN: "The plan tells of your competence, the risks and the permits.",
		},
		Fails: catalogue.Texts{
			FI: "Kerro valmiuksistasi tarkemmin. Tyhjiä kohtia: {sections}.",
			SV: "Berätta mer om dina förutsättningar. Tomma punkter: {sections}.",
			EN: "Tell more about your readiness. Empty sections: {sections}.",
		},
	}
	competitionDescribed = rule.Condition{
		Code: "competition", OnFail: rule.Missing, Provenance: statementPage,
		Requires: catalogue.Texts{
			FI: "Suunnitelma kertoo kilpailijoista ja kilpailutilanteesta.",
			SV: "Planen berättar om konkurrenterna och konkurrensläget.",
			EN: "The plan tells of the competitors and the competitive situation.",
		},
		Fails: catalogue.Texts{
			FI: "Kuvaa kilpailu tarkemmin. Tyhjiä kohtia: {sections}.",
			SV: "Beskriv konkurrensen närmare. Tomma punkter: {sections}.",
			EN: "Describe the competition further. Empty sections: {sections}.",
		},
	}
)

// The conditions of a calculation.
var (
	calculationUsable = rule.Condition{
		Code: "calculation", OnFail: rule.Missing, Provenance: arithmetic,
		Fails: catalogue.Texts{
			FI: "Laskelmassa on negatiivinen luku. Merkitse kaikki luvut ilman miinusmerkkiä.",
			SV: "Kalkylen innehåller ett negativt tal. Ange alla tal utan minustecken.",
			EN: "The calculation has a negative number. Give all numbers without a minus sign.",
		},
	}
	financed = rule.Condition{
		Code: "financing", OnFail: rule.Warns, Provenance: arithmetic,
		Requires: catalogue.Texts{
			FI: "Alkuvaiheen menoihin on rahoitus.",
			SV: "Utgifterna i början är finansierade.",
			EN: "The costs of starting are financed.",
		},
		Fails: catalogue.Texts{
			FI: "Alkuvaiheen menoista puuttuu rahoitusta {gap}.",
			SV: "För utgifterna i början saknas finansiering på {gap}.",
			EN: "The costs of starting lack {gap} of financing.",
		},
	}
	coversItself = rule.Condition{
		Code: "profitability", OnFail: rule.Warns, Provenance: arithmetic,
		Requires: catalogue.Texts{
			FI: "Suunniteltu myynti kattaa kulut, lainat ja toimeentulosi.",
			SV: "Den planerade försäljningen täcker kostnaderna, lånen och din försörjning.",
			EN: "Planned sales cover the costs, the loans and your living.",
		},
		Fails: catalogue.Texts{
			FI: "Suunniteltu myynti {sales} kuukaudessa ei riitä. Tarvitaan {needed}.",
			SV: "Den planerade försäljningen {sales} i månaden räcker inte. Det behövs {needed}.",
			EN: "Planned sales of {sales} a month are not enough. {needed} is needed.",
		},
	}
	sellsAtAProfit = rule.Condition{
		Code: "margin", OnFail: rule.Blocks, Provenance: arithmetic,
		Fails: catalogue.Texts{
			FI: "Myynnistä ei jää katetta: muuttuvat kulut ovat vähintään myynnin suuruiset.",
			SV: "Försäljningen ger ingen marginal: de rörliga kostnaderna är minst lika stora som försäljningen.",
			EN: "Sales leave no margin: variable costs are at least as large as sales.",
		},
	}
	pensionCounted = rule.Condition{
		Code: "pension_insurance", OnFail: rule.Warns,
		Provenance: catalogue.Provenance{Source: "The Self-Employed Persons' Pensions Act (YEL), by general knowledge", Mark: catalogue.MarkUnconfirmed},
		Requires: catalogue.Texts{
			FI: "Yrittäjän eläkevakuutus on laskelmassa.",
			SV: "Företagarens pensionsförsäkring finns med i kalkylen.",
			EN: "The entrepreneur's pension insurance is in the calculation.",
		},
		Fails: catalogue.Texts{
			FI: "Yrittäjän eläkevakuutus (YEL) puuttuu laskelmasta. Päätoiminen yrittäjä tarvitsee sen yleensä.",
			SV: "Företagarens pensionsförsäkring (FöPL) saknas i kalkylen. En företagare på heltid behöver den i allmänhet.",
			EN: "The entrepreneur's pension insurance (YEL) is not in the calculation. A full-time entrepreneur usually needs it.",
		},
	}
)
