package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	askPrefix = "hub.ask."
	// askTry is how long one try of Ask waits for the hub.
	askTry      = 2 * time.Second
	answerGroup = "hub"
	// errorHeader carries why an answer is a refusal.
	errorHeader = "Hub-Error"
)

// RefusedError is the hub's answer to a question that it will not carry out.
type RefusedError struct {
	Topic, Reason string
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("bus: the hub refuses %s: %s", e.Topic, e.Reason)
}

// Ask puts a question to the hub, on hub.ask.<own party>.<topic>, and returns
// the answer, or a *RefusedError. While no hub answers it asks again until ctx
// ends, so the answering side must be idempotent.
func (b *Bus) Ask(ctx context.Context, topic string, data []byte) ([]byte, error) {
	if !validToken(topic) {
		return nil, fmt.Errorf("bus: ask: topic %q must be one word of letters, digits, - and _", topic)
	}
	return b.request(ctx, askPrefix+b.party+"."+topic, topic, data)
}

func (b *Bus) request(ctx context.Context, subject, topic string, data []byte) ([]byte, error) {
	for {
		try, cancel := context.WithTimeout(ctx, askTry)
		reply, err := b.nc.RequestMsgWithContext(try, &nats.Msg{Subject: subject, Data: data})
		cancel()
		switch {
		case err == nil:
			return answerOf(reply, topic)
		case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionDraining):
			return nil, fmt.Errorf("bus: ask %s: %w", topic, err)
		}
		if wait(ctx, connectRetry) != nil {
			return nil, fmt.Errorf("bus: ask %s: %w", topic, errors.Join(ctx.Err(), err))
		}
	}
}

func answerOf(reply *nats.Msg, topic string) ([]byte, error) {
	if reason := reply.Header.Get(errorHeader); reason != "" {
		return nil, &RefusedError{Topic: topic, Reason: reason}
	}
	return reply.Data, nil
}

// Answer serves the questions of all parties on one topic until ctx ends. The
// party comes from the subject, which the server lets only that party use. Of
// several gateways one answers each question. An error of handle goes back as a
// refusal, so its text must be fit for the asker.
func (b *Bus) Answer(ctx context.Context, topic string, handle func(ctx context.Context, party string, data []byte) ([]byte, error)) error {
	if err := b.hubOnly("answer questions to the hub"); err != nil {
		return err
	}
	if !validToken(topic) {
		return fmt.Errorf("bus: answer: topic %q must be one word of letters, digits, - and _", topic)
	}
	return b.serve(ctx, askPrefix+"*."+topic, func(ctx context.Context, question Message) ([]byte, error) {
		return handle(ctx, strings.Split(question.Subject, ".")[2], question.Data)
	})
}

// serve answers requests on subject until ctx ends, each in a goroutine of its
// own, and returns when the last is done.
func (b *Bus) serve(ctx context.Context, subject string, handle func(ctx context.Context, question Message) ([]byte, error)) error {
	requests := make(chan *nats.Msg, 256)
	subscription, err := b.nc.ChanQueueSubscribe(subject, answerGroup, requests)
	if err != nil {
		return fmt.Errorf("bus: answer on %s: %w", subject, err)
	}
	defer func() { _ = subscription.Unsubscribe() }()
	answers := make(chan struct{}, 64)
	defer func() {
		for range cap(answers) {
			answers <- struct{}{}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case request, open := <-requests:
			if !open {
				return fmt.Errorf("bus: answer on %s: %w", subject, nats.ErrConnectionClosed)
			}
			answers <- struct{}{}
			go func() {
				defer func() { <-answers }()
				b.respond(ctx, request, handle)
			}()
		}
	}
}

func (b *Bus) respond(ctx context.Context, request *nats.Msg, handle func(ctx context.Context, question Message) ([]byte, error)) {
	if request.Reply == "" {
		return
	}
	reply := nats.NewMsg(request.Reply)
	data, err := handle(ctx, Message{Subject: request.Subject, Header: fromHeader(request.Header), Data: request.Data})
	if err != nil {
		reply.Header.Set(errorHeader, oneLine(err.Error()))
	} else {
		reply.Data = data
	}
	if err := request.RespondMsg(reply); err != nil {
		b.log.WarnContext(ctx, "an answer could not be sent", "subject", request.Subject, "error", err)
	}
}

// oneLine makes text fit for a header: one line, at most 1000 bytes.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 1000 {
		text = strings.ToValidUTF8(text[:1000], "")
	}
	if text == "" {
		return "unknown"
	}
	return text
}
