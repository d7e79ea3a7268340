package token

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/businessespoo/hub/services/kit/problem"
)

// leeway is how far the clocks of two machines may lie apart.
const leeway = 5 * time.Second

// Verifier reads tokens. It remembers some of those it has verified, as a
// signature costs as much CPU as the rest of a call.
type Verifier struct {
	now    func() time.Time
	keys   map[string]ed25519.PublicKey
	parser *jwt.Parser
	refuse func(Principal) error

	mutex      sync.Mutex
	young, old map[[sha256.Size]byte]verified
}

// verified is a token whose signature and claims were right; only its end is
// left to check.
type verified struct {
	principal Principal
	expires   time.Time
}

// mostRemembered bounds each of the two generations of remembered tokens.
const mostRemembered = 4096

// NewVerifier accepts tokens signed with any of the keys, so that keys can be
// replaced one after the other. now is the clock that decides what is expired.
func NewVerifier(now func() time.Time, keys ...ed25519.PublicKey) *Verifier {
	v := &Verifier{now: now, keys: map[string]ed25519.PublicKey{}, young: map[[sha256.Size]byte]verified{}}
	for _, key := range keys {
		v.keys[keyID(key)] = key
	}
	v.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(Issuer), jwt.WithAudience(Audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(now), jwt.WithStrictDecoding(),
	)
	return v
}

// RefuseIf asks refuse about every token that is right otherwise, each time that it is
// shown: what it answers is why the token is no longer good. It is called before the
// first Verify, and must be quick.
func (v *Verifier) RefuseIf(refuse func(Principal) error) { v.refuse = refuse }

// Verify returns whom the token stands for. Every error is a problem of kind
// Unauthenticated that says what is wrong with the token, without repeating it.
func (v *Verifier) Verify(token string) (Principal, error) {
	p, err := v.verify(token)
	if err == nil && v.refuse != nil {
		err = v.refuse(p)
	}
	if err != nil {
		return Principal{}, err
	}
	return p, nil
}

func (v *Verifier) verify(token string) (Principal, error) {
	if len(token) > MaxLength {
		return Principal{}, refuse("TOKEN_TOO_LARGE", fmt.Sprintf("has %d bytes; at most %d are read", len(token), MaxLength))
	}
	sum := sha256.Sum256([]byte(token))
	if known, ok := v.remembered(sum); ok && v.now().Before(known.expires.Add(leeway)) {
		return known.principal, nil
	}
	var c claims
	if _, err := v.parser.ParseWithClaims(token, &c, v.key); err != nil {
		return Principal{}, explain(err)
	}
	p, err := c.principal()
	if err != nil {
		return Principal{}, refuse("TOKEN_CLAIMS", "says what no token may say: "+err.Error())
	}
	v.remember(sum, verified{principal: p, expires: c.ExpiresAt.Time})
	return p, nil
}

func (v *Verifier) key(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	if key, ok := v.keys[id]; ok {
		return key, nil
	}
	return nil, fmt.Errorf("no key has the kid %.40q", id)
}

func (v *Verifier) remembered(sum [sha256.Size]byte) (verified, bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	known, ok := v.young[sum]
	if !ok {
		known, ok = v.old[sum]
	}
	return known, ok
}

// remember drops the older half when the younger is full: no list to keep, and
// at most two generations in memory.
func (v *Verifier) remember(sum [sha256.Size]byte, known verified) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if len(v.young) >= mostRemembered {
		v.old, v.young = v.young, make(map[[sha256.Size]byte]verified)
	}
	v.young[sum] = known
}

func explain(err error) error {
	for _, known := range []struct {
		is             error
		reason, public string
	}{
		{jwt.ErrTokenMalformed, "TOKEN_MALFORMED", "is not a JSON Web Token of three parts"},
		{jwt.ErrTokenUnverifiable, "TOKEN_SIGNATURE", "is not signed with a key of this hub"},
		{jwt.ErrTokenSignatureInvalid, "TOKEN_SIGNATURE", "is not signed with a key of this hub; only EdDSA is accepted"},
		{jwt.ErrTokenExpired, "TOKEN_EXPIRED", "has expired"},
		{jwt.ErrTokenNotValidYet, "TOKEN_NOT_YET_VALID", "is not valid yet; check the clock of the machine that made it"},
		{jwt.ErrTokenUsedBeforeIssued, "TOKEN_NOT_YET_VALID", "was issued in the future; check the clock of the machine that made it"},
		{jwt.ErrTokenInvalidAudience, "TOKEN_WRONG_AUDIENCE", "is for another audience than " + Audience},
		{jwt.ErrTokenInvalidIssuer, "TOKEN_WRONG_ISSUER", "is from another issuer than " + Issuer},
	} {
		if errors.Is(err, known.is) {
			return refuse(known.reason, known.public)
		}
	}
	return refuse("TOKEN_CLAIMS", "lacks a claim; it needs iss, aud, sub, role, exp, nbf and iat")
}

func refuse(reason, wrong string) *problem.Problem {
	return problem.New(problem.Unauthenticated, reason, "the token %s; sign in again for a new one", wrong)
}
