package provider

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/projection"
)

// TestViewsAreReadInOrder: each view of an inbox that people use all day, its first page and
// those behind it, is read by an index that has its order, and counted by indexes alone.
func TestViewsAreReadInOrder(t *testing.T) {
	db, err := projection.Open(filepath.Join(t.TempDir(), "inbox.db"), inboxSchema)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	plan := func(query string, args ...any) string {
		rows, err := db.Reader().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, step)
		}
		return strings.Join(steps, "; ")
	}
	ended := []casesv1.RequestStatus{
		casesv1.RequestStatus_REQUEST_STATUS_COMPLETED, casesv1.RequestStatus_REQUEST_STATUS_DECLINED, casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN,
	}
	for view, in := range map[string]*providerv1.ListRequestsRequest{
		"team": {}, "mine": {Advisor: "providers/omnia/advisors/a1"}, "unclaimed": {Unassigned: true}, "overdue": {Overdue: true},
		"waiting": {Statuses: []casesv1.RequestStatus{casesv1.RequestStatus_REQUEST_STATUS_WAITING}},
		"old":     {Statuses: ended, Order: providerv1.RequestOrder_REQUEST_ORDER_UPDATED},
	} {
		where, order := filter(in), sortings[in.Order]
		behind, args := order.behind(make([]string, len(order.columns)))
		for _, next := range []bool{false, true} {
			query, given := "SELECT id FROM requests WHERE "+where.String(), slices.Clone(where.args)
			if next {
				query, given = query+" AND "+behind, append(given, args...)
			}
			got := plan(query+" ORDER BY "+order.String()+" LIMIT 51", given...)
			if strings.Contains(got, "TEMP B-TREE") || !strings.Contains(got, "INDEX") {
				t.Errorf("%s, behind a place %t: %s", view, next, got)
			}
		}
		if got := plan("SELECT count(*) FROM requests WHERE "+where.String(), where.args...); !strings.Contains(got, "COVERING INDEX") {
			t.Errorf("count of %s: %s", view, got)
		}
	}
}
