package chamber

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The sources of the chamber's conditions.
var (
	originPage = catalogue.Provenance{
		Source: "Questions about the export document service, vientiasiakirjat.fi/en/questions",
		Mark:   catalogue.MarkFound,
	}
	registrationPage = catalogue.Provenance{
		Source: "Certificates of origin, kauppakamari.fi/en/certificates-of-origin",
		Mark:   catalogue.MarkFound,
	}
	carnetPage = catalogue.Provenance{
		Source: "ATA Carnet customs document, yhteystiedot.kauppakamari.fi/en/services/export-processes/foreign-trade-documents/ata-carnet-customs-document",
		Mark:   catalogue.MarkFound,
	}
	carnetTimes = catalogue.Provenance{
		Source: "Service times of a chamber, ostro.chamber.fi/sv/service/betjaningstider",
		Mark:   catalogue.MarkFound,
	}
)

// Names returns what the evidence is called.
func (e Evidence) Names() catalogue.Texts {
	switch e {
	case ExportInvoice:
		return catalogue.Texts{FI: "vientilasku", SV: "exportfaktura", EN: "the export invoice"}
	case ProFormaInvoice:
		return catalogue.Texts{FI: "proformalasku", SV: "proformafaktura", EN: "a pro forma invoice"}
	case OwnProduction:
		return catalogue.Texts{FI: "ilmoitus omasta tuotannosta", SV: "uppgift om egen tillverkning", EN: "a statement of own production"}
	case SupplierInvoice:
		return catalogue.Texts{FI: "toimittajan lasku", SV: "leverantörens faktura", EN: "the supplier's invoice"}
	case ForeignCertificate:
		return catalogue.Texts{FI: "ostomaan alkuperätodistus", SV: "ursprungscertifikat från inköpslandet", EN: "a certificate of origin from the country of purchase"}
	case SupplyChainDeclaration:
		return catalogue.Texts{FI: "toimitusketjuilmoitus", SV: "försäkran om leveranskedjan", EN: "a supply-chain declaration"}
	case WrittenExplanation:
		return catalogue.Texts{FI: "kirjallinen selvitys", SV: "skriftlig utredning", EN: "a written explanation"}
	default:
		return catalogue.Texts{FI: string(e), SV: string(e), EN: string(e)}
	}
}

// The conditions of a certificate of origin.
var (
	evidenceComplete = rule.Condition{
		Code: "origin_evidence", OnFail: rule.Blocks, Provenance: originPage,
		Requires: catalogue.Texts{
			FI: "Alkuperän osoittavat asiakirjat riittävät.",
			SV: "Dokumenten som visar ursprunget räcker.",
			EN: "The documents that show the origin are enough.",
		},
		Fails: catalogue.Texts{
			FI: "Asiakirjat eivät vielä riitä. Lähimpänä on tapa, josta puuttuu: {missing}.",
			SV: "Dokumenten räcker ännu inte. I det närmaste alternativet saknas: {missing}.",
			EN: "The documents are not enough yet. The nearest way lacks: {missing}.",
		},
	}
	realInvoice = rule.Condition{
		Code: "pro_forma_invoice", OnFail: rule.Warns, Provenance: originPage,
		Fails: catalogue.Texts{
			FI: "Proformalasku hyväksytään vain poikkeuksellisesti. Liitä vientilasku, jos se on jo olemassa.",
			SV: "En proformafaktura godkänns bara i undantagsfall. Bifoga exportfakturan om den redan finns.",
			EN: "A pro forma invoice is accepted only exceptionally. Attach the export invoice if there is one already.",
		},
	}
	documentedOrigin = rule.Condition{
		Code: "written_explanation", OnFail: rule.Warns, Provenance: originPage,
		Fails: catalogue.Texts{
			FI: "Kirjallinen selvitys hyväksytään vain poikkeuksellisesti. Perustele, miksi muita asiakirjoja ei ole.",
			SV: "En skriftlig utredning godkänns bara i undantagsfall. Motivera varför andra dokument saknas.",
			EN: "A written explanation is accepted only exceptionally. Say why there are no other documents.",
		},
	}
	authorised = rule.Condition{
		Code: "authorisation", OnFail: rule.Blocks, Provenance: registrationPage,
		Requires: catalogue.Texts{
			FI: "Yrityksellä on voimassa oleva valtuutusasiakirja.",
			SV: "Företaget har en giltig fullmakt.",
			EN: "The company has a valid authorisation document.",
		},
		Fails: catalogue.Texts{
			FI: "Rekisteröi yritys vientiasiakirjapalveluun ja allekirjoita valtuutusasiakirja ensin.",
			SV: "Registrera först företaget i exportdokumenttjänsten och underteckna fullmakten.",
			EN: "Register the company in the export document service and sign the authorisation document first.",
		},
	}
	oneAuthorisation = rule.Condition{
		Code: "one_authorisation", OnFail: rule.Blocks, Provenance: originPage,
		Fails: catalogue.Texts{
			FI: "Yrityksellä saa olla vain yksi voimassa oleva valtuutusasiakirja. Tee uusi, jossa ovat kaikki pääkäyttäjät; se korvaa muut.",
			SV: "Företaget får ha bara en giltig fullmakt. Gör en ny med alla huvudanvändare; den ersätter de andra.",
			EN: "A company may have only one valid authorisation document. Make a new one with all administrators; it replaces the others.",
		},
	}
	administratorNamed = rule.Condition{
		Code: "administrator", OnFail: rule.Blocks, Provenance: registrationPage,
		Requires: catalogue.Texts{
			FI: "Valtuutusasiakirjassa on nimetty pääkäyttäjä.",
			SV: "En huvudanvändare har utsetts i fullmakten.",
			EN: "The authorisation document names an administrator.",
		},
		Fails: catalogue.Texts{
			FI: "Valtuutusasiakirjasta puuttuu pääkäyttäjä.",
			SV: "Fullmakten saknar huvudanvändare.",
			EN: "The authorisation document names no administrator.",
		},
	}
)

// The conditions of an ATA carnet.
var (
	suitableUse = rule.Condition{
		Code: "use", OnFail: rule.Blocks, Provenance: carnetPage,
		Requires: catalogue.Texts{
			FI: "Tavarat ovat tavaranäytteitä, työvälineitä tai messutavaroita.",
			SV: "Varorna är varuprover, yrkesutrustning eller mässvaror.",
			EN: "The goods are samples, professional equipment or goods for a fair.",
		},
		Fails: catalogue.Texts{
			FI: "ATA Carnet sopii vain tavaranäytteille, työvälineille ja messutavaroille. Kysy Tullista muusta tilapäisestä viennistä.",
			SV: "ATA Carnet passar bara varuprover, yrkesutrustning och mässvaror. Fråga Tullen om annan tillfällig export.",
			EN: "An ATA Carnet suits only samples, professional equipment and goods for fairs. Ask Customs about other temporary export.",
		},
	}
	notProcessed = rule.Condition{
		Code: "processing_or_repair", OnFail: rule.Blocks, Provenance: carnetPage,
		Requires: catalogue.Texts{
			FI: "Tavaroita ei viedä jalostettaviksi eikä korjattaviksi.",
			SV: "Varorna förs inte ut för att bearbetas eller repareras.",
			EN: "The goods are not taken abroad for processing or repair.",
		},
		Fails: catalogue.Texts{
			FI: "ATA Carnet ei käy tavaroille, jotka jalostetaan tai korjataan ulkomailla.",
			SV: "ATA Carnet kan inte användas för varor som bearbetas eller repareras utomlands.",
			EN: "An ATA Carnet cannot be used for goods that are processed or repaired abroad.",
		},
	}
	notUsedUp = rule.Condition{
		Code: "consumed_or_given_away", OnFail: rule.Blocks, Provenance: carnetPage,
		Requires: catalogue.Texts{
			FI: "Tavaroita ei kuluteta eikä jaeta matkan aikana.",
			SV: "Varorna förbrukas eller delas inte ut under resan.",
			EN: "The goods are not used up or given away on the way.",
		},
		Fails: catalogue.Texts{
			FI: "ATA Carnet ei käy tavaroille, jotka kulutetaan tai jaetaan asiakkaille.",
			SV: "ATA Carnet kan inte användas för varor som förbrukas eller delas ut till kunder.",
			EN: "An ATA Carnet cannot be used for goods that are used up or given to customers.",
		},
	}
	countriesKnown = rule.Condition{
		Code: "countries", OnFail: rule.Blocks, Provenance: carnetPage,
		Requires: catalogue.Texts{
			FI: "Maat, joissa tavarat käyvät, ovat tiedossa.",
			SV: "De länder där varorna ska vara är kända.",
			EN: "The countries the goods visit are known.",
		},
	}
	memberCountry = rule.Condition{
		Code: "member_countries", Provenance: carnetPage,
		Requires: catalogue.Texts{
			FI: "Carnet käy noin {countries} maassa. Tarkista kauppakamarista, että jokainen maa hyväksyy sen tähän käyttöön.",
			SV: "Carneten gäller i cirka {countries} länder. Kontrollera med handelskammaren att varje land godkänner den för detta ändamål.",
			EN: "A carnet is valid in about {countries} countries. Check with the chamber that each country accepts it for this use.",
		},
	}
	inTime = rule.Condition{
		Code: "ready_before_departure", OnFail: rule.Warns, Provenance: carnetTimes,
		Requires: catalogue.Texts{
			FI: "Carnet ehtii valmistua ennen lähtöä.",
			SV: "Carneten hinner bli klar före avresan.",
			EN: "The carnet can be ready before the departure.",
		},
		Fails: catalogue.Texts{
			FI: "Käsittely kestää tavallisesti {days} työpäivää, joten carnet olisi valmis {ready}, lähdön jälkeen. Kysy kauppakamarista pikakäsittelyä.",
			SV: "Behandlingen tar vanligen {days} arbetsdagar, så carneten vore klar {ready}, efter avresan. Fråga handelskammaren om snabbehandling.",
			EN: "Handling usually takes {days} working days, so the carnet would be ready on {ready}, after the departure. Ask the chamber about urgent handling.",
		},
	}
	validAtMost = rule.Condition{
		Code: "validity", OnFail: rule.Blocks, Provenance: carnetPage,
		Requires: catalogue.Texts{
			FI: "Carnet on voimassa enintään vuoden.",
			SV: "Carneten gäller i högst ett år.",
			EN: "The carnet is valid for one year at most.",
		},
		Fails: catalogue.Texts{
			FI: "Carnet voi olla voimassa enintään {longest} asti. Tarkista sen viimeinen päivä.",
			SV: "Carneten kan gälla högst till {longest}. Kontrollera dess sista dag.",
			EN: "The carnet can be valid until {longest} at most. Check its last day.",
		},
	}
	validAtDeparture = rule.Condition{
		Code: "valid_at_departure", OnFail: rule.Blocks, Provenance: carnetPage,
		Fails: catalogue.Texts{
			FI: "Carnetin viimeinen päivä {last} on ennen lähtöä. Hae uusi carnet.",
			SV: "Carnetens sista dag {last} är före avresan. Ansök om en ny carnet.",
			EN: "The carnet's last day, {last}, is before the departure. Apply for a new carnet.",
		},
	}
	backInTime = rule.Condition{
		Code: "return_in_time", OnFail: rule.Blocks, Provenance: carnetPage,
		Requires: catalogue.Texts{
			FI: "Tavarat palaavat ennen carnetin voimassaolon päättymistä ({last}).",
			SV: "Varorna kommer tillbaka innan carneten upphör att gälla ({last}).",
			EN: "The goods come back before the carnet expires ({last}).",
		},
		Fails: catalogue.Texts{
			FI: "Tavarat palaisivat vasta carnetin viimeisen päivän {last} jälkeen. Tuo ne aiemmin; vain kauppakamari voi myöntää poikkeuksen.",
			SV: "Varorna skulle komma tillbaka först efter carnetens sista dag {last}. Ta tillbaka dem tidigare; bara handelskammaren kan bevilja undantag.",
			EN: "The goods would come back only after the carnet's last day, {last}. Bring them back earlier; only the chamber can make an exception.",
		},
	}
)

// The dates of an ATA carnet; On is filled in when they are counted.
var (
	carnetExpiring = rule.Deadline{
		Code:       "ata_expiring",
		Provenance: catalogue.Provenance{Source: "Reminder of the hub", Mark: catalogue.MarkEstimate},
		Texts: catalogue.Texts{
			FI: "Carnetin voimassaoloa on jäljellä {days} päivää. Tuo tavarat takaisin viimeistään {last} ja palauta carnet kauppakamariin.",
			SV: "Carneten gäller ännu {days} dagar. Ta tillbaka varorna senast {last} och återlämna carneten till handelskammaren.",
			EN: "The carnet is valid for {days} more days. Bring the goods back by {last} and return the carnet to the chamber.",
		},
	}
	carnetReturn = rule.Deadline{
		Code: "ata_last_day", Provenance: carnetPage,
		Texts: catalogue.Texts{
			FI: "Carnetin viimeinen päivä: tavaroiden on oltava takaisin.",
			SV: "Carnetens sista dag: varorna ska vara tillbaka.",
			EN: "The carnet's last day: the goods must be back.",
		},
	}
)
