package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/businessespoo/hub/deploy/hub"
)

type verifyCommand struct{ dataFlag }

// Run fails when anything is missing or was changed.
func (c *verifyCommand) Run(ctx context.Context, out output) error {
	report, err := hub.Verify(ctx, c.Data, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	for _, fault := range report.Faults {
		fmt.Fprintln(out, fault)
	}
	fmt.Fprintf(out, "%d facts in %d scopes checked, %d faults\n", report.Facts, report.Scopes, len(report.Faults))
	if len(report.Faults) > 0 {
		return errors.New("the log is not whole")
	}
	return nil
}

type repairCommand struct{ dataFlag }

// Run tells of each place that was set aside, and what is lost with it.
func (c *repairCommand) Run(out output) error {
	repaired, err := hub.Repair(c.Data)
	for _, r := range repaired {
		lost := fmt.Sprintf("fact %d", r.After+1)
		if r.Next > r.After+2 {
			lost = fmt.Sprintf("facts %d to %d", r.After+1, r.Next-1)
		}
		fmt.Fprintf(out, "%s\n  set aside: %s of %s; the file as it was is %s\n", r, lost, r.Stream, r.Copy)
	}
	if err != nil {
		return err
	}
	if len(repaired) == 0 {
		fmt.Fprintln(out, "nothing to repair")
		return nil
	}
	fmt.Fprintln(out, "The files as they were hold personal data too: delete them once nobody needs them any more.")
	fmt.Fprintln(out, "Run hub verify to see what else those facts are missed by, and delete the folder projections only if it is in doubt: the views may still show what the log has lost.")
	return nil
}
