package demo

// story is a need and the services that answer it.
type story struct {
	// services as provider/service.
	services []string
	// need in fi, sv, en.
	need texts
	// title of the case; the first service's name when empty.
	title texts
	// journey that it follows, if any.
	journey string
}

// texts are one text in Finnish, Swedish and English.
type texts [3]string

var languages = []string{"fi", "sv", "en"}

func (t texts) in(language string) string {
	for i, l := range languages {
		if l == language {
			return t[i]
		}
	}
	return t[0]
}

// stories by name. What people write here is made up.
var stories = map[string]story{
	"first-employee": {
		services: []string{"employment/vacancy", "omnia/apprenticeship", "employment/pay-subsidy"}, journey: "first-employee",
		title: texts{"Ensimmäinen työntekijä", "Första medarbetaren", "First employee"},
		need: texts{
			"Palkkaan ensimmäisen työntekijän keväällä. Voisiko hän opiskella työn ohessa, ja saako palkkaan tukea?",
			"Jag anställer min första medarbetare i vår. Kan hen studera vid sidan av, och finns det stöd för lönen?",
			"I am hiring my first employee this spring. Could they study while working, and is there support for the pay?",
		},
	},
	"start": {
		services: []string{"yritysespoo/start-advice", "employment/startup-grant"},
		need: texts{
			"Haluan perustaa kahvilan Espooseen ja hakea starttirahaa. Mistä aloitan?",
			"Jag vill öppna ett café i Esbo och ansöka om startpeng. Var börjar jag?",
			"I want to open a café in Espoo and apply for a start-up grant. Where do I begin?",
		},
	},
	"premises": {
		services: []string{"espoo-city/premises"},
		need: texts{
			"Etsimme noin 180 neliön toimitilaa läheltä metroa.",
			"Vi söker en lokal på ungefär 180 kvadratmeter nära metron.",
			"We are looking for premises of about 180 square metres near the metro.",
		},
	},
	"permits": {
		services: []string{"espoo-city/permit-advice"},
		need: texts{
			"Avaamme ruokapaikan terasseineen. Mitä lupia tarvitsemme?",
			"Vi öppnar en restaurang med uteservering. Vilka tillstånd behöver vi?",
			"We are opening a restaurant with a terrace. Which permits do we need?",
		},
	},
	"export": {
		services: []string{"chamber/co", "chamber/trade-advice"},
		need: texts{
			"Ensimmäinen erä lähtee Intiaan, ja asiakas pyytää alkuperätodistusta.",
			"Det första partiet går till Indien, och kunden ber om ett ursprungscertifikat.",
			"The first batch goes to India, and the customer asks for a certificate of origin.",
		},
	},
	"fair": {
		services: []string{"chamber/ata"},
		need: texts{
			"Viemme näytteitä messuille Sveitsiin ja tuomme ne takaisin.",
			"Vi tar varuprover till en mässa i Schweiz och för dem tillbaka.",
			"We take samples to a fair in Switzerland and bring them back.",
		},
	},
	"landing": {
		services: []string{"enter-espoo/soft-landing", "enter-espoo/invest-in"},
		need: texts{
			"Yrityksemme etsii paikkaa Suomesta ja haluaa tutustua Espooseen.",
			"Vårt företag söker en plats i Finland och vill lära känna Esbo.",
			"Our company looks for a place in Finland and wants to get to know Espoo.",
		},
	},
	"growth": {
		services: []string{"espoo-city/growth", "yritysespoo/company-advice"},
		need: texts{
			"Haluamme kasvaa ulkomaille ja löytää sijoittajan.",
			"Vi vill växa utomlands och hitta en investerare.",
			"We want to grow abroad and find an investor.",
		},
	},
	"change": {
		services: []string{"employment/change-security"},
		need: texts{
			"Joudumme aloittamaan muutosneuvottelut. Mitä tukea henkilöstö saa?",
			"Vi måste inleda omställningsförhandlingar. Vilket stöd får personalen?",
			"We have to begin change negotiations. What support do the employees get?",
		},
	},
	"ownership": {
		services: []string{"espoon-yrittajat/ownership"},
		need: texts{
			"Harkitsen yritykseni myymistä, eikä siitä saa tietää kukaan vielä.",
			"Jag överväger att sälja mitt företag, och ingen får veta det ännu.",
			"I consider selling my company, and nobody may know yet.",
		},
	},
	"member-advice": {
		services: []string{"espoon-yrittajat/member-advice"},
		need: texts{
			"Miten irtisanomisaika lasketaan?",
			"Hur räknas uppsägningstiden?",
			"How is the notice period counted?",
		},
	},
	"staff-training": {
		services: []string{"omnia/staff-training"},
		need: texts{
			"Kymmenen työntekijää tarvitsee ensiapukurssin.",
			"Tio anställda behöver en kurs i första hjälpen.",
			"Ten employees need a first aid course.",
		},
	},
	"recruit-training": {
		services: []string{"omnia/recruit-training"},
		need: texts{
			"Tarvitsemme kuusi asentajaa, eikä osaavia hakijoita ole.",
			"Vi behöver sex montörer, och det finns inga kunniga sökande.",
			"We need six fitters, and there are no skilled applicants.",
		},
	},
	"talent": {
		services: []string{"enter-espoo/talent"},
		need: texts{
			"Etsimme kansainvälisiä ohjelmistokehittäjiä.",
			"Vi söker internationella programutvecklare.",
			"We are looking for international software developers.",
		},
	},
	"procurement": {
		services: []string{"espoo-city/procurement"},
		need: texts{
			"Miten voimme myydä siivouspalveluja kaupungille?",
			"Hur kan vi sälja städtjänster till staden?",
			"How can we sell cleaning services to the city?",
		},
	},
	"plan": {
		services: []string{"yritysespoo/plan-review", "yritysespoo/grant-statement"},
		need: texts{
			"Liiketoimintasuunnitelma on valmis, ja tarvitsen lausunnon starttirahaa varten.",
			"Affärsplanen är klar, och jag behöver ett utlåtande för startpengen.",
			"The business plan is ready, and I need a statement for the start-up grant.",
		},
	},
	"law": {
		services: []string{"chamber/legal-advice"},
		need: texts{
			"Asiakas perui tilauksen. Onko sopimuksemme pitävä?",
			"Kunden avbokade. Håller vårt avtal?",
			"The customer cancelled the order. Does our contract hold?",
		},
	},
	"mentoring": {
		services: []string{"espoon-yrittajat/mentoring"},
		need: texts{
			"Kaipaan kokenutta yrittäjää sparraajaksi.",
			"Jag önskar en erfaren företagare att bolla idéer med.",
			"I would like an experienced entrepreneur to talk things through with.",
		},
	},
	"event": {
		services: []string{"espoo-city/land-short"},
		need: texts{
			"Haluamme pitää pop up -myyntipisteen torilla kahden viikon ajan.",
			"Vi vill ha ett tillfälligt försäljningsställe på torget i två veckor.",
			"We want a pop-up stall on the square for two weeks.",
		},
	},
	"crisis": {
		services: []string{"yritysespoo/company-advice"},
		need: texts{
			"Laskut jäävät maksamatta enkä halua kertoa nimeäni. Mitä voin tehdä?",
			"Räkningarna blir obetalda och jag vill inte säga mitt namn. Vad kan jag göra?",
			"The bills stay unpaid and I do not want to give my name. What can I do?",
		},
	},
	"pay-subsidy": {
		services: []string{"employment/pay-subsidy"},
		need: texts{
			"Löysimme pitkään työttömänä olleen varastotyöntekijän. Saammeko palkkatukea?",
			"Vi hittade en lagerarbetare som länge varit arbetslös. Får vi lönesubvention?",
			"We found a warehouse worker who has long been unemployed. Can we get a pay subsidy?",
		},
	},
	"all-seven": {
		services: []string{
			"espoo-city/premises", "enter-espoo/talent", "omnia/apprenticeship", "espoon-yrittajat/mentoring",
			"chamber/trade-advice", "yritysespoo/company-advice", "employment/vacancy",
		},
		title: texts{"Kasvu ja uudet tilat", "Tillväxt och nya lokaler", "Growth and new premises"},
		need: texts{
			"Kasvamme: tarvitsemme isommat tilat, tekijöitä, oppisopimuksen ja apua vientiin.",
			"Vi växer: vi behöver större lokaler, folk, ett läroavtal och hjälp med export.",
			"We are growing: we need larger premises, people, an apprenticeship and help with export.",
		},
	},
}
