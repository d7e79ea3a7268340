package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// checkStaff wants everybody who was added on the list once.
func checkStaff(ctx context.Context, r reader, calls []call) []string {
	var problems []string
	lists := map[string][]string{}
	for _, c := range calls {
		if c.Kind != addStaff {
			continue
		}
		if _, read := lists[c.Scope]; !read {
			list, err := r.staff(ctx, strings.TrimPrefix(c.Scope, "providers/"))
			if err != nil {
				problems = append(problems, err.Error())
			}
			lists[c.Scope] = list
		}
		times := 0
		for _, advisor := range lists[c.Scope] {
			if advisor == c.Words {
				times++
			}
		}
		if times > 1 || c.Outcome == acknowledged && times == 0 {
			problems = append(problems, fmt.Sprintf("%s is on the staff %d times", c.Words, times))
		}
	}
	return problems
}

// checkDrafts wants the last draft that a person was told is kept, or one that
// they sent later and heard nothing of.
func checkDrafts(ctx context.Context, r reader, calls []call, m moment) []string {
	var problems []string
	allowed := map[string][]string{}
	for _, c := range calls {
		switch {
		case c.Kind != saveDraft:
		case c.Outcome == acknowledged:
			allowed[c.Scope] = []string{c.Words}
		case len(allowed[c.Scope]) > 0:
			allowed[c.Scope] = append(allowed[c.Scope], c.Words)
		}
	}
	for person, contents := range allowed {
		got, err := r.draft(ctx, person)
		if err != nil {
			problems = append(problems, err.Error())
		} else if !slices.Contains(contents, got) && (m == quiet || numberOf(got) < numberOf(contents[0])) {
			problems = append(problems, fmt.Sprintf("the draft of %s is %q, want one of %q", person, got, contents))
		}
	}
	return problems
}

// errorCode is the code that a hub answered with, also when the error says more.
func errorCode(err error) codes.Code {
	if answered, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		return answered.GRPCStatus().Code()
	}
	return codes.Unknown
}

// numberOf is the number that a client gives its words, which counts upwards.
func numberOf(words string) int {
	n, err := strconv.Atoi(words[strings.LastIndexByte(words, '-')+1:])
	if err != nil {
		return -1
	}
	return n
}
