package e2e

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/businessespoo/hub/deploy/e2e/world"
)

// Bad input, for every rpc of the contract: testdata/badinput.txt says, one line
// for each rpc and kind of fault, what is answered. Whatever is refused leaves
// everything as it was, and the process goes on.

var update = flag.Bool("update", false, "write testdata/badinput.txt anew; then read every line that changed")

const expectations = "testdata/badinput.txt"

// method is one rpc of the contract.
type method struct {
	// name is such as CaseService/OpenCase, path such as /businessespoo.cases.v1.CaseService/OpenCase.
	name, path string
	descriptor protoreflect.MethodDescriptor
}

// methods are all rpcs of all services of the contract, by name.
func methods() []method {
	var all []method
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "businessespoo.") {
			return true
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				all = append(all, method{
					name: fmt.Sprintf("%s/%s", service.Name(), m.Name()), path: fmt.Sprintf("/%s/%s", service.FullName(), m.Name()), descriptor: m,
				})
			}
		}
		return true
	})
	slices.SortFunc(all, func(a, b method) int { return strings.Compare(a.path, b.path) })
	return all
}

func TestEveryRPCHasSamplesAndExpectations(t *testing.T) {
	lines := readExpectations(t)
	known := map[string]bool{}
	for _, m := range methods() {
		known[m.name] = true
		if _, ok := samples[m.name]; !ok {
			t.Errorf("%s has no sample", m.name)
		}
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, m.name+" ") }) {
			t.Errorf("%s says nothing of %s", expectations, m.name)
		}
	}
	if len(known) < 53 {
		t.Errorf("the contract has %d rpcs only", len(known))
	}
	for name := range samples {
		if !known[name] {
			t.Errorf("%s is sampled, and is no rpc", name)
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := newFixture(t, w)
	before := w.Process("gateway")
	var got []string
	for _, m := range methods() {
		s, ok := samples[m.name]
		if !ok {
			continue // the test above says so
		}
		t.Run(m.name, func(t *testing.T) {
			f.t = t
			for _, k := range kinds {
				line := f.try(m, s, k)
				if line == "" {
					continue
				}
				got = append(got, line)
				if own, differs := f.atOwnPort(m, s, k, line); differs {
					t.Errorf("the provider's own port answers %s; the gateway %s", own, line)
				}
			}
		})
	}
	f.t = t
	if !before.Alive() || strings.Count(before.Log(), "msg=started process=gateway") != 1 {
		t.Error("the process did not stay up")
	}
	if *update {
		writeExpectations(t, got)
	}
	if diff := cmp.Diff(readExpectations(t), got); diff != "" {
		t.Errorf("answers differ from %s (-expected +got):\n%s", expectations, diff)
	}
}

// atOwnPort makes the same attempt at the provider itself, and tells whether the
// answer is another one than through the gateway.
func (f *fixture) atOwnPort(m method, s sample, k kind, through string) (line string, differs bool) {
	f.t.Helper()
	// Another provider's inbox is denied by that provider; this one does not serve it.
	if !strings.HasPrefix(m.name, "ProviderService/") || k.name == "other-provider" {
		return "", false
	}
	s.at = "omnia"
	line = f.try(m, s, k)
	return line, line != through
}

const head = `# What bad input is answered with: rpc, kind of fault, code, reason, fields that are named.
# Kinds are explained in badkinds_test.go. OK means that it is no fault for this rpc.
`

func readExpectations(t *testing.T) []string {
	t.Helper()
	file, err := os.Open(expectations)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var lines []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		if line := scanner.Text(); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	return lines
}

func writeExpectations(t *testing.T, lines []string) {
	t.Helper()
	var text strings.Builder
	text.WriteString(head)
	last := ""
	for _, line := range lines {
		fields := strings.Fields(line)
		if fields[0] != last {
			text.WriteString("\n")
		}
		last = fields[0]
		fmt.Fprintf(&text, "%-42s %-16s %-19s %-28s %s\n", fields[0], fields[1], fields[2], fields[3], strings.Join(fields[4:], " "))
	}
	if err := os.WriteFile(expectations, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
