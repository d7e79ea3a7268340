package signin_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
)

// hostile is an issuer that says what a test wants it to say.
type hostile struct {
	*httptest.Server
	key ed25519.PrivateKey
	// metadata and said change the discovery document and the ID token.
	metadata func(map[string]any)
	said     func(jwt.MapClaims)
	// info is the answer of userinfo; status that of userinfo when not 0.
	info   map[string]any
	status int
	// sign makes the token of claims; EdDSA with the right key when nil.
	sign func(jwt.MapClaims) string
	// asked are the forms that the token endpoint got.
	asked []url.Values
	nonce string
	// only is the one access token that counts, if set; refuse gives out no tokens.
	only   string
	refuse bool
}

func noon() time.Time { return time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) }

func newHostile(t *testing.T) *hostile {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{key: key, info: map[string]any{"sub": "somebody"}}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(h.Close)
	return h
}

func (h *hostile) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	answer := func(value any) { _ = json.NewEncoder(w).Encode(value) }
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		m := map[string]any{
			"issuer": h.URL, "authorization_endpoint": h.URL + "/authorize", "token_endpoint": h.URL + "/token", "jwks_uri": h.URL + "/jwks",
			"userinfo_endpoint": h.URL + "/userinfo", "code_challenge_methods_supported": []string{"S256"},
			"authorization_response_iss_parameter_supported": true,
			"id_token_signing_alg_values_supported":          []string{"EdDSA", "HS256", "none"},
		}
		if h.metadata != nil {
			h.metadata(m)
		}
		answer(m)
	case "/jwks":
		answer(map[string]any{"keys": []any{map[string]any{
			"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "1", "use": "sig", "x": base64.RawURLEncoding.EncodeToString(h.key.Public().(ed25519.PublicKey)),
		}}})
	case "/token":
		_ = r.ParseForm()
		h.asked = append(h.asked, r.PostForm)
		if h.refuse {
			w.WriteHeader(http.StatusBadRequest)
			answer(map[string]string{"error": "invalid_grant"})
			return
		}
		claims := jwt.MapClaims{
			"iss": h.URL, "aud": "hub", "sub": "somebody", "nonce": h.nonce, "iat": noon().Unix(), "exp": noon().Add(time.Hour).Unix(),
			"groups": []string{"advisors"}, "staff_id": "a1",
		}
		if h.said != nil {
			h.said(claims)
		}
		answer(map[string]any{"access_token": "access", "token_type": "Bearer", "id_token": h.token(claims)})
	case "/userinfo":
		switch {
		case h.status != 0:
			w.WriteHeader(h.status)
		case h.only != "" && r.Header.Get("Authorization") != "Bearer "+h.only:
			w.WriteHeader(http.StatusUnauthorized)
		}
		answer(h.info)
	default:
		http.NotFound(w, r)
	}
}

func (h *hostile) token(claims jwt.MapClaims) string {
	if h.sign != nil {
		return h.sign(claims)
	}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	unsigned.Header["kid"] = "1"
	signed, _ := unsigned.SignedString(h.key)
	return signed
}

// client knows the issuer as that of Omnia's staff, and another as that of companies.
func (h *hostile) client(others ...signin.IssuerConfig) *signin.Client {
	names := catalogue.Texts{FI: "a", SV: "b", EN: "c"}
	staff := signin.IssuerConfig{
		ID: "omnia", URL: h.URL, ClientID: "hub", Names: names, For: signin.Staff, Provider: "omnia", AdvisorClaim: "staff_id",
		Roles: []signin.RoleRule{{Claim: "groups", Value: "leads", Role: "lead"}, {Claim: "groups", Value: "advisors", Role: "advisor"}},
	}
	return signin.New(signin.Config{HubURL: "https://hub.example", Issuers: append([]signin.IssuerConfig{staff}, others...)},
		signin.Options{SubjectKey: make([]byte, 32), Now: noon})
}

// begin begins a sign-in and answers what a browser would bring back.
func (h *hostile) begin(t *testing.T, c *signin.Client) (url.Values, signin.Pending) {
	t.Helper()
	to, pending, err := c.Begin(t.Context(), "omnia", "", "")
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	h.nonce = at.Query().Get("nonce")
	return url.Values{"code": {"1"}, "state": {at.Query().Get("state")}, "iss": {h.URL}}, pending
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return problem.From(err).Reason
}

// TestWhatIsAsked: what leaves for the issuer binds the answer in every way there is.
func TestWhatIsAsked(t *testing.T) {
	h := newHostile(t)
	c := h.client()
	to, pending, err := c.Begin(t.Context(), "omnia", "/status", "https://evil.example")
	if err != nil {
		t.Fatal(err)
	}
	at, _ := url.Parse(to)
	asked := at.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "hub", "code_challenge_method": "S256", "scope": "openid",
		"redirect_uri": "https://hub.example/sign-in/omnia/callback", "state": pending.State, "nonce": pending.Nonce,
	} {
		if asked.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, asked.Get(name), want)
		}
	}
	if len(asked.Get("code_challenge")) != 43 || len(pending.State) < 26 || len(pending.Nonce) < 26 || pending.State == pending.Nonce || asked.Has("code_verifier") {
		t.Errorf("asked %v", asked)
	}
	query, pending := h.begin(t, c)
	login, err := c.Finish(t.Context(), "omnia", query, pending)
	if err != nil || login.Principal.Provider != "omnia" || login.Principal.Advisor != "a1" {
		t.Fatalf("%+v, %v", login, err)
	}
	if got := h.asked[len(h.asked)-1]; got.Get("code_verifier") != pending.Verifier || got.Get("client_secret") != "" {
		t.Errorf("the token endpoint got %v", got)
	}
	if login.Principal.Subject == "somebody" || len(login.Principal.Subject) < 20 {
		t.Errorf("the person is called %q", login.Principal.Subject)
	}
}

// TestHostileAnswers: an issuer, or somebody between, answers what must not be believed.
func TestHostileAnswers(t *testing.T) {
	with := func(key string, value any) func(*hostile) {
		return func(h *hostile) { h.said = func(c jwt.MapClaims) { c[key] = value } }
	}
	for name, test := range map[string]struct {
		change func(*hostile)
		want   string
	}{
		"another client's token":   {with("aud", "another"), "SIGN_IN_TOKEN_WRONG"},
		"another issuer's token":   {with("iss", "https://other.example"), "SIGN_IN_TOKEN_WRONG"},
		"no audience":              {with("aud", nil), "SIGN_IN_TOKEN_WRONG"},
		"of another sign-in":       {with("nonce", "another"), "SIGN_IN_TOKEN_WRONG"},
		"without a nonce":          {with("nonce", nil), "SIGN_IN_TOKEN_WRONG"},
		"expired":                  {with("exp", noon().Add(-time.Minute).Unix()), "SIGN_IN_TOKEN_WRONG"},
		"without an end":           {with("exp", nil), "SIGN_IN_TOKEN_WRONG"},
		"from the future":          {with("nbf", noon().Add(time.Hour).Unix()), "SIGN_IN_TOKEN_WRONG"},
		"about nobody":             {with("sub", ""), "SIGN_IN_TOKEN_WRONG"},
		"for two, without a party": {with("aud", []string{"hub", "another"}), "SIGN_IN_TOKEN_WRONG"},
		"for another party":        {with("azp", "another"), "SIGN_IN_TOKEN_WRONG"},
		"about another access":     {with("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), "SIGN_IN_TOKEN_WRONG"},
		"not signed": {func(h *hostile) {
			h.sign = func(c jwt.MapClaims) string {
				text, _ := jwt.NewWithClaims(jwt.SigningMethodNone, c).SignedString(jwt.UnsafeAllowNoneSignatureType)
				return text
			}
		}, "SIGN_IN_TOKEN_WRONG"},
		"signed with what all know": {func(h *hostile) {
			h.sign = func(c jwt.MapClaims) string {
				text, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(h.key.Public().(ed25519.PublicKey)))
				return text
			}
		}, "SIGN_IN_TOKEN_WRONG"},
		"signed with another key": {func(h *hostile) {
			_, other, _ := ed25519.GenerateKey(rand.Reader)
			h.sign = func(c jwt.MapClaims) string {
				unsigned := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
				unsigned.Header["kid"] = "1"
				text, _ := unsigned.SignedString(other)
				return text
			}
		}, "SIGN_IN_TOKEN_WRONG"},
		"no token":                  {func(h *hostile) { h.sign = func(jwt.MapClaims) string { return "" } }, "SIGN_IN_TOKEN_WRONG"},
		"userinfo of somebody else": {func(h *hostile) { h.info = map[string]any{"sub": "another"} }, "SIGN_IN_TOKEN_WRONG"},
		"userinfo says nothing":     {func(h *hostile) { h.status = http.StatusInternalServerError }, "ISSUER_AWAY"},
		"no role":                   {with("groups", []string{"visitors"}), "NO_ROLE_HERE"},
		"a role as part of a word":  {with("groups", "advisors-of-another"), "NO_ROLE_HERE"},
		"no member of staff":        {with("staff_id", ""), "NO_ROLE_HERE"},
		"a member of staff by path": {with("staff_id", "a1/../b2"), "NO_ROLE_HERE"},
		"a list for a name":         {with("staff_id", []string{"a1"}), "NO_ROLE_HERE"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			test.change(h)
			c := h.client()
			query, pending := h.begin(t, c)
			if login, err := c.Finish(t.Context(), "omnia", query, pending); reason(err) != test.want {
				t.Errorf("%v, %+v; want %s", err, login, test.want)
			}
		})
	}
}

// TestStaffOfOneProviderAlone: what an issuer says beyond its own counts for nothing.
func TestStaffOfOneProviderAlone(t *testing.T) {
	h := newHostile(t)
	h.said = func(c jwt.MapClaims) {
		maps.Copy(c, jwt.MapClaims{
			"role": "operator", "provider": "chamber", "advisor": "x", "companies": []string{"9000001-1"}, "groups": []string{"operator", "operators", "advisors"},
			"representations": []map[string]string{{"company": "9000001-1", "basis": "mandate"}},
		})
	}
	c := h.client()
	query, pending := h.begin(t, c)
	login, err := c.Finish(t.Context(), "omnia", query, pending)
	if p := login.Principal; err != nil || p.Provider != "omnia" || p.Advisor != "a1" || p.Role.String() != "ROLE_ADVISOR" || len(p.Companies) > 0 || len(login.Representations) > 0 {
		t.Errorf("%+v, %v", login, err)
	}
}

// TestAPersonIsIssuerAndSub: the same sub of two issuers is two people, and no other claim
// makes one person of two, or two of one.
func TestAPersonIsIssuerAndSub(t *testing.T) {
	h, other := newHostile(t), newHostile(t)
	c := h.client(signin.IssuerConfig{ID: "other", URL: other.URL, ClientID: "hub", For: signin.Companies})
	person := func(sub, mail string) string {
		h.said = func(c jwt.MapClaims) { c["sub"], c["email"], c["preferred_username"] = sub, mail, mail }
		h.info = map[string]any{"sub": sub}
		query, pending := h.begin(t, c)
		login, err := c.Finish(t.Context(), "omnia", query, pending)
		if err != nil {
			t.Fatal(err)
		}
		return login.Principal.Subject
	}
	one := person("one", "a@example.com")
	if one != person("one", "b@example.com") || one == person("two", "a@example.com") {
		t.Error("an address makes a person")
	}
	if one != c.Subject("omnia", "one") || one == c.Subject("other", "one") {
		t.Error("the same sub of another issuer is the same person")
	}
}

// TestAnswersBelongToTheirSignIn: state, time, issuer, and who the answer is from.
func TestAnswersBelongToTheirSignIn(t *testing.T) {
	h, other := newHostile(t), newHostile(t)
	c := h.client(signin.IssuerConfig{ID: "other", URL: other.URL, ClientID: "hub", For: signin.Companies})
	for name, test := range map[string]struct {
		at     string
		change func(url.Values, *signin.Pending)
		want   string
	}{
		"as it should be":               {"omnia", func(url.Values, *signin.Pending) {}, ""},
		"not begun":                     {"omnia", func(_ url.Values, p *signin.Pending) { *p = signin.Pending{} }, "SIGN_IN_NOT_BEGUN"},
		"at another issuer's address":   {"other", func(url.Values, *signin.Pending) {}, "SIGN_IN_NOT_BEGUN"},
		"of another issuer":             {"omnia", func(q url.Values, _ *signin.Pending) { q.Set("iss", other.URL) }, "SIGN_IN_ISSUER_WRONG"},
		"of nobody who says so":         {"omnia", func(q url.Values, _ *signin.Pending) { q.Del("iss") }, "SIGN_IN_ISSUER_WRONG"},
		"of an issuer with a slash":     {"omnia", func(q url.Values, _ *signin.Pending) { q.Set("iss", h.URL+"/") }, "SIGN_IN_ISSUER_WRONG"},
		"with another state":            {"omnia", func(q url.Values, _ *signin.Pending) { q.Set("state", "x") }, "SIGN_IN_STATE_WRONG"},
		"without a state":               {"omnia", func(q url.Values, _ *signin.Pending) { q.Del("state") }, "SIGN_IN_STATE_WRONG"},
		"too late":                      {"omnia", func(_ url.Values, p *signin.Pending) { p.Until = noon() }, "SIGN_IN_TOO_LATE"},
		"that is a refusal":             {"omnia", func(q url.Values, _ *signin.Pending) { q.Set("error", "access_denied") }, "SIGN_IN_REFUSED"},
		"at an issuer that is not here": {"nobody", func(url.Values, *signin.Pending) {}, "NO_SUCH_PAGE"},
	} {
		t.Run(name, func(t *testing.T) {
			query, pending := h.begin(t, c)
			test.change(query, &pending)
			asked := len(h.asked) + len(other.asked)
			_, err := c.Finish(t.Context(), test.at, query, pending)
			if reason(err) != test.want {
				t.Errorf("%v, want %q", err, test.want)
			}
			if told := len(h.asked)+len(other.asked) > asked; told != (test.want == "") {
				t.Errorf("a code was shown to an issuer: %t", told)
			}
		})
	}
}

// TestProofIsFreshAndStrong: where the configuration demands it, the issuer is asked for
// it and has to say it; that it was asked is not enough.
func TestProofIsFreshAndStrong(t *testing.T) {
	h := newHostile(t)
	strict := signin.IssuerConfig{
		ID: "strict", URL: h.URL, ClientID: "hub", For: signin.Companies, MaxAge: 900, Strengths: []string{"substantial", "high"},
	}
	c := h.client(strict)
	ago := func(d time.Duration) any { return noon().Add(-d).Unix() }
	for name, test := range map[string]struct {
		at, acr any
		want    string
	}{
		"just now":              {ago(0), "high", ""},
		"at the end, and a bit": {ago(15*time.Minute + 59*time.Second), "substantial", ""},
		"too long ago":          {ago(17 * time.Minute), "high", "SIGN_IN_TOO_OLD"},
		"nobody knows when":     {nil, "high", "SIGN_IN_TOO_OLD"},
		"in other words":        {"today", "high", "SIGN_IN_TOO_OLD"},
		"later than now":        {ago(-time.Hour), "high", "SIGN_IN_TOO_OLD"},
		"weakly":                {ago(0), "low", "SIGN_IN_TOO_WEAK"},
		"nobody knows how":      {ago(0), nil, "SIGN_IN_TOO_WEAK"},
		"in several ways":       {ago(0), []string{"high"}, "SIGN_IN_TOO_WEAK"},
	} {
		t.Run(name, func(t *testing.T) {
			to, pending, err := c.Begin(t.Context(), "strict", "", "")
			if err != nil {
				t.Fatal(err)
			}
			at, _ := url.Parse(to)
			if asked := at.Query(); asked.Get("max_age") != "900" || asked.Get("acr_values") != "substantial high" {
				t.Errorf("asked %v", asked)
			}
			h.nonce = pending.Nonce
			h.said = func(c jwt.MapClaims) { c["auth_time"], c["acr"] = test.at, test.acr }
			_, err = c.Finish(t.Context(), "strict", url.Values{"code": {"1"}, "state": {pending.State}, "iss": {h.URL}}, pending)
			if reason(err) != test.want {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// TestNoSignInAtAnUnsafeIssuer: no way of PKCE that protects, plain addresses, another name.
func TestNoSignInAtAnUnsafeIssuer(t *testing.T) {
	for name, test := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"plain PKCE alone":           {func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} }, "ISSUER_UNSAFE"},
		"tokens by a plain address":  {func(m map[string]any) { m["token_endpoint"] = "http://id.example/token" }, "ISSUER_UNSAFE"},
		"sign-in by a plain address": {func(m map[string]any) { m["authorization_endpoint"] = "http://id.example/authorize" }, "ISSUER_UNSAFE"},
		"another name":               {func(m map[string]any) { m["issuer"] = "https://other.example" }, "ISSUER_AWAY"},
	} {
		h := newHostile(t)
		h.metadata = test.change
		if _, _, err := h.client().Begin(t.Context(), "omnia", "", ""); reason(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	h := newHostile(t)
	c := h.client()
	h.Close()
	if _, _, err := c.Begin(t.Context(), "omnia", "", ""); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("an issuer that is away: %v", err)
	}
}

// TestAskAgain: with the token, with a new one when it is over, and not at all when the
// issuer no longer answers for a person.
func TestAskAgain(t *testing.T) {
	h := newHostile(t)
	c := signin.New(signin.Config{Issuers: []signin.IssuerConfig{{
		ID: "companies", URL: h.URL, ClientID: "hub", For: signin.Companies, RepresentationsClaim: "may",
	}}}, signin.Options{SubjectKey: make([]byte, 32), Now: noon})
	who := c.Subject("companies", "somebody")
	h.info["may"] = []map[string]string{{"company": "9000001-1", "basis": "mandate"}}
	h.info["sub"] = "another"
	if told, _, err := c.Ask(t.Context(), "companies", who, signin.Tokens{Access: "access"}); !errors.Is(err, signin.ErrOver) || len(told.Representations) > 0 {
		t.Errorf("what is said of somebody else: %+v, %v", told, err)
	}
	h.info["sub"] = "somebody"
	told, tokens, err := c.Ask(t.Context(), "companies", who, signin.Tokens{Access: "access"})
	if err != nil || len(told.Representations) != 1 || tokens.Access != "access" || len(h.asked) != 0 {
		t.Fatalf("%+v, %+v, %v", told, tokens, err)
	}
	h.only = "access" // any other token is over
	told, tokens, err = c.Ask(t.Context(), "companies", who, signin.Tokens{Access: "old", Refresh: "refresh"})
	if err != nil || len(told.Representations) != 1 || tokens.Access != "access" || len(h.asked) != 1 || h.asked[0].Get("refresh_token") != "refresh" {
		t.Errorf("%+v, %+v, %v; asked %v", told, tokens, err, h.asked)
	}
	if _, _, err := c.Ask(t.Context(), "companies", who, signin.Tokens{Access: "old"}); !errors.Is(err, signin.ErrOver) {
		t.Errorf("without a way to a new token: %v", err)
	}
	h.refuse = true
	if _, _, err := c.Ask(t.Context(), "companies", who, signin.Tokens{Access: "old", Refresh: "refresh"}); !errors.Is(err, signin.ErrOver) {
		t.Errorf("an issuer that gives no new token: %v", err)
	}
	h.status = http.StatusBadGateway
	if _, _, err := c.Ask(t.Context(), "companies", who, signin.Tokens{Access: "access"}); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("an issuer that is away: %v", err)
	}
	if _, _, err := c.Ask(t.Context(), "gone", who, signin.Tokens{Access: "access"}); !errors.Is(err, signin.ErrOver) {
		t.Errorf("an issuer that is no longer one: %v", err)
	}
}
