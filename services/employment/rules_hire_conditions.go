package employment

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The sources of the conditions of the subsidies.
var (
	subsidyPage = catalogue.Provenance{
		Source: "Pay subsidy, tyomarkkinatori.fi/en/more-information-about-services/pay-subsidy",
		Mark:   catalogue.MarkFound,
	}
	subsidyCity = catalogue.Provenance{
		Source: "Pay subsidies for employers, hel.fi/en/business-and-work/employers",
		Mark:   catalogue.MarkFound,
	}
)

// The conditions of the pay subsidy and of the subsidy for those aged 55 or over.
var (
	unemployedJobseeker = rule.Condition{
		Code: "unemployed_jobseeker", OnFail: rule.Blocks, Provenance: subsidyPage,
		Requires: catalogue.Texts{
			FI: "Palkattava on työtön työnhakija.",
			SV: "Den som anställs är arbetslös arbetssökande.",
			EN: "The person hired is an unemployed jobseeker.",
		},
		Fails: catalogue.Texts{
			FI: "Tukea saa vain työttömän työnhakijan palkkaamiseen.",
			SV: "Stöd beviljas bara för att anställa en arbetslös arbetssökande.",
			EN: "The subsidy is only for hiring an unemployed jobseeker.",
		},
	}
	needAssessed = rule.Condition{
		Code: "need_assessed", OnFail: rule.Blocks, Provenance: subsidyPage,
		Requires: catalogue.Texts{
			FI: "Työllisyysalue on arvioinut, että työnhakija tarvitsee tukea työllistyäkseen.",
			SV: "Sysselsättningsområdet har bedömt att den arbetssökande behöver stödet för att få arbete.",
			EN: "The employment area has found that the jobseeker needs the subsidy to find work.",
		},
		Fails: catalogue.Texts{
			FI: "Työllisyysalueen mukaan työnhakija ei tarvitse tukea työllistyäkseen.",
			SV: "Enligt sysselsättningsområdet behöver den arbetssökande inte stödet för att få arbete.",
			EN: "The employment area finds that the jobseeker does not need the subsidy to find work.",
		},
	}
	realHours = rule.Condition{
		Code: "contract_kind", OnFail: rule.Blocks, Provenance: subsidyPage,
		Requires: catalogue.Texts{
			FI: "Työsopimuksessa on sovittu työaika, ja palkka maksetaan siitä.",
			SV: "Arbetstiden är avtalad i arbetsavtalet, och lönen betalas för den.",
			EN: "The employment contract sets the working hours, and the pay is for them.",
		},
		Fails: catalogue.Texts{
			FI: "Tukea ei myönnetä nollatuntisopimukseen eikä provisiopalkkaiseen työhön.",
			SV: "Stöd beviljas inte för nolltimmesavtal eller provisionsbaserat arbete.",
			EN: "There is no subsidy for zero-hours contracts or work paid by commission.",
		},
	}
	decisionBeforeWork = rule.Condition{
		Code: "decision_before_work", OnFail: rule.Blocks, Provenance: subsidyPage,
		Requires: catalogue.Texts{
			FI: "Työ alkaa vasta, kun päätös tuesta on tehty.",
			SV: "Arbetet börjar först när beslutet om stöd är fattat.",
			EN: "Work begins only after the decision on the subsidy.",
		},
		Fails: catalogue.Texts{
			FI: "Työ alkaa ennen päätöstä, joten tukea ei voi saada. Siirrä aloitusta, jos työ ei ole vielä alkanut.",
			SV: "Arbetet börjar före beslutet, så stöd kan inte beviljas. Flytta fram starten om arbetet inte har börjat.",
			EN: "Work begins before the decision, so there is no subsidy. Postpone the start if work has not begun.",
		},
	}
	municipalityGround = rule.Condition{
		Code: "municipality_ground", OnFail: rule.Blocks, Provenance: subsidyCity,
		Requires: catalogue.Texts{
			FI: "Kunta saa tukea vain, kun palkattavan työkyky on alentunut tai hän on vähintään {age}-vuotias ja pitkään työtön.",
			SV: "En kommun får stöd bara när den som anställs har nedsatt arbetsförmåga eller har fyllt {age} år och länge varit arbetslös.",
			EN: "A municipality is subsidised only when the person has reduced work ability, or is at least {age} and long unemployed.",
		},
		Fails: catalogue.Texts{
			FI: "Kunta ei saa tukea, kun palkattavan työkyky ei ole alentunut eikä hän ole täyttänyt {age} vuotta.",
			SV: "En kommun får inte stöd när den som anställs varken har nedsatt arbetsförmåga eller har fyllt {age} år.",
			EN: "A municipality gets no subsidy when the person has no reduced work ability and is under {age}.",
		},
	}
	subsidyDiscretion = rule.Condition{
		Code:       "discretion",
		Provenance: catalogue.Provenance{Source: "An employment area whose money for 2025 had been used by the summer, aanekoski.fi", Mark: catalogue.MarkFound},
		Requires: catalogue.Texts{
			FI: "Tuki on harkinnanvarainen, ja vuoden määräraha voi loppua.",
			SV: "Stödet beviljas enligt prövning, och årets anslag kan ta slut.",
			EN: "The subsidy is discretionary, and the money for the year can run out.",
		},
	}
	oldEnough = rule.Condition{
		Code: "age", OnFail: rule.Blocks, Provenance: subsidyPage,
		Requires: catalogue.Texts{
			FI: "Palkattava on täyttänyt {age} vuotta.",
			SV: "Den som anställs har fyllt {age} år.",
			EN: "The person hired is at least {age} years old.",
		},
		Fails: catalogue.Texts{
			FI: "Palkattava ei ole täyttänyt {age} vuotta. Katso palkkatukea.",
			SV: "Den som anställs har inte fyllt {age} år. Se lönesubvention.",
			EN: "The person hired is under {age}. See the pay subsidy.",
		},
	}
	longUnemployed = rule.Condition{
		Code: "long_unemployed", OnFail: rule.Blocks, Provenance: subsidyPage,
		Requires: catalogue.Texts{
			FI: "Palkattava on ollut työttömänä vähintään {months} kuukautta viimeisten {window} kuukauden aikana.",
			SV: "Den som anställs har varit arbetslös i minst {months} månader under de senaste {window} månaderna.",
			EN: "The person hired has been unemployed for at least {months} of the last {window} months.",
		},
		Fails: catalogue.Texts{
			FI: "Työttömyyttä on alle {months} kuukautta viimeisten {window} kuukauden aikana. Katso palkkatukea.",
			SV: "Arbetslösheten är under {months} månader under de senaste {window} månaderna. Se lönesubvention.",
			EN: "Unemployment is less than {months} of the last {window} months. See the pay subsidy.",
		},
	}
	enoughHours = rule.Condition{
		Code: "weekly_hours", OnFail: rule.Blocks, Provenance: subsidyPage,
		Requires: catalogue.Texts{
			FI: "Työtä on vähintään {hours} tuntia viikossa.",
			SV: "Arbetstiden är minst {hours} timmar i veckan.",
			EN: "There is work for at least {hours} hours a week.",
		},
		Fails: catalogue.Texts{
			FI: "Työtä on alle {hours} tuntia viikossa.",
			SV: "Arbetstiden är under {hours} timmar i veckan.",
			EN: "There is work for less than {hours} hours a week.",
		},
	}
	payKnown = rule.Condition{
		Code: "monthly_pay", OnFail: rule.Blocks, Provenance: subsidyPage,
		Requires: catalogue.Texts{
			FI: "Tuen määrää varten tarvitaan kuukausipalkka.",
			SV: "Månadslönen behövs för att räkna ut stödet.",
			EN: "The monthly pay is needed to count the subsidy.",
		},
	}
	cumulation = rule.Condition{
		Code: "cumulation", OnFail: rule.Warns,
		Provenance: catalogue.Provenance{
			Source: "Pay subsidy, duration and amount, te-palvelut.fi/en/employers/find-an-employee/pay-subsidy/duration-and-amount",
			Mark:   catalogue.MarkFound,
		},
		Requires: catalogue.Texts{
			FI: "Tuki ja muut korvaukset eivät yhdessä ylitä palkkakustannuksia.",
			SV: "Stödet och andra ersättningar överstiger inte tillsammans lönekostnaderna.",
			EN: "The subsidy and other compensation together do not exceed the payroll costs.",
		},
		Fails: catalogue.Texts{
			FI: "Tuki ja muut korvaukset eivät saa yhdessä ylittää palkkakustannuksia, joten tuelle jää tilaa {room} kuukaudessa.",
			SV: "Stödet och andra ersättningar får inte tillsammans överstiga lönekostnaderna, så för stödet återstår {room} i månaden.",
			EN: "The subsidy and other compensation may not together exceed the payroll costs, which leaves {room} a month for the subsidy.",
		},
	}
	deMinimisLimit = rule.Condition{
		Code: "de_minimis", OnFail: rule.Warns,
		Provenance: catalogue.Provenance{Source: "Regulation (EU) 2023/2831, by general knowledge", Mark: catalogue.MarkUnconfirmed},
		Requires: catalogue.Texts{
			FI: "Yrityksen de minimis -tuki jää enintään {max} määrään {years} vuodessa.",
			SV: "Företagets de minimis-stöd håller sig inom {max} under {years} år.",
			EN: "The company's de minimis aid stays within {max} in {years} years.",
		},
		Fails: catalogue.Texts{
			FI: "Tuki ylittäisi de minimis -rajan, joka on {max} {years} vuodessa.",
			SV: "Stödet skulle överskrida de minimis-gränsen, som är {max} under {years} år.",
			EN: "The subsidy would exceed the de minimis limit, which is {max} in {years} years.",
		},
	}
)

// The deadline of the subsidy for those aged 55 or over; On is filled in when it
// is counted.
var claimSubsidy = rule.Deadline{
	Code: "claim_payment",
	Provenance: catalogue.Provenance{
		Source: "Employment subsidy for those aged 55 or over, service description of an employment area, international.rovaniemi.fi",
		Mark:   catalogue.MarkFound,
	},
	Texts: catalogue.Texts{
		FI: "Hae viimeistään tänä päivänä maksua tukijaksolta, joka päättyy {end}.",
		SV: "Ansök senast denna dag om utbetalning för stödperioden som slutar {end}.",
		EN: "Claim the payment for the subsidy period that ends on {end} by this day.",
	},
}
