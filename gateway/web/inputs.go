package web

import (
	"html/template"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// inputName is the form's name for the answer to a service's question.
func inputName(service, id string) string { return "in:" + service + ":" + id }

// inputFields are a service's questions as fields. A catalogue type that this
// page does not know is asked as a line of text.
func (f *frame) inputFields(service string) []field {
	var fields []field
	for _, q := range f.dir.service[service].GetInputs() {
		x := field{
			F: f, Name: inputName(service, q.GetId()), Kind: "text", Label: in(f.Lang, q.GetDisplayName()),
			Hint: in(f.Lang, q.GetHint()), Required: q.GetRequired(), MaxLength: int(q.GetMaxLength()), Rows: 4,
		}
		switch q.GetType() {
		case "long_text":
			x.Kind = "long"
		case "attachment_note":
			x.Kind = "long"
			x.Rows = 2
			x.Hint = join(x.Hint, f.T("input.attachment_note"))
		case "number", "integer":
			x.Kind = q.GetType()
			x.Hint = join(x.Hint, f.limits(q))
		case "money":
			x.Kind = "money"
			x.Hint = join(x.Hint, f.T("input.money"), f.limits(q))
		case "date":
			x.Kind, x.Min, x.Max = "date", q.GetMin(), q.GetMax()
		case "choice":
			x.Kind = "radios"
			for _, c := range q.GetChoices() {
				x.Choices = append(x.Choices, choice{Value: c.GetId(), Label: in(f.Lang, c.GetDisplayName())})
			}
		case "yes_no":
			x.Kind = "radios"
			x.Choices = []choice{{Value: "yes", Label: f.T("input.yes")}, {Value: "no", Label: f.T("input.no")}}
		case "business_id":
			x.Hint = join(x.Hint, f.T("input.business_id"))
		case "company_id":
			x.Hint = join(x.Hint, f.T("input.company_id"))
		case "url":
			x.Kind = "url"
			x.Hint = join(x.Hint, f.T("input.url"))
		}
		if !x.Required && x.Kind == "radios" {
			x.Choices = append(x.Choices, choice{Value: "", Label: f.T("input.no_answer")})
		}
		fields = append(fields, x)
	}
	return fields
}

func (f *frame) limits(q *cataloguev1.InputField) string {
	switch {
	case q.GetMin() != "" && q.GetMax() != "":
		return f.T("input.between", "min", f.Number(q.GetMin()), "max", f.Number(q.GetMax()))
	case q.GetMin() != "":
		return f.T("input.at_least", "min", f.Number(q.GetMin()))
	case q.GetMax() != "":
		return f.T("input.at_most", "max", f.Number(q.GetMax()))
	}
	return ""
}

func join(parts ...string) string {
	return strings.TrimSpace(strings.Join(parts, " "))
}

// answers reads the answers to a service's questions and tells what is wrong
// with them, by the same rules as the API: those of the catalogue.
func (f *frame) answers(was *sent, service string) []*casesv1.Input {
	questions := f.dir.service[service].GetInputs()
	kit := kitService(service, questions)
	values := make(map[string]string, len(questions))
	for _, q := range questions {
		values[q.GetId()] = was.values.Get(inputName(service, q.GetId()))
		if q.GetType() == "date" {
			values[q.GetId()] = isoDate(values[q.GetId()])
		}
	}
	clean, problems := kit.CheckInputs(values, catalogue.Checks{BusinessID: identifier.ParseBusinessID, CompanyID: anyCompany})
	for _, p := range problems {
		for _, q := range questions {
			if q.GetId() == p.Field {
				was.fail(inputName(service, p.Field), f.inputError(q, p, values[p.Field]))
			}
		}
	}
	inputs := make([]*casesv1.Input, 0, len(clean))
	for _, q := range questions {
		if value, ok := clean[q.GetId()]; ok {
			inputs = append(inputs, &casesv1.Input{Id: q.GetId(), Value: value})
		}
	}
	return inputs
}

// kitService is a service of the contract as the catalogue's rules know it.
func kitService(name string, questions []*cataloguev1.InputField) *catalogue.Service {
	service := &catalogue.Service{ID: name}
	for _, q := range questions {
		input := catalogue.Input{
			ID: q.GetId(), Type: catalogue.InputType(q.GetType()), Required: q.GetRequired(),
			Min: q.GetMin(), Max: q.GetMax(), MaxLength: int(q.GetMaxLength()),
			Names: catalogue.Texts{EN: q.GetDisplayName().GetEn()},
		}
		for _, c := range q.GetChoices() {
			input.Choices = append(input.Choices, catalogue.Choice{ID: c.GetId()})
		}
		service.Inputs = append(service.Inputs, input)
	}
	return service
}

func anyCompany(value string) (string, error) {
	company, err := parseCompany(value)
	return company.GetId(), err
}

func (f *frame) inputError(q *cataloguev1.InputField, p catalogue.Problem, value string) fieldError {
	label := in(f.Lang, q.GetDisplayName())
	switch p.Reason {
	case catalogue.ReasonRequired:
		if t := q.GetType(); t == "choice" || t == "yes_no" {
			return fieldError{Text: f.T("error.choose", "field", label)}
		}
		return fieldError{Text: f.T("error.empty", "field", label)}
	case catalogue.ReasonTooLong:
		return fieldError{Text: f.T("error.shorten", "field", label, "max", q.GetMaxLength())}
	case catalogue.ReasonTooSmall:
		return fieldError{Text: f.T("error.too_small", "field", label, "min", f.Number(least(q)))}
	case catalogue.ReasonTooLarge:
		return fieldError{Text: f.T("error.too_large", "field", label, "max", f.Number(q.GetMax()))}
	case catalogue.ReasonNotAllowed:
		return fieldError{Text: f.T("error.choice", "field", label)}
	}
	switch q.GetType() {
	case "business_id", "company_id":
		return f.wrongBusinessID(label, value, "error."+q.GetType())
	case "number", "integer", "money", "date", "url":
		return fieldError{Text: f.T("error."+q.GetType(), "field", label)}
	default:
		return fieldError{Text: f.T("error.form", "field", label)}
	}
}

func least(q *cataloguev1.InputField) string {
	if q.GetMin() == "" {
		return "0"
	}
	return q.GetMin()
}

// AnswerView is an answer to a service's question, for showing.
type AnswerView struct {
	Question, Answer string
	// Spoken marks the language of an answer in people's own words.
	Spoken template.HTMLAttr
}

// Answers shows the answers of a request with the questions they belong to.
func (f *frame) Answers(service string, inputs []*casesv1.Input) []AnswerView {
	questions := map[string]*cataloguev1.InputField{}
	for _, q := range f.dir.service[service].GetInputs() {
		questions[q.GetId()] = q
	}
	var out []AnswerView
	for _, input := range inputs {
		view := AnswerView{Question: input.GetId(), Answer: input.GetValue()}
		if q := questions[input.GetId()]; q != nil {
			view.Question, view.Answer = in(f.Lang, q.GetDisplayName()), f.answer(q, input.GetValue())
			if strings.HasSuffix(q.GetType(), "text") {
				view.Spoken = f.Spoken()
			}
		}
		out = append(out, view)
	}
	return out
}

func (f *frame) answer(q *cataloguev1.InputField, value string) string {
	switch q.GetType() {
	case "yes_no":
		if value == "yes" || value == "no" {
			return f.T("input." + value)
		}
	case "date":
		return f.Date(value)
	case "number", "integer":
		return f.Number(strings.Replace(strings.TrimSpace(value), ",", ".", 1)) // on the last page before sending it is as it was typed
	case "money":
		if amount, err := cents(value); err == nil {
			return f.Euros(amount)
		}
	case "choice":
		for _, c := range q.GetChoices() {
			if c.GetId() == value {
				return in(f.Lang, c.GetDisplayName())
			}
		}
	}
	return value
}

// carried are the values of a form that its next page does not show but must
// not lose.
func carried(values url.Values, keep func(name string) bool) []hidden {
	var out []hidden
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !keep(name) {
			continue
		}
		for _, value := range values[name] {
			if value != "" {
				out = append(out, hidden{name, value})
			}
		}
	}
	return out
}

// atoi reads a number of a form; 0 for what is none.
func atoi(value string) int32 {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}
