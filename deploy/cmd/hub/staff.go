package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// callLimit is how long one call may take.
const callLimit = 10 * time.Second

// gatewayFlags say which hub to call, and with whose key.
type gatewayFlags struct {
	dataFlag
	Gateway string `default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Address of the gateway's gRPC. (default: ${default})"`
	TLSCA   string `name:"tls-ca" env:"HUB_TLS_CA" placeholder:"FILE" help:"File with the certificates, in PEM, that sign the gateway's, when it speaks TLS."`
}

// call connects as a principal that the key in the data folder signs for.
func (g gatewayFlags) call(ctx context.Context, p token.Principal, do func(ctx context.Context, connection *grpc.ClientConn) error) error {
	signed, err := sign(g.Data, p, time.Minute)
	if err != nil {
		return err
	}
	security := insecure.NewCredentials()
	if g.TLSCA != "" {
		if security, err = credentials.NewClientTLSFromFile(g.TLSCA, ""); err != nil {
			return fmt.Errorf("read --tls-ca %s: %w", g.TLSCA, err)
		}
	}
	connection, err := grpc.NewClient(g.Gateway, grpc.WithTransportCredentials(security))
	if err != nil {
		return fmt.Errorf("connect to the gateway at %s: %w", g.Gateway, err)
	}
	defer func() { _ = connection.Close() }()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+signed), callLimit)
	defer cancel()
	if err := do(ctx, connection); err != nil {
		return g.refusal(err)
	}
	return nil
}

// operator is who this binary speaks as.
func operator() token.Principal {
	return token.Principal{Role: policyv1.Role_ROLE_OPERATOR, Subject: "hub-command"}
}

type staffCommands struct {
	Add    staffAdd    `cmd:"" help:"Add an advisor, a lead or an operator, or change one. Then give them a token (hub token)."`
	List   staffList   `cmd:"" help:"List the staff of a provider, or the operators."`
	Remove staffRemove `cmd:"" help:"Remove an advisor, a lead or an operator; the name is erased."`
}

type staffAdd struct {
	gatewayFlags
	Provider    string   `help:"Key of the provider, such as omnia. Needed for advisors and leads; empty for an operator."`
	ID          string   `required:"" help:"Id within the provider, such as a1."`
	Name        string   `required:"" help:"Name to show."`
	Role        string   `default:"advisor" enum:"advisor,lead,operator" help:"Role: advisor, lead or operator. (default: ${default})"`
	Languages   []string `help:"Languages to serve in, as ISO 639 codes with commas, such as fi,sv."`
	Competences []string `help:"What they know, as keys with commas, such as permits,premises."`
}

// Run adds one member of staff.
func (c *staffAdd) Run(ctx context.Context, out output) error {
	role, err := token.ParseRole(c.Role)
	if err != nil {
		return err
	}
	switch operators := c.Role == "operator"; {
	case operators && c.Provider != "":
		return fmt.Errorf("operators belong to no provider: leave --provider %s out, or give --role advisor or lead", c.Provider)
	case !operators && c.Provider == "":
		return fmt.Errorf("say with --provider whose %s it is, such as --provider omnia, or give --role operator", c.Role)
	}
	in := &adminv1.AddStaffRequest{
		RequestId: uuid.NewString(), AdvisorId: c.ID, DisplayName: c.Name, Role: role, Languages: c.Languages, Competences: c.Competences,
	}
	if c.Provider != "" {
		in.Parent = name.Provider(c.Provider)
	}
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		answer, err := adminv1.NewAdminServiceClient(connection).AddStaff(ctx, in)
		if err == nil {
			fmt.Fprintln(out, answer.Name)
		}
		return err
	})
}

type staffList struct {
	gatewayFlags
	Provider string `help:"Key of the provider, such as omnia. Empty for the operators."`
}

// Run lists a provider's staff, or the operators.
func (c *staffList) Run(ctx context.Context, out output) error {
	in := &adminv1.ListStaffRequest{}
	if c.Provider != "" {
		in.Parent = name.Provider(c.Provider)
	}
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		answer, err := adminv1.NewAdminServiceClient(connection).ListStaff(ctx, in)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tROLE\tLANGUAGES\tCOMPETENCES")
		for _, m := range answer.Staff {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", m.Name[strings.LastIndex(m.Name, "/")+1:], m.DisplayName, token.RoleName(m.Role),
				strings.Join(m.Languages, ","), strings.Join(m.Competences, ","))
		}
		return table.Flush()
	})
}

type staffRemove struct {
	gatewayFlags
	Provider string `help:"Key of the provider, such as omnia. Empty for an operator."`
	ID       string `required:"" help:"Id within the provider, such as a1."`
}

// Run removes one member of staff.
func (c *staffRemove) Run(ctx context.Context) error {
	who := name.Operator(c.ID)
	if c.Provider != "" {
		who = name.Advisor(c.Provider, c.ID)
	}
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		_, err := adminv1.NewAdminServiceClient(connection).RemoveStaff(ctx, &adminv1.RemoveStaffRequest{RequestId: uuid.NewString(), Name: who})
		return err
	})
}
