package casework

import "fmt"

// The kinds of refusal. Kit's problem table turns each into a gRPC code.
const (
	// Invalid: a field of the command is wrong.
	Invalid = "invalid"
	// State: where the case or request stands does not allow the command.
	State = "state"
	// Denied: the caller may not do this to this request.
	Denied = "denied"
	// Conflict: the caller acted on an older state than the newest.
	Conflict = "conflict"
	// Exists: the request_id was used for something else.
	Exists = "exists"
	// NotFound: what the command names does not exist in the case.
	NotFound = "not_found"
)

// Refusal is why a command leads to no fact: what was wrong, with which value,
// and what would be right.
type Refusal struct {
	// Kind is one of the kinds above.
	Kind string
	// Reason is a stable code in upper case, such as ALREADY_PICKED_UP.
	Reason string
	// Field is the field of the call that is wrong; empty when it is the state.
	Field string
	// Message is for people.
	Message string
	// Meta is for programs: who holds the request, which state it is in.
	Meta map[string]string
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// RefusalKind tells kit's problem package the kind.
func (r *Refusal) RefusalKind() string { return r.Kind }

// RefusalReason tells it the stable code.
func (r *Refusal) RefusalReason() string { return r.Reason }

// RefusalField tells it the field.
func (r *Refusal) RefusalField() string { return r.Field }

// RefusalMeta tells it the details for programs.
func (r *Refusal) RefusalMeta() map[string]string { return r.Meta }

func refuse(kind, reason, format string, args ...any) *Refusal {
	return &Refusal{Kind: kind, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func (r *Refusal) field(name string) *Refusal { r.Field = name; return r }

func (r *Refusal) meta(key, value string) *Refusal {
	if r.Meta == nil {
		r.Meta = map[string]string{}
	}
	r.Meta[key] = value
	return r
}
