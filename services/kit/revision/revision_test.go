package revision_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
)

func TestDecodeReadsWhatEncodeWrote(t *testing.T) {
	for _, want := range []revision.Revision{
		{Stream: "CASES", Sequence: 1, Scope: "case.abcdefghijklmnopqrstuvwxyz.espoon-yrittajat.9999"},
		{Stream: "CASES", Sequence: 1<<64 - 1, Scope: ""},
		{Stream: "", Sequence: 0, Scope: ""},
	} {
		text := revision.Encode(want.Stream, want.Sequence, want.Scope)
		got, err := revision.Decode("revision", text)
		if err != nil {
			t.Fatalf("Decode(%q): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Decode(%q) (-want +got):\n%s", text, diff)
		}
		if len(text) > revision.MaxLength {
			t.Errorf("a revision has %d characters, more than %d", len(text), revision.MaxLength)
		}
	}
}

func TestDecodeRefusesAnythingElse(t *testing.T) {
	right := revision.Encode("CASES", 7, "case.x.omnia.1")
	for name, text := range map[string]string{
		"empty": "", "words": "yesterday", "not base64": "???", "cut": right[:len(right)-3],
		"changed": "B" + right[1:], "longer": right + "AAAA", "huge": strings.Repeat("A", 5000), "a number": "17",
	} {
		_, err := revision.Decode("min_revision", text)
		p := problem.From(err)
		if p == nil || p.Kind != problem.Invalid || p.Reason != "REVISION_INVALID" || len(p.Violations) != 1 || p.Violations[0].Field != "min_revision" {
			t.Errorf("%s: got %+v, want REVISION_INVALID of min_revision", name, p)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(revision.Encode("CASES", 7, "case.x.omnia.1"))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := revision.Decode("revision", text)
		if err != nil {
			return
		}
		again, err := revision.Decode("revision", revision.Encode(r.Stream, r.Sequence, r.Scope))
		if err != nil || again != r {
			t.Errorf("%q reads as %+v, and written again as %+v, %v", text, r, again, err)
		}
	})
}
