package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// mostRepresentations bounds what one person may act for.
const mostRepresentations = 200

// Told is what an issuer said of the companies that a person may act for.
type Told struct {
	// Representations hold now.
	Representations []token.Representation
	// Expired and Invalid are companies, as the issuer wrote them, for which it told of a
	// representation that is over, or of one that nobody can understand.
	Expired, Invalid []string
}

// representation is one as issuers write it.
type representation struct {
	Company string `json:"company"`
	Basis   string `json:"basis"`
	Role    string `json:"role"`
	// ValidTo is a local date, which counts to its end, or an instant.
	ValidTo string `json:"valid_to"`
}

// told reads a claim that lists representations.
func told(claim any, now time.Time) Told {
	var list []representation
	if claim == nil {
		return Told{}
	}
	if err := read(claim, &list); err != nil || len(list) > mostRepresentations {
		return Told{Invalid: []string{"?"}}
	}
	var t Told
	for _, said := range list {
		made := token.Representation{Basis: said.Basis, Role: said.Role, Company: said.Company, CheckedAt: now.UTC().Truncate(time.Second)}
		end, err := endOf(said.ValidTo)
		made.ValidTo = end
		twice := slices.ContainsFunc(t.Representations, func(r token.Representation) bool { return r.Company == made.Company })
		switch {
		case err != nil || made.Check() != nil:
			t.Invalid = append(t.Invalid, short(said.Company))
		case !end.IsZero() && !now.Before(end):
			t.Expired = append(t.Expired, said.Company)
		case !twice: // the first that holds counts
			t.Representations = append(t.Representations, made)
		}
	}
	return t
}

// endOf reads when a representation ends; zero when it has no end.
func endOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if strings.Contains(text, "T") {
		at, err := time.Parse(time.RFC3339, text)
		return at.UTC(), err
	}
	day, err := time.ParseInLocation(time.DateOnly, text, catalogue.Helsinki())
	return day.AddDate(0, 0, 1).UTC(), err
}

// ErrOver says that the issuer answers no more for a person: they have to sign in again.
var ErrOver = errOver

// Ask asks the issuer again for which companies a person, whom the hub calls subject, may
// act, and answers the tokens to ask with next time, also when it fails: the old ones may
// be over. It fails with ErrOver, as when the answer is about somebody else, or with a
// problem of kind Unavailable when the issuer does not answer.
func (c *Client) Ask(ctx context.Context, id, subject string, tokens Tokens) (Told, Tokens, error) {
	of, err := c.issuer(id)
	if err != nil {
		return Told{}, tokens, ErrOver // it was taken out of the configuration
	}
	ctx, cancel := context.WithTimeout(c.context(ctx), askPatience)
	defer cancel()
	known, err := of.discover(ctx)
	if err != nil {
		return Told{}, tokens, err
	}
	said, err := c.userinfo(ctx, known, tokens.Access)
	if errors.Is(err, errOver) && tokens.Refresh != "" {
		var fresh *oauth2.Token
		fresh, err = c.oauth(of, known, "").TokenSource(ctx, &oauth2.Token{RefreshToken: tokens.Refresh}).Token()
		if err != nil {
			if err = unanswered(err, "the issuer no longer answers for you"); problem.KindOf(err) == problem.Unauthenticated {
				err = ErrOver
			}
			return Told{}, tokens, err
		}
		tokens = Tokens{Access: fresh.AccessToken, Refresh: fresh.RefreshToken, Expires: fresh.Expiry}
		said, err = c.userinfo(ctx, known, tokens.Access)
	}
	if err != nil {
		return Told{}, tokens, err
	}
	if sub, _ := said["sub"].(string); c.person(of, sub) != subject {
		return Told{}, tokens, ErrOver
	}
	return told(said[of.RepresentationsClaim], c.now()), tokens, nil
}
