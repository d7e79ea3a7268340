package web

import (
	"net/url"
	"strings"
)

// The limits of the contract on what people write, in characters.
const (
	longText  = 5000
	midText   = 2000
	shortText = 1000
	lineText  = 200
)

// form is something that the visitor can send. One template shows all of them,
// so that labels, hints and errors are alike everywhere.
type form struct {
	// F is the page around it.
	F *frame
	// ID is unique within the page; it says which form was sent.
	ID string
	// Do says which step the form takes.
	Do                   string
	Title, Intro, Button string
	// Warning is said before a step that cannot be undone.
	Warning string
	// RequestID makes sending it twice harmless.
	RequestID string
	Hidden    []hidden
	Fields    []field
	// Open shows the form without asking for it first; Main makes its button
	// the page's most visible one.
	Open, Main bool
	// Link leads to the form where it is not on the page before somebody asks for it.
	Link string
}

type hidden struct{ Name, Value string }

// field is one thing to fill in.
type field struct {
	F    *frame
	ID   string
	Name string
	// Kind is text, long, number, money, date, time, url, select, radios or check.
	Kind        string
	Label, Hint string
	Value       string
	Required    bool
	MaxLength   int
	Rows        int
	Min, Max    string
	Choices     []choice
	Groups      []choiceGroup
	Error       *fieldError
	// Blocks are text blocks to put into a long text.
	Blocks []choice
	// Plain leaves out that the field is optional, where every field is.
	Plain bool
}

type choice struct{ Value, Label, Hint string }

type choiceGroup struct {
	Label   string
	Choices []choice
}

// fieldError says what is wrong with a field; English is what the API said, for
// a text that there is no translation of.
type fieldError struct{ Text, English string }

// summary is what is wrong with a form, above the page.
type summary struct {
	Title string
	Lines []summaryLine
}

type summaryLine struct {
	// Target is the id of the field, or empty.
	Target string
	Error  fieldError
}

// sent is a form that was sent and refused. It is shown again as it was.
type sent struct {
	form   string
	values url.Values
	errors map[string]*fieldError
	// order is the order of errors by field name; "" is about no field.
	order []string
	// title says what went wrong as a whole; empty means that fields are wrong.
	title string
	// used says that the form's request_id was used for something else, so the
	// form needs a new one. Else it keeps its own: a refused step left nothing
	// behind, and one that got no answer may have been taken.
	used bool
	// placed holds the ids of the form's fields that the page shows.
	placed map[string]string
}

func (p *sent) fail(name string, err fieldError) {
	if p.errors == nil {
		p.errors = map[string]*fieldError{}
	}
	if _, known := p.errors[name]; known {
		return
	}
	p.errors[name] = &err
	p.order = append(p.order, name)
}

func (p *sent) failed() bool { return p != nil && (len(p.errors) > 0 || p.title != "") }

// Wrong is what is wrong with a field of the form that was sent; nil for nothing.
func (f *frame) Wrong(name string) *fieldError {
	if f.sent == nil {
		return nil
	}
	return f.sent.errors[name]
}

// field makers, chained in code: f.text(...).must().hinted(...).

func (f *frame) text(name, label string) field {
	return field{F: f, Name: name, Kind: "text", Label: label, MaxLength: lineText}
}

func (f *frame) long(name, label string, limit int) field {
	return field{F: f, Name: name, Kind: "long", Label: label, MaxLength: limit, Rows: 4}
}

func (f *frame) choose(kind, name, label string, choices []choice) field {
	return field{F: f, Name: name, Kind: kind, Label: label, Choices: choices}
}

func (x field) must() field { x.Required = true; return x }

func (x field) hinted(hint string) field { x.Hint = hint; return x }

func (x field) as(kind string) field { x.Kind = kind; return x }

func (x field) until(date string) field { x.Max = date; return x }

// AsFilter shows the field among others that all may stay empty.
func (x field) AsFilter() field { x.Plain = true; return x }

// Chosen tells whether a choice is the one that is filled in.
func (x field) Chosen(value string) bool { return x.Value == value }

// Describes lists the ids of the hint and the error, for aria-describedby.
func (x field) Describes() string {
	var ids []string
	if x.Hint != "" {
		ids = append(ids, x.ID+"-hint")
	}
	if x.Error != nil {
		ids = append(ids, x.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// place gives a field its id within a form, and what was filled in when the
// form was sent and refused.
func (x field) place(formID string, was *sent) field {
	x.ID = formID + "-" + slug(x.Name)
	if was != nil && was.form == formID {
		was.show(x.Name, x.ID)
		x.Value = was.values.Get(x.Name)
		x.Error = was.errors[x.Name]
		x.Hint = join(x.Hint, x.F.fromRegister(x.Name, x.Value))
	}
	return x
}

// finish places the fields of a form.
func (fm form) finish(was *sent) form {
	fields := make([]field, len(fm.Fields))
	for i, x := range fm.Fields {
		fields[i] = x.place(fm.ID, was)
	}
	fm.Fields = fields
	fm.RequestID = newRequestID()
	if was != nil && was.form == fm.ID {
		fm.Open = true
		if id := was.values.Get("request_id"); id != "" && !was.used {
			fm.RequestID = id
		}
	}
	return fm
}

// asked finishes a form that stands many times on a page and is seldom needed: a link
// leads to it, and once that was followed, or it was sent and refused, it is there.
func (fm form) asked(was *sent) form {
	if fm.F.query.Get("step") == fm.ID || was != nil && was.form == fm.ID {
		fm = fm.finish(was)
		fm.Open = true
		return fm
	}
	fm.Link = fm.F.link(map[string]string{"step": fm.ID, "words": "", "done": ""}) + "#form-" + fm.ID
	return fm
}

// show remembers that the page shows a field of the form.
func (p *sent) show(name, id string) {
	if p.placed == nil {
		p.placed = map[string]string{}
	}
	p.placed[name] = id
}

// Summary is what is wrong with the form that was sent, for the top of the
// page; nil when nothing is. It is made when the page is, as it leads to the
// fields that the page has come to show.
func (f *frame) Summary() *summary {
	was := f.sent
	if !was.failed() {
		return nil
	}
	top := &summary{Title: was.title}
	if was.title == "" {
		top.Title = f.N("error.summary", len(was.order))
	}
	for _, name := range was.order {
		top.Lines = append(top.Lines, summaryLine{Error: *was.errors[name], Target: was.placed[name]})
	}
	return top
}

// slug makes a name fit for an id.
func slug(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, name)
}
