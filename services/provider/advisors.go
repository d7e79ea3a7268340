package provider

import (
	"context"
	"fmt"
	"slices"

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
	busy, err := d.openRequests(ctx)
	if err != nil {
		return nil, err
	}
	var members []directory.Member
	for _, m := range d.directory.List(d.key) {
		if (in.Language == "" || slices.Contains(m.Languages, in.Language)) && (place == nil || m.Advisor > place[0]) {
			members = append(members, m)
		}
	}
	out := &providerv1.ListAdvisorsResponse{}
	if size := paging.Size(in.PageSize, normalStaff); len(members) > size {
		members = members[:size]
		if out.NextPageToken, err = paging.Encode(in, members[size-1].Advisor); err != nil {
			return nil, err
		}
	}
	for _, m := range members {
		resource := name.Advisor(d.key, m.Advisor)
		out.Staff = append(out.Staff, &providerv1.StaffMember{
			Advisor:     &casesv1.Advisor{Name: resource, DisplayName: m.DisplayName, Languages: m.Languages},
			Competences: m.Competences, Lead: m.Role == policyv1.Role_ROLE_LEAD, OpenRequests: busy[resource],
		})
	}
	return out, nil
}

// openRequests counts the open requests of each advisor, by resource name.
func (p *Provider) openRequests(ctx context.Context) (map[string]int32, error) {
	if err := p.inbox.db.Fresh(ctx); err != nil {
		return nil, err
	}
	rows, err := p.inbox.db.Reader().QueryContext(ctx, "SELECT advisor, count(*) FROM requests WHERE open = 1 AND advisor != '' GROUP BY advisor")
	if err != nil {
		return nil, fmt.Errorf("provider: count the requests of advisors: %w", err)
	}
	defer func() { _ = rows.Close() }()
	busy := map[string]int32{}
	for rows.Next() {
		var advisor string
		var count int32
		if err := rows.Scan(&advisor, &count); err != nil {
			return nil, fmt.Errorf("provider: count the requests of advisors: %w", err)
		}
		busy[advisor] = count
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("provider: count the requests of advisors: %w", err)
	}
	return busy, nil
}
