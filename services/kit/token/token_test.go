package token_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func newKey(t testing.TB) *token.Key {
	t.Helper()
	key, err := token.OpenKey(filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var advisor = token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: "p-7k2", Provider: "omnia", Advisor: "a1"}

func TestSignAndVerify(t *testing.T) {
	key, other := newKey(t), newKey(t)
	verifier := token.NewVerifier(at(noon), other.Public(), key.Public())
	for _, want := range []token.Principal{
		advisor,
		{Role: policyv1.Role_ROLE_LEAD, Subject: "p-7k3", Provider: "espoo-city", Advisor: "a2"},
		{Role: policyv1.Role_ROLE_COMPANY, Subject: "p-1"},
		{Role: policyv1.Role_ROLE_COMPANY, Subject: "p-1", Companies: []string{"0101263-6", "lei:549300A0JPRWG1KI7U06"}},
		{Role: policyv1.Role_ROLE_OPERATOR, Subject: "p-9"},
	} {
		t.Run(token.RoleName(want.Role), func(t *testing.T) {
			signed, err := key.Sign(want, noon, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time it is remembered
				got, err := verifier.Verify(signed)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("principal changed (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestSignRefuses(t *testing.T) {
	key := newKey(t)
	many := token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "s"}
	for n := range 1000 {
		many.Companies = append(many.Companies, identifier.NewTestBusinessID(n))
	}
	for name, p := range map[string]token.Principal{
		"no role":                    {Subject: "p"},
		"case holder":                {Role: policyv1.Role_ROLE_CASE_HOLDER, Subject: "p"},
		"no subject":                 {Role: policyv1.Role_ROLE_OPERATOR},
		"a mail address":             {Role: policyv1.Role_ROLE_OPERATOR, Subject: "liisa@example.fi"},
		"a name":                     {Role: policyv1.Role_ROLE_OPERATOR, Subject: "Liisa Virtanen"},
		"advisor of nobody":          {Role: policyv1.Role_ROLE_ADVISOR, Subject: "p", Advisor: "a"},
		"provider without advisor":   {Role: policyv1.Role_ROLE_LEAD, Subject: "p", Provider: "omnia"},
		"provider that is a subject": {Role: policyv1.Role_ROLE_LEAD, Subject: "p", Provider: "omnia.>", Advisor: "a1"},
		"an integrator":              {Role: policyv1.Role_ROLE_INTEGRATOR, Subject: "s-1", Organisation: "bank"},
		"a provider's system":        {Role: policyv1.Role_ROLE_PROVIDER_SYSTEM, Subject: "s-2", Provider: "chamber"},
		"company with provider":      {Role: policyv1.Role_ROLE_COMPANY, Subject: "p", Provider: "omnia"},
		"operator for a company":     {Role: policyv1.Role_ROLE_OPERATOR, Subject: "p", Companies: []string{"0101263-6"}},
		"wrong check digit":          {Role: policyv1.Role_ROLE_COMPANY, Subject: "p", Companies: []string{"0101263-5"}},
		"not canonical":              {Role: policyv1.Role_ROLE_COMPANY, Subject: "p", Companies: []string{"112038-9"}},
		"case":                       {Role: policyv1.Role_ROLE_COMPANY, Subject: "p", CaseID: "abc"},
		"too many companies":         many,
	} {
		t.Run(name, func(t *testing.T) {
			if signed, err := key.Sign(p, noon, time.Hour); err == nil {
				t.Errorf("signed %s", signed)
			}
		})
	}
	if _, err := key.Sign(advisor, noon, 0); err == nil {
		t.Error("signed a token without life")
	}
}

func TestVerifyRefuses(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	sign := func(k *token.Key, now time.Time) string {
		signed, err := k.Sign(advisor, now, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	good := sign(key, noon)
	parts := strings.Split(good, ".")
	part := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	kid := strings.Split(string(header), `"kid":"`)[1][:16]

	// forge signs any claims with any method, but under the hub's kid.
	forge := func(method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
		claims := jwt.MapClaims{
			"iss": token.Issuer, "aud": token.Audience, "sub": "p-1", "role": "operator",
			"iat": noon.Unix(), "nbf": noon.Unix(), "exp": noon.Add(time.Hour).Unix(),
		}
		change(claims)
		forged := jwt.NewWithClaims(method, claims)
		forged.Header["kid"] = kid
		signed, err := forged.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	same := func(jwt.MapClaims) {}
	// Claims that only a holder of the hub's key can sign, signed with it.
	private := key.PrivateForTest()
	signed := func(change func(jwt.MapClaims)) string { return forge(jwt.SigningMethodEdDSA, private, change) }
	set := func(name string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { c[name] = value }
	}
	without := func(name string) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { delete(c, name) }
	}

	verifier := token.NewVerifier(at(noon), key.Public())
	if _, err := verifier.Verify(signed(same)); err != nil {
		t.Fatalf("the forger's own good token is refused, so the others prove nothing: %v", err)
	}
	for _, test := range []struct{ name, token, reason string }{
		{"empty", "", "TOKEN_MALFORMED"},
		{"no token", "hello", "TOKEN_MALFORMED"},
		{"huge", strings.Repeat("a", token.MaxLength+1), "TOKEN_TOO_LARGE"},
		{"alg none", forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, same), "TOKEN_SIGNATURE"},
		{"alg None by hand", part(`{"alg":"None","kid":"`+kid+`"}`) + "." + parts[1] + ".", "TOKEN_SIGNATURE"},
		{"HS256 with the public key", forge(jwt.SigningMethodHS256, []byte(key.Public()), same), "TOKEN_SIGNATURE"},
		{"another key", sign(stranger, noon), "TOKEN_SIGNATURE"},
		{"another key under our kid", forge(jwt.SigningMethodEdDSA, stranger.PrivateForTest(), same), "TOKEN_SIGNATURE"},
		{"no kid", part(`{"alg":"EdDSA"}`) + "." + parts[1] + "." + parts[2], "TOKEN_SIGNATURE"},
		{"tampered claims", parts[0] + "." + part(`{"role":"operator"}`) + "." + parts[2], "TOKEN_SIGNATURE"},
		{"tampered signature", good[:len(good)-8] + "AAAAAAAA", "TOKEN_SIGNATURE"},
		{"cut", good[:len(good)-10], "TOKEN_SIGNATURE"},
		{"expired", sign(key, noon.Add(-2*time.Hour)), "TOKEN_EXPIRED"},
		{"not yet valid", sign(key, noon.Add(time.Minute)), "TOKEN_NOT_YET_VALID"},
		{"other audience", signed(set("aud", "businessespoo-test")), "TOKEN_WRONG_AUDIENCE"},
		{"other issuer", signed(set("iss", "elsewhere")), "TOKEN_WRONG_ISSUER"},
		{"no end", signed(without("exp")), "TOKEN_CLAIMS"},
		{"no beginning", signed(without("nbf")), "TOKEN_CLAIMS"},
		{"no audience", signed(without("aud")), "TOKEN_CLAIMS"},
		{"no subject", signed(without("sub")), "TOKEN_CLAIMS"},
		{"unknown role", signed(set("role", "mayor")), "TOKEN_CLAIMS"},
		{"case holder", signed(set("role", "case_holder")), "TOKEN_CLAIMS"},
		{"advisor without provider", signed(set("role", "advisor")), "TOKEN_CLAIMS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := verifier.Verify(test.token)
			if err == nil {
				t.Fatalf("accepted as %v", p)
			}
			got := problem.From(err)
			if got.Kind != problem.Unauthenticated || got.Reason != test.reason {
				t.Errorf("got %s %s: %v; want %s", got.Kind, got.Reason, err, test.reason)
			}
			if len(got.Message) > 200 || (len(test.token) > 20 && strings.Contains(got.Message, test.token)) {
				t.Errorf("the message repeats the token: %s", got.Message)
			}
		})
	}
}

func TestARememberedTokenStillExpires(t *testing.T) {
	key := newKey(t)
	now := noon
	verifier := token.NewVerifier(func() time.Time { return now }, key.Public())
	signed, err := key.Sign(advisor, noon, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		after time.Duration
		good  bool
	}{{0, true}, {30 * time.Second, true}, {64 * time.Second, true}, {66 * time.Second, false}, {time.Hour, false}} {
		now = noon.Add(test.after)
		if _, err := verifier.Verify(signed); (err == nil) != test.good {
			t.Errorf("after %s: %v", test.after, err)
		}
	}
}

func TestVerifierForgetsTheOldest(t *testing.T) {
	key := newKey(t)
	verifier := token.NewVerifier(at(noon), key.Public())
	var waiting sync.WaitGroup
	for range 4 {
		waiting.Go(func() {
			for range 2500 {
				signed, err := key.Sign(advisor, noon, time.Hour)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := verifier.Verify(signed); err != nil {
					t.Error(err)
				}
			}
		})
	}
	waiting.Wait()
	if got := verifier.RememberedForTest(); got < 4096 || got > 8192 {
		t.Errorf("remembers %d tokens, want 4096 to 8192", got)
	}
}

func TestOpenKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	keys := make([]*token.Key, 8)
	var waiting sync.WaitGroup
	for i := range keys {
		waiting.Go(func() {
			key, err := token.OpenKey(path)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = key
		})
	}
	waiting.Wait()
	for _, key := range keys {
		if key == nil || !key.Public().Equal(keys[0].Public()) {
			t.Fatal("processes that start at once have different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}

	public, err := keys[0].PublicPEM()
	if err != nil {
		t.Fatal(err)
	}
	publicPath := filepath.Join(t.TempDir(), "public.pem")
	for _, test := range []struct {
		name string
		data string
		good bool
	}{{"public", string(public), true}, {"empty", "", false}, {"other PEM", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", false}} {
		if err := os.WriteFile(publicPath, []byte(test.data), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := token.ReadPublicKey(publicPath)
		if (err == nil) != test.good || (test.good && !got.Equal(keys[0].Public())) {
			t.Errorf("%s: %v", test.name, err)
		}
	}

	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := token.OpenKey(path); err == nil || !strings.Contains(err.Error(), "600") {
		t.Errorf("a key that anybody may read: %v", err)
	}
	if err := os.WriteFile(publicPath, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(publicPath, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := token.OpenKey(publicPath); err == nil {
		t.Error("a broken key was replaced or accepted")
	}
}

func TestContext(t *testing.T) {
	if got := token.From(t.Context()); got.Role != policyv1.Role_ROLE_UNSPECIFIED {
		t.Errorf("nobody is %v", got)
	}
	if diff := cmp.Diff(advisor, token.From(token.With(t.Context(), advisor))); diff != "" {
		t.Error(diff)
	}
	company := token.Principal{Companies: []string{"0101263-6"}}
	if !company.ActsFor("0101263-6") || company.ActsFor("0112038-9") || company.ActsFor("") {
		t.Error("ActsFor is wrong")
	}
}

func FuzzVerify(f *testing.F) {
	key := newKey(f)
	verifier := token.NewVerifier(at(noon), key.Public())
	signed, err := key.Sign(advisor, noon, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, s string) {
		// Line breaks inside base64 are read over, so s may differ from signed.
		if p, err := verifier.Verify(s); err == nil && !cmp.Equal(p, advisor) {
			t.Errorf("accepted %q as %v", s, p)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	key := newKey(b)
	signed, err := key.Sign(advisor, noon, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			if _, err := token.NewVerifier(at(noon), key.Public()).Verify(signed); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		verifier := token.NewVerifier(at(noon), key.Public())
		for b.Loop() {
			if _, err := verifier.Verify(signed); err != nil {
				b.Fatal(err)
			}
		}
	})
}
