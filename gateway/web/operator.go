package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

// lettersShown is how many dead letters a page shows; mostReplayed how many one press of
// a button hands to their handler.
const (
	lettersShown = 20
	mostReplayed = 200
)

// operatorView is the page that an operator works from: what handlers could not take in.
type operatorView struct {
	*frame
	Parties         []partyLetters
	Told            []outcome
	Next, FirstPage string
}

// partyLetters are the dead letters of one party.
type partyLetters struct {
	Name      string
	Letters   []letterView
	ReplayAll form
}

type letterView struct {
	*adminv1.DeadLetter
	About        string
	Replay, Drop form
}

// mayOperate lets in operators alone.
func (f *frame) mayOperate() error {
	switch {
	case f.Session == nil:
		return errSignIn()
	case !f.Session.Operator():
		return problem.New(problem.Denied, "ROLE_NOT_ALLOWED", "only operators see this page")
	}
	return nil
}

func (s *server) operatorPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showOperator(w, r, f, http.StatusOK, nil, nil)
}

func (s *server) showOperator(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent, told []outcome) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	f.Title, f.sent = f.T("operator.title"), was
	answer, err := s.Admin.ListDeadLetters(f.as(r.Context()), &adminv1.ListDeadLettersRequest{PageSize: lettersShown, PageToken: f.query.Get("page")})
	if err != nil {
		return fmt.Errorf("web: list dead letters: %w", err)
	}
	view := operatorView{frame: f, Told: told}
	at := map[string]int{}
	for _, letter := range answer.GetDeadLetters() {
		i, known := at[letter.GetParty()]
		if !known {
			i = len(view.Parties)
			at[letter.GetParty()] = i
			view.Parties = append(view.Parties, partyLetters{Name: f.party(letter.GetParty()), ReplayAll: form{
				F: f, ID: "all-" + slug(letter.GetParty()), Do: "replay_all", Button: f.T("operator.replay_all"), Hidden: []hidden{{"party", letter.GetParty()}},
			}.finish(was)})
		}
		view.Parties[i].Letters = append(view.Parties[i].Letters, f.letter(letter, was))
	}
	if token := answer.GetNextPageToken(); token != "" {
		view.Next = f.link(map[string]string{"page": token, "done": ""})
	}
	if f.query.Get("page") != "" {
		view.FirstPage = f.link(map[string]string{"page": "", "done": ""})
	}
	return s.render(w, "operator", code, view)
}

// party is what a party of the log is called.
func (f *frame) party(key string) string {
	if key == name.Hub {
		return f.T("status_page.gateway")
	}
	return f.Provider(name.Provider(key))
}

func (f *frame) letter(letter *adminv1.DeadLetter, was *sent) letterView {
	number := strconv.FormatUint(letter.GetSequence(), 10)
	named := []hidden{{"sequence", number}}
	return letterView{
		DeadLetter: letter, About: f.letterAbout(letter),
		Replay: form{F: f, ID: "replay-" + number, Do: "replay", Button: f.T("operator.replay"), Hidden: named}.finish(was),
		Drop: form{
			F: f, ID: "drop-" + number, Do: "drop", Title: f.T("operator.drop"), Button: f.T("operator.drop_button"), Warning: f.T("operator.drop_warning"),
			Hidden: named, Fields: f.dropFields(),
		}.finish(was),
	}
}

// letterAbout says what the event is about, as far as its address tells; an operator
// sees no content.
func (f *frame) letterAbout(letter *adminv1.DeadLetter) string {
	scope, _, err := name.ParseSubject(letter.GetSubject())
	switch {
	case err == nil && scope.IsCase():
		return f.T("operator.about_case", "case", scope.Case)
	case err == nil:
		return f.T("operator.about_request", "case", scope.Case, "request", scope.Party+"-"+strconv.Itoa(scope.Number))
	}
	kind, rest, _ := strings.Cut(letter.GetSubject(), ".")
	switch kind {
	case "staff", "people":
		return f.T("operator.about_staff", "what", rest)
	case "catalogue":
		return f.T("operator.about_catalogue", "provider", f.party(rest))
	}
	return letter.GetSubject()
}

func (f *frame) dropFields() []field {
	return []field{f.choose("radios", "reason", f.T("operator.drop_reason"), enumChoices(f, "drop_reason", "DROP_REASON_", adminv1.DropReason_name)).must()}
}

// operatorAction replays or puts away, and tells what came of it.
func (s *server) operatorAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	was := sentForm(r.PostForm)
	ctx, v := f.as(r.Context()), was.values
	sequence, _ := strconv.ParseUint(v.Get("sequence"), 10, 64) // 0 the API refuses
	label := f.T("operator.letter", "number", sequence)
	var told []outcome
	switch v.Get("do") {
	case "replay":
		_, err := s.Admin.ReplayDeadLetter(ctx, &adminv1.ReplayDeadLetterRequest{RequestId: v.Get("request_id"), Sequence: sequence})
		told = []outcome{f.came(label, f.T("operator.replayed"), err)}
	case "replay_all":
		var err error
		if told, err = s.replayAll(ctx, f, v.Get("request_id"), v.Get("party")); err != nil {
			return err
		}
	case "drop":
		if f.check(was, f.dropFields()); was.failed() {
			return s.showOperator(w, r, f, http.StatusUnprocessableEntity, was, nil)
		}
		_, err := s.Admin.DropDeadLetter(ctx, &adminv1.DropDeadLetterRequest{
			RequestId: v.Get("request_id"), Sequence: sequence, Reason: adminv1.DropReason(enumValue(adminv1.DropReason_value, "DROP_REASON_", v.Get("reason"))),
		})
		told = []outcome{f.came(label, f.T("operator.dropped"), err)}
	default:
		return problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", v.Get("do"))
	}
	return s.showOperator(w, r, f, http.StatusOK, nil, told)
}

// came tells what came of one step.
func (f *frame) came(what, done string, err error) outcome {
	told := outcome{Name: what}
	if err != nil {
		f.refusal(&told, err)
		if problem.From(err).Kind == problem.Unavailable { // it is known: the handler, or the log, is away
			told.Unsure, told.Text, told.English = false, "", problem.From(err).Message
		}
		return told
	}
	told.Done, told.Text = true, done
	return told
}

// replayAll hands the letters of a party to their handlers, the oldest first. It stops
// at a handler that is away, since it would be for the others too, and says so.
func (s *server) replayAll(ctx context.Context, f *frame, requestID, party string) ([]outcome, error) {
	id, err := uuid.Parse(requestID)
	if err != nil {
		return nil, problem.New(problem.Invalid, "REQUEST_ID_INVALID", "request_id is %.60q; load the page again", requestID)
	}
	letters, err := s.lettersOf(ctx, party)
	if err != nil {
		return nil, err
	}
	var told []outcome
	for i, letter := range letters {
		call := uuid.NewSHA1(id, strconv.AppendUint(nil, letter.GetSequence(), 10))
		_, err := s.Admin.ReplayDeadLetter(ctx, &adminv1.ReplayDeadLetterRequest{RequestId: call.String(), Sequence: letter.GetSequence()})
		told = append(told, f.came(f.T("operator.letter", "number", letter.GetSequence()), f.T("operator.replayed"), err))
		if isKind(err, problem.Unavailable, problem.Deadline) || ctx.Err() != nil {
			if rest := len(letters) - i - 1; rest > 0 {
				told = append(told, outcome{Name: f.N("operator.rest", rest), Text: f.T("operator.not_tried")})
			}
			break
		}
	}
	if len(letters) == 0 {
		told = append(told, outcome{Name: f.party(party), Text: f.T("operator.no_letters")})
	}
	return told, nil
}

// lettersOf are the oldest dead letters of a party.
func (s *server) lettersOf(ctx context.Context, party string) ([]*adminv1.DeadLetter, error) {
	var letters []*adminv1.DeadLetter
	for page := ""; ; {
		answer, err := s.Admin.ListDeadLetters(ctx, &adminv1.ListDeadLettersRequest{PageSize: 200, PageToken: page})
		if err != nil {
			return nil, fmt.Errorf("web: list dead letters: %w", err)
		}
		for _, letter := range answer.GetDeadLetters() {
			if letter.GetParty() == party && len(letters) < mostReplayed {
				letters = append(letters, letter)
			}
		}
		if page = answer.GetNextPageToken(); page == "" || len(letters) == mostReplayed {
			return letters, nil
		}
	}
}
