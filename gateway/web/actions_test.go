package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

const (
	casePath = "/cases/" + caseID
	deskPath = "/desk/omnia/requests/" + caseID + "/"
)

// step is one form sent on a page, and the call that it must lead to.
type step struct {
	name, token, page, form string
	values                  map[string]string
	method                  string
	// want are parts of the request as JSON.
	want []string
	etag bool
}

func steps() []step {
	company, advisor, lead := companyToken(), advisorToken("advisor"), advisorToken("lead")
	return []step{
		{"message", company, casePath, "form-message-omnia-2", map[string]string{"text": "Hei"}, "PostMessage", []string{requestName("omnia-2"), `"text":"Hei"`}, false},
		{"answer", company, casePath, "form-answer-omnia-3-1", map[string]string{"text": "Liisa"}, "AnswerSupplement", []string{requestName("omnia-3"), `"number":1`, "Liisa"}, false},
		{"rate", company, casePath, "form-rate-chamber-1", map[string]string{"stars": "5", "comment": "Hyvä"}, "RateRequest", []string{`"stars":5`, "Hyvä"}, false},
		{
			"report", company, casePath, "form-report-employment-2",
			map[string]string{"result": "granted", "reference": "TE-9", "on": "2026-11-20", "text": "Hyvä juttu"},
			"PostMessage",
			[]string{requestName("employment-2"), "Kerron itse", "ei ole viranomaisen päätös", "myönteisen", "TE-9", "20.11.2026", "Hyvä juttu"},
			false,
		},
		{"withdraw", company, casePath + "?step=withdraw-omnia-1", "form-withdraw-omnia-1", map[string]string{"reason": "Turha"}, "WithdrawRequest", []string{requestName("omnia-1"), "Turha"}, true},
		{"close", company, casePath, "form-close", map[string]string{"reason": ""}, "CloseCase", []string{"cases/" + caseID}, true},
		{"correct", company, casePath + "?words=14", "form-correct-14", map[string]string{"text": "Oikein", "reason": "Virhe", "remove_old": "yes"}, "CorrectText", []string{"cases/" + caseID, `"text":"Oikein"`, `"removeOld":true`, `"revision":"r"`}, false},
		{"remove", company, casePath + "?words=14", "form-remove-14", nil, "RedactFact", []string{"cases/" + caseID, `"revision":"r"`}, false},
		{
			"add", company, casePath + "/add?service=" + paySubsidy, "form-add",
			map[string]string{"in:" + paySubsidy + ":job": "Myyjä", "consent:providers/employment": "yes"},
			"AddRequest",
			[]string{"Myyjä", `"provider":"providers/employment"`, `"textVersion":"2026-1"`},
			false,
		},
		{
			"agree", company, casePath + "/referrals?request=omnia-3&number=1", "form-agree",
			map[string]string{"in:" + paySubsidy + ":job": "Myyjä", "consent:providers/employment": "yes"},
			"AnswerReferral",
			[]string{`"agree":true`, `"number":1`, "Myyjä", `"provider":"providers/employment"`},
			true,
		},
		{"refuse", company, casePath + "/referrals?request=omnia-3&number=1", "form-refuse", nil, "AnswerReferral", []string{`"number":1`}, true},
		{"pickup", advisor, deskPath + "omnia-1", "form-pickup", nil, "PickUp", []string{requestName("omnia-1")}, false},
		{"reply", advisor, deskPath + "omnia-2", "form-reply", map[string]string{"text": "Hei\nvaan"}, "Reply", []string{`Hei\nvaan`}, false},
		{"ask", advisor, deskPath + "omnia-2", "form-ask", map[string]string{"question": "Kuka?", "due_date": "2026-12-01"}, "AskSupplement", []string{"Kuka?", `"dueDate":"2026-12-01"`}, true},
		{
			"refer", advisor, deskPath + "omnia-2", "form-refer",
			map[string]string{"service": paySubsidy, "reason": "next_step", "text": "Hakekaa", "handover": "Luonnos"},
			"Refer",
			[]string{paySubsidy, "REFERRAL_REASON_NEXT_STEP", "Hakekaa", "Luonnos"},
			true,
		},
		{
			"decide", advisor, deskPath + "omnia-2", "form-decide",
			map[string]string{"decision.result": "granted", "decision.title": "Sopimus", "decision.reasons": "Kunnossa", "decision.amount": "1 260,50", "decision.decided_on": "20.11.2026"},
			"Decide",
			[]string{"DECISION_RESULT_GRANTED", `"amountCents":"126050"`, `"decidedOn":"2026-11-20"`},
			true,
		},
		{"complete", advisor, deskPath + "omnia-2", "form-complete", map[string]string{"summary": "Valmis"}, "Complete", []string{"Valmis"}, true},
		{"decline", advisor, deskPath + "omnia-2", "form-decline", map[string]string{"reason": "no_capacity", "text": "Ei ehditä"}, "Decline", []string{"DECLINE_REASON_NO_CAPACITY", "Ei ehditä"}, true},
		{"handback", advisor, deskPath + "omnia-2", "form-handback", map[string]string{"reason": "Loma"}, "HandBack", []string{"Loma"}, true},
		{
			"contact", advisor, deskPath + "omnia-2", "form-contact",
			map[string]string{"kind": "call", "occurred_at": "2026-11-23T11:30", "summary": "Sovittiin"},
			"RecordContact",
			[]string{"CONTACT_KIND_CALL", "2026-11-23T09:30:00Z", "Sovittiin"},
			false,
		},
		{"note", advisor, deskPath + "omnia-2", "form-note", map[string]string{"text": "Varo"}, "AddNote", []string{"Varo"}, false},
		{"correct", advisor, deskPath + "omnia-2?words=15", "form-correct-15", map[string]string{"text": "Torstaina", "reason": "Virhe"}, "CorrectText", []string{requestName("omnia-2"), `"text":"Torstaina"`, `"field":"text"`, `"revision":"r"`, "Virhe"}, false},
		{"assign", lead, deskPath + "omnia-1", "form-assign", map[string]string{"advisor": "providers/omnia/advisors/kalle"}, "Assign", []string{"providers/omnia/advisors/kalle"}, true},
		{
			"behalf", advisor, "/desk/omnia/new?service=" + paySubsidy, "behalf",
			map[string]string{"do": "send", "kind": "visit", "company_id": "9000001-1", "need_text": "Tukea", "contact_language": "sv", "in:" + paySubsidy + ":job": "Myyjä"},
			"OpenCaseOnBehalf",
			[]string{"providers/omnia", `"id":"9000001-1"`, "CONTACT_KIND_VISIT", `"language":"sv"`, "Myyjä"},
			false,
		},
	}
}

// send fills a form in and sends it.
func (s step) send(t *testing.T, b *browser) (url.Values, page) {
	t.Helper()
	shown := b.get(s.page)
	values := shown.hidden(t, s.form)
	for name, value := range s.values {
		values.Set(name, value)
	}
	path, _, _ := strings.Cut(s.page, "?")
	return values, b.post(path, values)
}

func TestSteps(t *testing.T) {
	for _, s := range steps() {
		t.Run(s.name, func(t *testing.T) {
			b := newBrowser(t)
			b.signIn(s.token)
			values, p := s.send(t, b)
			if p.code != http.StatusOK || !strings.Contains(p.url, "done="+s.name) {
				t.Fatalf("the step led to %d at %s", p.code, p.url)
			}
			p.has(t, `class="done"`)
			got := b.api.last(t, s.method)
			json := asJSON(t, got.request)
			for _, want := range append(s.want, `"requestId":"`+values.Get("request_id")+`"`) {
				if !strings.Contains(json, want) {
					t.Errorf("%s lacks %s: %s", s.method, want, json)
				}
			}
			if s.etag != strings.Contains(json, `"etag":"etag-`) {
				t.Errorf("%s: etag wanted %v: %s", s.method, s.etag, json)
			}
			if got.authorization != "Bearer "+s.token {
				t.Errorf("%s was called with %q", s.method, got.authorization)
			}
			if len(values.Get("request_id")) != 36 {
				t.Errorf("request_id is %q", values.Get("request_id"))
			}
		})
	}
}

// asJSON writes a message on one line, as protojson's own spacing varies.
func asJSON(t *testing.T, m proto.Message) string {
	t.Helper()
	data, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(`": `, `":`, `, "`, `,"`).Replace(string(data))
}

// TestStepsRefused lets the API refuse each step in each way: the page comes
// back with the reason and with what was written.
func TestStepsRefused(t *testing.T) {
	refusals := []struct {
		err  error
		code int
		want string
		// sameID tells whether the form keeps its request_id.
		sameID bool
	}{
		{problem.New(problem.Conflict, "STALE_ETAG", "stale"), http.StatusConflict, "Joku muutti tätä samaan aikaan", true},
		{problem.New(problem.State, "STATE_FORBIDS", "no"), http.StatusConflict, "Tilanne on muuttunut", true},
		{problem.New(problem.State, "SOMETHING_NEW", "only English here"), http.StatusConflict, `<span lang="en">only English here</span>`, true},
		{problem.New(problem.Exists, "REQUEST_ID_REUSED", "used"), http.StatusConflict, "jo lähetetty toisella sisällöllä", false},
		{problem.New(problem.Unavailable, "PROVIDER_DOWN", "down"), http.StatusServiceUnavailable, "Lähetä uudelleen; sama asia kirjataan vain kerran", true},
		{problem.New(problem.Invalid, "TEXT", "bad").Field("text", "has a strange text"), http.StatusBadRequest, "has a strange text", true},
		{problem.New(problem.State, "ALREADY_PICKED_UP", "taken").Meta("advisor", "providers/omnia/advisors/kalle"), http.StatusConflict, "Toinen neuvoja ehti ottaa pyynnön: kalle", true},
	}
	for _, s := range steps() {
		if s.name == "refuse" || s.name == "remove" {
			continue // asks nothing that could be lost
		}
		b := newBrowser(t)
		b.signIn(s.token)
		for _, test := range refusals {
			b.api.failing(s.method, test.err)
			values, p := s.send(t, b)
			if p.code != test.code {
				t.Errorf("%s, %v: status %d, want %d", s.name, test.err, p.code, test.code)
			}
			p.has(t, test.want, `role="alert"`)
			labelled(t, p)
			headingsInOrder(t, p)
			for name, value := range s.values {
				if strings.HasPrefix(name, "consent") || name == "do" || value == "" {
					continue
				}
				if first, _, _ := strings.Cut(value, "\n"); !strings.Contains(p.body, first) && name != "decision.decided_on" {
					t.Errorf("%s, %v: the page lost %s=%s", s.name, test.err, name, value)
				}
			}
			again := p.hidden(t, s.form)
			if same := again.Get("request_id") == values.Get("request_id"); same != test.sameID {
				t.Errorf("%s, %v: request_id kept %v, want %v", s.name, test.err, same, test.sameID)
			}
		}
	}
}

// TestStepsMissing sends each form empty: what must be there is asked for, and
// nothing is called.
func TestStepsMissing(t *testing.T) {
	for _, s := range steps() {
		switch s.name {
		case "pickup", "close", "withdraw", "refuse", "handback", "remove":
			continue // ask nothing that must be there
		}
		b := newBrowser(t)
		b.signIn(s.token)
		s.values = map[string]string{"do": "send"}
		if s.form != "behalf" {
			s.values = nil
		}
		_, p := s.send(t, b)
		if p.code != http.StatusUnprocessableEntity || b.api.count(s.method) != 0 {
			t.Errorf("%s: status %d, %d calls", s.name, p.code, b.api.count(s.method))
		}
		p.has(t, `role="alert"`, `aria-invalid="true"`)
		labelled(t, p)
	}
}

// TestLink links a case without a name to the company of somebody who signed in.
func TestLink(t *testing.T) {
	b := newBrowser(t)
	b.api.theCase.Company, b.api.theCase.Code = nil, "K7P2"
	_, values := choose(t, b, apprenticeship)
	b.post("/check", filled(values))
	b.signIn(companyToken())
	s := step{page: casePath, form: "form-link", values: map[string]string{"company_id": "9000001-1"}}
	if _, p := s.send(t, b); p.code != http.StatusOK {
		t.Fatalf("status %d", p.code)
	}
	got := b.api.last(t, "LinkCompany")
	request := got.request.(*casesv1.LinkCompanyRequest)
	if request.Code != "K7P2" || request.Secret != b.api.secret || request.Company.GetId() != "9000001-1" || got.authorization != "Bearer "+companyToken() {
		t.Errorf("linked with %v as %q", request, got.authorization)
	}
	if after := b.api.last(t, "GetCase").authorization; after != "Bearer "+companyToken() {
		t.Errorf("after linking the case is read with %q", after)
	}
}

func TestConfirm(t *testing.T) {
	b := newBrowser(t)
	b.api.theCase.Status = casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED
	b.api.theCase.Asks = []*casesv1.Ask{{Kind: casesv1.AskKind_ASK_KIND_CONFIRM_CASE, DueDate: "2026-12-01"}}
	b.signIn(companyToken())
	s := step{page: casePath, form: "form-confirm", values: map[string]string{"consent:providers/omnia": "yes", "consent:providers/chamber": "yes"}}
	_, p := s.send(t, b)
	p.has(t, "Merkitse ruutu", "consent-providers-employment")
	s.values["consent:providers/employment"] = "yes"
	if _, p := s.send(t, b); p.code != http.StatusOK {
		t.Fatalf("status %d", p.code)
	}
	consents := b.api.last(t, "ConfirmCase").request.ProtoReflect()
	if n := consents.Get(consents.Descriptor().Fields().ByName(protoreflect.Name("consents"))).List().Len(); n != 3 {
		t.Errorf("%d consents, want 3", n)
	}
}
