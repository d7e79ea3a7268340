package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/businessespoo/hub/deploy/hub"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/tlsfile"
)

type auditCommands struct {
	Verify auditVerifyCommand `cmd:"" help:"Check the access log: that no row was changed, removed or cut off. It says what it cannot prove."`
}

type auditVerifyCommand struct {
	dataFlag
	Heads    string        `placeholder:"FILE" help:"Copy of the signed heads from outside of the log. (default: audit/heads.jsonl in the data folder, if it is there)"`
	NATS     string        `name:"nats" placeholder:"URL" help:"Check the log of an external nats-server, which may run, and not that of a data folder, whose hub must not."`
	SeedFile string        `name:"nats-seed-file" placeholder:"FILE" help:"With --nats: file with the hub's seed."`
	TLS      tlsfile.Files `embed:""`
}

// Run fails when anything is missing or was changed.
func (c *auditVerifyCommand) Run(ctx context.Context, out output) error {
	report, err := c.audit(ctx)
	if err != nil {
		return err
	}
	for _, fault := range report.Faults {
		fmt.Fprintln(out, "FAULT", fault)
	}
	for _, checked := range report.Checked {
		fmt.Fprintln(out, "checked:", checked)
	}
	for _, unproven := range report.Unproven {
		fmt.Fprintln(out, "not proven:", unproven)
	}
	fmt.Fprintf(out, "%d faults\n", len(report.Faults))
	if len(report.Faults) > 0 {
		return errors.New("the access log is not whole")
	}
	return nil
}

func (c *auditVerifyCommand) audit(ctx context.Context) (access.Report, error) {
	quiet := slog.New(slog.DiscardHandler)
	if c.NATS == "" {
		return hub.Audit(ctx, c.Data, c.Heads, quiet)
	}
	if c.SeedFile == "" {
		return access.Report{}, errors.New("give the hub's seed too, with --nats-seed-file")
	}
	b, err := bus.Connect(ctx, bus.Options{Party: bus.Hub, URLs: c.NATS, Seed: bus.SeedFile(c.SeedFile), TLS: c.TLS, Log: quiet})
	if err != nil {
		return access.Report{}, err
	}
	defer b.Close()
	return hub.AuditBus(ctx, b, c.Heads)
}
