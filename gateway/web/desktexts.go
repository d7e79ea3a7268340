package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// blockField is the name of the choice of a text block in a form.
const blockField = "block"

// takesBlocks are the steps and their fields that text blocks are for.
var takesBlocks = map[string]string{"reply": "text", "ask": "question", "complete": "summary"}

// offerBlocks adds the text blocks to the field that they are for.
func (fm *form) offerBlocks(blocks []choice) {
	name := takesBlocks[fm.Do]
	for i := range fm.Fields {
		if fm.Fields[i].Name == name {
			fm.Fields[i].Blocks = blocks
		}
	}
}

// blockChoices are the text blocks in the language of the company, filled in for the
// request; in English when it is served in none of the three.
func (f *frame) blockChoices(blocks []*providerv1.TextBlock, r *casesv1.Request) ([]choice, string) {
	lang := r.GetContactLanguage()
	if !slices.Contains(languages(), lang) {
		lang = "en"
	}
	choices := make([]choice, 0, len(blocks))
	for _, block := range blocks {
		choices = append(choices, choice{Value: block.GetId(), Label: block.GetTitle(), Hint: f.fillBlock(block, lang, r)})
	}
	return choices, lang
}

// fillBlock is the text of a block in a language with the names of a request in it.
func (f *frame) fillBlock(block *providerv1.TextBlock, lang string, r *casesv1.Request) string {
	text := map[string]string{"fi": block.GetFi(), "sv": block.GetSv(), "en": block.GetEn()}[lang]
	company := r.GetCompany().GetDisplayName()
	if company == "" {
		company = r.GetCompany().GetId()
	}
	if company == "" {
		company = f.texts.text(lang, "board.texts_nameless")
	}
	return strings.NewReplacer("{company}", company, "{case}", r.GetCaseTitle(), "{advisor}", f.Who(r.GetAdvisor())).Replace(text)
}

// insertBlock puts the text block that was chosen behind what stands in a field, for
// browsers that do not do it themselves. Nothing is sent by it.
func (s *server) insertBlock(ctx context.Context, f *frame, name, field string, was *sent) error {
	answer, err := s.Provider.GetRequest(ctx, &providerv1.GetRequestRequest{Name: name})
	if err != nil {
		return fmt.Errorf("web: read request: %w", err)
	}
	request := answer.GetRequest()
	blocks, err := s.Provider.ListTextBlocks(ctx, &providerv1.ListTextBlocksRequest{Parent: request.GetProvider()})
	if err != nil {
		return fmt.Errorf("web: list text blocks: %w", err)
	}
	choices, _ := f.blockChoices(blocks.GetTextBlocks(), request)
	i := slices.IndexFunc(choices, func(c choice) bool { return c.Value == was.values.Get(blockField) })
	if i < 0 || takesBlocks[was.values.Get("do")] != field {
		return nil
	}
	text := strings.TrimRight(was.values.Get(field), "\n")
	if text != "" {
		text += "\n\n"
	}
	was.values.Set(field, text+choices[i].Hint)
	return nil
}

// textBlocksView lists a provider's text blocks, with forms for its leads.
type textBlocksView struct {
	*frame
	ProviderName, Inbox string
	Blocks              []blockView
	Add                 *form
}

// blockView is one text block.
type blockView struct {
	*providerv1.TextBlock
	Edit, Delete *form
}

func (s *server) textBlocksPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showTextBlocks(w, r, f, http.StatusOK, nil)
}

func (s *server) showTextBlocks(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	if f.Session == nil {
		return errSignIn()
	}
	provider, ctx := "providers/"+r.PathValue("provider"), f.as(r.Context())
	answer, err := newest(f.query.Get("rev"), func(revision string) (*providerv1.ListTextBlocksResponse, error) {
		return s.Provider.ListTextBlocks(ctx, &providerv1.ListTextBlocksRequest{Parent: provider, MinRevision: revision})
	})
	if err != nil {
		return fmt.Errorf("web: list text blocks: %w", err)
	}
	f.Title, f.sent = f.T("board.texts_title"), was
	view := textBlocksView{frame: f, ProviderName: f.Provider(provider), Inbox: "/desk/" + r.PathValue("provider")}
	for _, block := range answer.GetTextBlocks() {
		row := blockView{TextBlock: block}
		if f.Session.Lead() {
			edit, remove := f.blockForm("edit-"+block.GetId(), block).finish(was), form{
				F: f, ID: "delete-" + block.GetId(), Do: "delete", Title: f.T("board.texts_delete"), Button: f.T("board.texts_delete"),
				Warning: f.T("board.texts_delete_warning"), Hidden: []hidden{{"id", block.GetId()}},
			}.finish(was)
			row.Edit, row.Delete = &edit, &remove
		}
		view.Blocks = append(view.Blocks, row)
	}
	if f.Session.Lead() {
		add := f.blockForm("add", nil).finish(was)
		view.Add = &add
	}
	return s.render(w, "desktexts", code, view)
}

func (f *frame) blockForm(id string, block *providerv1.TextBlock) form {
	fm := form{F: f, ID: id, Do: "set", Title: f.T("board.texts_add"), Button: f.T("board.texts_save"), Fields: f.blockFields()}
	if block == nil {
		return fm
	}
	fm.Title, fm.Hidden = f.T("board.texts_edit"), []hidden{{"id", block.GetId()}}
	for i, value := range []string{block.GetTitle(), block.GetFi(), block.GetSv(), block.GetEn()} {
		fm.Fields[i].Value = value
	}
	return fm
}

func (f *frame) blockFields() []field {
	title := f.text("title", f.T("board.texts_name")).must().hinted(f.T("board.texts_name_hint"))
	title.MaxLength = 100
	fields := []field{title}
	for _, lang := range languages() {
		fields = append(fields, f.long(lang, f.LanguageName(lang), midText).must())
	}
	fields[1] = fields[1].hinted(f.T("board.texts_hint"))
	return fields
}

// textBlocksAction sets or deletes a text block and lists them after it.
func (s *server) textBlocksAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	was := sentForm(r.PostForm)
	v, ctx, parent := was.values, f.as(r.Context()), "providers/"+r.PathValue("provider")
	var revision string
	var err error
	switch do := v.Get("do"); do {
	case "set":
		if f.check(was, f.blockFields()); was.failed() {
			return s.showTextBlocks(w, r, f, http.StatusUnprocessableEntity, was)
		}
		revision, err = call(ctx, s.Provider.SetTextBlock, &providerv1.SetTextBlockRequest{
			Parent: parent, RequestId: v.Get("request_id"), Id: v.Get("id"), Title: v.Get("title"), Fi: v.Get("fi"), Sv: v.Get("sv"), En: v.Get("en"),
		})
	case "delete":
		revision, err = call(ctx, s.Provider.DeleteTextBlock, &providerv1.DeleteTextBlockRequest{Parent: parent, RequestId: v.Get("request_id"), Id: v.Get("id")})
	default:
		return problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", do)
	}
	if err != nil {
		if err := f.refused(was, err, func(path string) string { return path }); err != nil {
			return err
		}
		return s.showTextBlocks(w, r, f, problem.From(err).HTTPStatus(), was)
	}
	http.Redirect(w, r, f.path+"?"+url.Values{"rev": {revision}, "done": {"textblocks"}}.Encode(), http.StatusSeeOther)
	return nil
}
