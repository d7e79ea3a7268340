package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

const need = "Haluan palkata <b>ensimmäisen</b> työntekijän"

// choose goes from the need to the check page with one service.
func choose(t *testing.T, b *browser, services ...string) (page, url.Values) {
	t.Helper()
	first := b.get("/?lang=fi")
	values := first.hidden(t, "need")
	values.Set("text", need)
	suggested := b.post("/choose", values)
	suggested.has(t, "koska kirjoitit ”työntekijä”", "”tukke” muistuttaa sanaa ”tuki”", "aiheesi on ”Työntekijän palkkaaminen”",
		"Sopii luultavasti hyvin", "Voi sopia", "1–2 viikkoa", "arvio", "Hae täällä: Työmarkkinatori", "https://tyomarkkinatori.fi/")
	values = suggested.hidden(t, "choose")
	values["service"] = services
	checked := b.post("/check", values)
	return checked, checked.hidden(t, "check")
}

var buttonDo = regexp.MustCompile(`<button class="main" name="do" value="([a-z]+)">`)

// walk goes through the pages of the opening from the one that is shown, filling in what
// each asks and nothing else, until a page refuses or shows all answers.
func (b *browser) walk(p page, answers url.Values) page {
	b.t.Helper()
	for range 20 {
		step := buttonDo.FindStringSubmatch(p.body)
		if p.code != http.StatusOK || step == nil || step[1] != "next" {
			return p
		}
		values := p.hidden(b.t, "check")
		for name, v := range answers {
			if strings.Contains(p.body, ` name="`+name+`"`) && !values.Has(name) {
				values[name] = v
			}
		}
		if strings.Contains(p.body, `name="contact_language"`) && values.Get("contact_language") == "" {
			values.Set("contact_language", "fi") // a browser sends what is selected
		}
		values.Set("do", "next")
		p = b.post("/check", values)
	}
	b.t.Fatalf("the opening does not end; it is at %s", p.url)
	return p
}

// sends sends what the last page shows.
func (b *browser) sends(p page) (page, url.Values) {
	b.t.Helper()
	p.has(b.t, `name="do" value="send"`)
	values := p.hidden(b.t, "check")
	values.Set("do", "send")
	return b.post("/check", values), values
}

// filled answers everything that the check page asks of the apprenticeship.
func filled(values url.Values) url.Values {
	in := func(id string) string { return "in:" + apprenticeship + ":" + id }
	for name, value := range map[string]string{
		"do": "send", "contact_language": "sv", in("tasks"): "Kassatyö\r\nja leivonta", in("hours"): "37,5", in("wage"): "2 100,50", in("start"): "1.2.2027",
		in("level"): "first", in("instructor"): "yes", "consent:providers/omnia": "yes",
	} {
		values.Set(name, value)
	}
	return values
}

func TestCompanyOpensCase(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	first, _ := choose(t, b, apprenticeship)
	last := b.walk(first, filled(url.Values{"company": {"own:9000001-1"}, "company_name": {"Kahvila Aino"}}))
	last.has(t, "Kassatyö", "2\u00a0100,50\u00a0€", "1.2.2027", "Kahvila Aino", "Annan suostumuksen")
	after, values := b.sends(last)
	if after.code != http.StatusOK || !strings.HasPrefix(after.url, "/cases/"+caseID+"?") {
		t.Fatalf("sending led to %d at %s", after.code, after.url)
	}
	after.has(t, "Pyynnöt on lähetetty")
	after.lacks(t, b.api.secret)

	got := b.api.last(t, "OpenCase")
	want := &casesv1.OpenCaseRequest{
		RequestId: values.Get("request_id"), NeedText: need, Language: "fi", ContactLanguage: "sv",
		Company: &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1", DisplayName: "Kahvila Aino"},
		Services: []*casesv1.ServiceChoice{{Service: apprenticeship, Inputs: []*casesv1.Input{
			{Id: "tasks", Value: "Kassatyö\nja leivonta"},
			{Id: "hours", Value: "37.5"},
			{Id: "wage", Value: "2100.50"},
			{Id: "start", Value: "2027-02-01"},
			{Id: "level", Value: "first"},
			{Id: "instructor", Value: "yes"},
		}}},
		Consents: []*casesv1.Consent{{
			Provider: "providers/omnia", TextVersion: "2026-1",
			DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE, policyv1.DataClass_DATA_CLASS_APPLICATION},
		}},
	}
	if diff := cmp.Diff(want, got.request, protocmp.Transform()); diff != "" {
		t.Errorf("OpenCase (-want +got):\n%s", diff)
	}
	if got.authorization != "Bearer "+companyToken() {
		t.Errorf("OpenCase was called with %q", got.authorization)
	}
	// Sent again, as by a double click, it is the very same call.
	b.post("/check", values)
	if diff := cmp.Diff(got.request, b.api.last(t, "OpenCase").request, protocmp.Transform()); diff != "" || b.api.count("OpenCase") != 2 {
		t.Errorf("the second click differs:\n%s", diff)
	}
}

func TestNamelessCase(t *testing.T) {
	b := newBrowser(t)
	b.api.theCase.Company, b.api.theCase.Code, b.api.theCase.Anonymous = nil, "K7P2-M9Q4", true
	first, _ := choose(t, b, apprenticeship)
	last := b.walk(first, filled(url.Values{}))
	b.api.late = 2 // the code is known a moment after the answer
	after, _ := b.sends(last)
	after.has(t, "K7P2-M9Q4", b.api.secret, "/open-code", "Näytämme salasanan vain tämän kerran")
	if strings.Contains(after.url, b.api.secret) {
		t.Errorf("the secret is in the address %s", after.url)
	}
	if got := b.api.last(t, "OpenCase"); got.authorization != "" || got.request.(*casesv1.OpenCaseRequest).Company != nil {
		t.Errorf("OpenCase was called with %q and %v", got.authorization, got.request)
	}
	again := b.get("/cases/" + caseID)
	again.has(t, "Ensimmäinen työntekijä")
	again.lacks(t, b.api.secret)
	if got := b.api.last(t, "GetCase").authorization; got != "Case K7P2-M9Q4:"+b.api.secret {
		t.Errorf("the case was read with %q", got)
	}
	b.post("/leave-case", nil)
	if p := b.get("/cases/" + caseID); p.code != http.StatusUnauthorized {
		t.Errorf("after leaving, the case answers %d", p.code)
	}
	// Back with code and secret.
	back := b.get("/open-code").hidden(t, "form-open")
	back.Set("code", " K7P2-M9Q4 ")
	back.Set("secret", b.api.secret)
	if p := b.post("/open-code", back); p.url != "/cases/"+caseID || p.code != http.StatusOK {
		t.Errorf("the code led to %d at %s", p.code, p.url)
	}
	b.api.failing("ListCases", problem.New(problem.Unauthenticated, "CODE_WRONG", "wrong"))
	back.Set("secret", "wrong")
	p := b.post("/open-code", back)
	p.has(t, "Koodi ja salasana eivät sovi yhteen", `value="K7P2-M9Q4"`)
}

// TestCheckKeepsAndExplains sends pages full of errors: each explains its own.
func TestCheckKeepsAndExplains(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	first, _ := choose(t, b, apprenticeship, paySubsidy)
	in := func(id string) string { return "in:" + apprenticeship + ":" + id }
	wrong := url.Values{
		in("tasks"): {strings.Repeat("x", 101)}, in("hours"): {"41"}, in("wage"): {"paljon"}, in("start"): {"huomenna"},
		in("employer"): {"9000001-2"}, in("web"): {"kotisivu"}, "company": {"other"}, "company_id": {"0101263-7"},
	}
	p := b.walk(first, wrong)
	if p.code != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", p.code)
	}
	p.has(t, "Lyhennä kohtaa ”Työtehtävät”: enintään 100", "Kohdan ”Työaika viikossa” luvun on oltava enintään 40", "Kirjoita kohtaan ”Palkka” summa euroina",
		"Kirjoita kohtaan ”Alkaa” päivämäärä", "Valitse vaihtoehto kohtaan ”Taso”", "Tarkista kohta ”Työnantaja”", "Kirjoita kohtaan ”Verkkosivu” koko",
		`value="paljon"`, "<title>Korjaa:", `role="alert"`)
	labelled(t, p)
	headingsInOrder(t, p)
	right := filled(p.hidden(t, "check"))
	right.Set("do", "next")
	p = b.walk(b.post("/check", right), wrong)
	p.has(t, "Täytä kohta ”Tehtävä”")
	right = p.hidden(t, "check")
	right.Set("in:"+paySubsidy+":job", "Keittiöapu")
	right.Set("do", "next")
	p = b.walk(b.post("/check", right), wrong)
	p.has(t, "Tarkista kohta ”Yrityksen tunnus”", `value="0101263-7"`)
	labelled(t, p)
	right = p.hidden(t, "check")
	for name, value := range map[string]string{"do": "next", "company": "own:9000001-1", "contact_language": "fi"} {
		right.Set(name, value)
	}
	p = b.walk(b.post("/check", right), url.Values{"consent:providers/omnia": {"yes"}})
	p.has(t, "Merkitse ruutu")
	labelled(t, p)
	// Who sends all the same, without the pages, is led to the first that is wrong.
	right = p.hidden(t, "check")
	right.Set("do", "send")
	right.Set(in("hours"), "41")
	p = b.post("/check", right)
	p.has(t, "Kohdan ”Työaika viikossa” luvun on oltava enintään 40")
	if got := p.hidden(t, "check"); p.code != http.StatusUnprocessableEntity || b.api.count("OpenCase") != 0 || got.Get("request_id") != right.Get("request_id") || got.Get("text") != need {
		t.Errorf("status %d, %d calls, the form came back as %v", p.code, b.api.count("OpenCase"), got)
	}
}

// TestCheckShowsWhatTheAPIRefuses maps the API's field paths to the fields: the first
// page with something to mend is shown, and then the next.
func TestCheckShowsWhatTheAPIRefuses(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	first, _ := choose(t, b, apprenticeship)
	last := b.walk(first, filled(url.Values{"company": {"own:9000001-1"}}))
	refusal := func(fields ...string) error {
		p := problem.New(problem.Invalid, "INPUTS", "wrong")
		for i := 0; i < len(fields); i += 2 {
			p = p.Field(fields[i], fields[i+1])
		}
		return p
	}
	for _, test := range []struct {
		refused error
		fields  []string
	}{
		{refusal("services[0].inputs[1].value", "too few hours", "services[0].inputs.level", "not today", "consents[0].text_version", "an old text"), []string{"in:" + apprenticeship + ":hours", "in:" + apprenticeship + ":level"}},
		{refusal("company.id", "not yours", "consents[0].text_version", "an old text"), []string{"company_id"}},
		{refusal("consents[0].text_version", "an old text"), []string{"consent:providers/omnia"}},
	} {
		b.api.failing("OpenCase", test.refused)
		p, _ := b.sends(last)
		if p.code != http.StatusBadRequest {
			t.Errorf("status %d", p.code)
		}
		for _, field := range test.fields {
			id := strings.NewReplacer(":", "-", "/", "-").Replace("check-" + field)
			p.has(t, `<a href="#`+id+`">`, `id="`+id+`-error"`)
		}
		if n := strings.Count(p.body, `<li><a href="#check-`); n != len(test.fields) {
			t.Errorf("%d errors are told, want %d", n, len(test.fields))
		}
		p.has(t, "Tätä ei voitu hyväksyä.")
		labelled(t, p)
	}
}

func TestChangingLanguageAndServicesLosesNothing(t *testing.T) {
	for _, who := range []string{"", companyToken()} {
		b := newBrowser(t)
		if who != "" {
			b.signIn(who)
		}
		_, values := choose(t, b, apprenticeship, paySubsidy)
		filled(values)
		values.Del("do")
		values.Set("lang", "sv")
		p := b.post("/check", values)
		p.has(t, `<html lang="sv">`, "Kassatyö", `value="37,5"`, "Läroavtal")
		values = p.hidden(t, "check")
		values.Set("do", "back")
		filled := filled(url.Values{})
		filled.Del("do")
		for name, v := range filled {
			values[name] = v
		}
		p = b.post("/check", values)
		again := p.hidden(t, "choose")
		again["service"] = []string{apprenticeship}
		p = b.post("/check", again)
		p.has(t, `value="37,5"`)
		filled.Set("company", "none")
		last := b.walk(p, filled)
		last.has(t, "37,5")
		last.lacks(t, "Lönesubvention")
		if b.api.count("OpenCase") != 0 {
			t.Error("changing something sent the case")
		}
		none := b.post("/check", url.Values{"form": {"choose"}, "text": {need}})
		none.has(t, "Välj minst en tjänst")
	}
}

func TestNeedThatFindsNothing(t *testing.T) {
	b := newBrowser(t)
	p := b.post("/choose", url.Values{"form": {"need"}, "text": {"qwerty"}})
	p.has(t, "Nothing found, says the API.", "<details class=\"all\" open>")
	p = b.post("/choose", url.Values{"form": {"need"}, "text": {" "}})
	if p.code != http.StatusUnprocessableEntity {
		t.Errorf("an empty need answers %d", p.code)
	}
	p.has(t, "Kirjoita, mitä tarvitset")
	b.get("/choose?need=hire&lang=en").has(t, "Hiring", "Apprenticeship")
}
