// Package privacy holds, as data, what the hub keeps of companies and people: for
// each kind its controller, lawful basis and retention. The privacy page shows it.
package privacy

import (
	_ "embed" // the records
	"strings"
	"time"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/datafile"
)

//go:embed privacy.yaml
var data []byte

// Controller says who answers for a kind of data (GDPR article 4(7)).
type Controller string

// The controllers.
const (
	// Joint: the seven providers together (GDPR article 26).
	Joint Controller = "joint"
	// Provider: the one that was asked for the service, or whose data it is.
	Provider Controller = "provider"
)

// Register is all records.
type Register struct {
	// Confirmed is the day, as 2006-01-02, on which the partners agreed on this text;
	// empty while it is a proposal.
	Confirmed string `yaml:"confirmed"`
	// Records in the order in which they are shown.
	Records []Record `yaml:"records"`
}

// Record is one kind of data.
type Record struct {
	ID string `yaml:"id"`
	// Class of the contract that its fields carry.
	Class catalogue.DataClass `yaml:"class"`
	// Also are further classes that they carry.
	Also []catalogue.DataClass `yaml:"also,omitempty"`
	// KeptIn names the streams and buckets of the log that hold it; PRIVATE_* is
	// that of each provider.
	KeptIn     []string   `yaml:"kept_in"`
	Controller Controller `yaml:"controller"`

	Names     catalogue.Texts `yaml:"names"`
	Holds     catalogue.Texts `yaml:"holds"`
	SeenBy    catalogue.Texts `yaml:"seen_by"`
	Basis     catalogue.Texts `yaml:"basis"`
	Retention catalogue.Texts `yaml:"retention"`
	// Days after which the program itself removes it; 0 when it does not.
	Days int `yaml:"days,omitempty"`

	// Provenance of the basis and the retention.
	catalogue.Provenance `yaml:",inline"`
}

// Load reads the records that are built into the binary. It fails with a
// *[datafile.Error] when that file has a mistake.
func Load() (*Register, error) { return load("privacy/privacy.yaml", data) }

func load(file string, data []byte) (*Register, error) {
	var register Register
	f, err := datafile.Read(file, data, &register)
	if err != nil {
		return nil, err
	}
	if _, err := time.Parse(time.DateOnly, register.Confirmed); register.Confirmed != "" && err != nil {
		f.Fail(datafile.Field("confirmed"), "%q must be a day such as 2027-01-31, or empty while the partners have not agreed", register.Confirmed)
	}
	if len(register.Records) == 0 {
		f.Fail(datafile.Field("records"), "is empty; write a record for each kind of data")
	}
	seen := map[string]bool{}
	for i := range register.Records {
		r := &register.Records[i]
		at := datafile.Field("records").Item(i, r.ID)
		f.Key(at.Field("id"), r.ID, "application")
		f.Unique(at.Field("id"), seen, r.ID, "record")
		r.check(f, at)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &register, nil
}

// contractClasses are the data classes of the contract, as the file writes them.
func contractClasses() []catalogue.DataClass {
	var classes []catalogue.DataClass
	for number := range len(policyv1.DataClass_name) {
		if known := policyv1.DataClass_name[int32(number)]; number > 0 && known != "" {
			classes = append(classes, catalogue.DataClass(strings.ToLower(strings.TrimPrefix(known, "DATA_CLASS_"))))
		}
	}
	return classes
}

func (r *Record) check(f *datafile.File, at datafile.Place) {
	for _, class := range append([]catalogue.DataClass{r.Class}, r.Also...) {
		datafile.OneOf(f, at.Field("class"), class, contractClasses())
	}
	datafile.OneOf(f, at.Field("controller"), r.Controller, []Controller{Joint, Provider})
	if len(r.KeptIn) == 0 {
		f.Fail(at.Field("kept_in"), "is empty; name the streams or buckets that hold it")
	}
	r.Names.Check(f, at.Field("names"), catalogue.MaxName, "a kind of data needs its name in fi, sv and en")
	for field, texts := range map[string]catalogue.Texts{"holds": r.Holds, "seen_by": r.SeenBy, "basis": r.Basis, "retention": r.Retention} {
		texts.Check(f, at.Field(field), catalogue.MaxDescription, "the privacy page shows it in fi, sv and en")
	}
	if r.Days < 0 {
		f.Fail(at.Field("days"), "is %d; write after how many days the program removes it, or leave it out", r.Days)
	}
	r.Check(f, at)
}
