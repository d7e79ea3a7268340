package e2e

// storyWords are what the three people of a story write, in one language.
type storyWords struct {
	// The company's.
	need, use, tasks, situation, answer, message, comment, company string
	// Those of Omnia's advisor.
	question, note, reply, decision, reasons, learnt string
	// Those of the city's advisor.
	call, why, handover, found string
	// amount is how the pages write 1260.50 euros, and hours 37.5.
	amount, hours string
}

var threeWords = map[string]storyWords{
	"fi": {
		need: "Avaan kahvilan Tapiolaan: etsin toimitilaa ja palkkaan ensimmäisen työntekijän oppisopimuksella", use: "Kahvila ja pieni leipomo",
		tasks: "Leipominen, asiakaspalvelu ja kassa", situation: "Tarvitsen laskelman ensimmäiselle vuodelle ennen kuin allekirjoitan vuokrasopimuksen.",
		answer: "Hän on 24-vuotias ja aloittaisi maaliskuussa.", message: "Voiko hän aloittaa jo helmikuussa?", comment: "Selkeää ja nopeaa.", company: "Kahvila Koepulla Oy",
		question: "Kuinka vanha opiskelija on, ja milloin hän aloittaisi?", note: "Soitto työnantajalle: epäröi palkan kanssa, kysy uudelleen",
		reply: "Helmikuu käy hyvin. Lähetän sopimuksen luettavaksi.", decision: "Oppisopimus, leipuri", reasons: "Työpaikka ja ohjaaja täyttävät ehdot.",
		learnt: "Oppisopimus on tehty helmikuun alusta.",
		call:   "Kävimme läpi kolme tilaa Tapiolassa ja niiden vuokrat.", why: "Yritysneuvoja tekee kanssasi laskelman ennen vuokrasopimusta.",
		handover: "Kahvila, noin 90 m², vuokra enintään 2 400 euroa.", found: "Tila löytyi Tapiontorilta.", amount: "1\u00a0260,50\u00a0€", hours: "37,5",
	},
	"sv": {
		need: "Jag öppnar ett kafé i Hagalund: jag söker en lokal och anställer min första medarbetare med läroavtal", use: "Kafé och ett litet bageri",
		tasks: "Bakning, kundservice och kassa", situation: "Jag behöver en kalkyl för det första året innan jag undertecknar hyresavtalet.",
		answer: "Hen är 24 år och skulle börja i mars.", message: "Kan hen börja redan i februari?", comment: "Tydligt och snabbt.", company: "Kafé Provbulle Ab",
		question: "Hur gammal är den studerande, och när skulle hen börja?", note: "Samtal med arbetsgivaren: tvekar om lönen, fråga igen",
		reply: "Februari går bra. Jag skickar avtalet för genomläsning.", decision: "Läroavtal, bagare", reasons: "Arbetsplatsen och handledaren uppfyller villkoren.",
		learnt: "Läroavtalet gäller från början av februari.",
		call:   "Vi gick igenom tre lokaler i Hagalund och deras hyror.", why: "En företagsrådgivare gör en kalkyl med dig före hyresavtalet.",
		handover: "Kafé, cirka 90 m², hyra högst 2 400 euro.", found: "En lokal hittades vid Tapiotorget.", amount: "1\u00a0260,50\u00a0€", hours: "37,5",
	},
	"en": {
		need: "I am opening a café in Tapiola: I am looking for premises and hiring my first employee as an apprentice", use: "A café and a small bakery",
		tasks: "Baking, serving customers and the till", situation: "I need a budget for the first year before I sign the lease.",
		answer: "She is 24 and would start in March.", message: "Could she start as early as February?", comment: "Clear and quick.", company: "Kahvila Koepulla Oy",
		question: "How old is the apprentice, and when would they start?", note: "Called the employer: hesitates about the pay, ask again",
		reply: "February is fine. I am sending the agreement for you to read.", decision: "Apprenticeship, baker", reasons: "The workplace and the instructor meet the conditions.",
		learnt: "The apprenticeship agreement holds from the beginning of February.",
		call:   "We went through three premises in Tapiola and their rents.", why: "A business advisor makes a budget with you before the lease.",
		handover: "A café, about 90 m², rent at most 2,400 euros.", found: "Premises were found at Tapiontori.", amount: "€1,260.50", hours: "37.5",
	},
}
