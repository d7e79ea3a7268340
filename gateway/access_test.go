package gateway_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
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

// A system that acts for several companies lists the cases of all in one call. None of them
// learns from its access log which others there are.
func TestTheAccessLogNamesNoOtherCompany(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	companies := map[string]string{}
	for _, company := range []string{bakery, garage} {
		companies[company] = n.open(w.company("owner", company), opening(company, "espoo-city/pilot")).Name
	}
	ledger := n.integrator("ledger", bakery, garage)
	for _, caller := range []context.Context{ledger, w.company("accountant", bakery, garage)} {
		if listed := n.list(caller, nil); len(listed) != 2 {
			t.Fatalf("the list holds %v", listed)
		}
	}
	for company, name := range companies {
		var got [][]string
		w.eventually("both lists are in the access log", func() bool {
			answer := get[*accessv1.ListAccessResponse](t)(accessv1.NewAccessServiceClient(n.conn).ListAccess(w.company("owner", company), &accessv1.ListAccessRequest{Parent: name}))
			got = nil
			for _, a := range answer.Access {
				if a.Row.Method == "CaseService.ListCases" {
					got = append(got, a.Row.Organisations)
				}
			}
			return len(got) >= 2
		})
		if want := [][]string{{company}, {"ledger", company}}; !cmp.Equal(got, want) {
			t.Errorf("%s reads of %v, want %v", company, got, want)
		}
	}
}

// Whoever takes an archive along has seen each case in it, and the company reads so.
func TestAnArchiveIsInTheAccessLog(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	owner := w.company("owner", bakery)
	name := n.open(owner, opening(bakery, "espoo-city/pilot")).Name
	archive, err := rightsv1.NewDataRightsServiceClient(n.conn).ExportData(w.company("accountant", bakery), &rightsv1.ExportDataRequest{})
	for err == nil {
		_, err = archive.Recv()
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	w.eventually("the company reads of the archive", func() bool {
		answer := get[*accessv1.ListAccessResponse](t)(accessv1.NewAccessServiceClient(n.conn).ListAccess(owner, &accessv1.ListAccessRequest{Parent: name}))
		return slices.ContainsFunc(answer.Access, func(a *accessv1.Access) bool {
			return a.Row.Method == "DataRightsService.ExportData" && a.Row.Person == "accountant" && a.Row.Refused == ""
		})
	})
}
