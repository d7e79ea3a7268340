package demo

// What advisors and companies of the demo write. All of it is made up.
var (
	replyText = texts{
		"Kiitos viestistä. Otin asian hoitaakseni ja palaan siihen tällä viikolla.",
		"Tack för meddelandet. Jag har tagit hand om ärendet och återkommer den här veckan.",
		"Thank you for the message. I have taken the matter and will come back to it this week.",
	}
	messageText = texts{
		"Kiitos. Aikataulu sopii meille, ja voimme tavata milloin vain.",
		"Tack. Tidtabellen passar oss, och vi kan träffas när som helst.",
		"Thank you. The schedule suits us, and we can meet at any time.",
	}
	questionText = texts{
		"Voisitteko täydentää: millä aikataululla, ja kenen kanssa voimme sopia yksityiskohdista?",
		"Kan ni komplettera: med vilken tidtabell, och med vem kan vi komma överens om detaljerna?",
		"Could you add: on what schedule, and with whom can we agree on the details?",
	}
	answerText = texts{
		"Tavoite on seuraava kuukausi. Sovin yksityiskohdista itse.",
		"Målet är nästa månad. Jag kommer själv överens om detaljerna.",
		"We aim at next month. I agree on the details myself.",
	}
	referText = texts{
		"Toinen toimija voi auttaa tässä paremmin. Ehdotan, että jatkatte heidän kanssaan.",
		"En annan aktör kan hjälpa er bättre med det här. Jag föreslår att ni fortsätter med dem.",
		"Another provider can help you better with this. I suggest that you go on with them.",
	}
	handoverText = texts{
		"Lähtötilanne on käyty läpi, eikä sitä tarvitse kertoa uudelleen.",
		"Utgångsläget har gåtts igenom och behöver inte berättas på nytt.",
		"The starting point has been gone through and need not be told again.",
	}
	declineText = texts{
		"Palvelu on tarkoitettu toisenlaisessa tilanteessa oleville yrityksille, joten emme voi ottaa asiaa.",
		"Tjänsten är avsedd för företag i en annan situation, så vi kan inte ta ärendet.",
		"The service is meant for companies in another situation, so we cannot take the matter.",
	}
	withdrawText = texts{
		"Asia ratkesi jo muuten.",
		"Saken löste sig redan på annat sätt.",
		"The matter has been solved in another way.",
	}
	decisionTitle = texts{
		"Myönteinen päätös",
		"Jakande beslut",
		"Decision in favour",
	}
	decisionReasons = texts{
		"Hakemus täyttää edellytykset annettujen tietojen perusteella.",
		"Ansökan uppfyller villkoren enligt de uppgifter som lämnats.",
		"The application meets the conditions, by the information given.",
	}
	appealText = texts{
		"Oikaisua voi vaatia 30 päivän kuluessa päätöksen saamisesta.",
		"Omprövning kan begäras inom 30 dagar från att beslutet mottagits.",
		"A review can be requested within 30 days of receiving the decision.",
	}
	summaryText = texts{
		"Kävimme asian läpi ja sovimme seuraavista askelista. Tervetuloa uudelleen.",
		"Vi gick igenom saken och kom överens om följande steg. Välkommen åter.",
		"We went through the matter and agreed on the next steps. Welcome back.",
	}
	contactText = texts{
		"Puhuimme puhelimessa lähtötilanteesta ja toiveista.",
		"Vi talade i telefon om utgångsläget och önskemålen.",
		"We talked on the phone about the starting point and the wishes.",
	}
	ratingText = texts{
		"Sain vastauksen nopeasti.",
		"Jag fick ett snabbt svar.",
		"I got an answer quickly.",
	}
	handBackText = texts{
		"Palautan jonoon, koska asia tarvitsee toisen kielen.",
		"Jag lämnar tillbaka ärendet eftersom det behöver ett annat språk.",
		"I hand it back because the matter needs another language.",
	}
	closeText = texts{
		"Kaikki on hoidettu.",
		"Allt är klart.",
		"Everything is done.",
	}
	noteText = texts{
		"Soita ennen kuin vastaat: tilanne on herkkä.",
		"Ring innan du svarar: läget är känsligt.",
		"Call before you answer: the situation is delicate.",
	}
)

// answers to questions of the catalogues, by id; a long text without one is
// answered with the need.
var answers = map[string]texts{
	"activity":         {"Ravintola ja terassi, 60 asiakaspaikkaa", "Restaurang och uteservering, 60 kundplatser", "Restaurant and terrace, 60 seats"},
	"address":          {"Koekatu 1, Espoo", "Provgatan 1, Esbo", "Test Street 1, Espoo"},
	"use":              {"Toimisto ja pieni varasto", "Kontor och ett litet lager", "Office and a small store"},
	"place":            {"Tapiolan tori", "Hagalunds torg", "Tapiola square"},
	"country":          {"Intia", "Indien", "India"},
	"countries":        {"Sveitsi", "Schweiz", "Switzerland"},
	"destination":      {"Intia", "Indien", "India"},
	"product":          {"Mittalaite", "Mätinstrument", "Measuring instrument"},
	"sector":           {"Ohjelmistot", "Programvara", "Software"},
	"job":              {"Varastotyöntekijä", "Lagerarbetare", "Warehouse worker"},
	"line_of_business": {"Konepaja", "Verkstad", "Machine shop"},
	"plan":             {"suunnitelma.pdf, 12 sivua", "plan.pdf, 12 sidor", "plan.pdf, 12 pages"},
	"calculations":     {"laskelmat.xlsx", "kalkyler.xlsx", "calculations.xlsx"},
	"goods_list":       {"12 näytettä, luettelo liitteenä", "12 prover, lista bifogad", "12 samples, list attached"},
	"tasks":            {"Varaston vastaanotto, keräily ja inventointi", "Mottagning, plockning och inventering i lagret", "Receiving, picking and stocktaking in the store"},
	"profile":          {"Sähkö- ja automaatioasentaja", "El- och automationsmontör", "Electrical and automation fitter"},
	"profiles":         {"Ohjelmistokehittäjä", "Programutvecklare", "Software developer"},
	"experience":       {"Kymmenen vuotta alalla", "Tio år i branschen", "Ten years in the trade"},
}

// numbers are the answers to questions that want one, where 10 would be odd.
var numbers = map[string]string{
	"area_m2": "180", "weekly_hours": "37.5", "recruits": "6", "openings": "1", "monthly_pay": "2600", "value": "12500",
	"team": "4", "participants": "3", "months": "3", "places": "2", "fleet": "200", "floor_area": "1200", "affected": "14",
}

// choices are the answers to questions that offer some, by service and question,
// where the first would be odd.
var choices = map[string]string{
	"start-advice/stage": "planning", "staff-training/topic": "first_aid", "company-advice/topic": "finance",
	"soft-landing/permit_status": "applied",
}
