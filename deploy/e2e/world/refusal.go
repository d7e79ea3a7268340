package world

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Refusal is what a caller can read out of an error.
type Refusal struct {
	Code    codes.Code
	Reason  string
	Message string
	// Fields are the fields that are wrong.
	Fields []string
	// Meta are further facts for programs.
	Meta map[string]string
}

// Read reads an error; the zero Refusal, with the code OK, for nil.
func Read(err error) Refusal {
	s := status.Convert(err)
	r := Refusal{Code: s.Code(), Message: s.Message()}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			r.Reason, r.Meta = d.Reason, d.Metadata
		case *errdetails.BadRequest:
			for _, v := range d.FieldViolations {
				r.Fields = append(r.Fields, v.Field)
			}
		}
	}
	return r
}

// Names tells whether the refusal names the field, or one within it.
func (r Refusal) Names(field string) bool {
	for _, f := range r.Fields {
		if f == field || strings.HasPrefix(f, field+".") || strings.HasPrefix(f, field+"[") {
			return true
		}
	}
	return false
}

// Refused fails the test unless err is a refusal with the code and the reason.
func Refused(t testing.TB, err error, code codes.Code, reason string) Refusal {
	t.Helper()
	r := Read(err)
	if r.Code != code || r.Reason != reason {
		t.Fatalf("answered %s %s: %s (%v); want %s %s", r.Code, r.Reason, r.Message, r.Fields, code, reason)
	}
	return r
}
