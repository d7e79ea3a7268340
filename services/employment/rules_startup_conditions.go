package employment

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The sources of the conditions of the start-up grant.
var (
	grantPage = catalogue.Provenance{
		Source: "Start-up grant, tyomarkkinatori.fi/en/more-information-about-services/start-up-grant",
		Mark:   catalogue.MarkFound,
	}
	grantPractice = catalogue.Provenance{
		Source: "Start-up grant, another employment area under the same Act 380/2023, elinkeinopalvelut.jyvaskyla.fi/en/yrityspalvelut/starttiraha",
		Mark:   catalogue.MarkFound,
	}
	grantNews = catalogue.Provenance{
		Source: "Advice to applicants of the start-up grant, elinkeinopalvelut.jyvaskyla.fi/en/news",
		Mark:   catalogue.MarkFound,
	}
)

// The conditions of the start-up grant.
var (
	homeInArea = rule.Condition{
		Code: "home_municipality", OnFail: rule.Blocks, Provenance: grantPractice,
		Requires: catalogue.Texts{
			FI: "Kotikuntasi on Espoo tai Kauniainen.",
			SV: "Din hemkommun är Esbo eller Grankulla.",
			EN: "Your home municipality is Espoo or Kauniainen.",
		},
		Fails: catalogue.Texts{
			FI: "Kotikuntasi ei ole Espoo eikä Kauniainen. Hae starttirahaa oman kuntasi työllisyysalueelta.",
			SV: "Din hemkommun är varken Esbo eller Grankulla. Ansök om startpeng hos sysselsättningsområdet i din egen kommun.",
			EN: "Your home municipality is neither Espoo nor Kauniainen. Apply to the employment area of your own municipality.",
		},
	}
	fullTimeBusiness = rule.Condition{
		Code: "full_time", OnFail: rule.Blocks, Provenance: grantPractice,
		Requires: catalogue.Texts{
			FI: "Yrittäjyys on päätoimista ja jatkuvaa.",
			SV: "Företagandet är heltidsarbete och fortlöpande.",
			EN: "The business is full-time work and continuous.",
		},
		Fails: catalogue.Texts{
			FI: "Starttirahaa ei saa sivutoimiseen yrittäjyyteen.",
			SV: "Startpeng beviljas inte för företagande på deltid.",
			EN: "The grant is not for part-time business.",
		},
	}
	notYetFullTime = rule.Condition{
		Code: "not_already_entrepreneur", OnFail: rule.Blocks, Provenance: grantPage,
		Requires: catalogue.Texts{
			FI: "Siirryt päätoimiseksi yrittäjäksi työttömyydestä, palkkatyöstä, opinnoista, kotityöstä tai sivutoimisesta yrittäjyydestä.",
			SV: "Du blir företagare på heltid efter arbetslöshet, lönearbete, studier, hemarbete eller företagande på deltid.",
			EN: "You become a full-time entrepreneur after unemployment, paid work, studies, work at home or part-time business.",
		},
		Fails: catalogue.Texts{
			FI: "Olet jo päätoiminen yrittäjä, joten et voi saada starttirahaa.",
			SV: "Du är redan företagare på heltid och kan inte få startpeng.",
			EN: "You are a full-time entrepreneur already, so you cannot get the grant.",
		},
	}
	studiesDone = rule.Condition{
		Code: "studies", OnFail: rule.Blocks, Provenance: grantNews,
		Requires: catalogue.Texts{
			FI: "Päätoimiset opintosi ovat loppuvaiheessa.",
			SV: "Dina heltidsstudier är i slutskedet.",
			EN: "Your full-time studies are almost complete.",
		},
		Fails: catalogue.Texts{
			FI: "Päätoimiset opintosi ovat vielä olennaisesti kesken, joten et voi saada starttirahaa.",
			SV: "Dina heltidsstudier är ännu till väsentliga delar oavslutade, så du kan inte få startpeng.",
			EN: "Your full-time studies are still essentially unfinished, so you cannot get the grant.",
		},
	}
	planReady = rule.Condition{
		Code: "plan", OnFail: rule.Warns, Provenance: grantPractice,
		Requires: catalogue.Texts{
			FI: "Liiketoimintasuunnitelma sekä kannattavuus- ja rahoituslaskelmat ovat valmiina.",
			SV: "Affärsplanen samt lönsamhets- och finansieringskalkylerna är klara.",
			EN: "The business plan and the profitability and financing calculations are ready.",
		},
		Fails: catalogue.Texts{
			FI: "Tee ensin liiketoimintasuunnitelma ja laskelmat. YritysEspoo neuvoo maksutta.",
			SV: "Gör först affärsplanen och kalkylerna. FöretagsEsbo ger råd kostnadsfritt.",
			EN: "Make the business plan and the calculations first. EnterpriseEspoo advises free of charge.",
		},
	}
	prerequisites = rule.Condition{
		Code: "prerequisites", OnFail: rule.Warns, Provenance: grantNews,
		Requires: catalogue.Texts{
			FI: "Rahoitus, tilat ja luvat ovat kunnossa.",
			SV: "Finansiering, lokaler och tillstånd är i ordning.",
			EN: "Financing, premises and permits are in place.",
		},
		Fails: catalogue.Texts{
			FI: "Hakemus voidaan hylätä, jos rahoitus, tilat tai luvat puuttuvat.",
			SV: "Ansökan kan avslås om finansiering, lokaler eller tillstånd saknas.",
			EN: "The application may be refused if financing, premises or permits are missing.",
		},
	}
	noOtherIncome = rule.Condition{
		Code: "other_income", OnFail: rule.Blocks, Provenance: grantPractice,
		Requires: catalogue.Texts{
			FI: "Et saa samalta ajalta palkkaa tai muuta etuutta.",
			SV: "Du får inte lön eller någon annan förmån för samma tid.",
			EN: "You get no salary or other benefit for the same time.",
		},
		Fails: catalogue.Texts{
			FI: "Starttirahaa ei saa ajalta, jolta saat palkkaa tai muuta etuutta.",
			SV: "Startpeng betalas inte för tid då du får lön eller någon annan förmån.",
			EN: "The grant is not paid for a time for which you get a salary or another benefit.",
		},
	}
	grantNeeded = rule.Condition{
		Code: "reasonable_living", OnFail: rule.Blocks, Provenance: grantPractice,
		Requires: catalogue.Texts{
			FI: "Yritys ei heti alussa takaa kohtuullista toimeentuloa.",
			SV: "Företaget ger inte genast en skälig utkomst.",
			EN: "The business does not give you a reasonable living at once.",
		},
		Fails: catalogue.Texts{
			FI: "Yritys turvaa toimeentulosi heti, joten starttirahaa ei tarvita eikä sitä myönnetä.",
			SV: "Företaget tryggar din utkomst genast, så startpeng behövs inte och beviljas inte.",
			EN: "The business gives you a reasonable living at once, so the grant is not needed and not given.",
		},
	}
	noTaxDebt = rule.Condition{
		Code: "tax_debt", OnFail: rule.Warns, Provenance: grantPractice,
		Requires: catalogue.Texts{
			FI: "Sinulla ei ole verovelkaa.",
			SV: "Du har ingen skatteskuld.",
			EN: "You have no tax debt.",
		},
		Fails: catalogue.Texts{
			FI: "Verovelka on peruste hylätä hakemus. Sovi ensin maksusuunnitelma Verohallinnon kanssa.",
			SV: "En skatteskuld är en grund för avslag. Kom först överens om en betalningsplan med Skatteförvaltningen.",
			EN: "Tax debt is a ground for refusal. Agree on a payment plan with the Tax Administration first.",
		},
	}
	noPaymentDefault = rule.Condition{
		Code: "payment_default", OnFail: rule.Warns, Provenance: grantPractice,
		Requires: catalogue.Texts{
			FI: "Sinulla ei ole maksuhäiriömerkintöjä.",
			SV: "Du har inga betalningsanmärkningar.",
			EN: "You have no payment defaults.",
		},
		Fails: catalogue.Texts{
			FI: "Maksuhäiriömerkintä on peruste hylätä hakemus.",
			SV: "En betalningsanmärkning är en grund för avslag.",
			EN: "A payment default is a ground for refusal.",
		},
	}
	newBusiness = rule.Condition{
		Code: "new_business", OnFail: rule.Warns,
		Provenance: catalogue.Provenance{Source: "Claim of a private guide, innovaidor.com/blog/applying-for-finnish-startup-grant", Mark: catalogue.MarkUnconfirmed},
		Requires: catalogue.Texts{
			FI: "Aloitat uutta toimintaa.",
			SV: "Du inleder ny verksamhet.",
			EN: "You start something new.",
		},
		Fails: catalogue.Texts{
			FI: "Starttirahaa ei ehkä saa, jos vain jatkat valmista yritystä ennallaan. Kysy työllisyysalueelta.",
			SV: "Du får kanske inte startpeng om du bara fortsätter ett befintligt företag som det är. Fråga sysselsättningsområdet.",
			EN: "The grant may not be given for merely carrying on an existing business. Ask the employment area.",
		},
	}
)

var grantDiscretion = rule.Condition{
	Code: "discretion", Provenance: grantPage,
	Requires: catalogue.Texts{
		FI: "Starttiraha on harkinnanvarainen. Työllisyysalue päättää siitä.",
		SV: "Startpeng beviljas enligt prövning. Sysselsättningsområdet beslutar om den.",
		EN: "The grant is discretionary. The employment area decides on it.",
	},
}

// The conditions on the order of steps.
var (
	applyFirst = rule.Condition{
		Code: "apply_before_start", OnFail: rule.Blocks, Provenance: grantPage,
		Requires: catalogue.Texts{
			FI: "Lähetä hakemus ennen kuin aloitat päätoimisesti.",
			SV: "Skicka ansökan innan du börjar på heltid.",
			EN: "Send the application before you start full-time.",
		},
		Fails: catalogue.Texts{
			FI: "Päätoiminen toiminta on alkanut ennen hakemusta, joten starttirahaa ei voi saada.",
			SV: "Verksamheten på heltid har börjat före ansökan, så startpeng kan inte beviljas.",
			EN: "Full-time business began before the application, so the grant cannot be given.",
		},
	}
	startAfterDecision = rule.Condition{
		Code: "decision_before_start", OnFail: rule.Blocks,
		Provenance: catalogue.Provenance{Source: "Practice until the end of 2024, uusyrityskeskus.fi/minustako-yrittaja/starttiraha", Mark: catalogue.MarkFound},
		Requires: catalogue.Texts{
			FI: "Aloita päätoimisesti vasta päätöksen jälkeen.",
			SV: "Börja på heltid först efter beslutet.",
			EN: "Start full-time only after the decision.",
		},
		Fails: catalogue.Texts{
			FI: "Päätoiminen toiminta on alkanut ennen päätöstä, mikä esti starttirahan vuoden 2024 loppuun.",
			SV: "Verksamheten på heltid har börjat före beslutet, vilket hindrade startpeng fram till slutet av 2024.",
			EN: "Full-time business began before the decision, which prevented the grant until the end of 2024.",
		},
	}
	atOwnRisk = rule.Condition{
		Code: "started_at_own_risk", OnFail: rule.Notes, Provenance: grantPractice,
		Requires: catalogue.Texts{
			FI: "Voit aloittaa, kun hakemus on perillä.",
			SV: "Du får börja när ansökan har kommit fram.",
			EN: "You may start when the application has arrived.",
		},
		Fails: catalogue.Texts{
			FI: "Olet aloittanut ennen päätöstä omalla riskilläsi: starttiraha on harkinnanvarainen.",
			SV: "Du har börjat före beslutet på egen risk: startpeng beviljas enligt prövning.",
			EN: "You have started before the decision at your own risk: the grant is discretionary.",
		},
	}
	businessIDAfter = rule.Condition{
		Code: "business_id_before_application", OnFail: rule.Warns, Provenance: grantNews,
		Requires: catalogue.Texts{
			FI: "Työllisyysalue on antanut luvan hankkia Y-tunnus ennen hakemusta.",
			SV: "Sysselsättningsområdet har tillåtit att du skaffar FO-nummer före ansökan.",
			EN: "The employment area has allowed you to get the Business ID before applying.",
		},
		Fails: catalogue.Texts{
			FI: "Y-tunnus on hankittu ennen hakemusta ilman työllisyysalueen lupaa. Ota yhteyttä työllisyysalueeseen ennen hakemista.",
			SV: "FO-numret har skaffats före ansökan utan sysselsättningsområdets tillstånd. Kontakta sysselsättningsområdet innan du ansöker.",
			EN: "The Business ID was obtained before the application without the employment area's permission. Contact the employment area before you apply.",
		},
	}
)

// The deadlines of the start-up grant; On is filled in when they are counted.
var (
	claimDeadline = rule.Deadline{
		Code: "claim_payment",
		Provenance: catalogue.Provenance{
			Source: "Start-up grant, suomi.fi service description of an employment area", Mark: catalogue.MarkFound,
		},
		Texts: catalogue.Texts{
			FI: "Hae viimeistään tänä päivänä maksua ajalta {from}–{to}.",
			SV: "Ansök senast denna dag om utbetalning för tiden {from}–{to}.",
			EN: "Claim the payment for {from} to {to} by this day.",
		},
	}
	extensionDeadline = rule.Deadline{
		Code: "apply_for_extension",
		Provenance: catalogue.Provenance{
			Source: "Older application guide, ohje.te-palvelut.fi/hloasiakas/fi/starttirahahakemus", Mark: catalogue.MarkFound,
		},
		Texts: catalogue.Texts{
			FI: "Hae jatkoa viimeistään tänä päivänä. Ensimmäinen jakso päättyy {end}.",
			SV: "Ansök om fortsättning senast denna dag. Den första perioden slutar {end}.",
			EN: "Apply for an extension by this day. The first period ends on {end}.",
		},
	}
	lastDay = rule.Deadline{
		Code: "last_day_with_extension", Provenance: grantPage,
		Texts: catalogue.Texts{
			FI: "Viimeinen päivä, jolta starttirahaa voi saada, jos jatko myönnetään.",
			SV: "Sista dagen för vilken startpeng kan betalas, om fortsättning beviljas.",
			EN: "The last day for which the grant can be paid, if an extension is given.",
		},
	}
)
