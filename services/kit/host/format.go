package host

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// format is a shape of the contract: how to see that a text has it, and what to
// say when it has not.
type format struct {
	match func(string) bool
	right string
	// maxLength is for a field that states none; 0 means the contract's default.
	maxLength int
}

var (
	uuidForm    = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	caseForm    = regexp.MustCompile(`^cases/[a-z2-7]{26}$`)
	requestForm = regexp.MustCompile(`^cases/[a-z2-7]{26}/requests/(` + strings.Join(bus.Providers(), "|") + `)-[1-9][0-9]{0,8}$`)
	consentForm = regexp.MustCompile(`^cases/[a-z2-7]{26}/consents/[1-9][0-9]{0,8}$`)
	keyForm     = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	spokenForm  = regexp.MustCompile(`^[a-z]{2,3}$`)
)

// formats is the one table of the contract's shapes.
var formats = map[policyv1.Format]*format{
	policyv1.Format_FORMAT_UUID:      {uuidForm.MatchString, "a UUID, such as 7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11", 0},
	policyv1.Format_FORMAT_CASE_NAME: {caseForm.MatchString, "the name of a case: cases/ and 26 characters of a-z and 2-7", 0},
	policyv1.Format_FORMAT_REQUEST_NAME: {
		requestForm.MatchString,
		"the name of a request: cases/{case}/requests/{provider}-{number}, such as .../requests/omnia-1", 0,
	},
	policyv1.Format_FORMAT_CONSENT_NAME: {consentForm.MatchString, "the name of a consent: cases/{case}/consents/{number}, such as .../consents/1", 0},
	policyv1.Format_FORMAT_PROVIDER_NAME: {
		func(text string) bool { return inProvider(text, "") },
		"the name of a provider: providers/ and one of " + strings.Join(bus.Providers(), ", "), 0,
	},
	policyv1.Format_FORMAT_SERVICE_NAME: {
		func(text string) bool { return inProvider(text, "services") },
		"the name of a service: providers/{provider}/services/{service}, such as providers/omnia/services/apprenticeship", 0,
	},
	policyv1.Format_FORMAT_ADVISOR_NAME: {
		func(text string) bool { return inProvider(text, "advisors") },
		"the name of an advisor: providers/{provider}/advisors/{advisor}", 0,
	},
	policyv1.Format_FORMAT_STAFF_NAME: {
		func(text string) bool {
			id, operator := strings.CutPrefix(text, "operators/")
			return inProvider(text, "advisors") || operator && keyForm.MatchString(id)
		},
		"the name of a member of staff: providers/{provider}/advisors/{advisor}, or operators/{id}", 0,
	},
	policyv1.Format_FORMAT_LANGUAGE:         {func(text string) bool { return text == "fi" || text == "sv" || text == "en" }, "a language of the hub: fi, sv or en", 0},
	policyv1.Format_FORMAT_CONTACT_LANGUAGE: {spokenForm.MatchString, "a language code of two or three letters (ISO 639), such as fi, en or zh", 0},
	policyv1.Format_FORMAT_DATE:             {isDate, "a date, such as 2026-03-31", 0},
	policyv1.Format_FORMAT_BUSINESS_ID:      {isBusinessID, "a Business ID with the right check digit, such as 0101263-6", 0},
	policyv1.Format_FORMAT_URL:              {isURL, "an absolute https address, such as https://www.espoo.fi/", 2000},
	policyv1.Format_FORMAT_KEY:              {keyForm.MatchString, "a key: a-z, 0-9, - and _, starting with a letter or a digit", 0},
}

// inProvider matches providers/{provider}, or providers/{provider}/{collection}/{key}.
func inProvider(text, collection string) bool {
	name, ok := strings.CutPrefix(text, "providers/")
	if !ok {
		return false
	}
	provider, rest, nested := strings.Cut(name, "/")
	if !slices.Contains(bus.Providers(), provider) || nested != (collection != "") {
		return false
	}
	if !nested {
		return true
	}
	key, ok := strings.CutPrefix(rest, collection+"/")
	return ok && keyForm.MatchString(key)
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil && len(text) == len(time.DateOnly)
}

// isBusinessID wants the canonical form: what is stored must compare equal.
func isBusinessID(text string) bool {
	canonical, err := identifier.ParseBusinessID(text)
	return err == nil && canonical == text
}

func isURL(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Scheme == "https" && address.Hostname() != "" && address.User == nil && !strings.ContainsAny(text, " \t\r\n")
}
