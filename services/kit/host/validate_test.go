package host_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
)

// openCase is a request that breaks no rule.
func openCase() *casesv1.OpenCaseRequest {
	return &casesv1.OpenCaseRequest{
		RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11",
		Company:   &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1"},
		Title:     "First employee",
		NeedText:  strings.Repeat("ä", 2000),
		NeedCodes: []string{"hire"},
		Services: []*casesv1.ServiceChoice{{
			Service: "providers/omnia/services/apprenticeship",
			Inputs:  []*casesv1.Input{{Id: "hours", Value: "30"}, {Id: "start", Value: "2026-05-01"}},
		}},
		Language: "fi", ContactLanguage: "zh",
		Consents: []*casesv1.Consent{{
			Provider: "providers/omnia", DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_CASE},
			TextVersion: "2026-01", ValidTo: "2026-12-31",
		}},
	}
}

func TestRequestRules(t *testing.T) {
	w := newWorld(t)
	called := false
	w.open = func(context.Context, *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error) {
		called = true
		return &casesv1.OpenCaseResponse{}, nil
	}
	tests := []struct {
		name   string
		change func(*casesv1.OpenCaseRequest)
		want   []string // path: part of the description
	}{
		{"nothing wrong", func(*casesv1.OpenCaseRequest) {}, nil},
		{"a UUID in capitals", func(r *casesv1.OpenCaseRequest) { r.RequestId = strings.ToUpper(r.RequestId) }, nil},
		{"optional ones missing", func(r *casesv1.OpenCaseRequest) { r.Company, r.Title, r.Language, r.NeedCodes = nil, "", "", nil }, nil},
		{
			"all required ones missing", func(r *casesv1.OpenCaseRequest) { proto.Reset(r) },
			[]string{"request_id: is required", "services: is required", "consents: is required"},
		},
		{"nested ones", func(r *casesv1.OpenCaseRequest) {
			r.Services[0].Inputs = append(r.Services[0].Inputs, &casesv1.Input{}, &casesv1.Input{Id: "Not a key", Value: strings.Repeat("x", 5001)})
			r.Company.Id = "   "
		}, []string{
			"company.id: spaces alone are not enough",
			"services[0].inputs[2].id: is required",
			`services[0].inputs[3].id: "Not a key" is not a key: a-z`,
			"services[0].inputs[3].value: has 5001 characters; at most 5000 are allowed",
		}},
		{
			"no default for what the contract limits", func(r *casesv1.OpenCaseRequest) { r.Title = strings.Repeat("ä", 121) },
			[]string{"title: has 121 characters; at most 120"},
		},
		{
			"the default of 200 characters", func(r *casesv1.OpenCaseRequest) { r.Company.DisplayName = strings.Repeat("a", 201) },
			[]string{"company.display_name: has 201 characters; at most 200"},
		},
		{"the default of 50 items", func(r *casesv1.OpenCaseRequest) {
			for range 60 {
				r.Services[0].Inputs = append(r.Services[0].Inputs, &casesv1.Input{Id: "x"})
			}
		}, []string{"services[0].inputs: has 62 items; at most 50"}},
		{
			"too many items are not read", func(r *casesv1.OpenCaseRequest) { r.NeedCodes = make([]string, 11) },
			[]string{"need_codes: has 11 items; at most 10"},
		},
		{"an enum that means nothing", func(r *casesv1.OpenCaseRequest) {
			r.Company.Scheme = 99
			r.Consents[0].DataClasses = []policyv1.DataClass{1, -4}
		}, []string{"company.scheme: the numbers 0 to 4 do", "consents[0].data_classes[1]: has the number -4"}},
		{"formats", func(r *casesv1.OpenCaseRequest) {
			r.RequestId = "7b3f2a345e0f4c8e9d8e0a4f6f3f1c11"
			r.Services[0].Service = "providers/nobody/services/apprenticeship"
			r.Language, r.ContactLanguage = "de", "Suomi"
			r.Consents[0].Provider, r.Consents[0].ValidTo = "omnia", "2026-02-30"
		}, []string{
			"request_id: is not a UUID", "services[0].service: such as providers/omnia/services/",
			"language: fi, sv or en", "contact_language: ISO 639",
			"consents[0].provider: espoo-city, enter-espoo", "consents[0].valid_to: such as 2026-03-31",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			called = false
			request := openCase()
			test.change(request)
			_, err := w.client.OpenCase(t.Context(), request)
			if called != (len(test.want) == 0) || (err == nil) != called {
				t.Fatalf("handler called: %v, error %v", called, err)
			}
			if err == nil {
				return
			}
			got := problem.From(err)
			if got.Kind != problem.Invalid || got.Reason != "INVALID_FIELDS" {
				t.Errorf("got %s %s", got.Kind, got.Reason)
			}
			var paths, wantPaths []string
			for i, v := range got.Violations {
				paths = append(paths, v.Field)
				if i < len(test.want) {
					if _, description, _ := strings.Cut(test.want[i], ": "); !strings.Contains(v.Description, description) {
						t.Errorf("%s: %q does not say %q", v.Field, v.Description, description)
					}
				}
			}
			for _, want := range test.want {
				path, _, _ := strings.Cut(want, ": ")
				wantPaths = append(wantPaths, path)
			}
			if diff := cmp.Diff(wantPaths, paths); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if !strings.Contains(got.Message, got.Violations[0].Field) {
				t.Errorf("the message %q does not name the first field", got.Message)
			}
		})
	}
}

func TestNumbersAndFormats(t *testing.T) {
	for _, test := range []struct {
		message proto.Message
		wrong   string
	}{
		{&casesv1.ListCasesRequest{PageSize: 100}, ""},
		{&casesv1.ListCasesRequest{PageSize: 101}, "page_size"},
		{&casesv1.ListCasesRequest{PageSize: -1}, "page_size"},
		{&casesv1.RateRequestRequest{RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Name: caseName + "/requests/espoon-yrittajat-12", Stars: 5}, ""},
		{&casesv1.RateRequestRequest{RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Name: caseName + "/requests/omnia-1"}, "stars"},
		{&casesv1.RateRequestRequest{RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Name: caseName + "/requests/omnia-1", Stars: 6}, "stars"},
		{&casesv1.RateRequestRequest{RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Name: caseName + "/requests/omnia-01", Stars: 5}, "name"},
		{&casesv1.RateRequestRequest{RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Name: caseName + "/requests/omnia-0", Stars: 5}, "name"},
		{&casesv1.RateRequestRequest{RequestId: "7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", Name: caseName + "/requests/mayor-1", Stars: 5}, "name"},
		{&casesv1.GetCaseRequest{Name: caseName}, ""},
		{&casesv1.GetCaseRequest{Name: caseName + "\n"}, "name"},
		{&casesv1.GetCaseRequest{Name: "cases/abcdefghijklmnopqrstuvwxy1"}, "name"},
		{&casesv1.GetCaseRequest{Name: "cases/../../../../../../../../"}, "name"},
	} {
		err := host.CheckForTest(test.message)
		got := ""
		if err != nil {
			got = problem.From(err).Violations[0].Field
		}
		if got != test.wrong {
			t.Errorf("%v: wrong is %q, want %q: %v", test.message, got, test.wrong, err)
		}
	}
}

func TestFormatTable(t *testing.T) {
	const id = "cases/abcdefghijklmnopqrstuvwxyz"
	for format, examples := range map[policyv1.Format]struct{ good, bad []string }{
		policyv1.Format_FORMAT_UUID:             {[]string{"7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11"}, []string{"7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c1g", "{7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11}"}},
		policyv1.Format_FORMAT_CASE_NAME:        {[]string{id}, []string{id + "a", strings.ToUpper(id), "case/" + id[6:]}},
		policyv1.Format_FORMAT_CONSENT_NAME:     {[]string{id + "/consents/1"}, []string{id, id + "/consents/0", id + "/consents/1/x"}},
		policyv1.Format_FORMAT_REQUEST_NAME:     {[]string{id + "/requests/espoo-city-1", id + "/requests/chamber-999999999"}, []string{id, id + "/requests/chamber", id + "/requests/chamber-1/x"}},
		policyv1.Format_FORMAT_PROVIDER_NAME:    {[]string{"providers/espoo-city", "providers/employment"}, []string{"espoo-city", "providers/", "providers/omnia/"}},
		policyv1.Format_FORMAT_SERVICE_NAME:     {[]string{"providers/chamber/services/ata-carnet"}, []string{"providers/chamber", "providers/chamber/services/", "providers/chamber/advisors/x", "providers/chamber/services/x/y"}},
		policyv1.Format_FORMAT_ADVISOR_NAME:     {[]string{"providers/chamber/advisors/a1"}, []string{"providers/chamber/advisors/A1", "providers/chamber/services/a1"}},
		policyv1.Format_FORMAT_STAFF_NAME:       {[]string{"providers/chamber/advisors/a1", "operators/o1"}, []string{"operators/", "operators/O1", "operators/o1/x", "providers/chamber"}},
		policyv1.Format_FORMAT_LANGUAGE:         {[]string{"fi", "sv", "en"}, []string{"FI", "de", "fi "}},
		policyv1.Format_FORMAT_CONTACT_LANGUAGE: {[]string{"fi", "kur"}, []string{"f", "fi-FI", "Ru"}},
		policyv1.Format_FORMAT_DATE:             {[]string{"2026-03-31", "2028-02-29"}, []string{"2026-02-29", "31.3.2026", "2026-3-1", "2026-03-31T00:00:00Z"}},
		policyv1.Format_FORMAT_BUSINESS_ID:      {[]string{"0101263-6"}, []string{"0101263-5", "112038-9", " 0101263-6", "9000002-0"}},
		policyv1.Format_FORMAT_URL:              {[]string{"https://www.espoo.fi/", "https://example.fi:8443/a?b=c#d"}, []string{"http://www.espoo.fi/", "//www.espoo.fi/", "https:///x", "https://a@b.fi/", "javascript:alert(1)", "https://a b.fi/"}},
		policyv1.Format_FORMAT_KEY:              {[]string{"a", "0-_"}, []string{"-a", "A", "ä", "a.b"}},
	} {
		for _, text := range examples.good {
			if !host.MatchForTest(format, text) {
				t.Errorf("%s refuses %q", format, text)
			}
		}
		for _, text := range examples.bad {
			if host.MatchForTest(format, text) {
				t.Errorf("%s accepts %q", format, text)
			}
		}
	}
	for number := range policyv1.Format_name {
		if format := policyv1.Format(number); format != policyv1.Format_FORMAT_UNSPECIFIED && !host.KnowsForTest(format) {
			t.Errorf("%s of the contract is not enforced", format)
		}
	}
}

func TestTransportRefusals(t *testing.T) {
	w := newWorld(t)
	w.open = func(context.Context, *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error) {
		t.Error("the handler was called")
		return nil, nil
	}
	large := openCase()
	large.NeedText = strings.Repeat("x", 5<<20)
	if _, err := w.client.OpenCase(t.Context(), large); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("5 MiB: %v", err)
	}
	wrong := openCase()
	for i := range wrong.Services[0].Inputs {
		wrong.Services[0].Inputs[i].Id = fmt.Sprintf("WRONG %d", i)
	}
	for range 18 {
		service := proto.CloneOf(wrong.Services[0])
		for range 48 {
			service.Inputs = append(service.Inputs, &casesv1.Input{Id: strings.Repeat("ä", 59)})
		}
		wrong.Services = append(wrong.Services, service)
	}
	_, err := w.client.OpenCase(t.Context(), wrong)
	if got := problem.From(err); got.Kind != problem.Invalid || len(got.Violations) > 30 {
		t.Errorf("wrong all over: %d violations, %v", len(got.Violations), got.Kind)
	}
}

func FuzzCheck(f *testing.F) {
	seed, err := proto.Marshal(openCase())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		request := &casesv1.OpenCaseRequest{}
		if proto.Unmarshal(data, request) != nil {
			return
		}
		err := host.CheckForTest(request)
		if err == nil && (request.GetRequestId() == "" || len(request.GetServices()) == 0 || len([]rune(request.GetTitle())) > 120) {
			t.Errorf("accepted %v", request)
		}
		if err != nil && len(problem.From(err).Violations) == 0 {
			t.Errorf("refused without a field: %v", err)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	request := openCase()
	request.NeedText = "I want to hire my first employee"
	check := host.CheckerForTest(request)
	for b.Loop() {
		if err := check(request); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	w := newWorld(b)
	w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
		return &casesv1.GetCaseResponse{}, nil
	}
	ctx := authorized(b.Context(), w.token(b, company))
	for b.Loop() {
		if _, err := w.client.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName}); err != nil {
			b.Fatal(err)
		}
	}
}
