package paging_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
)

func token(t *testing.T, query proto.Message, place ...string) string {
	t.Helper()
	text, err := paging.Encode(query, place...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestATokenLeadsBackToItsPlace(t *testing.T) {
	query := &providerv1.ListRequestsRequest{Parent: "providers/omnia", Query: "leipomo"}
	for _, place := range [][]string{{"2026-11-22", "cases/x"}, {"", ""}, {"ä", "\x00"}} {
		got, err := paging.Decode(query, token(t, query, place...), 2)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(place, got); diff != "" {
			t.Errorf("place (-want +got):\n%s", diff)
		}
	}
	if got, err := paging.Decode(query, "", 2); got != nil || err != nil {
		t.Errorf("without a token: %q, %v; want the beginning", got, err)
	}
}

func TestATokenBelongsToItsQuery(t *testing.T) {
	first := &providerv1.ListRequestsRequest{Parent: "providers/omnia", Query: "leipomo"}
	text := token(t, first, "a", "b")
	for name, test := range map[string]struct {
		query proto.Message
		want  string
	}{
		"the next page":      {&providerv1.ListRequestsRequest{Parent: "providers/omnia", Query: "leipomo", PageToken: text}, ""},
		"another page size":  {&providerv1.ListRequestsRequest{Parent: "providers/omnia", Query: "leipomo", PageSize: 3}, ""},
		"a later revision":   {&providerv1.ListRequestsRequest{Parent: "providers/omnia", Query: "leipomo", MinRevision: "x"}, ""},
		"another filter":     {&providerv1.ListRequestsRequest{Parent: "providers/omnia", Query: "kampaamo"}, "PAGE_TOKEN_MISMATCH"},
		"another provider":   {&providerv1.ListRequestsRequest{Parent: "providers/chamber", Query: "leipomo"}, "PAGE_TOKEN_MISMATCH"},
		"another list":       {&providerv1.ListAdvisorsRequest{Parent: "providers/omnia"}, "PAGE_TOKEN_MISMATCH"},
		"another sort order": {&providerv1.ListRequestsRequest{Parent: "providers/omnia", Query: "leipomo", Order: 2}, "PAGE_TOKEN_MISMATCH"},
	} {
		_, err := paging.Decode(test.query, text, 2)
		reason := ""
		if err != nil {
			reason = problem.From(err).Reason
		}
		if reason != test.want {
			t.Errorf("%s: %q, want %q", name, reason, test.want)
		}
	}
}

func TestOtherTextsAreNoTokens(t *testing.T) {
	query := &providerv1.ListAdvisorsRequest{Parent: "providers/omnia"}
	right := token(t, query, "a")
	for name, text := range map[string]string{
		"words": "next page", "base64": "AAAA", "cut": right[:len(right)-1], "longer": right + "_w",
		"huge": strings.Repeat("A", 2000), "other values": token(t, query, "a", "b"),
	} {
		_, err := paging.Decode(query, text, 1)
		if p := problem.From(err); p == nil || p.Kind != problem.Invalid || p.Reason != "PAGE_TOKEN_INVALID" || p.Violations[0].Field != "page_token" {
			t.Errorf("%s: %+v, want PAGE_TOKEN_INVALID", name, p)
		}
	}
	if _, err := paging.Encode(query, strings.Repeat("x", 1000)); err == nil {
		t.Error("a place that no token can hold was written")
	}
}

func FuzzDecode(f *testing.F) {
	query := &providerv1.ListAdvisorsRequest{Parent: "providers/omnia"}
	if text, err := paging.Encode(query, "a"); err == nil {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place, err := paging.Decode(query, text, 1)
		if err == nil && text != "" && len(place) != 1 {
			t.Errorf("%q reads as %q", text, place)
		}
	})
}
