package catalogue

import (
	_ "embed" // the list of needs
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
	tree, err := decode(file, needsData, &in)
	if err != nil {
		return nil, err
	}
	c := &checker{file: file, tree: tree}
	seen := map[string]bool{}
	for i, need := range in.Needs {
		at := place{}.field("needs").item(i, need.ID)
		c.key(at.field("id"), need.ID, "start-business")
		c.unique(at.field("id"), seen, need.ID, "need")
		c.texts(at.field("names"), need.Names, maxName, "a need needs its name in fi, sv and en")
	}
	return in.Needs, c.err()
}

func needIDs(needs []Need) []string {
	ids := make([]string, len(needs))
	for i, need := range needs {
		ids[i] = need.ID
	}
	return ids
}
