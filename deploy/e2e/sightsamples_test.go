package e2e

import (
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
)

// sightSamples are those of the services about who sees what.
var sightSamples = map[string]sample{
	"ConsentService/ListConsents": {role: "company", valid: func(f *fixture) proto.Message {
		return &consentv1.ListConsentsRequest{Parent: f.open().Name}
	}},
	"ConsentService/GrantConsent": {
		role:   "company",
		valid:  func(f *fixture) proto.Message { return granting(f.open().Name) },
		state:  func(f *fixture) proto.Message { return granting(f.unconfirmed()) },
		change: func(m proto.Message) { m.(*consentv1.GrantConsentRequest).Consent.Provider = "providers/employment" },
	},
	"ConsentService/WithdrawConsent": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &consentv1.WithdrawConsentRequest{Name: f.open().Name + "/consents/1", RequestId: newID()}
		},
		state: func(f *fixture) proto.Message {
			first := &consentv1.WithdrawConsentRequest{Name: f.open().Name + "/consents/1", RequestId: newID()}
			f.mustCall(consentv1.NewConsentServiceClient(f.w.Conn(f.t, f.w.At.GRPC)).WithdrawConsent(f.owner().Context(), first))
			c := f.owner().Case(strings.TrimSuffix(first.Name, "/consents/1"))
			c.Await("what follows of it", func(v *casesv1.Case) bool { return v.Requests[0].ConsentEndedAt != nil })
			return &consentv1.WithdrawConsentRequest{Name: first.Name, RequestId: newID()}
		},
		change: func(m proto.Message) { m.(*consentv1.WithdrawConsentRequest).Name += "9" },
	},
	"SharedCaseService/GetSharedCase": {role: "advisor", valid: func(f *fixture) proto.Message {
		return &sharingv1.GetSharedCaseRequest{Name: f.open().Name}
	}},
	"SharedCaseService/ListSharedCases": {role: "advisor", valid: func(*fixture) proto.Message { return &sharingv1.ListSharedCasesRequest{} }},
	"SharedCaseService/WatchSharedCase": {role: "advisor", valid: func(f *fixture) proto.Message {
		return &sharingv1.WatchSharedCaseRequest{Name: f.open().Name}
	}},
	"SharedCaseService/ListLegalGrounds": {role: "advisor", valid: func(*fixture) proto.Message {
		return &sharingv1.ListLegalGroundsRequest{Language: "sv"}
	}},
	"SharedCaseService/RecordDisclosure": {
		role:   "advisor",
		valid:  func(f *fixture) proto.Message { return recording(f.open().Name) },
		state:  func(f *fixture) proto.Message { return recording(f.unconfirmed()) },
		change: func(m proto.Message) { m.(*sharingv1.RecordDisclosureRequest).Reason += " now" },
	},
}

func granting(caseName string) *consentv1.GrantConsentRequest {
	return &consentv1.GrantConsentRequest{
		Parent: caseName, RequestId: uuid.NewString(),
		Consent: &casesv1.Consent{Provider: "providers/chamber", Purpose: casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE, TextVersion: "shared-2026-11"},
	}
}

func recording(caseName string) *sharingv1.RecordDisclosureRequest {
	return &sharingv1.RecordDisclosureRequest{
		Parent: caseName, RequestId: uuid.NewString(), Act: "621/1999", Section: "29", DataClasses: []policyv1.DataClass{decision}, Reason: "An appeal is being heard",
	}
}
