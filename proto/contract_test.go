package proto_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/chamber/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/employment/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/omnia/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// files are the contract's files, each as this program links it. A file that no
// import above brings in would escape the tests, so it fails them.
func files(t *testing.T) []protoreflect.FileDescriptor {
	t.Helper()
	var all []protoreflect.FileDescriptor
	err := filepath.WalkDir("businessespoo", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".proto" {
			return err
		}
		file, err := protoregistry.GlobalFiles.FindFileByPath(filepath.ToSlash(path))
		if err != nil {
			t.Errorf("%s is not tested: import its package here (%v)", path, err)
			return nil
		}
		all = append(all, file)
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files of the contract: %v", len(all), err)
	}
	return all
}

// policyPackage holds the options themselves, which say nothing of themselves.
const policyPackage = "businessespoo.policy.v1"

// Every field says how far it may travel: views, exports and logs go by that.
func TestEveryFieldHasADataClass(t *testing.T) {
	for _, file := range files(t) {
		if file.Package() == policyPackage {
			continue
		}
		eachMessage(file.Messages(), func(m protoreflect.MessageDescriptor) {
			for i := range m.Fields().Len() {
				field := m.Fields().Get(i)
				if policyOf(field).GetData() == policyv1.DataClass_DATA_CLASS_UNSPECIFIED {
					t.Errorf("%s has no data class; add (businessespoo.policy.v1.field) = {data: ...}", field.FullName())
				}
			}
		})
	}
}

// What a field's policy asks for must be something that can be asked of its type.
func TestFieldPoliciesFitTheirFields(t *testing.T) {
	for _, file := range files(t) {
		eachMessage(file.Messages(), func(m protoreflect.MessageDescriptor) {
			for i := range m.Fields().Len() {
				field := m.Fields().Get(i)
				p := policyOf(field)
				isText := field.Kind() == protoreflect.StringKind || field.Kind() == protoreflect.BytesKind
				isNumber := strings.Contains(field.Kind().String(), "int")
				switch {
				case p.GetFormat() != 0 && field.Kind() != protoreflect.StringKind:
					t.Errorf("%s has a format, and is no string", field.FullName())
				case p.GetMaxLength() > 0 && !isText:
					t.Errorf("%s has a max_length, and is no text", field.FullName())
				case p.GetMaxItems() > 0 && !field.IsList() && !field.IsMap():
					t.Errorf("%s has max_items, and is not repeated", field.FullName())
				case (p.GetMin() != 0 || p.GetMax() != 0) && !isNumber:
					t.Errorf("%s has a least or greatest number, and is no number", field.FullName())
				case p.GetMax() != 0 && p.GetMin() > p.GetMax():
					t.Errorf("%s: min %d is above max %d", field.FullName(), p.GetMin(), p.GetMax())
				}
			}
		})
	}
}

// reads are the first words of methods that change nothing.
var reads = regexp.MustCompile(`^(Get|List|Lookup|Watch|Suggest|Search|Check|Assess|Inspect|Match|Plan|Export)`)

// Every method says who may call it, and whether it changes something. What
// changes something takes a request_id, so that a retry does no harm.
func TestEveryMethodHasAnAccessRule(t *testing.T) {
	methods := 0
	for _, file := range files(t) {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				methods++
				checkMethod(t, service.Methods().Get(j))
			}
		}
	}
	if methods == 0 {
		t.Error("the contract has no methods")
	}
}

// scopes are those that a method can ask of a key. None asks for application:read,
// which is a matter of fields.
var scopes = map[string]bool{"any": true, "case:read": true, "case:write": true, "request:read": true, "request:decide": true}

func checkMethod(t *testing.T, m protoreflect.MethodDescriptor) {
	t.Helper()
	if !proto.HasExtension(m.Options(), policyv1.E_Access) {
		t.Errorf("%s does not say who may call it; add (businessespoo.policy.v1.access)", m.FullName())
		return
	}
	access, _ := proto.GetExtension(m.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
	if !access.GetPublic() && len(access.GetRoles()) == 0 {
		t.Errorf("%s is for nobody: name its roles, or make it public", m.FullName())
	}
	seen := map[policyv1.Role]bool{}
	for _, role := range access.GetRoles() {
		if role == policyv1.Role_ROLE_UNSPECIFIED || seen[role] {
			t.Errorf("%s names %s, or names it twice", m.FullName(), role)
		}
		seen[role] = true
	}
	if access.GetMutation() == reads.MatchString(string(m.Name())) {
		t.Errorf("%s changes something: %t; its name says otherwise", m.FullName(), access.GetMutation())
	}
	forSystems := seen[policyv1.Role_ROLE_INTEGRATOR] || seen[policyv1.Role_ROLE_PROVIDER_SYSTEM]
	if scope := access.GetScope(); forSystems != (scope != "") || forSystems && !scopes[scope] {
		t.Errorf("%s needs the scope %q; one of %v is stated where systems may call, and nowhere else", m.FullName(), scope, scopes)
	}
	id := m.Input().Fields().ByName("request_id")
	if !access.GetMutation() {
		return
	}
	if id == nil || id.Kind() != protoreflect.StringKind || id.IsList() {
		t.Errorf("%s changes something, and %s has no request_id", m.FullName(), m.Input().FullName())
		return
	}
	if p := policyOf(id); !p.GetRequired() || p.GetFormat() != policyv1.Format_FORMAT_UUID {
		t.Errorf("%s must be required, with FORMAT_UUID", id.FullName())
	}
	if m.IsStreamingServer() || m.IsStreamingClient() {
		t.Errorf("%s changes something, and streams; a retry could not be known", m.FullName())
	}
}

// A method that can answer more than names and revisions says which part its callers
// have in it, and a class that differs from one value to the next is a DataClass.
func TestAnswersSayToWhomTheyAre(t *testing.T) {
	said := 0
	for _, file := range files(t) {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				m := methods.Get(j)
				access, _ := proto.GetExtension(m.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
				if access.GetPart() != policyv1.Part_PART_UNSPECIFIED {
					said++
					continue
				}
				reachable(m.Output(), map[protoreflect.FullName]bool{}, func(field protoreflect.FieldDescriptor) {
					switch policyOf(field).GetData() {
					case policyv1.DataClass_DATA_CLASS_UNSPECIFIED, policyv1.DataClass_DATA_CLASS_PUBLIC, policyv1.DataClass_DATA_CLASS_CASE:
					default:
						t.Errorf("%s can answer %s, and does not say to whom; add part to its access", m.FullName(), field.FullName())
					}
				})
			}
		}
		eachMessage(file.Messages(), func(m protoreflect.MessageDescriptor) {
			for i := range m.Fields().Len() {
				from := policyOf(m.Fields().Get(i)).GetDataFrom()
				sibling := m.Fields().ByName(protoreflect.Name(from))
				if from != "" && (sibling == nil || sibling.Enum() == nil || sibling.Enum().FullName() != policyPackage+".DataClass") {
					t.Errorf("%s takes its class from %q, which is no DataClass beside it", m.Fields().Get(i).FullName(), from)
				}
			}
		})
	}
	if said == 0 {
		t.Error("no method says to whom its answers are")
	}
}

// givesSecrets are the methods whose answers hold secrets, because that is what
// they are for: the secret of a case without a name and a key, once, and confidential notes
// to those who may read them.
var givesSecrets = map[protoreflect.FullName]bool{
	"businessespoo.cases.v1.CaseService.OpenCase":         true,
	"businessespoo.keys.v1.KeyService.IssueKey":           true,
	"businessespoo.provider.v1.ProviderService.AddNote":   true,
	"businessespoo.provider.v1.ProviderService.ListNotes": true,
}

// No other answer can hold a secret, however deep.
func TestSecretsStayAtHome(t *testing.T) {
	given := 0
	for _, file := range files(t) {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				m, secret := methods.Get(j), ""
				reachable(m.Output(), map[protoreflect.FullName]bool{}, func(field protoreflect.FieldDescriptor) {
					switch policyOf(field).GetData() {
					case policyv1.DataClass_DATA_CLASS_SECRET, policyv1.DataClass_DATA_CLASS_CREDENTIAL:
						secret = string(field.FullName())
					}
				})
				if secret != "" && !givesSecrets[m.FullName()] {
					t.Errorf("%s can answer the secret %s", m.FullName(), secret)
				}
				if secret != "" && givesSecrets[m.FullName()] {
					given++
				}
			}
		}
	}
	if given != len(givesSecrets) {
		t.Errorf("%d methods are said to answer secrets, and %d do", len(givesSecrets), given)
	}
}

func reachable(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool, visit func(protoreflect.FieldDescriptor)) {
	if seen[m.FullName()] {
		return
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		visit(field)
		if field.Message() != nil {
			reachable(field.Message(), seen, visit)
		}
	}
}

func eachMessage(all protoreflect.MessageDescriptors, visit func(protoreflect.MessageDescriptor)) {
	for i := range all.Len() {
		visit(all.Get(i))
		eachMessage(all.Get(i).Messages(), visit)
	}
}

func policyOf(field protoreflect.FieldDescriptor) *policyv1.FieldPolicy {
	p, _ := proto.GetExtension(field.Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
	return p
}
