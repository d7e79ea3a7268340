package gateway

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/api"
	"github.com/businessespoo/hub/gateway/rights"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

// pageSize is how much of a list an archive asks for at once.
const pageSize = 200

// shownToCompany answers a case as the table of who sees what shows it to its company.
func (g *Gateway) shownToCompany(ctx context.Context, id string) (*casesv1.Case, error) {
	c, err := g.cases.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	return sight.Mask(c, g.options.Sight.Sees(sight.Company, sight.Given{})), nil
}

// exportParts are what an archive holds beside cases and drafts: the same lists that
// the caller could ask for one by one.
func exportParts(access *api.Access, keys *api.Keys, sessions *api.Sessions) []rights.ExportPart {
	return []rights.ExportPart{
		{Name: "access", Write: func(ctx context.Context, _ token.Principal, cases []string, add rights.Add) error {
			for _, id := range cases {
				err := rights.AddList(add, id+".json", func(page string) ([]proto.Message, string, error) {
					answer, err := access.ListAccess(ctx, &accessv1.ListAccessRequest{Parent: name.Case(id), PageSize: pageSize, PageToken: page})
					return messages(answer.GetAccess()), answer.GetNextPageToken(), err
				})
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{Name: "grants", Write: func(ctx context.Context, who token.Principal, _ []string, add rights.Add) error {
			if len(who.Companies) == 0 {
				return nil
			}
			return rights.AddList(add, "grants.json", func(page string) ([]proto.Message, string, error) {
				answer, err := keys.ListGrants(ctx, &keysv1.ListGrantsRequest{PageSize: pageSize, PageToken: page})
				return messages(answer.GetGrants()), answer.GetNextPageToken(), err
			})
		}},
		{Name: "sessions", Write: func(ctx context.Context, who token.Principal, _ []string, add rights.Add) error {
			if who.Subject == "" {
				return nil // who holds the code of a case signs in nowhere
			}
			return rights.AddList(add, "sessions.json", func(string) ([]proto.Message, string, error) {
				answer, err := sessions.ListSessions(ctx, &identityv1.ListSessionsRequest{})
				return messages(answer.GetSessions()), "", err
			})
		}},
	}
}

func messages[M proto.Message](list []M) []proto.Message {
	out := make([]proto.Message, len(list))
	for i, m := range list {
		out[i] = m
	}
	return out
}
