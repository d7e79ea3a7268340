package chaos

import (
	"context"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// revised is what every mutating call answers.
type revised interface{ GetRevision() string }

// work is the whole life of one request, and answers the revision of its end.
func (d desk) work(ctx context.Context) (string, error) {
	holder, err := d.contend(ctx)
	if err != nil {
		return "", err
	}
	if d.dice.IntN(3) == 0 {
		if holder, err = d.handBack(ctx, holder); err != nil {
			return "", err
		}
	}
	as := func(ctx context.Context) context.Context { return d.people.advisor(ctx, d.key, holder) }
	me := func(ctx context.Context) context.Context { return d.people.company(ctx, d.person()) }
	due := time.Now().AddDate(0, 0, 14).Format(time.DateOnly)
	newest := ""
	for _, step := range []struct {
		kind casesv1.EntryKind
		what string
		send func(ctx context.Context, tg *target, id, words string) (revised, error)
	}{
		{casesv1.EntryKind_ENTRY_KIND_REPLIED, "Hei", func(ctx context.Context, tg *target, id, words string) (revised, error) {
			return tg.desks.Reply(as(ctx), &providerv1.ReplyRequest{Name: d.request, RequestId: id, Text: words})
		}},
		{casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ASKED, "Mikä", func(ctx context.Context, tg *target, id, words string) (revised, error) {
			return tg.desks.AskSupplement(as(ctx), &providerv1.AskSupplementRequest{Name: d.request, RequestId: id, Question: words, DueDate: due})
		}},
		{casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ANSWERED, "Tämä", func(ctx context.Context, tg *target, id, words string) (revised, error) {
			return tg.cases.AnswerSupplement(me(ctx), &casesv1.AnswerSupplementRequest{Name: d.request, RequestId: id, Number: 1, Text: words})
		}},
		{casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED, "Kiitos", func(ctx context.Context, tg *target, id, words string) (revised, error) {
			return tg.cases.PostMessage(me(ctx), &casesv1.PostMessageRequest{Name: d.request, RequestId: id, Text: words})
		}},
		{casesv1.EntryKind_ENTRY_KIND_COMPLETED, "Valmis", func(ctx context.Context, tg *target, id, words string) (revised, error) {
			return tg.desks.Complete(as(ctx), &providerv1.CompleteRequest{Name: d.request, RequestId: id, Summary: words})
		}},
	} {
		switch step.kind {
		case casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ANSWERED: // the company answers what it has read
			if err := d.read(ctx, d.caseName, newest); err != nil {
				return "", err
			}
		case casesv1.EntryKind_ENTRY_KIND_COMPLETED: // and so does the advisor
			if err := d.see(ctx, holder, newest); err != nil {
				return "", err
			}
			if err := d.note(ctx, holder); err != nil {
				return "", err
			}
		}
		words := d.words(step.what)
		record := d.history.begin(d.number, of(step.kind), d.request, d.caseName, words)
		newest, err = d.call(ctx, record, func(ctx context.Context, tg *target, id string) (string, error) {
			done, err := step.send(ctx, tg, id, words)
			return done.GetRevision(), err
		})
		if err != nil {
			return "", err
		}
	}
	return newest, nil
}

// see reads the request as its advisor does, as new as the revision.
func (d desk) see(ctx context.Context, holder, newest string) error {
	return d.until(ctx, "reading "+d.request, func(ctx context.Context, tg *target) error {
		_, err := tg.desks.GetRequest(d.people.advisor(ctx, d.key, holder), &providerv1.GetRequestRequest{Name: d.request, MinRevision: newest})
		return err
	})
}

// handBack puts the request back, and lets both contend for it again.
func (d desk) handBack(ctx context.Context, holder string) (string, error) {
	words := d.words("Takaisin")
	record := d.history.begin(d.number, of(casesv1.EntryKind_ENTRY_KIND_HANDED_BACK), d.request, d.caseName, words)
	if _, err := d.call(ctx, record, func(ctx context.Context, tg *target, id string) (string, error) {
		done, err := tg.desks.HandBack(d.people.advisor(ctx, d.key, holder), &providerv1.HandBackRequest{Name: d.request, RequestId: id, Reason: words})
		return done.GetRevision(), err
	}); err != nil {
		return "", err
	}
	return d.contend(ctx)
}

// note adds a confidential note.
func (d desk) note(ctx context.Context, holder string) error {
	words := d.words("Salaista")
	record := d.history.begin(d.number, addNote, d.request, d.caseName, words)
	_, err := d.call(ctx, record, func(ctx context.Context, tg *target, id string) (string, error) {
		_, err := tg.desks.AddNote(d.people.advisor(ctx, d.key, holder), &providerv1.AddNoteRequest{Name: d.request, RequestId: id, Text: words})
		return "", err
	})
	return err
}
