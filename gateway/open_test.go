package gateway_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// madeOnce checks that each scope was made once, and answers how many there are.
func madeOnce(t *testing.T, w *world, id string) int {
	t.Helper()
	scopes := map[string]int{}
	for _, e := range w.facts(w.record.all(), id, isMade) {
		scopes[e.Subject]++
	}
	for subject, times := range scopes {
		if times != 1 {
			t.Errorf("%s was made %d times", subject, times)
		}
	}
	return len(scopes)
}

func TestOpenReachesSeven(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(), w.start()
	me := w.company("p1", bakery)
	req := opening(bakery, seven...)
	opened := get[*casesv1.OpenCaseResponse](t)(a.cases.OpenCase(me, req))
	for _, r := range opened.Case.Requests {
		if r.Status != casesv1.RequestStatus_REQUEST_STATUS_PLANNED && r.Status != casesv1.RequestStatus_REQUEST_STATUS_NEW {
			t.Errorf("%s is %s right after opening", r.Name, r.Status)
		}
	}
	w.made(idOf(opened.Case), 7)
	for _, n := range []*node{a, b} {
		c := n.read(me, opened.Case.Name)
		for _, r := range c.Requests {
			if r.Status != casesv1.RequestStatus_REQUEST_STATUS_NEW || r.CaseTitle != c.Title || r.Company.GetId() != bakery {
				t.Errorf("%s is %s, of %q for %s", r.Name, r.Status, r.CaseTitle, r.Company.GetId())
			}
		}
	}

	// The same again, on the other gateway too, is the same case; the router makes nothing more.
	for _, n := range []*node{a, b} {
		again := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(me, req))
		if again.Case.Name != opened.Case.Name || again.Revision != opened.Revision || again.Case.Requests[0].Status != casesv1.RequestStatus_REQUEST_STATUS_NEW {
			t.Errorf("a repeat answers %s at %s, want %s at %s", again.Case.Name, again.Revision, opened.Case.Name, opened.Revision)
		}
		other := proto.CloneOf(req)
		other.Title = "Something else"
		_, err := n.cases.OpenCase(me, other)
		refused(t, err, codes.AlreadyExists, "REQUEST_ID_REUSED")
	}
	// Another person's request_id is another case.
	other := proto.CloneOf(req)
	if c := a.open(w.company("p2", bakery), other); c.Name == opened.Case.Name {
		t.Error("two people with one request_id share a case")
	}
	if n := madeOnce(t, w, idOf(opened.Case)); n != 7 {
		t.Errorf("%d requests were made", n)
	}
	chained(t, w)
}

// chained checks that each fact names the hash of the one before it in its scope.
func chained(t *testing.T, w *world) {
	t.Helper()
	heads := map[string][]byte{}
	for _, e := range w.record.all() {
		scope, _, err := name.ParseSubject(e.Subject)
		must(t, err)
		f, hash, err := fact.Decode(e)
		must(t, err)
		if !bytes.Equal(f.PreviousHash, heads[scope.String()]) {
			t.Errorf("the fact at %d does not follow on the one before it in %s", e.Sequence, scope)
		}
		if f.CorrelationId == "" && f.GetActor().GetParty() != casesv1.Party_PARTY_PROVIDER {
			t.Errorf("the fact at %d belongs to no chain of causes", e.Sequence)
		}
		heads[scope.String()] = hash
	}
}

// A repeat is answered also when what it names is gone meanwhile.
func TestRepeatOutlivesTheCatalogue(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	req := opening(bakery, "yritysespoo/start-advice")
	req.Consents[0].ValidTo = "2026-12-01"
	c := n.open(me, req)
	add := &casesv1.AddRequestRequest{
		Name: c.Name, RequestId: uuid.NewString(), Service: &casesv1.ServiceChoice{Service: serviceName("enter-espoo/landing")},
		Consents: []*casesv1.Consent{consent("enter-espoo")},
	}
	added := get[*casesv1.AddRequestResponse](t)(n.cases.AddRequest(me, add))
	more := proto.CloneOf(add)
	more.RequestId = uuid.NewString()
	if second := get[*casesv1.AddRequestResponse](t)(n.cases.AddRequest(me, more)); second.Request == added.Request {
		t.Fatalf("two calls added the one request %s", second.Request)
	}
	w.publish("yritysespoo", bytes.ReplaceAll(w.catalogue("yritysespoo"), []byte("id: start-advice"), []byte("id: renamed")))
	w.publish("enter-espoo", bytes.ReplaceAll(w.catalogue("enter-espoo"), []byte("id: landing"), []byte("id: renamed")))
	w.clock.days(30)
	w.eventually("the catalogues are read", func() bool {
		_, a := n.catalogue.GetService(me, getService("yritysespoo/start-advice"))
		_, b := n.catalogue.GetService(me, getService("enter-espoo/landing"))
		return a != nil && b != nil
	})
	again := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(me, req))
	if again.Case.Name != c.Name {
		t.Errorf("the repeat opened %s, want %s", again.Case.Name, c.Name)
	}
	if repeat := get[*casesv1.AddRequestResponse](t)(n.cases.AddRequest(me, add)); repeat.Request != added.Request {
		t.Errorf("the repeat answers %s, the first call added %s", repeat.Request, added.Request)
	}
	_, err := n.cases.OpenCase(me, opening(bakery, "yritysespoo/start-advice"))
	refused(t, err, codes.InvalidArgument, "CASE_INVALID")
}

func TestOpenSaysAllThatIsWrong(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	count := len(w.record.all())
	for what, test := range map[string]struct {
		change func(*casesv1.OpenCaseRequest)
		reason string
		fields []string
	}{
		"wrong check digit":   {func(r *casesv1.OpenCaseRequest) { r.Company.Id = "9000001-2" }, "CASE_INVALID", []string{"company.id"}},
		"another's company":   {func(r *casesv1.OpenCaseRequest) { r.Company.Id = garage }, "CASE_INVALID", []string{"company.id"}},
		"unknown service":     {func(r *casesv1.OpenCaseRequest) { r.Services[0].Service = serviceName("omnia/none") }, "CASE_INVALID", []string{"services[0].service"}},
		"service of the past": {func(r *casesv1.OpenCaseRequest) { r.Services[0].Service = serviceName("yritysespoo/old-course") }, "CASE_INVALID", []string{"services[0].service"}},
		"service to come":     {func(r *casesv1.OpenCaseRequest) { r.Services[0].Service = serviceName("yritysespoo/coming") }, "CASE_INVALID", []string{"services[0].service"}},
		"invited half":        {func(r *casesv1.OpenCaseRequest) { r.Services[0].Service = serviceName("employment/recruit-training") }, "CASE_INVALID", []string{"services[0].service"}},
		"missing answer":      {func(r *casesv1.OpenCaseRequest) { r.Services[0].Service = serviceName("espoo-city/premises") }, "CASE_INVALID", []string{"services[0].inputs[area]"}},
		"unknown answer": {func(r *casesv1.OpenCaseRequest) {
			r.Services[0].Inputs = []*casesv1.Input{{Id: "colour", Value: "red"}}
		}, "CASE_INVALID", []string{"services[0].inputs[colour]"}},
		"unknown need code":    {func(r *casesv1.OpenCaseRequest) { r.NeedCodes = []string{"none"} }, "CASE_INVALID", []string{"need_codes"}},
		"unknown journey":      {func(r *casesv1.OpenCaseRequest) { r.Journey = "to-the-moon" }, "CASE_INVALID", []string{"journey"}},
		"no consent":           {func(r *casesv1.OpenCaseRequest) { r.Consents[0].Provider = "providers/chamber" }, "CONSENT_MISSING", []string{"consents"}},
		"old consent text":     {func(r *casesv1.OpenCaseRequest) { r.Consents[0].TextVersion = "2020-01" }, "CASE_INVALID", []string{"consents[0].text_version"}},
		"consent for too long": {func(r *casesv1.OpenCaseRequest) { r.Consents[0].ValidTo = "2027-11-24" }, "CASE_INVALID", []string{"consents[0].valid_to"}},
		"consent of yesterday": {func(r *casesv1.OpenCaseRequest) { r.Consents[0].ValidTo = "2026-11-22" }, "CASE_INVALID", []string{"consents[0].valid_to"}},
		"several at once": {
			func(r *casesv1.OpenCaseRequest) {
				r.Company.Id, r.Services[0].Service, r.Journey = "x", serviceName("omnia/none"), "none"
			},
			"CASE_INVALID",
			[]string{"company.id", "services[0].service", "journey"},
		},
	} {
		req := opening(bakery, "espoo-city/pilot")
		test.change(req)
		_, err := n.cases.OpenCase(me, req)
		if diff := cmp.Diff(test.fields, refused(t, err, codes.InvalidArgument, test.reason)); diff != "" {
			t.Errorf("%s: fields (-want +got)\n%s", what, diff)
		}
	}
	_, err := n.cases.OpenCase(t.Context(), opening(bakery, "espoo-city/pilot"))
	refused(t, err, codes.Unauthenticated, "COMPANY_NEEDS_SIGN_IN")
	_, err = n.cases.OpenCase(w.operator(), opening("", "espoo-city/pilot"))
	refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
	if more := len(w.record.all()) - count; more != 0 {
		t.Errorf("refused calls wrote %d facts", more)
	}
}

// After a new key has come, what was opened under the older one is found, and a
// repeat of its call does not open it twice.
func TestKeyRotation(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	req := opening(bakery, "espoo-city/pilot")
	old := n.open(me, req)
	nameless := opening("", "espoo-city/pilot")
	first := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(t.Context(), nameless))
	n.stop()

	bucket := get[*bus.Bucket](t)(w.hub.Bucket(t.Context(), bus.BucketHub))
	entry := get[bus.Entry](t)(bucket.Get(t.Context(), "case-id-keys"))
	var keys [][]byte
	must(t, json.Unmarshal(entry.Value, &keys))
	value, err := json.Marshal(append(keys, bytes.Repeat([]byte{7}, 32)))
	must(t, err)
	get[uint64](t)(bucket.Put(t.Context(), "case-id-keys", value, entry.Revision))

	n = w.startIn(n.dir)
	if again := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(me, req)); again.Case.Name != old.Name {
		t.Errorf("after the new key the same call opens %s, want %s", again.Case.Name, old.Name)
	}
	again := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(t.Context(), nameless))
	if again.Case.Name != first.Case.Name || again.Secret != first.Secret {
		t.Error("after the new key a case without a name has another name or secret")
	}
	if c := n.read(w.holder(first.Case.Code, first.Secret), first.Case.Name); c.Code != first.Case.Code {
		t.Errorf("its code is %s, was %s", c.Code, first.Case.Code)
	}
	// A new call is under the new key: without it the id would be another.
	before := n.open(me, opening(bakery, "espoo-city/pilot"))
	if before.Name == old.Name {
		t.Error("a new call leads to an old case")
	}
}

func TestWithoutAName(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	req := opening("", "espoo-city/pilot")
	req.Secret = true
	opened := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(t.Context(), req))
	// Right away, without a revision: the code is known when the answer comes.
	for _, code := range []string{opened.Case.Code, " be " + opened.Case.Code[3:7] + opened.Case.Code[8:] + " "} {
		c := get[*casesv1.GetCaseResponse](t)(n.cases.GetCase(w.holder(code, opened.Secret), &casesv1.GetCaseRequest{Name: opened.Case.Name})).Case
		if !c.Anonymous || !c.Secret || c.Company != nil {
			t.Errorf("with code %q: anonymous %v, secret %v, company %v", code, c.Anonymous, c.Secret, c.Company)
		}
	}
	holder := w.holder(opened.Case.Code, opened.Secret)
	if _, err := n.cases.GetCase(w.holder(opened.Case.Code, "WRONG"), &casesv1.GetCaseRequest{Name: opened.Case.Name}); err == nil {
		t.Error("a wrong secret opens the case")
	} else {
		refused(t, err, codes.Unauthenticated, "CODE_WRONG")
	}
	_, err := n.cases.GetCase(t.Context(), &casesv1.GetCaseRequest{Name: opened.Case.Name})
	refused(t, err, codes.Unauthenticated, "SIGN_IN_NEEDED")

	// The holder sees this case and no other.
	other := n.open(w.company("p1", bakery), opening(bakery, "espoo-city/pilot"))
	_, err = n.cases.GetCase(holder, &casesv1.GetCaseRequest{Name: other.Name})
	refused(t, err, codes.NotFound, "NOT_FOUND")
	list := get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(holder, &casesv1.ListCasesRequest{MinRevision: w.now()}))
	if len(list.Cases) != 1 || list.Cases[0].Name != opened.Case.Name {
		t.Errorf("the holder lists %d cases", len(list.Cases))
	}
	w.made(idOf(opened.Case), 1)
	get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(holder, &casesv1.PostMessageRequest{
		Name: n.read(holder, opened.Case.Name).Requests[0].Name, RequestId: req.RequestId, Text: "Hei",
	}))
	// Neither the secret nor its hash is in any answer or in the log in clear.
	for _, e := range w.record.all() {
		if bytes.Contains(e.Data, []byte(opened.Secret)) {
			t.Errorf("the fact at %d holds the secret", e.Sequence)
		}
	}
}

// Nothing of a case is lost when it gets its company, and nobody else gains it.
func TestLinkCompany(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	founder, stranger := w.company("founder"), w.company("stranger", garage)
	c := n.open(founder, opening("", "espoo-city/pilot", "espoon-yrittajat/ownership"))
	if list := n.list(founder, nil); !slices.Equal(list, []string{c.Name}) {
		t.Fatalf("the opener lists %v", list)
	}
	_, err := n.cases.GetCase(stranger, &casesv1.GetCaseRequest{Name: c.Name})
	refused(t, err, codes.NotFound, "NOT_FOUND")

	link := &casesv1.LinkCompanyRequest{Name: c.Name, RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Company: &casesv1.Company{Id: bakery}}
	_, err = n.cases.LinkCompany(founder, link)
	refused(t, err, codes.InvalidArgument, "COMPANY_INVALID") // does not act for it
	_, err = n.cases.LinkCompany(stranger, link)
	refused(t, err, codes.NotFound, "NOT_FOUND")

	watched := n.watchCase(founder, c.Name, "")
	get[step](t)(watched.next())
	owner := w.company("founder", bakery) // the same person, now with a company
	get[*casesv1.LinkCompanyResponse](t)(n.cases.LinkCompany(owner, link))
	get[*casesv1.LinkCompanyResponse](t)(n.cases.LinkCompany(owner, link)) // a repeat
	w.until("each request knows the company", func(events []bus.Event) bool {
		return len(w.facts(events, idOf(c), func(f *eventsv1.Fact) bool { return f.GetCompanyLinked() != nil })) == 3
	})
	linked := n.read(owner, c.Name)
	for _, r := range linked.Requests {
		if r.Company.GetId() != bakery {
			t.Errorf("%s belongs to %v", r.Name, r.Company)
		}
	}
	if diff := cmp.Diff(append(entryKinds(c), "COMPANY_LINKED"), entryKinds(linked)); diff != "" {
		t.Errorf("timeline (-want +got)\n%s", diff)
	}
	_, err = n.cases.GetCase(founder, &casesv1.GetCaseRequest{Name: c.Name})
	refused(t, err, codes.NotFound, "NOT_FOUND") // a token without the company
	for err = nil; err == nil; {
		var s step
		if s, err = watched.next(); s.entry.GetKind() == casesv1.EntryKind_ENTRY_KIND_COMPANY_LINKED {
			t.Error("a watch tells who has lost the case of its company")
		}
	}
	refused(t, err, codes.NotFound, "NOT_FOUND")
	again := proto.CloneOf(link)
	again.RequestId = "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c12"
	_, err = n.cases.LinkCompany(owner, again)
	refused(t, err, codes.FailedPrecondition, "COMPANY_LINKED")

	// By code and secret, in whatever letters, by somebody who did not open it.
	nameless := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(t.Context(), opening("", "espoo-city/pilot")))
	byCode := &casesv1.LinkCompanyRequest{Name: nameless.Case.Name, RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c13", Company: &casesv1.Company{Id: garage}}
	for secret, want := range map[string]codes.Code{"": codes.NotFound, "WRONG": codes.NotFound} {
		byCode.Code, byCode.Secret = nameless.Case.Code, secret
		_, err := n.cases.LinkCompany(stranger, byCode)
		refused(t, err, want, "NOT_FOUND")
	}
	byCode.Secret = nameless.Secret
	got := get[*casesv1.LinkCompanyResponse](t)(n.cases.LinkCompany(stranger, byCode))
	if got.Case.Company.GetId() != garage || !got.Case.Anonymous {
		t.Errorf("linked to %v, anonymous %v", got.Case.Company, got.Case.Anonymous)
	}
	// The holder of the code still has the way in.
	if c := n.read(w.holder(nameless.Case.Code, nameless.Secret), nameless.Case.Name); c.Company.GetId() != garage {
		t.Errorf("the holder sees company %v", c.Company)
	}
}

// Each identifier of a company is one company, and no other's.
func TestForeignCompanies(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	companies := map[string]*casesv1.Company{
		"vat:SE556012579001":       {Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_VAT, Id: "SE556012579001"},
		"lei:549300A0JPRWG1KI7U06": {Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_LEI, Id: "549300A0JPRWG1KI7U06"},
		bakery:                     {Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: bakery},
	}
	all := n.integrator("accountant", slices.Collect(maps.Keys(companies))...)
	names := map[string]string{}
	for key, company := range companies {
		req := opening(bakery, "espoo-city/pilot")
		req.Company = company
		names[key] = n.open(all, req).Name
	}
	for key, company := range companies {
		for _, text := range []string{company.Id, key} {
			if got := n.list(all, &casesv1.ListCasesRequest{CompanyId: text}); !slices.Equal(got, []string{names[key]}) {
				t.Errorf("cases of %s: %v, want %s", text, got, names[key])
			}
		}
		if got := n.list(w.company("p", key), nil); !slices.Equal(got, []string{names[key]}) {
			t.Errorf("who acts for %s lists %v, want %s", key, got, names[key])
		}
	}
	_, err := n.cases.ListCases(all, &casesv1.ListCasesRequest{CompanyId: "9000001-2"})
	if fields := refused(t, err, codes.InvalidArgument, "COMPANY_INVALID"); !slices.Equal(fields, []string{"company_id"}) {
		t.Errorf("fields %v", fields)
	}
}

func getService(short string) *cataloguev1.GetServiceRequest {
	return &cataloguev1.GetServiceRequest{Name: serviceName(short)}
}

func getProvider(key string) *cataloguev1.GetProviderRequest {
	return &cataloguev1.GetProviderRequest{Name: name.Provider(key)}
}
