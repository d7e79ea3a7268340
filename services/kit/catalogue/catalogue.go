// Package catalogue holds what a provider offers, as data: its services with
// names in three languages, who they are for, what is asked at the start, how
// long they take, what comes out and where the matter is decided.
//
// A provider keeps its catalogue in a YAML file beside its code. [Load] reads
// and checks the whole file once, at start; what it returns is immutable by
// agreement and safe to share between goroutines. Everything that the rules of
// a provider count with (amounts, limits, handling times) is in that file too,
// with the period it is valid in and the source it was taken from, because such
// figures change every year and code does not.
package catalogue

// Provider is one of the seven providers of the network with all it offers.
//
// A provider is a role with a name and services. The legal entity that acts in
// that role, decides and controls the data is a separate object with its own
// validity, so that a provider can pass from one legal entity to another while
// cases, requests and service ids stay as they are.
type Provider struct {
	// Key names the provider everywhere: in subjects, resource names and files.
	Key string `yaml:"provider" json:"provider"`
	// Names is what people call the provider.
	Names Texts `yaml:"names" json:"names"`
	// Descriptions says in a few sentences what the provider does.
	Descriptions Texts `yaml:"descriptions" json:"descriptions"`
	// Contact is where the public finds the provider.
	Contact Contact `yaml:"contact" json:"contact"`
	// LegalEntities lists who acts in the role, and when. The first one valid on
	// a date is the one that decides.
	LegalEntities []LegalEntity `yaml:"legal_entities" json:"legal_entities"`
	// Amounts is the reference data that the rules of the provider count with.
	Amounts []Amount `yaml:"amounts,omitempty" json:"amounts,omitempty"`
	// Services in the order in which the provider wants them shown.
	Services []Service `yaml:"services" json:"services"`
	// Version identifies this content: two catalogues with the same version are
	// equal. 16 hexadecimal digits. Events name the version they were made under.
	Version string `yaml:"-" json:"-"`
}

// Service returns the service with that id, whether it is valid today or not.
func (p *Provider) Service(id string) (*Service, bool) {
	for i := range p.Services {
		if p.Services[i].ID == id {
			return &p.Services[i], true
		}
	}
	return nil, false
}

// ServicesOn returns the services that are valid on the date, in their order.
func (p *Provider) ServicesOn(on Date) []*Service {
	var valid []*Service
	for i := range p.Services {
		if p.Services[i].ValidOn(on) {
			valid = append(valid, &p.Services[i])
		}
	}
	return valid
}

// LegalEntityOn returns the legal entity that acts as the provider on the date.
// It reports false when the file names none for that date.
func (p *Provider) LegalEntityOn(on Date) (LegalEntity, bool) {
	for _, e := range p.LegalEntities {
		if e.ValidOn(on) {
			return e, true
		}
	}
	return LegalEntity{}, false
}

// AmountOn returns the amount with that id that is valid on the date. It reports
// false when there is none: a rule must then say that it does not know, and
// never fall back on an amount of another period.
func (p *Provider) AmountOn(id string, on Date) (Amount, bool) {
	for _, a := range p.Amounts {
		if a.ID == id && a.ValidOn(on) {
			return a, true
		}
	}
	return Amount{}, false
}

// Contact is where the public finds a provider. It names no persons.
type Contact struct {
	// Web is the root address of the provider's official site.
	Web string `yaml:"web" json:"web"`
}

// LegalEntity is the organisation behind a provider for a time: the controller
// of the data and, for an authority, the one who decides.
type LegalEntity struct {
	Name       string `yaml:"name" json:"name"`
	BusinessID string `yaml:"business_id,omitempty" json:"business_id,omitempty"`
	// Form is the legal form in words, such as "municipality".
	Form Texts `yaml:"form" json:"form"`
	// Authority tells that the entity is an authority in law: the acts on good
	// administration, openness and languages apply to what it does.
	Authority  bool `yaml:"authority" json:"authority"`
	Validity   `yaml:",inline"`
	Provenance `yaml:",inline"`
}

// Amount is one figure of reference data, valid for a time.
type Amount struct {
	// ID is the dotted name that rules ask for: "apprenticeship.hours_min".
	ID string `yaml:"id" json:"id"`
	// Value is a decimal number with a point.
	Value string `yaml:"value" json:"value"`
	// Unit in words with underscores: "eur_per_month", "hours_per_week".
	Unit       string `yaml:"unit" json:"unit"`
	Validity   `yaml:",inline"`
	Provenance `yaml:",inline"`
}

// Service is one thing that a provider does for a company when asked. A request
// asks for exactly one service.
type Service struct {
	// ID is unique within the provider and never changes its meaning.
	ID string `yaml:"id" json:"id"`
	// Names of at most 100 characters each.
	Names Texts `yaml:"names" json:"names"`
	// Descriptions in one to three plain sentences, at most 2500 characters.
	Descriptions Texts `yaml:"descriptions" json:"descriptions"`
	// Who the service is for, and who cannot have it.
	Who Texts `yaml:"who" json:"who"`
	// Needs are the codes of [Need] that the service answers.
	Needs []string `yaml:"needs" json:"needs"`
	// Inputs is what is asked when the service is requested: only what is needed
	// to begin. The rest is asked later, as a supplement.
	Inputs []Input `yaml:"inputs,omitempty" json:"inputs,omitempty"`
	// ExpectedTime from the request to the outcome.
	ExpectedTime ExpectedTime `yaml:"expected_time" json:"expected_time"`
	// Outcome is what comes out when the service ends well.
	Outcome Outcome `yaml:"outcome" json:"outcome"`
	// Decided tells where the matter is legally decided.
	Decided Decided `yaml:"decided" json:"decided"`
	// MembersOnly services are open to members of the provider alone.
	MembersOnly bool `yaml:"members_only,omitempty" json:"members_only,omitempty"`
	// Secret tells that not even the existence of a request may be shown to
	// anybody but the company and this provider.
	Secret bool `yaml:"secret,omitempty" json:"secret,omitempty"`
	// Joint is set when two providers carry the service together.
	Joint *Joint `yaml:"joint,omitempty" json:"joint,omitempty"`
	// Price tells who pays.
	Price Price `yaml:"price" json:"price"`
	// Languages in which the service can be had: of "fi", "sv" and "en".
	Languages []string `yaml:"languages" json:"languages"`
	// Legislation that the service rests on.
	Legislation []Legislation `yaml:"legislation,omitempty" json:"legislation,omitempty"`
	Provenance  `yaml:",inline"`
	Validity    `yaml:",inline"`
	// Words is what people say when they need the service; it comes from the
	// words file beside the catalogue file.
	Words Words `yaml:"-" json:"words"`
}

// Input is one field of the form with which a service is requested.
type Input struct {
	// ID is unique within the service: small letters, digits and underscores.
	ID string `yaml:"id" json:"id"`
	// Names is the label of the field.
	Names Texts `yaml:"names" json:"names"`
	// Hints help the person who fills the field in; all three or none.
	Hints Texts     `yaml:"hints,omitempty" json:"hints,omitempty"`
	Type  InputType `yaml:"type" json:"type"`
	// Required fields must have a value before the request is sent.
	Required bool `yaml:"required,omitempty" json:"required,omitempty"`
	// Min and Max bound a number or an amount of money, both included.
	Min string `yaml:"min,omitempty" json:"min,omitempty"`
	Max string `yaml:"max,omitempty" json:"max,omitempty"`
	// MaxLength in characters of a text; 0 means the limit of the type.
	MaxLength int `yaml:"max_length,omitempty" json:"max_length,omitempty"`
	// Choices of a field of type choice.
	Choices []Choice `yaml:"choices,omitempty" json:"choices,omitempty"`
	// DataClass tells who may see the value.
	DataClass DataClass `yaml:"data_class" json:"data_class"`
}

// Choice is one value of a field of type choice.
type Choice struct {
	ID    string `yaml:"id" json:"id"`
	Names Texts  `yaml:"names" json:"names"`
}

// Outcome is what a service ends in.
type Outcome struct {
	Type  OutcomeType `yaml:"type" json:"type"`
	Names Texts       `yaml:"names" json:"names"`
}

// Decided tells where a matter is legally decided. When it is an official
// service elsewhere, the hub says so, links there, and records the outcome as
// reported by the company or the provider.
type Decided struct {
	Where DecidedWhere `yaml:"where" json:"where"`
	// Names, URL and Reference are set for an official service only: what it is
	// called, where it is, and which reference number to record from it.
	Names     Texts  `yaml:"names,omitempty" json:"names,omitempty"`
	URL       string `yaml:"url,omitempty" json:"url,omitempty"`
	Reference Texts  `yaml:"reference,omitempty" json:"reference,omitempty"`
}

// Joint tells that a service is carried by two providers: one request with the
// lead, to which the other is invited.
type Joint struct {
	// With is the key of the other provider.
	With string    `yaml:"with" json:"with"`
	Role JointRole `yaml:"role" json:"role"`
}

// Legislation is an act that a service rests on.
type Legislation struct {
	// Name of the act with its number, such as "Act 28/2026".
	Name    string `yaml:"name" json:"name"`
	Section string `yaml:"section,omitempty" json:"section,omitempty"`
}

// Validity is a period of local dates, both ends included. Without ValidTo it is
// open.
type Validity struct {
	ValidFrom Date `yaml:"valid_from" json:"valid_from"`
	ValidTo   Date `yaml:"valid_to,omitempty" json:"valid_to,omitempty"`
}

// ValidOn reports whether the date lies in the period.
func (v Validity) ValidOn(on Date) bool {
	return v.ValidFrom <= on && (v.ValidTo == "" || on <= v.ValidTo)
}

// Provenance tells where a piece of reference data comes from and how far it
// has been confirmed.
type Provenance struct {
	// Source in words, with a public address where there is one.
	Source string `yaml:"source" json:"source"`
	Mark   Mark   `yaml:"mark" json:"mark"`
}
