package main

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/businessespoo/hub/services/kit/problem"
)

// flagOf is the flag that fills in a field of the API, as the field is called there.
var flagOf = map[string]string{
	"advisor_id": "--id", "name": "--id", "id": "--id", "display_name": "--name", "parent": "--provider or --integrator", "role": "--role",
	"languages": "--languages", "competences": "--competences", "scopes": "--scopes", "valid_to": "--valid-to",
	"case": "--case", "person": "--person", "company": "--company", "revision": "--revision", "reason": "--reason",
	"ground.law": "--law", "ground.section": "--section", "ground.reason": "--reason",
}

// commandFor is the command that does what a call of the API does, which its messages name.
var commandFor = strings.NewReplacer(
	"AddStaff", "hub staff add", "ListStaff", "hub staff list", "RemoveStaff", "hub staff remove",
	"IssueKey", "hub key issue", "ListKeys", "hub key list", "RevokeKey", "hub key revoke",
	"ListDeadLetters", "hub dead-letters list", "ReplayDeadLetter", "hub dead-letters replay",
	"ListErasures", "hub erasures list", "GetErasure", "hub erasures show", "HoldCase", "hub erasures hold", "ReleaseCase", "hub erasures release",
)

// refusal says why a call did not do what a command line asked for, in the words of the
// command line.
func (g gatewayFlags) refusal(err error) error {
	if _, answered := status.FromError(err); !answered {
		return err // the command's own
	}
	switch status.Code(err) {
	case codes.Unavailable:
		return fmt.Errorf("no hub answers at %s; start it, name its address with --gateway, or, when it speaks TLS, whom to trust with --tls-ca", g.Gateway)
	case codes.Unauthenticated:
		return fmt.Errorf("the hub at %s does not take tokens of this data folder; name its own with --data, or another address with --gateway", g.Gateway)
	}
	p := problem.From(err)
	var wrong []string
	for _, v := range p.Violations {
		field, _, _ := strings.Cut(v.Field, "[")
		if flag := flagOf[field]; flag != "" {
			wrong = append(wrong, flag+": "+commandFor.Replace(v.Description))
		}
	}
	if len(wrong) > 0 && len(wrong) == len(p.Violations) {
		return fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	if p.Message == "" {
		return fmt.Errorf("the gateway at %s answers %s: %s", g.Gateway, status.Code(err), status.Convert(err).Message())
	}
	return fmt.Errorf("the hub at %s refuses it: %s", g.Gateway, commandFor.Replace(p.Message))
}
