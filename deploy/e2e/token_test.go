package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// forger makes any token at all, with the hub's own key or another.
type forger struct {
	own, other ed25519.PrivateKey
	header     map[string]any // of a good token
	claims     map[string]any
}

// newForger takes a good token of the principal apart, and the hub's key from its file.
func newForger(t *testing.T, w *world.World, p principal) *forger {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.Data, "keys", "token.key"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{own: key.(ed25519.PrivateKey), other: other}
	parts := strings.Split(w.Token(t, p), ".")
	for i, to := range []*map[string]any{&f.header, &f.claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(text, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return f
}

type change = map[string]any

// make makes a token of the good one's header and claims with changes; nil removes one.
func (f *forger) make(sign func([]byte) []byte, header, claims change) string {
	part := func(good, changes map[string]any) string {
		all := maps.Clone(good)
		for name, value := range changes {
			if all[name] = value; value == nil {
				delete(all, name)
			}
		}
		text, _ := json.Marshal(all) // texts and numbers always marshal
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(f.header, header) + "." + part(f.claims, claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(text)))
}

func (f *forger) signed(text []byte) []byte { return ed25519.Sign(f.own, text) }

func (f *forger) hmac(key []byte) func([]byte) []byte {
	return func(text []byte) []byte {
		h := hmac.New(sha256.New, key)
		h.Write(text)
		return h.Sum(nil)
	}
}

// badToken is the authorization of a call that is to be refused, and for which reason.
type badToken struct {
	values []string
	reason string
}

// authorizations are what no call may get in with: by name, the metadata values and
// the reason. What is not signed by the hub is told no more than that.
func (f *forger) authorizations(t *testing.T) map[string]badToken {
	t.Helper()
	public := f.own.Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	public509 := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	good := f.make(f.signed, nil, nil)
	parts := strings.Split(good, ".")
	operator := base64.RawURLEncoding.EncodeToString([]byte(`{"role":"operator"}`))
	now := time.Now()
	all := map[string]badToken{}
	bearer := func(name, reason, token string) { all[name] = badToken{[]string{"Bearer " + token}, reason} }
	nothing := func([]byte) []byte { return nil }
	bearer("empty", "TOKEN_MALFORMED", "")
	bearer("no token", "TOKEN_MALFORMED", "hello")
	bearer("huge", "TOKEN_TOO_LARGE", parts[0]+"."+strings.Repeat("A", 100<<10)+"."+parts[2])
	for _, none := range []string{"none", "None", "nOnE", ""} {
		bearer("alg "+none+" unsigned", "TOKEN_SIGNATURE", f.make(nothing, change{"alg": none}, nil))
		bearer("alg "+none+" signed", "TOKEN_SIGNATURE", f.make(f.signed, change{"alg": none}, nil))
	}
	bearer("HS256 with the public key", "TOKEN_SIGNATURE", f.make(f.hmac(public), change{"alg": "HS256"}, nil))
	bearer("HS256 with the public key's file", "TOKEN_SIGNATURE", f.make(f.hmac(public509), change{"alg": "HS256"}, nil))
	bearer("RS256", "TOKEN_SIGNATURE", f.make(f.signed, change{"alg": "RS256"}, nil))
	bearer("no signature", "TOKEN_SIGNATURE", parts[0]+"."+parts[1]+".")
	bearer("tampered claims", "TOKEN_SIGNATURE", parts[0]+"."+operator+"."+parts[2])
	bearer("tampered signature", "TOKEN_SIGNATURE", good[:len(good)-12]+"AAAAAAAAAAAA")
	forged := func(text []byte) []byte { return ed25519.Sign(f.other, text) }
	bearer("another key under our kid", "TOKEN_SIGNATURE", f.make(forged, nil, nil))
	for _, kid := range []any{"unknown", nil, "", "../token", "' OR 1=1", 7, []string{"a"}} {
		text, _ := json.Marshal(kid)
		bearer("kid "+string(text), "TOKEN_SIGNATURE", f.make(f.signed, change{"kid": kid}, nil))
	}
	bearer("a key of its own", "TOKEN_SIGNATURE", f.make(forged, change{
		"kid": "mine", "jku": "https://example.org/keys", "x5u": "https://example.org/key",
		"jwk": map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(f.other.Public().(ed25519.PublicKey))},
	}, nil))
	bearer("expired", "TOKEN_EXPIRED", f.make(f.signed, nil, change{"exp": now.Add(-time.Minute).Unix()}))
	bearer("not yet valid", "TOKEN_NOT_YET_VALID", f.make(f.signed, nil, change{"nbf": now.Add(time.Minute).Unix()}))
	bearer("issued in the future", "TOKEN_NOT_YET_VALID", f.make(f.signed, nil, change{"iat": now.Add(time.Minute).Unix()}))
	bearer("other audience", "TOKEN_WRONG_AUDIENCE", f.make(f.signed, nil, change{"aud": "businessespoo-test"}))
	bearer("other issuer", "TOKEN_WRONG_ISSUER", f.make(f.signed, nil, change{"iss": "elsewhere"}))
	for _, claim := range []string{"exp", "nbf", "aud", "sub", "role"} {
		bearer("no "+claim, "TOKEN_CLAIMS", f.make(f.signed, nil, change{claim: nil}))
	}
	bearer("no iss", "TOKEN_CLAIMS", f.make(f.signed, nil, change{"iss": nil}))
	bearer("another role's claims", "TOKEN_CLAIMS", f.make(f.signed, nil, change{"role": "advisor", "provider": nil, "advisor": nil}))
	for _, role := range []string{"integrator", "provider_system"} { // they show keys, which can be revoked
		bearer("the role "+role, "TOKEN_CLAIMS", f.make(f.signed, nil, change{"role": role, "advisor": nil}))
	}
	all["twice"] = badToken{[]string{"Bearer " + good, "Bearer " + good}, "AUTHORIZATION_TWICE"}
	all["good and bad"] = badToken{[]string{"Bearer " + good, "Bearer x"}, "AUTHORIZATION_TWICE"}
	all["without scheme"] = badToken{[]string{good}, "AUTHORIZATION_SCHEME"}
	all["other scheme"] = badToken{[]string{"Basic " + good}, "AUTHORIZATION_SCHEME"}
	all["empty value"] = badToken{[]string{""}, "AUTHORIZATION_SCHEME"}
	return all
}

// door is a call that a good token may make.
type door struct {
	at, path string
	message  proto.Message
}

// doors are calls at each kind of door: the gateway's, one that is open to all, a
// stream, one that is forwarded, and a provider's own port.
func doors(w *world.World, p principal) map[string]door {
	if p.Provider == "" {
		return map[string]door{
			"gateway": {w.At.GRPC, casesv1.CaseService_ListCases_FullMethodName, &casesv1.ListCasesRequest{}},
			"public":  {w.At.GRPC, casesv1.CaseService_SuggestServices_FullMethodName, &casesv1.SuggestServicesRequest{Text: "oppisopimus"}},
			"stream":  {w.At.GRPC, casesv1.CaseService_WatchEvents_FullMethodName, &casesv1.WatchEventsRequest{}},
		}
	}
	list := &providerv1.ListRequestsRequest{Parent: "providers/" + p.Provider}
	return map[string]door{
		"forwarded":    {w.At.GRPC, providerv1.ProviderService_ListRequests_FullMethodName, list},
		"provider":     {w.At.Providers[p.Provider], providerv1.ProviderService_ListRequests_FullMethodName, list},
		"own service":  {w.At.Providers["omnia"], "/businessespoo.omnia.v1.ApprenticeshipService/CheckApprenticeship", samples["ApprenticeshipService/CheckApprenticeship"].valid(nil)},
		"watch a desk": {w.At.Providers[p.Provider], providerv1.ProviderService_WatchRequests_FullMethodName, &providerv1.WatchRequestsRequest{Parent: list.Parent}},
	}
}

// TestBadTokens brings every token that is not right to every kind of door.
func TestBadTokens(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := newFixture(t, w)
	for _, p := range []principal{world.CompanyUser("owner", mine), world.AdvisorOf("omnia", world.FirstAdvisor)} {
		forger := newForger(t, w, p)
		good := forger.make(forger.signed, nil, nil)
		for door, d := range doors(w, p) {
			call := func(values ...string) error {
				m := methodAt(t, d.path)
				ctx := t.Context()
				for _, value := range values {
					ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
				}
				return f.knock(ctx, d.at, m, d.message)
			}
			// The forger's own good token gets in, or the others would prove nothing.
			for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", "Bearer  "} {
				if err := call(scheme + good); err != nil {
					t.Errorf("%s: a good token as %q: %v", door, scheme, err)
				}
			}
			for name, bad := range forger.authorizations(t) {
				got := world.Read(call(bad.values...))
				if got.Code != codes.Unauthenticated || got.Reason != bad.reason {
					t.Errorf("%s, %s: answered %s %s: %s; want %s", door, name, got.Code, got.Reason, got.Message, bad.reason)
				}
				for _, part := range strings.Split(bad.values[0], ".") {
					if len(part) > 20 && strings.Contains(got.Message, part[:20]) {
						t.Errorf("%s, %s: the message repeats the token: %.200s", door, name, got.Message)
					}
				}
			}
		}
	}
}

// knock makes a call, and ends a stream that begins.
func (f *fixture) knock(ctx context.Context, at string, m method, message proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err := f.callAt(ctx, at, m, &attempt{message: message})
	return err
}

func methodAt(t *testing.T, path string) method {
	t.Helper()
	for _, m := range methods() {
		if m.path == path {
			return m
		}
	}
	t.Fatalf("no method %s", path)
	return method{}
}

// TestTokensDoNotSignIn: only issuers let people in to the pages. No token does, not even
// one that the API believes, in whatever way it is brought.
func TestTokensDoNotSignIn(t *testing.T) {
	w := world.Single(t, &binaries)
	forger := newForger(t, w, world.CompanyUser("owner", mine))
	all := map[string]string{"a right one": forger.make(forger.signed, nil, nil)}
	for name, bad := range forger.authorizations(t) {
		if scheme, token, _ := strings.Cut(bad.values[0], " "); scheme == "Bearer" && len(bad.values) == 1 {
			all[name] = token
		}
	}
	for name, token := range all {
		v := newVisitor(t, w, "")
		v.ask(http.MethodGet, "/sign-in?token="+url.QueryEscape(token), nil)
		v.ask(http.MethodPost, "/sign-in", url.Values{"token": {token}})
		v.ask(http.MethodGet, "/sign-in/"+world.Companies+"/callback?code="+url.QueryEscape(token)+"&state="+url.QueryEscape(token), nil)
		at, err := url.Parse(v.base)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.ask(http.MethodGet, "/cases", nil); got.status != http.StatusUnauthorized {
			t.Errorf("%s signs in: %d", name, got.status)
		}
		if len(token) < 3000 {
			v.client.Jar.SetCookies(at, []*http.Cookie{{Name: "hub_session", Value: token, Path: "/"}})
			if got := v.ask(http.MethodGet, "/cases", nil); got.status != http.StatusUnauthorized {
				t.Errorf("%s as a cookie signs in: %d", name, got.status)
			}
		}
	}
}

// TestWrongSignInsAreLimited: who brings answers that are not right, again and again, has
// to wait; others do not.
func TestWrongSignInsAreLimited(t *testing.T) {
	w := world.Single(t, &binaries, "--behind-proxy")
	v := newVisitor(t, w, "")
	v.from = "198.51.100.1"
	callback := "/sign-in/" + world.Companies + "/callback?code=x&state=y"
	got := v.ask(http.MethodGet, callback, nil)
	for tries := 1; tries < 60 && got.status == http.StatusUnauthorized; tries++ { // 20, and one more for each three seconds
		got = v.ask(http.MethodGet, callback, nil)
	}
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("too many wrong answers are answered %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	v.from = "198.51.100.2"
	if got := v.ask(http.MethodGet, callback, nil); got.status != http.StatusUnauthorized {
		t.Errorf("another address is kept out: %d", got.status)
	}
}
