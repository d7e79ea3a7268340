// Package devissuer is an OpenID Connect issuer for demos and tests: whoever comes
// chooses whom to be, without a password. It speaks the protocol as real issuers do, so
// that a demo signs in by the very same code. No real hub starts one.
package devissuer

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Persona is somebody whom a visitor can be.
type Persona struct {
	// Key is what the issuer calls them: the sub of their tokens.
	Key string
	// Label says who it is, Kind in which role.
	Label, Kind string
	// Claims are what the issuer says of them.
	Claims map[string]any
}

// Issuer is one issuer.
type Issuer struct {
	// URL is what it calls itself; its path is where it is served.
	URL string
	// Title says what it is the sign-in of.
	Title string
	// Personas are asked for at each step, so that what is said of somebody can change.
	Personas func() []Persona
	// Redirect tells whether people who came by a request may be sent to an address.
	Redirect func(r *http.Request, address string) bool
	// Now is the issuer's time.
	Now func() time.Time

	once  sync.Once
	key   ed25519.PrivateKey
	mutex sync.Mutex
	// codes and tokens are what was given out.
	codes  map[string]code
	tokens map[string]string // to the persona's key
}

// code stands for one sign-in until it is changed for tokens.
type code struct {
	persona, client, redirect, nonce, challenge string
	until                                       time.Time
}

const (
	codeLife  = time.Minute
	tokenLife = time.Hour
	keyID     = "dev"
)

func (i *Issuer) init() {
	i.once.Do(func() {
		_, i.key, _ = ed25519.GenerateKey(rand.Reader) // never fails
		i.codes, i.tokens = map[string]code{}, map[string]string{}
	})
}

// ServeHTTP answers below the issuer's path.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.init()
	at, err := url.Parse(i.URL)
	if err != nil {
		http.Error(w, "the issuer has no address", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, at.Path) {
	case "GET /.well-known/openid-configuration":
		i.discovery(w)
	case "GET /jwks":
		public := i.key.Public().(ed25519.PublicKey)
		writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
			"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": keyID, "x": base64.RawURLEncoding.EncodeToString(public),
		}}})
	case "GET /authorize", "POST /authorize":
		i.authorize(w, r)
	case "POST /token":
		i.token(w, r)
	case "GET /userinfo":
		i.userinfo(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (i *Issuer) discovery(w http.ResponseWriter) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
		"jwks_uri": i.URL + "/jwks", "userinfo_endpoint": i.URL + "/userinfo",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"EdDSA"},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
	})
}

// authorize shows the personas, and sends who has chosen one back with a code.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.FormValue
	back, err := url.Parse(asked("redirect_uri"))
	if err != nil || !i.Redirect(r, asked("redirect_uri")) {
		http.Error(w, "this issuer sends nobody to that redirect_uri", http.StatusBadRequest)
		return
	}
	answer := back.Query()
	answer.Set("state", asked("state"))
	answer.Set("iss", i.URL)
	persona, known := i.persona(asked("persona"))
	switch {
	case asked("response_type") != "code" || asked("client_id") == "" || !slices.Contains(strings.Fields(asked("scope")), "openid"):
		answer.Set("error", "invalid_request")
	case asked("code_challenge_method") != "S256" || len(asked("code_challenge")) != 43:
		answer.Set("error", "invalid_request")
		answer.Set("error_description", "PKCE with S256 is needed")
	case asked("persona") == "cancel":
		answer.Set("error", "access_denied")
	case r.Method == http.MethodGet || !known:
		i.choose(w, r)
		return
	default:
		answer.Set("code", i.issue(code{
			persona: persona.Key, client: asked("client_id"), redirect: asked("redirect_uri"),
			nonce: asked("nonce"), challenge: asked("code_challenge"), until: i.Now().Add(codeLife),
		}))
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

func (i *Issuer) issue(c code) string {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	made := rand.Text()
	i.codes[made] = c
	return made
}

func (i *Issuer) persona(key string) (Persona, bool) {
	all := i.Personas()
	at := slices.IndexFunc(all, func(p Persona) bool { return p.Key == key })
	if at < 0 {
		return Persona{}, false
	}
	return all[at], true
}

// token changes a code for tokens, once, for who can show what the code was bound to.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mutex.Lock()
	c, ok := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	i.mutex.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	persona, known := i.persona(c.persona)
	if !ok || !known || r.PostFormValue("grant_type") != "authorization_code" || !i.Now().Before(c.until) ||
		c.client != r.PostFormValue("client_id") || c.redirect != r.PostFormValue("redirect_uri") ||
		c.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	now := i.Now()
	said := jwt.MapClaims{}
	for claim, value := range persona.Claims {
		said[claim] = value
	}
	said["iss"], said["aud"], said["sub"], said["nonce"] = i.URL, c.client, persona.Key, c.nonce
	said["iat"], said["exp"] = now.Unix(), now.Add(tokenLife).Unix()
	unsigned := jwt.NewWithClaims(jwt.SigningMethodEdDSA, said)
	unsigned.Header["kid"] = keyID
	signed, err := unsigned.SignedString(i.key)
	if err != nil {
		http.Error(w, "the token cannot be signed", http.StatusInternalServerError)
		return
	}
	access := rand.Text()
	i.mutex.Lock()
	i.tokens[access] = persona.Key
	i.mutex.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(tokenLife.Seconds()), "id_token": signed,
	})
}

// userinfo says what is true of a persona now.
func (i *Issuer) userinfo(w http.ResponseWriter, r *http.Request) {
	i.mutex.Lock()
	key, ok := i.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	i.mutex.Unlock()
	persona, known := i.persona(key)
	if !ok || !known {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	said := map[string]any{"sub": persona.Key}
	for claim, value := range persona.Claims {
		said[claim] = value
	}
	writeJSON(w, http.StatusOK, said)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client has gone
}
