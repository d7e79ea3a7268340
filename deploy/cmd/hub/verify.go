package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/businessespoo/hub/deploy/hub"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
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
	for _, scope := range slices.Sorted(maps.Keys(report.Erased)) {
		fmt.Fprintf(out, "%s was erased: %d facts\n", scope, report.Erased[scope])
	}
	for _, scope := range slices.Sorted(maps.Keys(report.Redacted)) {
		fmt.Fprintf(out, "%s was redacted: words of %d facts\n", scope, report.Redacted[scope])
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
		fmt.Fprintf(out, "%s\n  set aside: %s of %s; the file as it was is %s\n", r, lost(r.Damage), r.Stream, r.Copy)
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

// lost names the facts that were in a damaged place. Where a file begins with it or
// ends in it, only one of their ends is known.
func lost(d embedded.Damage) string {
	switch {
	case d.Next == 0:
		return fmt.Sprintf("facts after %d, to the end of the file", d.After)
	case d.Next == d.After+1:
		return "a mark that a message was removed, and no fact"
	case d.After == 0:
		return fmt.Sprintf("facts before %d, from the beginning of the file", d.Next)
	case d.Next == d.After+2:
		return fmt.Sprintf("fact %d", d.After+1)
	}
	return fmt.Sprintf("facts %d to %d", d.After+1, d.Next-1)
}
