package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
)

type deadLetterCommand struct {
	List   deadLetterList   `cmd:"" help:"List the dead letters, the oldest first."`
	Replay deadLetterReplay `cmd:"" help:"Hand one to its handler again; when that succeeds it is gone."`
}

type deadLetterList struct{ gatewayFlags }

// Run prints a line for each dead letter. It shows no case content.
func (c *deadLetterList) Run(ctx context.Context, out output) error {
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NUMBER\tTIME\tPARTY\tHANDLER\tEVENT\tSUBJECT\tREASON")
		for page := ""; ; {
			answer, err := adminv1.NewAdminServiceClient(connection).ListDeadLetters(ctx, &adminv1.ListDeadLettersRequest{PageToken: page})
			if err != nil {
				return err
			}
			for _, l := range answer.DeadLetters {
				fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s %d\t%s\t%s\n", l.Sequence, l.Time.AsTime().Format(time.RFC3339),
					l.Party, l.Handler, l.Stream, l.EventSequence, l.Subject, l.Reason)
			}
			if page = answer.NextPageToken; page == "" {
				return table.Flush()
			}
		}
	})
}

type deadLetterReplay struct {
	gatewayFlags
	Number uint64 `arg:"" help:"Number of the dead letter, from the list."`
}

// Run replays one dead letter.
func (c *deadLetterReplay) Run(ctx context.Context, out output) error {
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		_, err := adminv1.NewAdminServiceClient(connection).ReplayDeadLetter(ctx, &adminv1.ReplayDeadLetterRequest{RequestId: uuid.NewString(), Sequence: c.Number})
		if err == nil {
			fmt.Fprintf(out, "dead letter %d was taken in and is gone\n", c.Number)
		}
		return err
	})
}
