package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
)

// groundFlags say why something is erased. The protocol keeps them.
type groundFlags struct {
	Law     string `required:"" help:"Act that it is erased under, such as GDPR."`
	Section string `required:"" help:"Section or article, such as 17(1)(b)."`
	Reason  string `required:"" help:"Why it applies here. It is kept, so name nobody."`
}

func (g groundFlags) ground() *rightsv1.Ground {
	return &rightsv1.Ground{Law: g.Law, Section: g.Section, Reason: g.Reason}
}

// rights calls the data rights service as an operator.
func (g gatewayFlags) rights(ctx context.Context, do func(ctx context.Context, rights rightsv1.DataRightsServiceClient) error) error {
	return g.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		return do(ctx, rightsv1.NewDataRightsServiceClient(connection))
	})
}

type eraseCommand struct {
	gatewayFlags
	groundFlags
	Case    string `xor:"what" required:"" placeholder:"cases/ID" help:"Case to erase."`
	Person  string `xor:"what" required:"" placeholder:"ID" help:"Person, by their opaque id: drafts, and the cases that they opened and that belong to no company."`
	Company string `xor:"what" required:"" placeholder:"BUSINESS-ID" help:"Company: all of its cases."`
}

// Run orders an erasure and prints its protocol as it is by then. It fails when there was
// nothing to erase.
func (c *eraseCommand) Run(ctx context.Context, out output) error {
	return c.rights(ctx, func(ctx context.Context, rights rightsv1.DataRightsServiceClient) error {
		answer, err := rights.Erase(ctx, &rightsv1.EraseRequest{
			RequestId: uuid.NewString(), Case: c.Case, Person: c.Person, Company: c.Company, Ground: c.ground(),
		})
		erasure, err := waited(ctx, rights, answer.GetErasure(), err)
		switch {
		case err != nil:
			return err
		case !found(erasure):
			return fmt.Errorf("nothing was kept of %s, so nothing was erased (%s); check the id", cmp.Or(c.Case, c.Person, c.Company), erasure.Name)
		}
		document(out, erasure)
		return nil
	})
}

type redactCommand struct {
	gatewayFlags
	groundFlags
	Case     string `required:"" placeholder:"cases/ID" help:"Case that it is in."`
	Revision string `required:"" help:"Revision of the entry in the case's timeline."`
}

// Run orders a redaction and prints its protocol as it is by then.
func (c *redactCommand) Run(ctx context.Context, out output) error {
	return c.rights(ctx, func(ctx context.Context, rights rightsv1.DataRightsServiceClient) error {
		answer, err := rights.RedactFact(ctx, &rightsv1.RedactFactRequest{RequestId: uuid.NewString(), Case: c.Case, Revision: c.Revision, Ground: c.ground()})
		erasure, err := waited(ctx, rights, answer.GetErasure(), err)
		if err == nil {
			document(out, erasure)
		}
		return err
	})
}

const (
	// erasureWait is how long a command waits for an erasure to be done; it goes on
	// without it.
	erasureWait = 5 * time.Second
	erasureLook = 100 * time.Millisecond
)

// waited waits a moment for an erasure to be done, and answers its protocol as it is then.
func waited(ctx context.Context, rights rightsv1.DataRightsServiceClient, e *rightsv1.Erasure, err error) (*rightsv1.Erasure, error) {
	for end := time.Now().Add(erasureWait); err == nil && e.State != rightsv1.ErasureState_ERASURE_STATE_DONE && time.Now().Before(end); {
		time.Sleep(erasureLook)
		var answer *rightsv1.GetErasureResponse
		answer, err = rights.GetErasure(ctx, &rightsv1.GetErasureRequest{Name: e.Name})
		e = answer.GetErasure()
	}
	return e, err
}

// found tells whether an erasure that is done had anything to erase.
func found(e *rightsv1.Erasure) bool {
	return e.GetDoneAt() == nil || len(e.GetCases()) > 0 || slices.ContainsFunc(e.GetRemoved(), func(r *rightsv1.Removed) bool { return r.GetCount() > 0 })
}

// document prints a protocol that can be given to who asked for the erasure.
func document(out output, e *rightsv1.Erasure) {
	what := "Erasure"
	if e.Redaction {
		what = "Redaction"
	}
	fmt.Fprintf(out, "%s: %s\n", what, e.Name)
	fmt.Fprintf(out, "Ground: %s %s: %s\n", e.Ground.GetLaw(), e.Ground.GetSection(), e.Ground.GetReason())
	fmt.Fprintf(out, "Ordered: %s by %s\n", e.OrderedAt.AsTime().Format(time.RFC3339), e.OrderedBy)
	switch {
	case e.DoneAt != nil:
		fmt.Fprintf(out, "Done everywhere: %s\n", e.DoneAt.AsTime().Format(time.RFC3339))
	case len(e.WaitingFor) > 0:
		fmt.Fprintf(out, "Not done yet: waits for %s\n", strings.Join(e.WaitingFor, ", "))
	default:
		fmt.Fprintln(out, "Not done yet: it goes on")
	}
	for _, c := range e.Cases {
		fmt.Fprintf(out, "Case: %s\n", c)
	}
	for _, r := range e.Removed {
		if r.Place == "notes" {
			fmt.Fprintf(out, "Removed: confidential notes of %s, if there were any\n", r.Party)
			continue
		}
		fmt.Fprintf(out, "Removed: %d in %s of %s\n", r.Count, r.Place, r.Party)
	}
}

type erasureCommands struct {
	List    erasureList    `cmd:"" help:"List all erasures and redactions, the newest first."`
	Show    erasureShow    `cmd:"" help:"Print the protocol of one."`
	Hold    erasureHold    `cmd:"" help:"Keep a case from being erased: a legal hold."`
	Release erasureRelease `cmd:"" help:"End a hold."`
}

type erasureList struct{ gatewayFlags }

// Run prints a line for each.
func (c *erasureList) Run(ctx context.Context, out output) error {
	return c.rights(ctx, func(ctx context.Context, rights rightsv1.DataRightsServiceClient) error {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tORDERED\tSTATE\tCASES\tGROUND")
		for page := ""; ; {
			answer, err := rights.ListErasures(ctx, &rightsv1.ListErasuresRequest{PageToken: page})
			if err != nil {
				return err
			}
			for _, e := range answer.Erasures {
				state := strings.ToLower(strings.TrimPrefix(e.State.String(), "ERASURE_STATE_"))
				fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s %s\n", e.Name, e.OrderedAt.AsTime().Format(time.RFC3339), state, len(e.Cases), e.Ground.GetLaw(), e.Ground.GetSection())
			}
			if page = answer.NextPageToken; page == "" {
				return table.Flush()
			}
		}
	})
}

type erasureShow struct {
	gatewayFlags
	Name string `arg:"" help:"erasures/ID, from the list."`
}

// Run prints one protocol.
func (c *erasureShow) Run(ctx context.Context, out output) error {
	return c.rights(ctx, func(ctx context.Context, rights rightsv1.DataRightsServiceClient) error {
		answer, err := rights.GetErasure(ctx, &rightsv1.GetErasureRequest{Name: c.Name})
		if err == nil {
			document(out, answer.Erasure)
		}
		return err
	})
}

type erasureHold struct {
	gatewayFlags
	Case   string `required:"" placeholder:"cases/ID" help:"Case to keep."`
	Reason string `required:"" help:"Why it must be kept."`
}

// Run holds a case.
func (c *erasureHold) Run(ctx context.Context, out output) error {
	return c.rights(ctx, func(ctx context.Context, rights rightsv1.DataRightsServiceClient) error {
		_, err := rights.HoldCase(ctx, &rightsv1.HoldCaseRequest{RequestId: uuid.NewString(), Case: c.Case, Reason: c.Reason})
		if err == nil {
			fmt.Fprintf(out, "%s is held until hub erasures release\n", c.Case)
		}
		return err
	})
}

type erasureRelease struct {
	gatewayFlags
	Case string `required:"" placeholder:"cases/ID" help:"Case to release."`
}

// Run releases a case.
func (c *erasureRelease) Run(ctx context.Context, out output) error {
	return c.rights(ctx, func(ctx context.Context, rights rightsv1.DataRightsServiceClient) error {
		_, err := rights.ReleaseCase(ctx, &rightsv1.ReleaseCaseRequest{RequestId: uuid.NewString(), Case: c.Case})
		if err == nil {
			fmt.Fprintf(out, "%s is not held\n", c.Case)
		}
		return err
	})
}
