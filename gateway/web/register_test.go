package web_test

import (
	"context"
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/gateway/web"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// fakeCompanies knows two companies.
type fakeCompanies struct {
	companyv1.UnimplementedCompanyServiceServer
	*fake
}

func (f *fakeCompanies) LookupCompany(_ context.Context, r *companyv1.LookupCompanyRequest) (*companyv1.LookupCompanyResponse, error) {
	names := map[string]string{"9000001-1": "Kahvila <Aino> Oy", "9000003-8": "Paja Oy"}
	if names[r.GetBusinessId()] == "" {
		return nil, problem.New(problem.NotFound, "COMPANY_NOT_REGISTERED", "no").GRPCStatus().Err()
	}
	return &companyv1.LookupCompanyResponse{Company: &companyv1.Company{
		BusinessId: r.GetBusinessId(), DisplayName: names[r.GetBusinessId()], Form: &companyv1.Words{Fi: "Osakeyhtiö", Sv: "Aktiebolag", En: "Limited company"},
		LineOfBusiness: &companyv1.Words{Fi: "Ravintolatoiminta"}, Address: &companyv1.Address{Street: "Koekatu 1", PostCode: "02100", City: &companyv1.Words{Fi: "Espoo"}, MunicipalityCode: "049"},
		TradeRegister: companyv1.Entry_ENTRY_ENTERED, PrepaymentRegister: companyv1.Entry_ENTRY_ENDED, VatRegister: companyv1.Entry_ENTRY_NONE,
		Situation: companyv1.Situation_SITUATION_BANKRUPTCY, LookedUpTime: timestamppb.New(noon()),
	}}, nil
}

// value is what an input of the page holds; "none" when there is no such input.
func (p page) value(name string) string {
	match := regexp.MustCompile(` name="` + regexp.QuoteMeta(name) + `" value="([^"]*)"`).FindStringSubmatch(p.body)
	if match == nil {
		return "none"
	}
	return html.UnescapeString(match[1])
}

// aboutCompany goes on to the page about the company, behind that of the one service.
func aboutCompany(b *browser, values url.Values) page {
	values.Set("do", "to:1")
	p := b.post("/check", values)
	values.Set("at", "1")
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(p.body, -1) {
		if !values.Has(m[1]) {
			values.Set(m[1], html.UnescapeString(m[2]))
		}
	}
	return p
}

// The company that somebody acts for is filled in without asking, and says where it is from.
func TestOwnCompanyIsFilledIn(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	p, values := choose(t, b, apprenticeship)
	employer := "in:" + apprenticeship + ":employer"
	if got := p.value(employer); got != "9000001-1" {
		t.Errorf("the service's question for the Business ID holds %q", got)
	}
	p = aboutCompany(b, values)
	p.has(t, `value="Kahvila &lt;Aino&gt; Oy"`, "Yritysrekisteristä (YTJ), 23.11.2026. Voit muuttaa tätä.", "Konkurssi", "Osakeyhtiö", "Koekatu 1, 02100 Espoo",
		"Yritys ei ole enää rekisterissä", "Yritys ei ole rekisterissä", "Rekisteri ei kerro")
	if got := b.api.last(t, "LookupCompany"); got.authorization != "Bearer "+companyToken() || got.request.(*companyv1.LookupCompanyRequest).BusinessId != "9000001-1" {
		t.Errorf("looked up with %q: %v", got.authorization, got.request)
	}
	// What a person wrote in its place stays, and no longer says that the register says so.
	values.Set("company_name", "Aino Café")
	values.Set(employer, "")
	values.Set("do", "refresh")
	again := b.post("/check", values)
	again.has(t, `value="Aino Café"`)
	again.lacks(t, "Voit muuttaa tätä")
	values.Set("do", "to:0")
	if got := b.post("/check", values).value(employer); got != "" {
		t.Errorf("what was emptied is filled in again with %q", got)
	}
}

// Another company's details come when they are asked for, in the place of those of the first.
func TestFetchAnotherCompany(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	_, values := choose(t, b, apprenticeship)
	aboutCompany(b, values)
	values.Set("company", "own:9000001-1") // what is chosen on the page, though another number is written
	values.Set("company_id", "9000003-8")
	values.Set("company_name", "Kahvila <Aino> Oy") // as it was filled in
	values.Set("in:"+apprenticeship+":employer", "9000005-4")
	values.Set("do", "lookup")
	p := b.post("/check", values)
	if p.value("company_name") != "Paja Oy" || p.value("in:"+apprenticeship+":employer") != "9000005-4" || p.value("register_id") != "9000003-8" {
		t.Errorf("the form holds %q, %q, %q", p.value("company_name"), p.value("in:"+apprenticeship+":employer"), p.value("register_id"))
	}
	p.has(t, `value="other" checked`)
	for _, test := range []struct{ given, says string }{
		{"9000003-9", "Näillä numeroilla se olisi 9000003-8"},
		{"900000", "Y-tunnuksessa on seitsemän numeroa"},
		{"9000002-0", "Y-tunnuksessa on seitsemän numeroa"},
		{"549300A0JPRWG1KI7U06", "Y-tunnuksessa on seitsemän numeroa"},
	} {
		values.Set("company_id", test.given)
		wrong := b.post("/check", values)
		if wrong.code != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, test.says) {
			t.Errorf("%s: %d, and it does not say %q", test.given, wrong.code, test.says)
		}
	}
	values.Set("company_id", "9000004-6")
	b.post("/check", values).has(t, "Yritysrekisterissä ei ole yritystä 9000004-6", `<button class="main" name="do" value="next"`)
}

// A name that was filled in for one company is not sent with another.
func TestAFilledInNameBelongsToItsCompany(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	_, values := choose(t, b, apprenticeship)
	filled(values)
	values.Set("company", "other")
	values.Set("company_id", "9000003-8")
	values.Set("company_name", "Kahvila <Aino> Oy") // as it was filled in
	b.post("/check", values)
	if got := b.api.last(t, "OpenCase").request.(*casesv1.OpenCaseRequest).Company; got.Id != "9000003-8" || got.DisplayName != "" {
		t.Errorf("opened for %v", got)
	}
}

// A register that is away, slow or unwilling stops nobody.
func TestARegisterThatIsAwayStopsNobody(t *testing.T) {
	for _, test := range []struct {
		err  error
		says string
	}{
		{problem.New(problem.Unavailable, "REGISTER_AWAY", "away"), "Yritysrekisteri ei vastaa juuri nyt"},
		{problem.New(problem.Deadline, "DEADLINE_EXCEEDED", "late"), "Yritysrekisteri ei vastaa juuri nyt"},
		{errors.New("a fault"), "Yritysrekisteri ei vastaa juuri nyt"},
		{problem.New(problem.Exhausted, "RATE_LIMITED", "often"), "Olet hakenut monen yrityksen tiedot"},
		{problem.New(problem.NotFound, "COMPANY_NOT_REGISTERED", "none"), "Yritysrekisterissä ei ole yritystä 9000001-1"},
	} {
		b := newBrowser(t)
		b.signIn(companyToken())
		b.api.failing("LookupCompany", test.err)
		p, values := choose(t, b, apprenticeship)
		if p.code != http.StatusOK {
			t.Fatalf("%v: %d", test.err, p.code)
		}
		aboutCompany(b, values).has(t, test.says)
		filled(values)
		values.Set("company", "own:9000001-1")
		if after := b.post("/check", values); after.code != http.StatusOK || b.api.count("OpenCase") != 1 {
			t.Errorf("%v: sending led to %d at %s", test.err, after.code, after.url)
		}
	}
}

// Where the hub asks no register, and for somebody without a name, nothing is offered.
func TestNoRegisterIsOffered(t *testing.T) {
	off := newBrowser(t, func(o *web.Options) { o.Companies = nil })
	off.signIn(companyToken())
	p, values := choose(t, off, apprenticeship)
	p.lacks(t, "Hae yrityksen tiedot")
	values.Set("do", "lookup")
	values.Set("company", "own:9000001-1")
	if p := off.post("/check", values); p.code != http.StatusOK {
		t.Errorf("a look-up at a hub without a register answers %d", p.code)
	}
	nameless := newBrowser(t)
	p, _ = choose(t, nameless, apprenticeship)
	p.lacks(t, "Hae yrityksen tiedot")
	if n := nameless.api.count("LookupCompany"); n != 0 {
		t.Errorf("%d look-ups for somebody without a name", n)
	}
}

// An advisor fetches the details of the company on the telephone.
func TestFetchAtTheDesk(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	path := "/desk/omnia/new?service=" + apprenticeship
	page := b.get(path)
	page.has(t, "Hae yrityksen tiedot", `formaction="/desk/omnia/new#register"`)
	values := page.hidden(t, "behalf")
	for name, value := range map[string]string{"do": "lookup", "kind": "call", "contact_language": "fi", "need_text": "Tukea", "company_id": "9000003-9"} {
		values.Set(name, value)
	}
	wrong := b.post("/desk/omnia/new", values)
	wrong.has(t, "Näillä numeroilla se olisi 9000003-8", `href="#behalf-company_id"`)
	values.Set("company_id", "9000003-8")
	p := b.post("/desk/omnia/new", values)
	if p.value("company_name") != "Paja Oy" || p.value("in:"+apprenticeship+":employer") != "9000003-8" {
		t.Errorf("the form holds %q, %q", p.value("company_name"), p.value("in:"+apprenticeship+":employer"))
	}
	got := filled(p.hidden(t, "behalf"))
	p.has(t, "Yritysrekisteristä (YTJ), 23.11.2026", "Konkurssi")
	for name, value := range map[string]string{
		"do": "send", "company_id": "9000003-8", "company_name": "Paja Oy (Otaniemi)", "kind": "call", "contact_language": "fi", "need_text": "Tukea",
	} {
		got.Set(name, value)
	}
	if after := b.post("/desk/omnia/new", got); after.code != http.StatusOK || b.api.count("OpenCaseOnBehalf") != 1 {
		t.Fatalf("sending led to %d at %s", after.code, after.url)
	}
	if company := b.api.last(t, "OpenCaseOnBehalf").request.(*providerv1.OpenCaseOnBehalfRequest).Company; company.DisplayName != "Paja Oy (Otaniemi)" {
		t.Errorf("opened for %v", company)
	}
}

// What a link says of the register is not believed.
func TestALinkCannotSpeakForTheRegister(t *testing.T) {
	b := newBrowser(t)
	b.signIn(advisorToken("advisor"))
	p := b.get("/desk/omnia/new?service=" + paySubsidy + "&company_id=9000003-8&company_name=Evil&register_id=9000003-8&filled:company_name=Evil")
	p.lacks(t, "Voit muuttaa tätä")
	if got := p.value("company_name"); got != "Evil" {
		t.Errorf("the field holds %q", got)
	}
}
