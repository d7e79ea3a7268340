// Package matrix tries who sees what: every onlooker, every class of data, at every way
// out of a running hub, against a file of expectations that was written from the rules
// and not from the code.
package matrix

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/deploy/hub"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/sight"
)

// run runs a hub in this process until the test ends, with a table of who sees what;
// nil is the hub's own. It answers what moves the hub's time.
func run(t *testing.T, table *sight.Table) (*world.World, func(time.Duration) time.Time) {
	t.Helper()
	var advance func(time.Duration) time.Time
	trial := hub.Trial{Sight: table, Clock: func(by func(time.Duration) time.Time) { advance = by }}
	const free = "127.0.0.1:0"
	data := filepath.Join(t.TempDir(), "data")
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan hub.Addresses, 1), make(chan error, 1)
	go func() {
		ended <- hub.Run(ctx, hub.Options{
			Data: data, Listen: free, Web: free, Health: free, ProviderListen: free, Trial: trial,
			Log: slog.New(slog.DiscardHandler), Out: io.Discard, Ready: func(a hub.Addresses) { ready <- a },
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case at := <-ready:
		w := world.Around(t, data, world.Addresses{GRPC: at.GRPC, Web: at.Web, Health: at.Health, Providers: at.Providers})
		w.Hire(t)
		return w, advance
	case err := <-ended:
		t.Fatalf("the hub ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the hub was not ready within a minute")
	}
	return nil, nil
}

// doors are the gateway's and all providers'.
func doors(t *testing.T, w *world.World) []*grpc.ClientConn {
	all := []*grpc.ClientConn{w.Conn(t, w.At.GRPC)}
	for _, key := range name.Providers {
		all = append(all, w.Conn(t, w.At.Providers[key]))
	}
	return all
}

// cells are what one onlooker meets: for each class, by which ways.
type cells map[string][]string

// meets looks everywhere and answers what was met, and for each class one place.
func (o *onlooker) meets(ctx context.Context, s *story, quiet time.Duration) (met cells, where map[string]string) {
	met, where = cells{}, map[string]string{}
	for _, a := range o.looks(ctx, s, quiet) {
		for _, class := range s.met(a) {
			if !slices.Contains(met[class], a.way) {
				met[class] = append(met[class], a.way)
			}
			where[class] = a.way + " " + a.method + " " + a.query
		}
	}
	return met, where
}

// misses tells whether something that is expected was not met.
func (x expects) misses(met cells) bool {
	for _, class := range x.Seen {
		if len(met[class]) == 0 {
			return true
		}
	}
	for way, classes := range x.By {
		for _, class := range classes {
			if !slices.Contains(met[class], way) {
				return true
			}
		}
	}
	return false
}

// TestMatrix compares what every onlooker meets with what is expected.
func TestMatrix(t *testing.T) {
	e := readExpected(t)
	w, advance := run(t, nil)
	for called, one := range cast(t, w, e, advance) {
		t.Run(called, func(t *testing.T) {
			expects := e.Onlookers[called]
			// Whoever misses something looks again with more patience: a watch does not say when
			// it has said all.
			var met cells
			var where map[string]string
			for quiet := 300 * time.Millisecond; ; quiet *= 3 {
				met, where = one.onlooker.meets(t.Context(), one.story, quiet)
				if !expects.misses(met) || quiet > 5*time.Second {
					break
				}
			}
			for class := range e.Classes {
				seen := slices.Contains(expects.Seen, class)
				switch {
				case seen && len(met[class]) == 0:
					t.Errorf("%s (%s): does not see %s anywhere", called, expects.Who, class)
				case seen:
					for way, classes := range expects.By {
						if slices.Contains(classes, class) && !slices.Contains(met[class], way) {
							t.Errorf("%s (%s): sees %s by %v, but not by %s", called, expects.Who, class, met[class], way)
						}
					}
				case len(met[class]) > 0:
					t.Errorf("%s (%s): sees %s, by %v, such as %s", called, expects.Who, class, met[class], where[class])
				}
			}
		})
	}
}

// TestClassesWithoutAPI fails once the contract has a field for a class that has none
// yet, by name or by data class: then its expectations are due.
func TestClassesWithoutAPI(t *testing.T) {
	e := readExpected(t)
	if len(e.WithoutAPI) == 0 {
		t.Skip("every class of the rule book has an API")
	}
	fields := 0
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "businessespoo.") || file.Package() == "businessespoo.policy.v1" {
			return true
		}
		for i := range file.Messages().Len() {
			message := file.Messages().Get(i)
			for j := range message.Fields().Len() {
				field := message.Fields().Get(j)
				fields++
				policy, _ := proto.GetExtension(field.Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
				words := strings.Split(string(field.Name())+"_"+strings.ToLower(policy.GetData().String()), "_")
				for class := range e.WithoutAPI {
					if slices.ContainsFunc(words, func(word string) bool { return strings.TrimSuffix(word, "s") == class }) {
						t.Errorf("%s is of %s, of which expected.yaml says that it has no API: say who sees it", field.FullName(), class)
					}
				}
			}
		}
		return true
	})
	if fields < 300 {
		t.Errorf("only %d fields were looked at", fields)
	}
}
