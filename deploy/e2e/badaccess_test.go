package e2e

import (
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
)

// accessSamples are those of the access log.
var accessSamples = map[string]sample{
	"AccessService/ListAccess": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &accessv1.ListAccessRequest{Parent: f.open().Name}
		},
		otherPage: func(f *fixture) proto.Message {
			owner, calls := f.owner(), accessv1.NewAccessServiceClient(f.w.Conn(f.t, f.w.At.GRPC))
			c := f.open()
			c.View()
			c.View()
			next := pageToken(f, func(r *accessv1.ListAccessRequest) (*accessv1.ListAccessResponse, error) {
				return calls.ListAccess(owner.Context(), r)
			}, &accessv1.ListAccessRequest{Parent: c.Name, PageSize: 1})
			other := owner.Open(world.Opening{Need: "Toinen asia", Company: mine, Services: []string{service}})
			return &accessv1.ListAccessRequest{Parent: other.Name, PageToken: next}
		},
	},
	"AccessService/ListProviderAccess": {
		role: "lead",
		valid: func(*fixture) proto.Message {
			return &accessv1.ListProviderAccessRequest{Parent: "providers/omnia"}
		},
	},
}
