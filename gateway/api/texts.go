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

// SharingTextVersion is the version of the text on seeing the others' parts.
const SharingTextVersion = "shared-2026-11"

// sharingText is what a consent to see the others' parts means, version SharingTextVersion.
var sharingText = map[string]string{
	"fi": "Annan tälle palveluntarjoajalle luvan nähdä, mitä muut tekevät tässä asiassa: missä vaiheessa kukin pyyntö on, ja lisäksi ne tiedot, jotka valitsen. " +
		"Luottamuksellisia muistiinpanoja, päätösten perusteluja ja salassa pidettäviä palveluja ei näytetä kenellekään muulle. Suostumus on voimassa 12 kuukautta, ja voin perua sen milloin tahansa.",
	"sv": "Jag ger den här tjänsteleverantören rätt att se vad de andra gör i ärendet: hur långt varje begäran har kommit, och dessutom de uppgifter som jag väljer. " +
		"Konfidentiella anteckningar, motiveringar till beslut och hemliga tjänster visas inte för någon annan. Samtycket gäller i 12 månader och jag kan återkalla det när som helst.",
	"en": "I allow this provider to see what the others do in this case: how far each request is, and what I choose besides. " +
		"Confidential notes, the reasons of decisions and secret services are shown to nobody else. The consent holds for 12 months, and I can withdraw it at any time.",
}

// withdrawalText is what follows from withdrawing a consent.
var withdrawalText = map[string]string{
	"fi": "Peruminen vaikuttaa heti: palveluntarjoaja ei näe tällä suostumuksella enää mitään. Jos perut luvan, jolla se palvelee sinua, sen keskeneräiset pyynnöt perutaan myös. " +
		"Viranomainen säilyttää sen, mitä laki vaatii. Muu palveluntarjoaja menettää vastauksesi ja viestisi näkyvistä, ja sille jäävät vain asian perustiedot, vaiheet ja sen oma päätös.",
	"sv": "Återkallandet gäller genast: leverantören ser inget mer med detta samtycke. Om du återkallar rätten att betjäna dig återtas också dess öppna begäranden. " +
		"En myndighet behåller det som lagen kräver. En annan leverantör ser inte längre dina svar och meddelanden, utan bara ärendets grunduppgifter, dess gång och sitt eget beslut.",
	"en": "It takes effect at once: the provider sees nothing more under this consent. If you withdraw the consent by which it serves you, its open requests are withdrawn too. " +
		"An authority keeps what the law requires. Another provider no longer sees your answers and messages, only the basic facts, the steps and its own decision.",
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
