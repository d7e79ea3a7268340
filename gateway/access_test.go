package gateway_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// The log stops under a running gateway: an integrator is shown nothing any more,
// since nobody could know of it; the company goes on reading its own case.
func TestWithoutTheLogOnlyTheCompanyReads(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	company := w.company("aino", "9000001-1")
	name := n.open(company, opening("9000001-1", "espoo-city/pilot")).Name
	get := func(caller context.Context) error {
		_, err := n.cases.GetCase(caller, &casesv1.GetCaseRequest{Name: name})
		return err
	}
	integrator := n.integrator("ledger", "9000001-1")
	must(t, get(integrator))
	w.server.Shutdown()
	refused(t, get(integrator), codes.Unavailable, "ACCESS_LOG_UNAVAILABLE")
	// Nor does the company wait for a log that is known to be away: 20 reads would take
	// two minutes else.
	soon, cancel := context.WithTimeout(company, time.Minute)
	defer cancel()
	for range 20 {
		must(t, get(soon))
	}
}

// A gateway that was built again from the log alone tells the same of who has seen a case.
func TestTheAccessLogIsBuiltAgain(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	company := w.company("aino", "9000001-1")
	name := n.open(company, opening("9000001-1", "espoo-city/pilot")).Name
	list := func(n *node) (rows []string) {
		answer := get[*accessv1.ListAccessResponse](t)(accessv1.NewAccessServiceClient(n.conn).ListAccess(company, &accessv1.ListAccessRequest{Parent: name}))
		for _, a := range answer.Access {
			rows = append(rows, a.Row.Method+" "+a.Row.Time.AsTime().String())
		}
		return rows
	}
	var before, after []string
	w.eventually("the opening is in the list", func() bool { before = list(n); return len(before) > 0 })
	n.stop()
	other := w.start()
	w.eventually("the rows are read", func() bool { after = list(other); return len(after) >= len(before)+1 })
	if after = after[len(after)-len(before):]; after[len(after)-1] != before[len(before)-1] {
		t.Errorf("first %q, built again %q", before, after)
	}
}
