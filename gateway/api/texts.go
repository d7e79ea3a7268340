package api

import (
	"github.com/businessespoo/hub/gateway/intake"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// consentText is what the company agrees to, version ConsentTextVersion.
var consentText = map[string]string{
	"fi": "Annan tälle palveluntarjoajalle luvan nähdä tämän asian perustiedot ja sille osoittamani pyynnön tiedot, jotta se voi palvella yritystäni. " +
		"Muut palveluntarjoajat eivät näe niitä ilman omaa suostumustani. Suostumus on voimassa 12 kuukautta, ja voin perua sen. " +
		"Peruminen lopettaa uusien tietojen antamisen; palveluntarjoaja säilyttää sen, mitä laki vaatii.",
	"sv": "Jag ger den här tjänsteleverantören rätt att se ärendets grunduppgifter och den begäran jag riktar till den, så att den kan betjäna mitt företag. " +
		"Andra tjänsteleverantörer ser dem inte utan mitt eget samtycke. Samtycket gäller i 12 månader och jag kan återkalla det. " +
		"Ett återkallande stoppar nya uppgifter; leverantören behåller det som lagen kräver.",
	"en": "I allow this provider to see the basic facts of this case and the request that I send to it, so that it can serve my company. " +
		"Other providers do not see them without my consent. The consent holds for 12 months, and I can withdraw it. " +
		"Withdrawing stops the giving of new information; the provider keeps what the law requires.",
}

// nothingFound is what to do when a text tells no need that is known.
var nothingFound = map[string]string{
	"fi": "Emme tunnistaneet tästä yrityksen tarvetta. Kerro toisin sanoin, mitä yrityksesi tarvitsee, tai valitse tarve luettelosta.",
	"sv": "Vi hittade inget företagsbehov i texten. Berätta med andra ord vad ditt företag behöver, eller välj ett behov i listan.",
	"en": "We found no business need in this. Tell in other words what your company needs, or choose a need from the list.",
}

// suggestion shows what the intake found.
func (s *Cases) suggestion(found intake.Suggestion, language string) *casesv1.Suggestion {
	shown := &casesv1.Suggestion{Service: found.Service, Confidence: found.Confidence}
	if p, service, ok := s.Registry.Service(found.Service); ok {
		shown.DisplayName, shown.Description = service.Names.In(language), service.Descriptions.In(language)
		shown.ProviderDisplayName = p.Names.In(language)
	}
	for _, r := range found.Reasons {
		shown.Reasons = append(shown.Reasons, &casesv1.Reason{Word: r.Word, Matched: r.Matched, Rule: string(r.Rule)})
	}
	return shown
}
