package omnia

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The sources of the conditions. Both describe the same national rules from
// another region, so Omnia may add its own practice.
var (
	employersPage = catalogue.Provenance{
		Source: "Apprenticeship, businessoulu.com/en/employers/recruitment-support/apprenticeship",
		Mark:   catalogue.MarkFound,
	}
	termsPage = catalogue.Provenance{
		Source: "Apprenticeship for employers, sedu.fi/fi/Tyoelamalle/Apprenticeship-for-employers",
		Mark:   catalogue.MarkFound,
	}
)

// The conditions of an apprenticeship.
var (
	enoughHours = rule.Condition{
		Code: "weekly_hours", OnFail: rule.Blocks, Provenance: employersPage,
		Requires: catalogue.Texts{
			FI: "Työtä on keskimäärin vähintään {hours} tuntia viikossa.",
			SV: "Arbetstiden är i medeltal minst {hours} timmar i veckan.",
			EN: "There is work for at least {hours} hours a week on average.",
		},
		Fails: catalogue.Texts{
			FI: "Työtä on keskimäärin alle {hours} tuntia viikossa. Lisää työaikaa tai katso koulutussopimusta.",
			SV: "Arbetstiden är i medeltal under {hours} timmar i veckan. Öka arbetstiden eller se utbildningsavtal.",
			EN: "There is work for less than {hours} hours a week on average. Add hours, or see the training agreement.",
		},
	}
	oldEnough = rule.Condition{
		Code: "age", OnFail: rule.Blocks, Provenance: employersPage,
		Requires: catalogue.Texts{
			FI: "Opiskelija on täyttänyt {age} vuotta.",
			SV: "Den studerande har fyllt {age} år.",
			EN: "The apprentice is at least {age} years old.",
		},
		Fails: catalogue.Texts{
			FI: "Opiskelija ei ole täyttänyt {age} vuotta.",
			SV: "Den studerande har inte fyllt {age} år.",
			EN: "The apprentice is under {age}.",
		},
	}
	tasksMatch = rule.Condition{
		Code: "tasks", OnFail: rule.Blocks, Provenance: termsPage,
		Requires: catalogue.Texts{
			FI: "Työtehtävät vastaavat tutkintoa tai sen osaa.",
			SV: "Arbetsuppgifterna motsvarar examen eller en del av den.",
			EN: "The tasks match the qualification or the part of it.",
		},
		Fails: catalogue.Texts{
			FI: "Työtehtävät eivät vastaa tutkintoa. Omnia auttaa löytämään tehtäviin sopivan tutkinnon tai sen osan.",
			SV: "Arbetsuppgifterna motsvarar inte examen. Omnia hjälper att hitta en examen eller examensdel som passar.",
			EN: "The tasks do not match the qualification. Omnia helps find a qualification, or a part of one, that does.",
		},
	}
	contractMade = rule.Condition{
		Code: "employment_contract", Provenance: employersPage,
		Requires: catalogue.Texts{
			FI: "Opiskelijalla on työsopimus koko oppisopimuksen ajan.",
			SV: "Den studerande har arbetsavtal under hela läroavtalstiden.",
			EN: "The apprentice has an employment contract for the whole apprenticeship.",
		},
		Fails: catalogue.Texts{
			FI: "Tee työsopimus, joka kattaa oppisopimuksen ajan.",
			SV: "Ingå ett arbetsavtal som täcker läroavtalstiden.",
			EN: "Make an employment contract that covers the time of the apprenticeship.",
		},
	}
	instructorNamed = rule.Condition{
		Code: "workplace_instructor", Provenance: termsPage,
		Requires: catalogue.Texts{
			FI: "Opiskelijalle on nimetty työpaikkaohjaaja.",
			SV: "En arbetsplatshandledare har utsetts för den studerande.",
			EN: "A workplace instructor has been named for the apprentice.",
		},
		Fails: catalogue.Texts{
			FI: "Nimeä työpaikkaohjaaja. Omnia kouluttaa ohjaajia.",
			SV: "Utse en arbetsplatshandledare. Omnia utbildar handledare.",
			EN: "Name a workplace instructor. Omnia trains instructors.",
		},
	}
	mentorNamed = rule.Condition{
		Code: "mentor", Provenance: termsPage,
		Requires: catalogue.Texts{
			FI: "Yrittäjälle on nimetty mentori.",
			SV: "En mentor har utsetts för företagaren.",
			EN: "A mentor has been named for the entrepreneur.",
		},
		Fails: catalogue.Texts{
			FI: "Nimeä mentori, esimerkiksi toinen saman alan yrittäjä.",
			SV: "Utse en mentor, till exempel en annan företagare i samma bransch.",
			EN: "Name a mentor, for example another entrepreneur of the field.",
		},
	}
	payByAgreement = rule.Condition{
		Code: "pay", OnFail: rule.Blocks, Provenance: employersPage,
		Requires: catalogue.Texts{
			FI: "Palkka maksetaan työehtosopimuksen mukaan.",
			SV: "Lönen betalas enligt kollektivavtalet.",
			EN: "The pay follows the collective agreement.",
		},
		Fails: catalogue.Texts{
			FI: "Palkan on oltava työehtosopimuksen mukainen.",
			SV: "Lönen ska följa kollektivavtalet.",
			EN: "The pay must follow the collective agreement.",
		},
	}
	notOnLeave = rule.Condition{
		Code: "leave", OnFail: rule.Blocks, Provenance: termsPage,
		Requires: catalogue.Texts{
			FI: "Opiskelija ei ole vapaalla tästä työstä oppisopimuksen aikana.",
			SV: "Den studerande är inte ledig från detta arbete under läroavtalet.",
			EN: "The apprentice is not on leave from this work during the apprenticeship.",
		},
		Fails: catalogue.Texts{
			FI: "Oppisopimusta ei voi tehdä ajalle, jolloin opiskelija on vapaalla työstä.",
			SV: "Läroavtal kan inte ingås för tid då den studerande är ledig från arbetet.",
			EN: "There can be no apprenticeship for a time of leave from the work.",
		},
	}
	competencePlan = rule.Condition{
		Code: "competence_plan", Provenance: termsPage,
		Requires: catalogue.Texts{
			FI: "Opiskelijalle laaditaan henkilökohtainen osaamisen kehittämissuunnitelma yhdessä Omnian kanssa.",
			SV: "En personlig utvecklingsplan för kunnandet görs upp för den studerande tillsammans med Omnia.",
			EN: "A personal competence development plan is made for the apprentice together with Omnia.",
		},
	}
)
