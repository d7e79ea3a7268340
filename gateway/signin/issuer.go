package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// issuer is one issuer with what it says of itself, once it has been asked.
type issuer struct {
	IssuerConfig

	mutex sync.Mutex
	known *discovered
}

// discovered is what an issuer says of itself.
type discovered struct {
	provider *oidc.Provider
	// NamesItself tells that the issuer adds iss to its answers (RFC 9207).
	NamesItself bool `json:"authorization_response_iss_parameter_supported"`
	// Challenges are the ways of PKCE that it knows.
	Challenges []string `json:"code_challenge_methods_supported"`
	// Proofs are the ways in which it lets the hub prove who it is.
	Proofs []string `json:"token_endpoint_auth_methods_supported"`
}

// endpoint is where codes are changed for tokens, and how the hub proves there who it is:
// tried in one way only, since a code that is shown twice may count as stolen.
func (d *discovered) endpoint(secret string) oauth2.Endpoint {
	e := d.provider.Endpoint()
	e.AuthStyle = oauth2.AuthStyleInHeader
	if secret == "" || len(d.Proofs) > 0 && !slices.Contains(d.Proofs, "client_secret_basic") {
		e.AuthStyle = oauth2.AuthStyleInParams
	}
	return e
}

// challenge is the one way of PKCE that protects: the other sends the secret itself.
const challenge = "S256"

// algorithms are those of tokens that count: each needs a key that only the issuer has.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

// discover asks the issuer about itself, until it has answered once.
func (i *issuer) discover(ctx context.Context) (*discovered, error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if i.known != nil {
		return i.known, nil
	}
	provider, err := oidc.NewProvider(ctx, i.URL)
	if err != nil {
		return nil, away(fmt.Errorf("signin: issuer %s: %w", i.ID, err))
	}
	known := &discovered{provider: provider}
	if err := provider.Claims(known); err != nil {
		return nil, away(fmt.Errorf("signin: issuer %s: %w", i.ID, err))
	}
	for _, address := range []string{provider.Endpoint().AuthURL, provider.Endpoint().TokenURL} {
		if err := secure(strings.SplitN(address, "?", 2)[0]); err != nil {
			return nil, problem.New(problem.Unavailable, "ISSUER_UNSAFE", "who lets you in is not set up safely; tell the operator").Because(err)
		}
	}
	if len(known.Challenges) > 0 && !slices.Contains(known.Challenges, challenge) {
		return nil, problem.New(problem.Unavailable, "ISSUER_UNSAFE", "who lets you in is not set up safely; tell the operator").
			Because(fmt.Errorf("signin: issuer %s knows PKCE by %q and not by %s", i.ID, known.Challenges, challenge))
	}
	i.known = known
	return known, nil
}

// claims are what an issuer says of a person, as it writes them.
type claims map[string]any

// verified reads the ID token.
func (c *Client) verified(ctx context.Context, from *issuer, known *discovered, tokens *oauth2.Token, nonce string) (claims, error) {
	raw, _ := tokens.Extra("id_token").(string)
	verifier := known.provider.VerifierContext(ctx, &oidc.Config{ClientID: from.ClientID, SupportedSigningAlgs: algorithms(), Now: c.now})
	wrong := func(err error) error {
		return refused("SIGN_IN_TOKEN_WRONG", "what the issuer says of you cannot be believed").Because(fmt.Errorf("signin: issuer %s: %w", from.ID, err))
	}
	idToken, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, wrong(err)
	}
	said := claims{}
	if err := idToken.Claims(&said); err != nil {
		return nil, wrong(err)
	}
	party, named := said["azp"]
	switch {
	case idToken.Nonce != nonce || nonce == "":
		return nil, wrong(errors.New("the nonce is not that of this sign-in"))
	case named && party != from.ClientID, !named && len(idToken.Audience) > 1:
		return nil, wrong(errors.New("the token was made for another client"))
	case idToken.Subject == "" || len(idToken.Subject) > 255:
		return nil, wrong(errors.New("the token names nobody"))
	}
	if idToken.AccessTokenHash != "" {
		if err := idToken.VerifyAccessToken(tokens.AccessToken); err != nil {
			return nil, wrong(err)
		}
	}
	return said, c.proven(from, said)
}

// skew is how far an issuer's clock may be from the hub's.
const skew = time.Minute

// proven tells whether the issuer says that it saw proof of who it is lately and strongly
// enough, where the configuration demands that. Having been asked is no answer.
func (c *Client) proven(from *issuer, said claims) error {
	if from.MaxAge > 0 {
		seconds, _ := said["auth_time"].(float64) // missing is long ago
		if age := c.now().Sub(time.Unix(int64(seconds), 0)); age > time.Duration(from.MaxAge)*time.Second+skew || age < -skew {
			return refused("SIGN_IN_TOO_OLD", "the issuer does not say that you have shown lately enough who you are")
		}
	}
	if acr, _ := said["acr"].(string); len(from.Strengths) > 0 && !slices.Contains(from.Strengths, acr) {
		return refused("SIGN_IN_TOO_WEAK", "the way in which you have shown who you are is not strong enough here")
	}
	return nil
}

// more adds what the issuer says at its userinfo endpoint, if it has one. The ID token,
// which is signed, counts where both say something.
func (c *Client) more(ctx context.Context, known *discovered, tokens *oauth2.Token, said claims) error {
	if known.provider.UserInfoEndpoint() == "" {
		return nil
	}
	further, err := c.userinfo(ctx, known, tokens.AccessToken)
	if err != nil {
		return err
	}
	if further["sub"] != said["sub"] {
		return refused("SIGN_IN_TOKEN_WRONG", "what the issuer says of you cannot be believed").Because(errors.New("signin: userinfo is about somebody else"))
	}
	maps.Copy(further, said)
	maps.Copy(said, further)
	return nil
}

// errOver says that an issuer no longer answers to a person's token.
var errOver = errors.New("signin: the issuer's token is over")

func (c *Client) userinfo(ctx context.Context, known *discovered, access string) (claims, error) {
	info, err := known.provider.UserInfo(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: access, TokenType: "Bearer"}))
	switch {
	case err != nil && (strings.HasPrefix(err.Error(), fmt.Sprint(http.StatusUnauthorized)) || strings.HasPrefix(err.Error(), fmt.Sprint(http.StatusForbidden))):
		return nil, errOver
	case err != nil:
		return nil, away(fmt.Errorf("signin: ask who it is: %w", err))
	}
	said := claims{}
	if err := info.Claims(&said); err != nil {
		return nil, away(fmt.Errorf("signin: ask who it is: %w", err))
	}
	return said, nil
}

// login makes of what an issuer says what it may say.
func (c *Client) login(from *issuer, said claims, tokens *oauth2.Token) (Login, error) {
	sub, _ := said["sub"].(string)
	made := Login{
		Issuer: from.ID, Principal: token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: c.person(from, sub)},
		Tokens: Tokens{Access: tokens.AccessToken, Refresh: tokens.RefreshToken, Expires: tokens.Expiry},
	}
	if from.For == Companies {
		made.Told = told(said[from.RepresentationsClaim], c.now())
		return made, nil
	}
	at := slices.IndexFunc(from.Roles, func(r RoleRule) bool { return said.says(r.Claim, r.Value) })
	if at < 0 {
		return Login{}, problem.New(problem.Denied, "NO_ROLE_HERE", "the issuer knows you, and does not say that you may work here; ask those who gave you your account")
	}
	made.Principal.Role = from.Roles[at].role()
	if from.For == Staff {
		advisor, _ := said[from.AdvisorClaim].(string)
		if !advisorID(advisor) {
			return Login{}, problem.New(problem.Denied, "NO_ROLE_HERE", "the issuer does not say which member of staff you are; ask those who gave you your account")
		}
		made.Principal.Provider, made.Principal.Advisor = from.Provider, advisor
	}
	return made, nil
}

// advisorID tells whether a text can be the id of an advisor.
func advisorID(text string) bool {
	return text != "" && len(text) <= 40 && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// says tells whether a claim is a value, or a list that holds it.
func (c claims) says(claim, value string) bool {
	switch said := c[claim].(type) {
	case string:
		return said == value
	case bool:
		return fmt.Sprint(said) == value
	case []any:
		return slices.Contains(said, any(value))
	}
	return false
}

// read turns a claim into a value of a known shape.
func read(claim, into any) error {
	data, err := json.Marshal(claim)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
