package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	"github.com/businessespoo/hub/deploy/hub"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
)

type keyCommands struct {
	Issue  keyIssue  `cmd:"" help:"Issue a key. It is printed once; the hub keeps a digest alone."`
	List   keyList   `cmd:"" help:"List keys, without their secrets."`
	Revoke keyRevoke `cmd:"" help:"Revoke a key for good. Its calls are refused and its streams end at once."`
}

// keyOwner says whose keys: one of the two.
type keyOwner struct {
	Integrator string `help:"Key of the integrator's organisation, such as demo-bank."`
	Provider   string `help:"Key of the provider, such as omnia."`
}

func (o keyOwner) parent() (string, error) {
	switch {
	case o.Integrator != "" && o.Provider != "":
		return "", fmt.Errorf("give --integrator or --provider, not both")
	case o.Integrator != "":
		return "integrators/" + o.Integrator, nil
	case o.Provider != "":
		return name.Provider(o.Provider), nil
	}
	return "", nil
}

type keyIssue struct {
	gatewayFlags
	keyOwner
	Name    string   `required:"" help:"What the system is called. Companies see it of an integrator."`
	Scopes  []string `required:"" help:"What it may do, with commas: case:read,case:write,application:read for an integrator; request:read,request:decide for a provider."`
	ValidTo string   `placeholder:"DATE" help:"Last day, such as 2027-03-31; at most a year ahead. A year when empty."`
}

// Run prints the key alone, so that it can be put into a variable.
func (c *keyIssue) Run(ctx context.Context, out output) error {
	parent, err := c.parent()
	if err != nil {
		return err
	}
	if parent == "" {
		return fmt.Errorf("say whose system it is, with --integrator or --provider")
	}
	if c.ValidTo == "" {
		if c.ValidTo, err = yearAhead(c.Data); err != nil {
			return err
		}
	}
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		answer, err := keysv1.NewKeyServiceClient(connection).IssueKey(ctx, &keysv1.IssueKeyRequest{
			RequestId: uuid.NewString(), Parent: parent, DisplayName: c.Name, Scopes: c.Scopes, ValidTo: c.ValidTo,
		})
		if err == nil {
			fmt.Fprintln(out, answer.Secret)
		}
		return err
	})
}

// yearAhead is a year from the hub's today, which a demo has moved.
func yearAhead(data string) (string, error) {
	folder, err := hub.FindFolder(data)
	if err != nil {
		return "", err
	}
	now, err := folder.Now()
	return string(catalogue.DateOf(now).AddMonths(12)), err
}

type keyList struct {
	gatewayFlags
	keyOwner
}

// Run lists keys.
func (c *keyList) Run(ctx context.Context, out output) error {
	parent, err := c.parent()
	if err != nil {
		return err
	}
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tFOR\tNAME\tSCOPES\tVALID TO\tREVOKED")
		for page := ""; ; {
			answer, err := keysv1.NewKeyServiceClient(connection).ListKeys(ctx, &keysv1.ListKeysRequest{Parent: parent, PageToken: page})
			if err != nil {
				return err
			}
			for _, k := range answer.Keys {
				revoked := "-"
				if k.RevokedAt != nil {
					revoked = k.RevokedAt.AsTime().Format(time.RFC3339)
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", strings.TrimPrefix(k.Name, "keys/"), k.Parent, k.DisplayName, strings.Join(k.Scopes, ","), k.ValidTo, revoked)
			}
			if page = answer.NextPageToken; page == "" {
				return table.Flush()
			}
		}
	})
}

type keyRevoke struct {
	gatewayFlags
	ID string `required:"" help:"Id of the key: its middle part, or from hub key list."`
}

// Run revokes a key.
func (c *keyRevoke) Run(ctx context.Context) error {
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		_, err := keysv1.NewKeyServiceClient(connection).RevokeKey(ctx, &keysv1.RevokeKeyRequest{RequestId: uuid.NewString(), Name: "keys/" + strings.TrimPrefix(c.ID, "keys/")})
		return err
	})
}
