package web_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/session/sessiontest"
	"github.com/businessespoo/hub/gateway/web"
	tokens "github.com/businessespoo/hub/services/kit/token"
)

// browser visits the pages from outside, with cookies and without JavaScript.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
	api    *fake
	// sessions are the pages' own; tokens are those that stand for each.
	sessions *session.Store
	tokens   map[string]string
}

// page is an answer that the browser got.
type page struct {
	code int
	url  string
	body string
	head http.Header
}

func newBrowser(t *testing.T, change ...func(*web.Options)) *browser {
	t.Helper()
	api := newFake()
	conn := api.serve(t)
	options := web.Options{
		Cases: casesv1.NewCaseServiceClient(conn), Provider: providerv1.NewProviderServiceClient(conn), Catalogue: cataloguev1.NewCatalogueServiceClient(conn),
		Admin: adminv1.NewAdminServiceClient(conn), Identity: identityv1.NewSessionServiceClient(conn),
		Companies: companyv1.NewCompanyServiceClient(conn),
		Rights:    rightsv1.NewDataRightsServiceClient(conn),
		Consents:  consentv1.NewConsentServiceClient(conn), Sharing: sharingv1.NewSharedCaseServiceClient(conn), Access: accessv1.NewAccessServiceClient(conn),
		Keys: keysv1.NewKeyServiceClient(conn), Grants: keysv1.NewGrantServiceClient(conn),
		Status: func(context.Context) []web.PartStatus {
			return []web.PartStatus{
				{Part: "gateway", Serving: true, Counts: &web.Counts{Open: 3, Total: 60}},
				{Part: "omnia", Serving: true, CatalogueVersion: "0123456789abcdef", PublishedAt: noon(), Counts: &web.Counts{Open: 2, Total: 20}},
				{Part: "chamber"},
			}
		},
		Clock: noon,
	}
	b := &browser{t: t, api: api, tokens: map[string]string{}}
	b.sessions = newSessions(t, time.Now)
	options.Sessions = b.sessions
	options.Token = func(_ context.Context, s *session.Session, _ time.Duration) (string, error) {
		return b.tokens[s.ID], nil
	}
	for _, c := range change {
		c(&options)
	}
	server := httptest.NewServer(web.New(options))
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.base, b.client = server.URL, &http.Client{Jar: jar, Timeout: 30 * time.Second}
	return b
}

// newSessions keeps sessions as the log does.
func newSessions(t *testing.T, now func() time.Time) *session.Store {
	t.Helper()
	store, err := session.New(sessiontest.NewBucket(), [][]byte{make([]byte, 32)}, now)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// begin begins a session for whom a token stands for, and answers its cookie.
func (b *browser) begin(text string) *http.Cookie {
	b.t.Helper()
	var claims struct {
		Sub, Role, Provider, Advisor string
		Companies                    []string
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	role, err := tokens.ParseRole(claims.Role)
	if err != nil {
		b.t.Fatal(err)
	}
	made := session.Session{Issuer: "test", Principal: tokens.Principal{Role: role, Subject: claims.Sub, Provider: claims.Provider, Advisor: claims.Advisor}}
	for _, company := range claims.Companies {
		made.Acting = company
		made.Representations = append(made.Representations, tokens.Representation{Basis: tokens.BasisSelf, Company: company})
	}
	cookie, made, err := b.sessions.Begin(b.t.Context(), made)
	if err != nil {
		b.t.Fatal(err)
	}
	b.tokens[made.ID] = text
	return &http.Cookie{Name: "hub_session", Value: cookie, Path: "/"}
}

// token makes an unsigned JWT: the pages do not verify, and neither does the fake.
func token(claims map[string]any) string {
	payload, _ := json.Marshal(claims)
	return "e30." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln"
}

func companyToken() string {
	return token(map[string]any{"sub": "p1", "role": "company", "companies": []string{"9000001-1"}})
}

func advisorToken(role string) string {
	return token(map[string]any{"sub": "a1", "role": role, "provider": "omnia", "advisor": "maija"})
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{code: answer.StatusCode, url: answer.Request.URL.RequestURI(), body: string(body), head: answer.Header}
}

func (b *browser) get(path string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, values url.Values) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

// signIn has the browser hold a session for whom a token stands for.
func (b *browser) signIn(token string) {
	b.t.Helper()
	at, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(at, []*http.Cookie{b.begin(token)})
}

// has fails unless the page holds each text.
func (p page) has(t *testing.T, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(p.body, want) {
			t.Errorf("%s (%d) lacks %q", p.url, p.code, want)
		}
	}
}

// lacks fails when the page holds one of the texts.
func (p page) lacks(t *testing.T, unwanted ...string) {
	t.Helper()
	for _, text := range unwanted {
		if strings.Contains(p.body, text) {
			t.Errorf("%s (%d) holds %q", p.url, p.code, text)
		}
	}
}

var (
	hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	formStart   = regexp.MustCompile(`<form[^>]*id="([^"]+)"`)
)

// hidden returns the hidden fields of the form with the id, as a browser would
// send them.
func (p page) hidden(t *testing.T, id string) url.Values {
	t.Helper()
	for _, part := range strings.Split(p.body, "</form>") {
		start := formStart.FindAllStringSubmatchIndex(part, -1)
		if start == nil {
			continue
		}
		last := start[len(start)-1]
		if part[last[2]:last[3]] != id {
			continue
		}
		values := url.Values{}
		for _, match := range hiddenInput.FindAllStringSubmatch(part[last[0]:], -1) {
			values.Add(match[1], html.UnescapeString(match[2]))
		}
		return values
	}
	t.Fatalf("%s (%d) has no form %q", p.url, p.code, id)
	return nil
}
