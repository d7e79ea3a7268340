package catalogue

import (
	_ "embed" // the list of needs

	"github.com/businessespoo/hub/services/kit/datafile"
)

//go:embed needs.yaml
var needsData []byte

// Need is one kind of help that a company looks for, in the company's own terms.
// Services of several providers may answer one need.
type Need struct {
	// ID is the code by which a case, a service and an integrator name the need.
	ID    string `yaml:"id" json:"id"`
	Names Texts  `yaml:"names" json:"names"`
}

// Needs returns the list of needs in the order in which they are shown. It fails
// only when the list that is built into the binary has a mistake.
func Needs() ([]Need, error) {
	var in struct {
		Needs []Need `yaml:"needs"`
	}
	const file = "catalogue/needs.yaml"
	f, err := datafile.Read(file, needsData, &in)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i, need := range in.Needs {
		at := datafile.Field("needs").Item(i, need.ID)
		f.Key(at.Field("id"), need.ID, "start-business")
		f.Unique(at.Field("id"), seen, need.ID, "need")
		need.Names.Check(f, at.Field("names"), MaxName, "a need needs its name in fi, sv and en")
	}
	return in.Needs, f.Err()
}

func needIDs(needs []Need) []string {
	ids := make([]string, len(needs))
	for i, need := range needs {
		ids[i] = need.ID
	}
	return ids
}
