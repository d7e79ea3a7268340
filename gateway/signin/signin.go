package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// CallbackPath is where an issuer sends people back to. Each has a path of its own, so
// that an answer cannot be taken for that of another.
func CallbackPath(issuer string) string { return "/sign-in/" + issuer + "/callback" }

const (
	// pendingLife is how long somebody may take at the issuer.
	pendingLife = 10 * time.Minute
	// askPatience is how long an issuer may take to answer the hub.
	askPatience = 5 * time.Second
	// largestAnswer is the most that is read of what an issuer answers, in bytes.
	largestAnswer = 1 << 20
)

// Client lets people in. It is safe for concurrent use.
type Client struct {
	hub     string
	demo    bool
	issuers []*issuer
	subject []byte
	now     func() time.Time
	http    *http.Client
}

// Options are what a client needs beside the configuration.
type Options struct {
	// SubjectKey makes the opaque ids of people. It stays the same for ever.
	SubjectKey []byte
	// Now is the time by which tokens of issuers and representations end; time.Now when nil.
	Now func() time.Time
	// Transport reaches the issuers; http.DefaultTransport when nil.
	Transport http.RoundTripper
}

// New makes a client. No issuer is asked before somebody signs in.
func New(c Config, o Options) *Client {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	client := &Client{
		hub: strings.TrimSuffix(c.HubURL, "/"), demo: c.Demo, subject: o.SubjectKey, now: o.Now,
		http: &http.Client{
			Timeout: askPatience, Transport: bounded{o.Transport},
			// What an issuer is asked is told to it alone.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	for _, config := range c.Issuers {
		client.issuers = append(client.issuers, &issuer{IssuerConfig: config})
	}
	return client
}

// Issuers are those of the configuration, in its order.
func (c *Client) Issuers() []IssuerConfig {
	if c == nil {
		return nil
	}
	list := make([]IssuerConfig, len(c.issuers))
	for i, known := range c.issuers {
		list[i] = known.IssuerConfig
	}
	return list
}

func (c *Client) issuer(id string) (*issuer, error) {
	if c != nil {
		for _, known := range c.issuers {
			if known.ID == id {
				return known, nil
			}
		}
	}
	return nil, problem.New(problem.NotFound, "NO_SUCH_PAGE", "nobody is let in by an issuer of that name")
}

// Pending is a sign-in that is on its way: what the browser keeps, sealed, until the
// issuer sends it back.
type Pending struct {
	Issuer   string    `json:"issuer"`
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Redirect string    `json:"redirect"`
	Next     string    `json:"next,omitempty"`
	Until    time.Time `json:"until"`
}

// Begin answers where to send the browser, and what it is to bring back. next is where
// it wants to be afterwards; base the address under which it sees the hub, which counts
// in a demo alone.
func (c *Client) Begin(ctx context.Context, id, next, base string) (string, Pending, error) {
	to, err := c.issuer(id)
	if err != nil {
		return "", Pending{}, err
	}
	known, err := to.discover(c.context(ctx))
	if err != nil {
		return "", Pending{}, err
	}
	p := Pending{
		Issuer: id, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		Redirect: c.hub + CallbackPath(id), Next: next, Until: c.now().Add(pendingLife),
	}
	if c.demo {
		p.Redirect = base + CallbackPath(id)
	}
	ask := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(p.Verifier), oauth2.SetAuthURLParam("nonce", p.Nonce)}
	if to.MaxAge > 0 {
		ask = append(ask, oauth2.SetAuthURLParam("max_age", strconv.Itoa(to.MaxAge)))
	}
	if len(to.Strengths) > 0 {
		ask = append(ask, oauth2.SetAuthURLParam("acr_values", strings.Join(to.Strengths, " ")))
	}
	address := c.oauth(to, known, p.Redirect).AuthCodeURL(p.State, ask...)
	if c.demo {
		address = base + strings.TrimPrefix(address, c.hub)
	}
	return address, p, nil
}

func (c *Client) oauth(to *issuer, known *discovered, redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: to.ClientID, ClientSecret: to.secret, Endpoint: known.endpoint(to.secret),
		RedirectURL: redirect, Scopes: append([]string{"openid"}, to.Scopes...),
	}
}

// context carries how issuers are reached.
func (c *Client) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.http)
}

// Finish reads what the issuer of that id has sent back, and answers who it is.
func (c *Client) Finish(ctx context.Context, id string, query url.Values, p Pending) (Login, error) {
	from, err := c.issuer(id)
	if err != nil {
		return Login{}, err
	}
	ctx = c.context(ctx)
	known, err := from.discover(ctx)
	if err != nil {
		return Login{}, err
	}
	if err := c.mine(from, known, query, p); err != nil {
		return Login{}, err
	}
	if why := query.Get("error"); why != "" {
		return Login{}, refused("SIGN_IN_REFUSED", "the issuer did not let you in").Because(errors.New("signin: the issuer answers " + short(why)))
	}
	tokens, err := c.oauth(from, known, p.Redirect).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(p.Verifier))
	if err != nil {
		return Login{}, unanswered(err, "the issuer does not take the code that it gave")
	}
	said, err := c.verified(ctx, from, known, tokens, p.Nonce)
	if err != nil {
		return Login{}, err
	}
	if err := c.more(ctx, known, tokens, said); err != nil {
		return Login{}, err
	}
	return c.login(from, said, tokens)
}

// mine tells whether an answer belongs to this browser's sign-in at this issuer.
func (c *Client) mine(from *issuer, known *discovered, query url.Values, p Pending) error {
	said, named := query.Get("iss"), query.Has("iss")
	switch {
	case p.State == "" || p.Issuer != from.ID:
		return refused("SIGN_IN_NOT_BEGUN", "no sign-in at this issuer was begun in this browser, or it was finished already")
	case !c.now().Before(p.Until):
		return refused("SIGN_IN_TOO_LATE", "the sign-in was begun too long ago")
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(p.State)) != 1:
		return refused("SIGN_IN_STATE_WRONG", "the answer belongs to another sign-in")
	case named && said != from.URL, !named && known.NamesItself:
		// RFC 9207: the answer of another issuer, which somebody has brought here.
		return refused("SIGN_IN_ISSUER_WRONG", "the answer is not that of the issuer that was asked")
	}
	return nil
}

// Subject is the opaque id in the hub of whom an issuer calls sub; empty for an issuer
// that is not here.
func (c *Client) Subject(issuer, sub string) string {
	from, err := c.issuer(issuer)
	if err != nil {
		return ""
	}
	return c.person(from, sub)
}

// person is the opaque id of a person: nobody finds out whom an issuer calls so.
func (c *Client) person(from *issuer, sub string) string {
	if c.demo {
		return sub
	}
	h := hmac.New(sha256.New, c.subject)
	h.Write([]byte(from.URL + "\x00" + sub))
	return "p-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:16]))
}

// Login is what came of a sign-in.
type Login struct {
	// Issuer is who said it.
	Issuer string
	// Principal is who it is, for no company yet.
	Principal token.Principal
	// Told is what the issuer said of companies.
	Told
	// Tokens ask the issuer again.
	Tokens Tokens
}

// Tokens are an issuer's, to ask it about a person.
type Tokens struct {
	Access, Refresh string
	Expires         time.Time
}

func refused(reason, text string) *problem.Problem {
	return problem.New(problem.Unauthenticated, reason, "%s; sign in again", text)
}

// unanswered tells an issuer that is away from one that refuses.
func unanswered(err error, text string) error {
	if said, ok := errors.AsType[*oauth2.RetrieveError](err); ok && said.Response.StatusCode < http.StatusInternalServerError {
		return refused("SIGN_IN_REFUSED", text).Because(errors.New("signin: the issuer answers " + short(said.ErrorCode)))
	}
	return away(err)
}

func away(err error) error {
	return problem.New(problem.Unavailable, "ISSUER_AWAY", "who lets you in does not answer now; try again in a moment").Retry(5 * time.Second).Because(err)
}

func short(text string) string { return text[:min(len(text), 80)] }

// bounded reads no more of an answer than anybody needs.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, largestAnswer), answer.Body}
	return answer, nil
}
