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
