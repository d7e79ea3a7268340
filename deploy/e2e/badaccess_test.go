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
			c, next := f.open(), ""
			world.Await(f.t, "two rows", func() error { // each look leaves one
				page, err := calls.ListAccess(owner.Context(), &accessv1.ListAccessRequest{Parent: c.Name, PageSize: 1})
				if next = page.GetNextPageToken(); err == nil && next == "" {
					return world.Not("there is one page")
				}
				return err
			})
			return &accessv1.ListAccessRequest{Parent: f.open().Name, PageToken: next}
		},
	},
	"AccessService/ListProviderAccess": {
		role: "lead",
		valid: func(*fixture) proto.Message {
			return &accessv1.ListProviderAccessRequest{Parent: "providers/omnia"}
		},
	},
}
