package e2e

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// onlooker is somebody who looks at all that the hub shows them, and keeps every
// byte of it.
type onlooker struct {
	who string
	// authorization is empty for somebody who does not sign in.
	authorization string
	tap           *world.Tap
	browser       *world.Browser
}

func newOnlooker(t *testing.T, w *world.World, who string, p principal, tap *world.Tap) *onlooker {
	t.Helper()
	o := &onlooker{who: who, tap: tap, browser: w.Browser(t)}
	if p.Role != 0 {
		token := w.Token(t, p)
		o.authorization = "Bearer " + token
		if p.Role != policyv1.Role_ROLE_PROVIDER_SYSTEM && p.Role != policyv1.Role_ROLE_INTEGRATOR { // systems have no browser
			o.browser.SignIn(token)
		}
	}
	return o
}

func (o *onlooker) context(t *testing.T) context.Context {
	if o.authorization == "" {
		return t.Context()
	}
	return world.Authorized(t.Context(), o.authorization)
}

// looks are all the ways to read: about a request with its case, at a provider,
// and for a word in a search.
func looks(conn grpc.ClientConnInterface, request, provider, word string) map[string]func(context.Context) (proto.Message, error) {
	scope, err := name.ParseRequest(request)
	if err != nil {
		panic(err) // the test made it
	}
	one := name.Case(scope.Case)
	cases, desks := casesv1.NewCaseServiceClient(conn), providerv1.NewProviderServiceClient(conn)
	all := map[string]func(context.Context) (proto.Message, error){
		"GetCase": func(ctx context.Context) (proto.Message, error) {
			return cases.GetCase(ctx, &casesv1.GetCaseRequest{Name: one})
		},
		"WatchCase": first(cases.WatchCase, &casesv1.WatchCaseRequest{Name: one}),
		"GetRequest": func(ctx context.Context) (proto.Message, error) {
			return desks.GetRequest(ctx, &providerv1.GetRequestRequest{Name: request})
		},
		"ListNotes": func(ctx context.Context) (proto.Message, error) {
			return desks.ListNotes(ctx, &providerv1.ListNotesRequest{Parent: request})
		},
		"ListAdvisors": func(ctx context.Context) (proto.Message, error) {
			return desks.ListAdvisors(ctx, &providerv1.ListAdvisorsRequest{Parent: name.Provider(provider)})
		},
		"ListDeadLetters": func(ctx context.Context) (proto.Message, error) {
			return adminv1.NewAdminServiceClient(conn).ListDeadLetters(ctx, &adminv1.ListDeadLettersRequest{})
		},
	}
	for _, query := range []string{"", word} {
		all["ListCases "+query] = func(ctx context.Context) (proto.Message, error) {
			return cases.ListCases(ctx, &casesv1.ListCasesRequest{Query: query, PageSize: 100})
		}
		all["ListRequests "+query] = func(ctx context.Context) (proto.Message, error) {
			return desks.ListRequests(ctx, &providerv1.ListRequestsRequest{Parent: name.Provider(provider), Query: query, Statuses: everyStatus, PageSize: 200})
		}
		all["SuggestServices "+query] = func(ctx context.Context) (proto.Message, error) {
			return cases.SuggestServices(ctx, &casesv1.SuggestServicesRequest{Text: "myyn yritykseni, talousvaikeuksia " + query})
		}
	}
	return all
}

// first reads the first step of a watch: it shows at once what there is.
func first[Request, Response any](open func(context.Context, *Request, ...grpc.CallOption) (grpc.ServerStreamingClient[Response], error), in *Request) func(context.Context) (proto.Message, error) {
	return func(ctx context.Context) (proto.Message, error) {
		ctx, leave := context.WithCancel(ctx)
		defer leave()
		stream, err := open(ctx, in)
		if err != nil {
			return nil, err
		}
		answer, err := stream.Recv()
		message, _ := any(answer).(proto.Message)
		return message, err
	}
}

// sees are the onlooker's answers as bytes, but for the calls that are left out:
// refusals too are answers. They are without the id of the case, so that answers
// about a case that is there compare with those about one that is not.
func (o *onlooker) sees(t *testing.T, request, provider, word string, leftOut ...string) map[string]string {
	t.Helper()
	saw, id := map[string]string{}, request[len("cases/"):strings.Index(request, "/requests/")]
	for what, look := range looks(o.tap, request, provider, word) {
		if slices.Contains(leftOut, what) {
			continue
		}
		answer, err := look(o.context(t))
		if err != nil {
			answer = status.Convert(err).Proto()
		}
		body, err := proto.MarshalOptions{Deterministic: true}.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		text := prototext.MarshalOptions{Multiline: true}.Format(answer)
		saw[fmt.Sprint(o.who, ": ", what, " at ", provider)] = fmt.Sprintf("%s\n%x", strings.ReplaceAll(text, id, "?"), bytes.ReplaceAll(body, []byte(id), []byte("?")))
	}
	return saw
}

// visits opens the pages on which a case might show, and answers them whole.
func (o *onlooker) visits(request, provider string) map[string][]byte {
	scope, err := name.ParseRequest(request)
	if err != nil {
		panic(err)
	}
	pages := map[string][]byte{}
	for _, path := range []string{
		"/", "/status", "/cases", "/cases/" + scope.Case, "/desk/" + provider, "/desk/" + scope.Party,
		fmt.Sprintf("/desk/%s/requests/%s/%s-%d", scope.Party, scope.Case, scope.Party, scope.Number),
	} {
		pages[o.who+" at "+path] = o.browser.Open(path).Raw
	}
	return pages
}

var timeOfDay = regexp.MustCompile(`\b\d{1,2}[.:]\d{2}\b`)

// figures are what the status page tells to everybody.
func (o *onlooker) figures() string {
	return timeOfDay.ReplaceAllString(o.browser.Open("/status").Text, "?")
}

// measured looks for markers in the metrics of every process.
func measured(t *testing.T, w *world.World, markers []*world.Marker) (found []string) {
	t.Helper()
	for _, process := range w.Processes() {
		if !process.Measured() {
			continue
		}
		metrics, err := process.Metrics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, world.Found("metrics of "+process.Name, metrics, markers)...)
	}
	return found
}

// stopped stops every process in good order, so that all that they write is
// written, and looks for markers in their logs.
func stopped(t *testing.T, w *world.World, markers []*world.Marker) (found []string) {
	t.Helper()
	for _, process := range w.Processes() {
		if err := process.Stop(); err != nil {
			t.Error(err)
		}
		found = append(found, world.Found("log of "+process.Name, []byte(process.Log()), markers)...)
	}
	return found
}

// heard looks for markers in all that taps brought.
func heard(taps []*world.Tap, markers []*world.Marker) (found []string) {
	for _, tap := range taps {
		for _, h := range tap.All() {
			found = append(found, world.Found(h.What, h.Data, markers)...)
		}
	}
	return found
}
