package token

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// Issuer is the iss of every token of the hub.
	Issuer = "businessespoo-hub"
	// Audience is the aud of every token of the hub.
	Audience = "businessespoo"
	// MaxLength is the longest token that is read, in bytes.
	MaxLength = 8 << 10
)

// claims is a token's content as it is written. Field names are part of the
// contract with integrators.
type claims struct {
	jwt.RegisteredClaims
	Role         string   `json:"role"`
	Provider     string   `json:"provider,omitempty"`
	Advisor      string   `json:"advisor,omitempty"`
	Companies    []string `json:"companies,omitempty"`
	Organisation string   `json:"org,omitempty"`
	Session      string   `json:"sid,omitempty"`

	Representation *Representation `json:"rep,omitempty"`
}

func (c claims) principal() (Principal, error) {
	role, err := ParseRole(c.Role)
	if err != nil {
		return Principal{}, err
	}
	p := Principal{
		Role: role, Subject: c.Subject, Provider: c.Provider, Advisor: c.Advisor,
		Companies: c.Companies, Organisation: c.Organisation, Session: c.Session,
	}
	if c.Representation != nil {
		p.Representation = *c.Representation
	}
	return p, p.check()
}

// Sign makes a token for the principal that is valid from now for ttl. It
// refuses a principal that no verifier would accept.
func (k *Key) Sign(p Principal, now time.Time, ttl time.Duration) (string, error) {
	if err := p.check(); err != nil {
		return "", err
	}
	if ttl < time.Second {
		return "", fmt.Errorf("token: a life of %s is too short; give at least a second", ttl)
	}
	var representation *Representation
	if p.Representation != (Representation{}) {
		representation = &p.Representation
	}
	unsigned := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: Issuer, Audience: jwt.ClaimStrings{Audience}, Subject: p.Subject,
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
			ID: rand.Text(),
		},
		Role: roleNames[p.Role], Provider: p.Provider, Advisor: p.Advisor,
		Companies: p.Companies, Organisation: p.Organisation, Session: p.Session, Representation: representation,
	})
	unsigned.Header["kid"] = k.id
	signed, err := unsigned.SignedString(k.private)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	if len(signed) > MaxLength {
		return "", fmt.Errorf("token: %d bytes with %d companies, more than the %d that are read", len(signed), len(p.Companies), MaxLength)
	}
	return signed, nil
}
