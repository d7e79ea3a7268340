package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
)

// normalStaff is how many advisors a page holds when the caller does not say.
const normalStaff = 100

// ListAdvisors lists the advisors who have not left, by their ids, with how many
// requests each works on.
func (d desk) ListAdvisors(ctx context.Context, in *providerv1.ListAdvisorsRequest) (*providerv1.ListAdvisorsResponse, error) {
	who, err := d.admit(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.ownProvider(who, in.Parent); err != nil {
		return nil, err
	}
	place, err := paging.Decode(in, in.PageToken, 1)
	if err != nil {
		return nil, err
	}
	loads, err := d.loads(ctx)
	if err != nil {
		return nil, err
	}
	var members []directory.Member
	for _, m := range d.directory.List(d.key) {
		if (in.Language == "" || slices.Contains(m.Languages, in.Language)) && (place == nil || m.Advisor > place[0]) {
			members = append(members, m)
		}
	}
	out := &providerv1.ListAdvisorsResponse{Unclaimed: loads[""], Left: d.left(loads)}
	if out.Unclaimed == nil {
		out.Unclaimed = &providerv1.Load{}
	}
	if size := paging.Size(in.PageSize, normalStaff); len(members) > size {
		members = members[:size]
		if out.NextPageToken, err = paging.Encode(in, members[size-1].Advisor); err != nil {
			return nil, err
		}
	}
	for _, m := range members {
		resource := name.Advisor(d.key, m.Advisor)
		load := loads[resource]
		if load == nil {
			load = &providerv1.Load{}
		}
		out.Staff = append(out.Staff, &providerv1.StaffMember{
			Advisor:     &casesv1.Advisor{Name: resource, DisplayName: m.DisplayName, Languages: m.Languages},
			Competences: m.Competences, Lead: m.Role == policyv1.Role_ROLE_LEAD, OpenRequests: load.GetOpen(), Load: load,
		})
	}
	return out, nil
}

// loads counts the open requests of each advisor, by resource name, and under ""
// those that nobody works on.
func (p *Provider) loads(ctx context.Context) (map[string]*providerv1.Load, error) {
	if err := p.inbox.db.Fresh(ctx); err != nil {
		return nil, err
	}
	rows, err := p.inbox.db.Reader().QueryContext(ctx, "SELECT advisor, count(*), sum(status = ?), sum(overdue), min(requested_at) FROM requests WHERE open = 1 GROUP BY advisor",
		int64(casesv1.RequestStatus_REQUEST_STATUS_WAITING))
	if err != nil {
		return nil, fmt.Errorf("provider: count the requests of advisors: %w", err)
	}
	defer func() { _ = rows.Close() }()
	loads := map[string]*providerv1.Load{}
	for rows.Next() {
		var advisor string
		var oldest int64
		load := &providerv1.Load{}
		if err := rows.Scan(&advisor, &load.Open, &load.Waiting, &load.Overdue, &oldest); err != nil {
			return nil, fmt.Errorf("provider: count the requests of advisors: %w", err)
		}
		load.Oldest = timestamppb.New(time.Unix(0, oldest))
		loads[advisor] = load
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("provider: count the requests of advisors: %w", err)
	}
	return loads, nil
}

// left are those with open requests who are on the list of staff no longer.
func (d desk) left(loads map[string]*providerv1.Load) []*providerv1.StaffMember {
	var gone []*providerv1.StaffMember
	for _, advisor := range slices.Sorted(maps.Keys(loads)) {
		_, id, err := name.ParseAdvisor(advisor)
		if err != nil {
			continue // nobody's
		}
		if _, here := d.directory.Member(d.key, id); !here {
			gone = append(gone, &providerv1.StaffMember{Advisor: &casesv1.Advisor{Name: advisor}, OpenRequests: loads[advisor].GetOpen(), Load: loads[advisor]})
		}
	}
	return gone
}
