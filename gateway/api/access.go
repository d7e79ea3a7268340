package api

import (
	"context"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

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

// ListAccess lists who has seen a case.
func (a *Access) ListAccess(ctx context.Context, req *accessv1.ListAccessRequest) (*accessv1.ListAccessResponse, error) {
	if _, err := a.Cases.reach(ctx, req.Parent, ""); err != nil {
		return nil, err
	}
	id, err := a.Cases.mine(ctx, req.Parent)
	if err != nil {
		return nil, err
	}
	state, err := a.Cases.View.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	company := view.CompanyKey(state.GetCase().GetCompany())
	who := token.From(ctx)
	rows, next, err := a.page(ctx, req, func(ctx context.Context, id string, before int64, limit int) ([]accesslog.Row, error) {
		read := a.Rows.OfCase
		if req.By != accessv1.AccessBy_ACCESS_BY_UNSPECIFIED {
			read = func(ctx context.Context, id string, before int64, limit int) ([]accesslog.Row, error) {
				return a.Rows.OfCaseBy(ctx, id, accesslog.Who(who.Role, who.Subject), req.By == accessv1.AccessBy_ACCESS_BY_OTHERS, before, limit)
			}
		}
		rows, err := read(ctx, id, before, limit)
		for _, row := range rows {
			leaveOut(row.AccessRow, company)
		}
		return rows, err
	}, id)
	return &accessv1.ListAccessResponse{Access: rows, NextPageToken: next}, err
}

// leaveOut takes other companies out of a row that the company of a case reads: whoever
// acts for several may have seen cases of all in one call. Who was refused is told whole.
func leaveOut(row *accessv1.AccessRow, company string) {
	row.Organisations = slices.DeleteFunc(row.Organisations, func(organisation string) bool {
		_, none := companyKeys(organisation)
		return none == nil && organisation != company && row.Refused == ""
	})
}

// ListProviderAccess lists what a provider's people have seen.
func (a *Access) ListProviderAccess(ctx context.Context, req *accessv1.ListProviderAccessRequest) (*accessv1.ListProviderAccessResponse, error) {
	key, err := name.ParseProvider(req.Parent)
	if err != nil {
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("parent", err.Error())
	}
	if err := a.leads(token.From(ctx), key); err != nil {
		return nil, err
	}
	rows, next, err := a.page(ctx, req, a.Rows.OfProvider, key)
	return &accessv1.ListProviderAccessResponse{Access: rows, NextPageToken: next}, err
}

// query is a request for a page.
type query interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// page answers one page of a list, and the token of the next.
func (a *Access) page(ctx context.Context, req query, list func(ctx context.Context, of string, before int64, limit int) ([]accesslog.Row, error), of string) ([]*accessv1.Access, string, error) {
	before, err := placeOf(req, req.GetPageToken())
	if err != nil {
		return nil, "", err
	}
	if err := a.fresh(ctx); err != nil {
		return nil, "", err
	}
	size, next := paging.Size(req.GetPageSize(), normalAccess), ""
	rows, err := list(ctx, of, int64(before), size+1)
	if err != nil {
		return nil, "", err
	}
	if len(rows) > size {
		rows = rows[:size]
		if next, err = paging.Encode(req, strconv.FormatInt(rows[size-1].Place, 10)); err != nil {
			return nil, "", err
		}
	}
	shown := make([]*accessv1.Access, 0, len(rows))
	for _, row := range rows {
		shown = append(shown, a.show(token.From(ctx), row.AccessRow))
	}
	return shown, next, nil
}

// leads tells whether somebody leads a provider today.
func (a *Access) leads(who token.Principal, key string) error {
	if who.Provider != key {
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
