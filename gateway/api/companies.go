package api

import (
	"context"
	"time"

	"github.com/businessespoo/hub/gateway/ytj"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/limit"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

const (
	// lookupPart is which part of a caller's rate of calls may be look-ups that go out to
	// the register, and lookupBurst how many may at once.
	lookupPart, lookupBurst = 100, 20
)

// Companies is the company service.
type Companies struct {
	companyv1.UnsafeCompanyServiceServer
	register *ytj.Register
	rate     float64
	lookups  *limit.Buckets
	now      func() time.Time
}

// NewCompanies makes the service over a register; nil is none. rate is how many calls a
// second of one caller are answered; 0 is without limit.
func NewCompanies(register *ytj.Register, rate float64, now func() time.Time) *Companies {
	return &Companies{register: register, rate: rate / lookupPart, lookups: limit.NewBuckets(rate/lookupPart, lookupBurst), now: now}
}

// LookupCompany answers what the register says of a company.
func (s *Companies) LookupCompany(ctx context.Context, req *companyv1.LookupCompanyRequest) (*companyv1.LookupCompanyResponse, error) {
	if s.register == nil {
		return nil, problem.New(problem.State, "REGISTER_OFF", "this hub asks no company register; go on without, and name the company yourself")
	}
	if !s.register.Knows(req.BusinessId) {
		if wait := s.lookups.Take(host.Caller(token.From(ctx)), s.now()); wait > 0 {
			return nil, host.TooOften(wait, "look-ups of companies came from you", s.rate, lookupBurst)
		}
	}
	company, err := s.register.Lookup(ctx, req.BusinessId)
	if err != nil {
		return nil, err
	}
	return &companyv1.LookupCompanyResponse{Company: company}, nil
}
