package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
)

// TestTextsAreInEveryLanguage also compares the values that each text takes.
func TestTextsAreInEveryLanguage(t *testing.T) {
	all := mustTexts()
	want := slices.Sorted(maps.Keys(all["fi"]))
	if len(want) < 300 {
		t.Fatalf("only %d texts were read", len(want))
	}
	placeholder := regexp.MustCompile(`\{[a-z]+\}`)
	for _, lang := range languages() {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(all[lang]))); diff != "" {
			t.Errorf("keys of fi (-) and %s (+) differ:\n%s", lang, diff)
		}
		for key, text := range all[lang] {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s %s is empty", lang, key)
			}
			fi, other := placeholder.FindAllString(all["fi"][key], -1), placeholder.FindAllString(text, -1)
			slices.Sort(fi)
			slices.Sort(other)
			if diff := cmp.Diff(fi, other); diff != "" && !strings.HasSuffix(key, "_one") {
				t.Errorf("%s takes other values in fi (-) than in %s (+):\n%s", key, lang, diff)
			}
		}
	}
}

// dynamic lists the keys that code puts together, from where their parts come.
func dynamic() []string {
	var keys []string
	enum := func(group, prefix string, names map[int32]string) {
		for _, name := range names {
			keys = append(keys, group+"."+strings.ToLower(strings.TrimPrefix(name, prefix)))
		}
	}
	enum("status", "REQUEST_STATUS_", casesv1.RequestStatus_name)
	enum("desk_status", "REQUEST_STATUS_", casesv1.RequestStatus_name)
	enum("case_status", "CASE_STATUS_", casesv1.CaseStatus_name)
	for _, class := range []string{"case", "progress", "application", "result", "decision", "conversation"} {
		keys = append(keys, "class."+class)
	}
	keys = append(keys, "purpose.service", "purpose.shared_case")
	enum("entry", "ENTRY_KIND_", casesv1.EntryKind_name)
	enum("ask", "ASK_KIND_", casesv1.AskKind_name)
	enum("result", "DECISION_RESULT_", casesv1.DecisionResult_name)
	enum("decline", "DECLINE_REASON_", casesv1.DeclineReason_name)
	enum("referral", "REFERRAL_REASON_", casesv1.ReferralReason_name)
	enum("contact", "CONTACT_KIND_", casesv1.ContactKind_name)
	enum("access_why", "PURPOSE_", accessv1.Purpose_name)
	for _, deed := range []string{"read", "list", "watch", "change", "copy", "log"} {
		keys = append(keys, "access.did_"+deed)
	}
	for _, kind := range []problem.Kind{
		problem.Invalid, problem.Unauthenticated, problem.Denied, problem.NotFound, problem.State,
		problem.Conflict, problem.Exists, problem.Exhausted, problem.Unavailable, problem.Deadline, problem.Canceled, problem.Internal,
	} {
		keys = append(keys, "failure."+string(kind), "failure."+string(kind)+"_advice")
	}
	for _, unit := range []catalogue.Unit{catalogue.UnitWorkingDays, catalogue.UnitDays, catalogue.UnitWeeks, catalogue.UnitMonths} {
		keys = append(keys, "time."+string(unit)+"_one", "time."+string(unit)+"_other", "time."+string(unit)+"_range")
	}
	for _, price := range []catalogue.Price{catalogue.PriceFree, catalogue.PriceMembers, catalogue.PriceCharged} {
		keys = append(keys, "price."+string(price))
	}
	for _, kind := range []catalogue.InputType{catalogue.InputNumber, catalogue.InputInteger, catalogue.InputMoney, catalogue.InputDate, catalogue.InputBusinessID, catalogue.InputCompanyID, catalogue.InputURL} {
		keys = append(keys, "error."+string(kind))
	}
	for _, lang := range contactLanguages() {
		keys = append(keys, "language."+lang)
	}
	for _, lang := range languages() {
		keys = append(keys, "tongue."+lang)
	}
	for _, role := range []string{"company", "advisor", "lead", "provider_system", "integrator", "operator"} {
		keys = append(keys, "role."+role)
	}
	for _, do := range []string{
		"message", "answer", "report", "withdraw", "rate", "close", "reopen", "confirm", "link",
		"pickup", "handback", "assign", "reply", "note", "ask", "decline", "refer", "decide", "complete", "contact",
	} {
		keys = append(keys, "act."+do, "act."+do+"_button", "done."+do)
	}
	keys = append(keys, "act.correct", "act.correct_button", "done.correct", "act.correct_words", "act.correct_decision", "act.correct_reasons", "act.remove", "act.remove_button", "act.remove_warning", "done.remove")
	keys = append(keys, "act.share", "act.share_button", "act.unshare", "act.unshare_button", "done.share", "done.unshare")
	for _, do := range []string{"disclose", "opened", "unrated", "add", "agree", "refuse", "behalf", "signed_out", "left", "grant", "withdraw_grant", "revoke", "drafts_deleted", "draft_saved", "draft_deleted"} {
		keys = append(keys, "done."+do)
	}
	for _, do := range []string{"withdraw", "close", "decline", "complete"} {
		keys = append(keys, "act."+do+"_warning")
	}
	for _, do := range []string{"report", "link", "reopen", "refer", "ask", "contact", "note", "reply", "correct"} {
		keys = append(keys, "act."+do+"_intro")
	}
	for _, part := range storyFilters() {
		keys = append(keys, "journey_view.show_"+part)
	}
	for _, result := range []string{"applied", "granted", "granted_in_part", "rejected", "other"} {
		keys = append(keys, "journey_view.result_"+result)
	}
	for _, done := range []string{"textblocks", "last"} {
		keys = append(keys, "done."+done)
	}
	for _, order := range deskOrders() {
		keys = append(keys, "desk.order_"+order)
	}
	for _, state := range []string{"sent", "received", "in_work", "done", "past", "now", "ahead"} {
		keys = append(keys, "step."+state)
	}
	for _, why := range []string{"none", "away", "too_many"} {
		keys = append(keys, "register."+why)
	}
	for _, kind := range []string{"text", "select", "check"} {
		keys = append(keys, "error."+emptyError(kind))
	}
	for _, basis := range []string{"register_role", "mandate", "self", "staff_assisted"} {
		keys = append(keys, "basis."+basis)
	}
	for _, role := range []string{"chair", "board_member", "managing_director", "signatory", "entrepreneur", "business_services", "accounting"} {
		keys = append(keys, "representation."+role)
	}
	for _, kind := range []string{"service", "company", "consent", "answers"} {
		keys = append(keys, "saved.stage_"+kind)
	}
	for _, why := range []string{"expired", "invalid", "ended"} {
		keys = append(keys, "me.dropped_"+why)
	}
	for _, kind := range []string{"companies", "staff", "operators"} {
		keys = append(keys, "sign_in."+kind)
	}
	enum("drop_reason", "DROP_REASON_", lacking(adminv1.DropReason_name, 0))
	enum("erasure", "ERASURE_STATE_", rightsv1.ErasureState_name)
	for _, kind := range gapKinds() {
		keys = append(keys, "gap."+kind)
	}
	for _, kind := range eraseKinds() {
		keys = append(keys, "operator.erase_"+kind, "operator.erase_"+kind+"_hint", "operator.goes_"+kind)
	}
	keys = append(keys, "done.staff_added", "done.staff_removed", "done.erase")
	return append(keys, "stars.1", "stars.2", "stars.3", "stars.4", "stars.5")
}

// lacking leaves a number out.
func lacking(names map[int32]string, number int32) map[int32]string {
	rest := maps.Clone(names)
	delete(rest, number)
	return rest
}

// TestTextsUsedExist looks for every key in the templates and in the code, and
// for texts that nothing uses.
func TestTextsUsedExist(t *testing.T) {
	all := mustTexts()
	groups := map[string]bool{}
	for key := range all["fi"] {
		group, _, _ := strings.Cut(key, ".")
		groups[group] = true
	}
	used := map[string]bool{}
	use := func(where, literal string) {
		group, name, ok := strings.Cut(literal, ".")
		if !ok || !groups[group] || name == "" || strings.HasSuffix(name, "_") || !regexp.MustCompile(`^[a-z0-9_]+$`).MatchString(name) {
			return
		}
		if all.has("fi", literal+"_one") {
			used[literal+"_one"], used[literal+"_other"] = true, true
			return
		}
		if !all.has("fi", literal) {
			t.Errorf("%s uses %q, which no language has", where, literal)
		}
		used[literal] = true
	}
	for _, key := range dynamic() {
		use("a key put together", key)
	}
	templates, _ := fs.Glob(templateFiles, "templates/*.html")
	quoted := regexp.MustCompile(`"([a-z_]+\.[a-z0-9_]+)"`)
	for _, name := range templates {
		data, err := fs.ReadFile(templateFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range quoted.FindAllStringSubmatch(string(data), -1) {
			use(name, match[1])
		}
	}
	sources, _ := filepath.Glob("*.go")
	if len(sources) < 10 || len(templates) < 10 {
		t.Fatalf("found %d sources and %d templates", len(sources), len(templates))
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if value, err := strconv.Unquote(literal.Value); err == nil {
					use(name, value)
				}
			}
			return true
		})
	}
	for _, key := range slices.Sorted(maps.Keys(all["fi"])) {
		// Reasons are those of the rules elsewhere; a page shows the English one when it has no text.
		if !used[key] && !strings.HasPrefix(key, "reason.") {
			t.Errorf("nothing uses the text %s", key)
		}
	}
}

func TestLanguageAccepted(t *testing.T) {
	for _, test := range []struct{ header, want string }{
		{"", "fi"},
		{"de, fr;q=0.9", "fi"},
		{"sv-FI, fi;q=0.8", "sv"},
		{"en-GB,en;q=0.9,fi;q=0.95", "en"},
		{"fi;q=0.1, sv;q=0.7, en;q=0", "sv"},
		{";;q=,,", "fi"},
	} {
		if got := accepted(test.header); got != test.want {
			t.Errorf("accepted(%q) = %s, want %s", test.header, got, test.want)
		}
	}
}

// The page of who has seen a case calls no reading a change: each method of the contract
// that shows something of a case, and changes nothing, has a word of its own.
func TestReadingIsNotCalledAChange(t *testing.T) {
	methods := 0
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				rule, _ := proto.GetExtension(m.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
				shows := rule.GetPart() != policyv1.Part_PART_UNSPECIFIED && rule.GetPart() != policyv1.Part_PART_OWN && rule.GetPart() != policyv1.Part_PART_PUBLIC
				deed := accessDeed(string(service.Name()) + "." + string(m.Name()))
				if methods++; shows && (deed == "change") != rule.GetMutation() {
					t.Errorf("of %s the page says %q", m.FullName(), deed)
				}
			}
		}
		return true
	})
	if methods < 50 {
		t.Errorf("only %d methods were looked at", methods)
	}
}
