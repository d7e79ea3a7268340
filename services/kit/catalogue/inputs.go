package catalogue

import (
	"fmt"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Check reads a value that another package knows the rules of, such as a
// Business ID, and returns its canonical form. The error says what is wrong and
// what would be right.
type Check func(value string) (string, error)

// Checks are the rules for identifiers that a service may ask for. Both must be
// set: an identifier that nobody can check is refused.
type Checks struct {
	// BusinessID reads a Finnish Business ID.
	BusinessID Check
	// CompanyID reads any identifier of a company.
	CompanyID Check
}

// Problem is one thing that is wrong with the values given for a service.
type Problem struct {
	// Field is the id of the input, or the unknown id that was given.
	Field string
	// Reason is a stable code: see the Reason constants.
	Reason string
	// Value as given, shortened; empty for a secret field.
	Value string
	// What is wrong, in English.
	What string
	// Right is what would be right, in English.
	Right string
}

// The reasons of a [Problem]. Pages translate them; integrators may switch on them.
const (
	ReasonRequired   = "REQUIRED"
	ReasonUnknown    = "UNKNOWN_INPUT"
	ReasonTooLong    = "TOO_LONG"
	ReasonTooSmall   = "TOO_SMALL"
	ReasonTooLarge   = "TOO_LARGE"
	ReasonNotAllowed = "NOT_ALLOWED"
	ReasonFormat     = "FORMAT"
)

// shownValue is how much of a wrong value a problem repeats, in characters.
const shownValue = 100

// CheckInputs checks the values with which a service is requested, by input id.
// It returns them in canonical form (trimmed, numbers with a point, identifiers
// as registered; empty ones left out) and the problems found, in the order of
// the form. When there are problems the canonical values are incomplete.
func (s *Service) CheckInputs(values map[string]string, checks Checks) (map[string]string, []Problem) {
	clean := make(map[string]string, len(values))
	var problems []Problem
	known := make([]string, len(s.Inputs))
	for i := range s.Inputs {
		in := &s.Inputs[i]
		known[i] = in.ID
		value := strings.TrimSpace(values[in.ID])
		if value == "" {
			if in.Required {
				problems = append(problems, Problem{
					Field: in.ID, Reason: ReasonRequired,
					What: "is empty", Right: fmt.Sprintf("give %q, which this service needs to begin", in.Names.EN),
				})
			}
			continue
		}
		canonical, problem := in.check(value, checks)
		if problem == nil {
			clean[in.ID] = canonical
			continue
		}
		problem.Field = in.ID
		if in.DataClass != ClassSecret {
			problem.Value = shorten(value)
		}
		problems = append(problems, *problem)
	}
	unknown := make([]string, 0)
	for id := range values {
		if !slices.Contains(known, id) {
			unknown = append(unknown, id)
		}
	}
	slices.Sort(unknown)
	for _, id := range unknown {
		problems = append(problems, Problem{
			Field: shorten(id), Reason: ReasonUnknown,
			What: "is not an input of " + s.ID, Right: "the inputs are " + strings.Join(known, ", "),
		})
	}
	return clean, problems
}

// check returns the canonical form of a value that is not empty, or what is
// wrong with it.
func (in *Input) check(value string, checks Checks) (string, *Problem) {
	if !utf8.ValidString(value) {
		return "", &Problem{Reason: ReasonFormat, What: "is not valid UTF-8", Right: "send the text as UTF-8"}
	}
	if limit := in.LengthLimit(); utf8.RuneCountInString(value) > limit {
		return "", &Problem{
			Reason: ReasonTooLong,
			What:   fmt.Sprintf("has %d characters", utf8.RuneCountInString(value)),
			Right:  fmt.Sprintf("at most %d characters", limit),
		}
	}
	switch in.Type {
	case InputNumber, InputInteger, InputMoney:
		return in.checkNumber(value)
	case InputDate:
		if !Date(value).Valid() {
			return "", &Problem{Reason: ReasonFormat, What: "is not a date", Right: "a date such as 2026-03-31"}
		}
		return value, nil
	case InputChoice:
		return in.checkChoice(value)
	case InputYesNo:
		if value != "yes" && value != "no" {
			return "", &Problem{Reason: ReasonNotAllowed, What: "is neither yes nor no", Right: "yes or no"}
		}
		return value, nil
	case InputBusinessID:
		return checkWith(checks.BusinessID, value)
	case InputCompanyID:
		return checkWith(checks.CompanyID, value)
	case InputURL:
		u, err := url.Parse(value)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			return "", &Problem{Reason: ReasonFormat, What: "is not a web address", Right: "a full address such as https://www.example.com"}
		}
		return value, nil
	default:
		return checkText(value, in.Type != InputText)
	}
}

func checkText(value string, lines bool) (string, *Problem) {
	value = strings.ReplaceAll(value, "\r\n", "\n")
	for _, r := range value {
		if unicode.IsControl(r) && (!lines || r != '\n' && r != '\t') {
			right := "one line of text"
			if lines {
				right = "text and line breaks"
			}
			return "", &Problem{Reason: ReasonFormat, What: fmt.Sprintf("has the control character %U", r), Right: right}
		}
	}
	return value, nil
}

func checkWith(check Check, value string) (string, *Problem) {
	if check == nil {
		return "", &Problem{Reason: ReasonFormat, What: "cannot be checked here", Right: "leave it empty and tell the advisor"}
	}
	canonical, err := check(value)
	if err != nil {
		return "", &Problem{Reason: ReasonFormat, What: err.Error(), Right: "the identifier exactly as it is registered"}
	}
	return canonical, nil
}

func (in *Input) checkChoice(value string) (string, *Problem) {
	ids := make([]string, len(in.Choices))
	for i, choice := range in.Choices {
		ids[i] = choice.ID
	}
	if !slices.Contains(ids, value) {
		return "", &Problem{Reason: ReasonNotAllowed, What: "is not one of the choices", Right: "one of " + strings.Join(ids, ", ")}
	}
	return value, nil
}

// spoken is a decimal number as people write it: comma or point, at most six decimals.
var spoken = regexp.MustCompile(`^-?[0-9]{1,15}([.,][0-9]{1,6})?$`)

func (in *Input) checkNumber(value string) (string, *Problem) {
	// Spaces group the thousands in Finnish and Swedish: "8 000", often as no-break spaces.
	number := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return -1
		}
		return r
	}, value)
	number = strings.Replace(number, "−", "-", 1)
	if !spoken.MatchString(number) {
		return "", &Problem{Reason: ReasonFormat, What: "is not a number", Right: "a number such as 25 or 37.5"}
	}
	number = strings.Replace(number, ",", ".", 1)
	if whole, decimals, _ := strings.Cut(number, "."); in.Type == InputInteger && decimals != "" {
		return "", &Problem{Reason: ReasonFormat, What: "is not a whole number", Right: "a whole number such as " + whole}
	}
	if in.Type == InputMoney {
		if _, decimals, _ := strings.Cut(number, "."); len(decimals) > 2 {
			return "", &Problem{Reason: ReasonFormat, What: "has more than two decimals", Right: "euros and cents such as 1260.50"}
		}
	}
	least := in.Min
	if least == "" && in.Type == InputMoney {
		least = "0"
	}
	if least != "" && compare(number, least) < 0 {
		return "", &Problem{Reason: ReasonTooSmall, What: "is too small", Right: "at least " + least}
	}
	if in.Max != "" && compare(number, in.Max) > 0 {
		return "", &Problem{Reason: ReasonTooLarge, What: "is too large", Right: "at most " + in.Max}
	}
	return number, nil
}

// compare compares two decimal numbers exactly: -1, 0 or 1.
func compare(a, b string) int {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	if !okX || !okY {
		return strings.Compare(a, b)
	}
	return x.Cmp(y)
}

// LengthLimit returns how many characters a value may have.
func (in *Input) LengthLimit() int {
	if in.MaxLength > 0 {
		return in.MaxLength
	}
	if n := defaultLength(in.Type); n > 0 {
		return n
	}
	return 200 // numbers, dates, choices and identifiers are short
}

// defaultLength is the limit of a text without a limit of its own, 0 for what is
// no text.
func defaultLength(t InputType) int {
	switch t {
	case InputText:
		return 200
	case InputLongText:
		return 5000
	case InputAttachmentNote, InputURL:
		return 2000
	default:
		return 0
	}
}

func shorten(value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if runes := []rune(value); len(runes) > shownValue {
		return string(runes[:shownValue]) + "…"
	}
	return value
}
