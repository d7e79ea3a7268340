package matrix

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// The ways in which something can come out of the hub.
const (
	viewing   = "view"
	listing   = "list"
	searching = "search"
	watching  = "watch"
	inbox     = "inbox"
	exporting = "export"
	eventing  = "events"
	erring    = "errors"
)

var ways = []string{viewing, listing, searching, watching, inbox, exporting, eventing, erring}

// onlooker is somebody who tries every method that reads, with every name that
// there is to know.
type onlooker struct {
	authorization string
	doors         []*grpc.ClientConn
	// provider is the key of the onlooker's own provider; empty for others.
	provider string
}

// answer is what the hub said to one question of an onlooker.
type answer struct {
	way, method, query string
	messages           []proto.Message
}

// reads are all methods of the contract that change nothing, found in the contract:
// a new one is tried as soon as it is there.
func reads() []protoreflect.MethodDescriptor {
	var methods []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				access, _ := proto.GetExtension(method.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
				if strings.HasPrefix(string(file.Package()), "businessespoo.") && !access.GetMutation() {
					methods = append(methods, method)
				}
			}
		}
		return true
	})
	return methods
}

// wayOf tells by which way a method's answer comes.
func wayOf(method protoreflect.MethodDescriptor, query string) string {
	called := string(method.Name())
	switch {
	case strings.HasPrefix(called, "Export"):
		return exporting
	case called == "WatchEvents":
		return eventing
	case strings.HasPrefix(called, "Watch"):
		return watching
	case query != "":
		return searching
	case called == "ListRequests":
		return inbox
	case strings.HasPrefix(called, "List") && strings.HasSuffix(called, "Cases"):
		return listing
	}
	return viewing
}

// question is a request message with the words that it searches for.
type question struct {
	message *dynamicpb.Message
	query   string
}

// questions are the ways to ask a method about the story: with each name that may
// stand in its fields, and with each word that may be searched for.
func (s *story) questions(method protoreflect.MethodDescriptor, own string) []question {
	all := []question{{message: dynamicpb.NewMessage(method.Input())}}
	fields := method.Input().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		values := s.values(field, own)
		if len(values) == 0 {
			continue
		}
		var more []question
		for _, q := range all {
			for _, value := range values {
				next := question{message: proto.Clone(q.message).(*dynamicpb.Message), query: q.query}
				next.message.Set(field, value)
				if field.Name() == "query" && value.String() != "" {
					next.query = value.String()
				}
				more = append(more, next)
			}
		}
		all = more
	}
	return all
}

// values are what an onlooker who knows every name would put into a field.
func (s *story) values(field protoreflect.FieldDescriptor, own string) []protoreflect.Value {
	policy, _ := proto.GetExtension(field.Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
	texts := func(values ...string) []protoreflect.Value {
		var all []protoreflect.Value
		for _, value := range values {
			if value != "" || len(values) > 1 {
				all = append(all, protoreflect.ValueOfString(value))
			}
		}
		return all
	}
	switch {
	case field.IsList() || field.IsMap():
		return nil
	case field.Name() == "page_size":
		return []protoreflect.Value{protoreflect.ValueOfInt32(int32(policy.GetMax()))}
	case field.Kind() != protoreflect.StringKind:
		return nil
	case field.Name() == "query":
		return texts(append([]string{""}, s.words()...)...)
	case policy.GetFormat() == policyv1.Format_FORMAT_CASE_NAME:
		return texts(s.caseName)
	case policy.GetFormat() == policyv1.Format_FORMAT_REQUEST_NAME:
		return texts(s.request)
	case policy.GetFormat() == policyv1.Format_FORMAT_PROVIDER_NAME && policy.GetRequired():
		if own == "" || own == s.owner {
			return texts("providers/" + s.owner)
		}
		return texts("providers/"+s.owner, "providers/"+own)
	case field.Name() == "parent" || field.Name() == "name":
		if own == "" {
			own = s.owner
		}
		return texts(s.caseName, s.request, "providers/"+s.owner, "providers/"+own)
	case field.Name() == "revision":
		return texts("", s.began)
	}
	return nil
}

// patience is how long an onlooker waits for an answer.
const patience = 20 * time.Second

// looks asks everything, and answers what came back. A watch is left once it says
// nothing for as long as quiet; with 0 none is begun.
func (o *onlooker) looks(ctx context.Context, s *story, quiet time.Duration) []answer {
	var mu sync.Mutex
	var all []answer
	var asking sync.WaitGroup
	for _, method := range reads() {
		if strings.HasPrefix(string(method.Name()), "Watch") && quiet == 0 {
			continue
		}
		for _, q := range s.questions(method, o.provider) {
			for _, door := range o.doors {
				asking.Go(func() {
					messages, err := o.ask(ctx, door, method, q.message, quiet)
					mu.Lock()
					defer mu.Unlock()
					if c := status.Code(err); c == codes.ResourceExhausted || c == codes.Unavailable || c == codes.DeadlineExceeded {
						s.t.Errorf("%s says nothing of who sees what: %v", method.FullName(), err)
					}
					all = append(all, answer{wayOf(method, q.query), string(method.FullName()), q.query, messages})
					if err != nil {
						all = append(all, answer{erring, string(method.FullName()), "", []proto.Message{status.Convert(err).Proto()}})
					}
				})
			}
		}
	}
	asking.Wait()
	return all
}

// ask makes one call. A stream is read to its end, or a watch until it has been quiet.
func (o *onlooker) ask(ctx context.Context, door *grpc.ClientConn, method protoreflect.MethodDescriptor, in proto.Message, quiet time.Duration) ([]proto.Message, error) {
	ctx, leave := context.WithTimeout(ctx, patience)
	defer leave()
	if o.authorization != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", o.authorization)
	}
	path := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
	if !method.IsStreamingServer() {
		out := newMessage(method.Output())
		if err := door.Invoke(ctx, path, in, out); err != nil {
			return nil, err
		}
		return []proto.Message{out}, nil
	}
	stream, err := door.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(stream.SendMsg(in), stream.CloseSend()); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(string(method.Name()), "Watch") {
		quiet = patience
	}
	var messages []proto.Message
	for {
		out := newMessage(method.Output())
		late := time.AfterFunc(quiet, leave)
		err := stream.RecvMsg(out)
		late.Stop()
		switch {
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return messages, nil
		case err != nil:
			return messages, err
		}
		messages = append(messages, out)
	}
}

// newMessage makes a message of the generated type, as clients do.
func newMessage(of protoreflect.MessageDescriptor) proto.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(of.FullName())
	if err != nil {
		return dynamicpb.NewMessage(of)
	}
	return kind.New().Interface()
}

// met tells which classes an answer shows.
func (s *story) met(a answer) []string {
	var met []string
	add := func(class string) {
		if !slices.Contains(met, class) {
			met = append(met, class)
		}
	}
	for _, body := range a.bodies() {
		for class, m := range s.markers {
			if m.In(body) != "" {
				add(class)
			}
		}
	}
	for _, message := range a.messages {
		if list, ok := message.(*cataloguev1.ListProvidersResponse); ok && len(list.Providers) > 0 {
			add("catalogue")
		}
		s.walk(message.ProtoReflect(), add)
		// Whoever finds a thing by a word knows that the word is in it.
		for class, m := range s.markers {
			if a.way == searching && a.query == m.Word() && finds(message.ProtoReflect()) {
				add(class)
			}
		}
	}
	return met
}

// bodies are an answer's bytes; those of an export are the files in it.
func (a answer) bodies() [][]byte {
	var bodies [][]byte
	var archive []byte
	for _, message := range a.messages {
		if body, err := proto.Marshal(message); err == nil {
			bodies = append(bodies, body)
		}
		message.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			if a.way == exporting && field.Kind() == protoreflect.BytesKind && !field.IsList() {
				archive = append(archive, value.Bytes()...)
			}
			return true
		})
	}
	packed, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return bodies
	}
	for _, file := range packed.File {
		bodies = append(bodies, []byte(file.Name))
		if opened, err := file.Open(); err == nil {
			content, _ := io.ReadAll(opened)
			bodies = append(bodies, content)
		}
	}
	return bodies
}

// walk finds what no word marks: where the other provider's request stands, what was
// decided, and who looked at the case.
func (s *story) walk(m protoreflect.Message, add func(class string)) {
	switch one := m.Interface().(type) {
	case *casesv1.Request:
		if one.Name == s.request && (one.Status != 0 || one.ExpectedTime != nil || one.DueDate != "") {
			add("progress")
		}
		if one.Name == s.request && one.GetDecision().GetResult() != 0 {
			add("result")
		}
		if one.Name == s.request && (one.GetExpectedTime().GetMax() != 0 || one.GetExpectedTime().GetSource() != "") {
			add("terms")
		}
	case *casesv1.TimelineEntry:
		if one.Request == s.request && (one.Kind != 0 || one.Time != nil) {
			add("progress")
		}
		if one.Request == s.request && one.Result != 0 {
			add("result")
		}
	}
	if s.tellsOfAccess(m) {
		add("access")
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap() || field.Kind() != protoreflect.MessageKind:
		case field.IsList():
			for i := range value.List().Len() {
				s.walk(value.List().Get(i).Message(), add)
			}
		default:
			s.walk(value.Message(), add)
		}
		return true
	})
}

// finds tells whether the answer to a search holds anything found.
func finds(m protoreflect.Message) bool {
	found := false
	m.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		found = found || field.IsList() && field.Kind() == protoreflect.MessageKind || field.Name() == "total_size"
		return !found
	})
	return found
}
