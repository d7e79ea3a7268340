package casework

import (
	"strconv"
	"strings"
	"time"
)

// noticeRule is a rule over the whole case: its stable code, and where it stands.
type noticeRule struct{ code, source string }

var (
	orderSubsidy = noticeRule{"ORDER_SUBSIDY_BEFORE_WORK", "Pay subsidy, tyomarkkinatori.fi/en/more-information-about-services/pay-subsidy"}
	orderGrant   = noticeRule{"ORDER_GRANT_BEFORE_START", "Start-up grant, tyomarkkinatori.fi/en/more-information-about-services/start-up-grant"}
	orderGrantID = noticeRule{"ORDER_GRANT_BEFORE_START", "Advice to applicants of the start-up grant, elinkeinopalvelut.jyvaskyla.fi/en/news"}

	cumulationRule = noticeRule{"CUMULATION_SUBSIDY_TRAINING", "Pay subsidy, duration and amount, te-palvelut.fi/en/employers/find-an-employee/pay-subsidy/duration-and-amount"}
	deMinimisRule  = noticeRule{"DE_MINIMIS", "Regulation (EU) 2023/2831 on de minimis aid, by general knowledge"}
)

// noticeTexts are the words of a notice; {name} stands for a value.
type noticeTexts struct{ fi, sv, en string }

var (
	workBeforeDecision = noticeTexts{
		fi: "Työn alkamispäiväksi on ilmoitettu {start}, mutta tuesta päätettiin vasta {decided}. Tukea ei makseta työhön, joka alkoi ennen päätöstä. Korjaa päivä, jos se on muuttunut.",
		sv: "Som första arbetsdag har angetts {start}, men beslutet om stöd fattades först {decided}. Stöd betalas inte för arbete som började före beslutet. Rätta dagen om den har ändrats.",
		en: "The first day of work is given as {start}, but the subsidy was decided only on {decided}. It is not paid for work that began before the decision. Correct the day if it has changed.",
	}
	workBegun = noticeTexts{
		fi: "Työn alkamispäiväksi on ilmoitettu {start}, eikä tuesta ole vielä päätöstä. Työ ei saa alkaa ennen päätöstä, tai tuki menetetään. Siirrä aloitusta.",
		sv: "Som första arbetsdag har angetts {start}, och beslutet om stöd är inte fattat. Arbetet får inte börja före beslutet, annars går stödet förlorat. Flytta fram starten.",
		en: "The first day of work is given as {start}, and the subsidy is not decided yet. Work must not begin before the decision, or the subsidy is lost. Postpone the start.",
	}
	workBeforeExpected = noticeTexts{
		fi: "Työn alkamispäiväksi on ilmoitettu {start}, mutta päätös tuesta on odotettavissa viimeistään {due}. Älä aloita ennen päätöstä.",
		sv: "Som första arbetsdag har angetts {start}, men beslutet om stöd väntas senast {due}. Börja inte före beslutet.",
		en: "The first day of work is given as {start}, but the decision on the subsidy is expected by {due}. Do not begin before the decision.",
	}
	workAfterDecision = noticeTexts{
		fi: "Tuesta on päätettävä ennen kuin työ alkaa. Sovi työn ja oppisopimuksen alkamisesta vasta päätöksen jälkeen.",
		sv: "Beslutet om stöd ska fattas innan arbetet börjar. Kom överens om när arbetet och läroavtalet börjar först efter beslutet.",
		en: "The subsidy must be decided before the work begins. Agree on the first day of the work and of an apprenticeship only after the decision.",
	}
	startBeforeApplication = noticeTexts{
		fi: "Toiminnan alkamispäiväksi on ilmoitettu {start}, mutta starttirahaa pyydettiin vasta {asked}. Päätoiminen toiminta ei saa alkaa ennen kuin hakemus on perillä. Korjaa päivä, jos se on muuttunut.",
		sv: "Som startdag har angetts {start}, men startpeng begärdes först {asked}. Verksamhet på heltid får inte börja innan ansökan har kommit fram. Rätta dagen om den har ändrats.",
		en: "The first day of business is given as {start}, but the start-up grant was asked for only on {asked}. Full-time business must not begin before the application has arrived. Correct the day if it has changed.",
	}
	startBeforeGrant = noticeTexts{
		fi: "Toiminnan alkamispäiväksi on ilmoitettu {start}, eikä starttirahasta ole vielä päätöstä. Voit aloittaa, kun hakemus on perillä, mutta teet sen omalla riskilläsi.",
		sv: "Som startdag har angetts {start}, och beslutet om startpeng är inte fattat. Du får börja när ansökan har kommit fram, men du gör det på egen risk.",
		en: "The first day of business is given as {start}, and the start-up grant is not decided yet. You may begin once the application has arrived, but you do so at your own risk.",
	}
	registeredBeforeGrant = noticeTexts{
		fi: "Asiaan on liitetty yritys ennen kuin starttirahasta on päätetty. Uuden yrityksen Y-tunnuksen saa hankkia ennen hakemusta vain työllisyysalueen luvalla. Kysy ensin.",
		sv: "Ett företag har knutits till ärendet innan startpengen är avgjord. FO-nummer för ett nytt företag får skaffas före ansökan bara med sysselsättningsområdets tillstånd. Fråga först.",
		en: "A company is linked to the case before the start-up grant is decided. The Business ID of a new company may be obtained before the application only with the employment area's permission. Ask first.",
	}
	cumulationAhead = noticeTexts{
		fi: "Palkkaan haetaan tukea ja oppisopimukseen koulutuskorvausta. Ne eivät saa yhdessä ylittää palkkakustannuksia. Kerro kummallekin toisesta.",
		sv: "För lönen söks stöd och för läroavtalet utbildningsersättning. De får inte tillsammans överstiga lönekostnaderna. Berätta för vardera om den andra.",
		en: "A subsidy is sought for the pay, and training compensation for the apprenticeship. Together they may not exceed the payroll costs. Tell each about the other.",
	}
	cumulationExceeded = noticeTexts{
		fi: "Palkan tuki {subsidy} ja koulutuskorvaus {training} kuukaudessa ylittävät yhdessä palkan, joka on {pay} kuukaudessa. Ne eivät saa yhdessä ylittää palkkakustannuksia.",
		sv: "Stödet för lönen, {subsidy}, och utbildningsersättningen, {training} i månaden, överstiger tillsammans lönen, som är {pay} i månaden. De får inte tillsammans överstiga lönekostnaderna.",
		en: "The subsidy of {subsidy} and the training compensation of {training} a month together exceed the pay of {pay} a month. Together they may not exceed the payroll costs.",
	}
	deMinimisExceeded = noticeTexts{
		fi: "Tässä asiassa on myönnetty tukea {sum}, ja de minimis -raja on {limit} {years} vuodessa. Selvitä tuen myöntäjän kanssa, mikä osa on de minimis -tukea.",
		sv: "I det här ärendet har beviljats stöd för {sum}, och de minimis-gränsen är {limit} under {years} år. Red ut med den som beviljar stödet vilken del som är de minimis-stöd.",
		en: "Aid of {sum} has been granted in this case, and the de minimis limit is {limit} in {years} years. Clarify with the granting authority which part is de minimis aid.",
	}
)

// amount is a value as each language writes it.
type amount struct{ nordic, english string }

// in writes the text in a language: fi, sv or en; Finnish for any other.
func (t noticeTexts) in(language string, values map[string]amount) string {
	text := map[string]string{"sv": t.sv, "en": t.en}[language]
	if text == "" {
		text = t.fi
	}
	for name, value := range values {
		written := value.nordic
		if language == "en" {
			written = value.english
		}
		text = strings.ReplaceAll(text, "{"+name+"}", written)
	}
	return text
}

func plainAmount(n int) amount { return amount{strconv.Itoa(n), strconv.Itoa(n)} }

// dateAmount writes 2026-03-02 as 2.3.2026 and 2 March 2026.
func dateAmount(date string) amount {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return amount{date, date}
	}
	return amount{t.Format("2.1.2006"), t.Format("2 January 2006")}
}

// centsAmount writes 126050 as 1 260,50 € and EUR 1,260.50.
func centsAmount(cents int64) amount {
	whole, rest := strconv.FormatInt(cents/100, 10), ""
	if cents%100 != 0 {
		rest = strconv.FormatInt(100+cents%100, 10)[1:]
	}
	nordic, english := group(whole, "\u00a0"), group(whole, ",")
	if rest != "" {
		nordic, english = nordic+","+rest, english+"."+rest
	}
	return amount{nordic + "\u00a0€", "EUR\u00a0" + english}
}

// group separates the thousands of a number that is not negative.
func group(digits, separator string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return digits
}
