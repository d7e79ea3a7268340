package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/businessespoo/hub/gateway/accesslog"
	"github.com/businessespoo/hub/gateway/view"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// normalAccess is how many rows a page holds when the caller does not say.
const normalAccess = 50

// Access is the access service.
type Access struct {
	accessv1.UnsafeAccessServiceServer
	Cases *Cases
	Rows  *accesslog.Log
}

// ListAccess lists who has seen a case, or what a provider's people have seen.
func (a *Access) ListAccess(ctx context.Context, req *accessv1.ListAccessRequest) (*accessv1.ListAccessResponse, error) {
	before, err := placeOf(req, req.PageToken)
	if err != nil {
		return nil, err
	}
	list, key, err := a.listOf(ctx, req.Parent)
	if err != nil {
		return nil, err
	}
	if err := a.fresh(ctx); err != nil {
		return nil, err
	}
	size := paging.Size(req.PageSize, normalAccess)
	rows, err := list(ctx, key, int64(before), size+1)
	if err != nil {
		return nil, err
	}
	answer := &accessv1.ListAccessResponse{}
	if len(rows) > size {
		rows = rows[:size]
		if answer.NextPageToken, err = paging.Encode(req, strconv.FormatInt(rows[size-1].Place, 10)); err != nil {
			return nil, err
		}
	}
	who := token.From(ctx)
	for _, row := range rows {
		answer.Access = append(answer.Access, a.show(who, row.AccessRow))
	}
	return answer, nil
}

// lister lists a part of the access log.
type lister func(ctx context.Context, key string, before int64, limit int) ([]accesslog.Row, error)

// listOf answers what the caller may list under a name.
func (a *Access) listOf(ctx context.Context, parent string) (lister, string, error) {
	who := token.From(ctx)
	if strings.HasPrefix(parent, "providers/") {
		key, err := name.ParseProvider(parent)
		if err != nil {
			return nil, "", problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("parent", err.Error())
		}
		return a.Rows.OfProvider, key, a.leads(who, key)
	}
	id, err := name.ParseCase(parent)
	if err != nil {
		return nil, "", problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("parent", err.Error())
	}
	state, err := a.Cases.View.Case(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if state == nil || who.Role == policyv1.Role_ROLE_LEAD || !seer(who).Sees(id, view.CompanyKey(state.Case.Company), state.Opener) {
		return nil, "", notFound(parent)
	}
	return a.Rows.OfCase, id, nil
}

// leads tells whether somebody leads a provider today.
func (a *Access) leads(who token.Principal, key string) error {
	if who.Role != policyv1.Role_ROLE_LEAD || who.Provider != key {
		return problem.New(problem.Denied, "OTHER_PROVIDER", "only a lead of %s sees what its people have seen", name.Provider(key))
	}
	if m, ok := a.Cases.Directory.Member(key, who.Advisor); !ok || m.Role != policyv1.Role_ROLE_LEAD {
		return problem.New(problem.Denied, "STAFF_UNKNOWN", "%s is no lead of this provider, or has left", name.Advisor(key, who.Advisor))
	}
	return nil
}

// fresh waits until the list holds what has arrived from the log by now.
func (a *Access) fresh(ctx context.Context) error {
	if err := a.Rows.Check(ctx); err != nil {
		return problem.New(problem.Unavailable, "STARTING", "the access log is still being read; try again in a moment").Retry(time.Second).Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	return a.Rows.Fresh(ctx)
}

// show makes a row fit to be read: with the advisor's name in place of their id, for
// others than their provider.
func (a *Access) show(who token.Principal, row *accessv1.AccessRow) *accessv1.Access {
	shown := &accessv1.Access{Row: row, Own: row.Role == who.Role && row.Person == who.Subject}
	if row.Advisor != "" && len(row.Organisations) == 1 {
		shown.Advisor = &casesv1.Advisor{Name: name.Advisor(row.Organisations[0], row.Advisor)}
		a.Cases.Directory.Name(shown.Advisor)
		if who.Role != policyv1.Role_ROLE_LEAD {
			row.Person = ""
		}
	}
	return shown
}
