package web

import (
	"fmt"
	"slices"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
)

// deskForm is one step that an advisor can take.
func (f *frame) deskForm(do string, r *casesv1.Request, staff []*providerv1.StaffMember) form {
	fm := form{F: f, ID: do, Do: do, Title: f.T("act." + do), Button: f.T("act." + do + "_button"), Fields: f.deskFields(do, r, staff)}
	switch do {
	// These act on what the advisor saw: when it has changed they see it first.
	case "handback", "assign", "ask", "decline", "refer", "decide", "complete":
		fm.Hidden = append(fm.Hidden, hidden{"etag", r.GetEtag()})
	}
	switch do {
	case "decline", "complete":
		fm.Warning = f.T("act." + do + "_warning")
	case "refer", "ask", "contact", "note", "reply", "correct":
		fm.Intro = f.T("act." + do + "_intro")
	case "decide":
		fm.Intro = f.T("act.decide_intro")
		if r.GetOfficial() != nil {
			fm.Intro = f.T("act.decide_reported", "name", r.GetOfficial().GetDisplayName())
		}
	}
	return fm
}

// deskFields are what a step asks. Without a request the fields are those of
// any request, for reading what was sent.
func (f *frame) deskFields(do string, r *casesv1.Request, staff []*providerv1.StaffMember) []field {
	switch do {
	case "handback":
		return []field{f.long("reason", f.T("act.reason_team"), shortText)}
	case "assign":
		return []field{f.assignField(r, staff)}
	case "reply":
		return []field{f.long("text", f.T("act.reply_text"), longText).must()}
	case "note":
		return []field{f.long("text", f.T("act.note_text"), longText).must()}
	case "ask":
		due := f.text("due_date", f.T("act.ask_due")).as("date").must()
		due.Min, due.Max = f.today(), string(catalogue.Date(f.today()).AddMonths(12))
		due.Value = string(catalogue.Date(f.today()).AddDays(14))
		return []field{f.long("question", f.T("act.ask_question"), longText).must(), due}
	case "decline":
		return []field{
			f.choose("radios", "reason", f.T("act.decline_reason"), enumChoices(f, "decline", "DECLINE_REASON_", casesv1.DeclineReason_name)).must(),
			f.long("text", f.T("act.decline_text"), midText).must().hinted(f.T("act.decline_text_hint")),
		}
	case "refer":
		return f.referFields(r)
	case "decide":
		return f.decideFields(r)
	case "complete":
		return []field{f.long("summary", f.T("act.complete_summary"), longText).must().hinted(f.T("act.complete_summary_hint"))}
	case "correct":
		return []field{f.long("text", f.T("act.correct_text"), longText).must(), f.text("reason", f.T("act.reason"))}
	case "contact":
		return []field{
			f.choose("radios", "kind", f.T("act.contact_kind"), enumChoices(f, "contact", "CONTACT_KIND_", casesv1.ContactKind_name)).must(),
			f.text("occurred_at", f.T("act.contact_when")).as("time").hinted(f.T("act.contact_when_hint")),
			f.long("summary", f.T("act.contact_summary"), longText).must().hinted(f.T("act.contact_summary_hint")),
		}
	}
	return nil
}

// assignField lists the team with what decides who should take it: languages
// and how much each works on. Without the team any advisor passes here, and the
// API looks.
func (f *frame) assignField(r *casesv1.Request, staff []*providerv1.StaffMember) field {
	if staff == nil {
		return f.text("advisor", f.T("act.assign_advisor")).must()
	}
	var choices []choice
	for _, member := range staff {
		label := fmt.Sprintf("%s (%s) – %s", f.Who(member.GetAdvisor()), strings.Join(member.GetAdvisor().GetLanguages(), ", "),
			f.N("act.assign_open", int(member.GetOpenRequests())))
		choices = append(choices, choice{Value: member.GetAdvisor().GetName(), Label: label})
	}
	return f.choose("select", "advisor", f.T("act.assign_advisor"), append([]choice{{Label: f.T("filter.choose")}}, choices...)).must().
		hinted(f.T("act.assign_hint", "language", f.LanguageName(r.GetContactLanguage())))
}

func (f *frame) referFields(r *casesv1.Request) []field {
	service := f.text("service", f.T("act.refer_service")).must()
	service.Kind = "select"
	service.Groups = f.serviceGroups(func(s *cataloguev1.Service) bool {
		return askable(s) && (r == nil || providerOf(s.GetName()) != r.GetProvider())
	})
	return []field{
		service,
		f.choose("radios", "reason", f.T("act.refer_reason"), enumChoices(f, "referral", "REFERRAL_REASON_", casesv1.ReferralReason_name)).must(),
		f.long("text", f.T("act.refer_text"), midText).must(),
		f.long("handover", f.T("act.refer_handover"), longText).hinted(f.T("act.refer_handover_hint")),
	}
}

func (f *frame) decideFields(r *casesv1.Request) []field {
	reference := f.text("decision.reference", f.T("act.decide_reference"))
	if r.GetOfficial() != nil {
		reference = reference.must().hinted(r.GetOfficial().GetReference())
	}
	decidedOn := f.text("decision.decided_on", f.T("act.decide_on")).as("date").hinted(f.T("act.decide_on_hint"))
	decidedOn.Max = f.today()
	validTo := f.text("decision.valid_to", f.T("act.decide_valid_to")).as("date")
	fields := []field{
		f.choose("radios", "decision.result", f.T("act.decide_result"), enumChoices(f, "result", "DECISION_RESULT_", casesv1.DecisionResult_name)).must(),
		f.text("decision.title", f.T("act.decide_title")).must().hinted(f.T("act.decide_title_hint")),
		f.long("decision.reasons", f.T("act.decide_reasons"), longText).must(),
		f.long("decision.provisions", f.T("act.decide_provisions"), longText),
		f.long("decision.appeal", f.T("act.decide_appeal"), longText),
		f.text("decision.amount", f.T("act.decide_amount")).as("money"),
		decidedOn, validTo,
	}
	if r == nil || r.GetOfficial() != nil {
		return append([]field{reference}, fields...)
	}
	return append(fields, reference)
}

func (f *frame) serviceGroups(pass func(*cataloguev1.Service) bool) []choiceGroup {
	groups := []choiceGroup{{Choices: []choice{{Label: f.T("filter.choose")}}}}
	for _, g := range f.groups(pass) {
		group := choiceGroup{Label: g.Title}
		for _, service := range g.Services {
			group.Choices = append(group.Choices, choice{Value: service.Name, Label: service.Title})
		}
		groups = append(groups, group)
	}
	return groups
}

// enumChoices are the values of an enumeration of the contract in its order,
// without the one that states nothing.
func enumChoices(f *frame, group, prefix string, names map[int32]string) []choice {
	numbers := make([]int32, 0, len(names))
	for number := range names {
		if number != 0 {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	choices := make([]choice, 0, len(numbers))
	for _, number := range numbers {
		key := strings.ToLower(strings.TrimPrefix(names[number], prefix))
		choices = append(choices, choice{Value: key, Label: f.T(group + "." + key)})
	}
	return choices
}
