package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

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
		switch status.Code(err) {
		case codes.Unavailable:
			return fmt.Errorf("no hub answers at %s; start it, name its address with --gateway, or, when it speaks TLS, whom to trust with --tls-ca", g.Gateway)
		case codes.Unauthenticated:
			return fmt.Errorf("the hub at %s does not take tokens of this data folder; name its own with --data, or another address with --gateway", g.Gateway)
		}
		return fmt.Errorf("the gateway at %s answers %s: %s", g.Gateway, status.Code(err), status.Convert(err).Message())
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
	Remove staffRemove `cmd:"" help:"Remove an advisor or a lead; the name is erased."`
}

type staffAdd struct {
	gatewayFlags
	Provider    string   `help:"Key of the provider, such as omnia. Empty for an operator."`
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
	if operator := c.Role == "operator"; operator != (c.Provider == "") {
		return errors.New("an advisor or a lead needs --provider, such as omnia; an operator, with --role operator, has none")
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
	Provider string `required:"" help:"Key of the provider, such as omnia."`
	ID       string `required:"" help:"Id within the provider, such as a1."`
}

// Run removes one member of staff.
func (c *staffRemove) Run(ctx context.Context) error {
	return c.call(ctx, operator(), func(ctx context.Context, connection *grpc.ClientConn) error {
		_, err := adminv1.NewAdminServiceClient(connection).RemoveStaff(ctx, &adminv1.RemoveStaffRequest{
			RequestId: uuid.NewString(), Name: name.Advisor(c.Provider, c.ID),
		})
		return err
	})
}
