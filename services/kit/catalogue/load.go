package catalogue

import (
	"fmt"
	"path"

	"github.com/businessespoo/hub/services/kit/datafile"
)

// Load reads a provider's catalogue and checks all of it. The name of the file
// is used in errors only. words is the content of the words file beside it, nil
// when there is none; a service that the words name must exist.
//
// Load fails with a *[datafile.Error], which names the file, the line and the field
// of the first mistake and counts the others.
func Load(file string, data, words []byte) (*Provider, error) {
	needs, err := Needs()
	if err != nil {
		return nil, err
	}
	var p Provider
	f, err := datafile.Read(file, data, &p)
	if err != nil {
		return nil, err
	}
	c := &checker{File: f, needs: needIDs(needs)}
	c.provider(&p)
	if err := c.Err(); err != nil {
		return nil, err
	}
	if words != nil {
		if err := mergeWords(path.Join(path.Dir(file), "words.yaml"), words, &p); err != nil {
			return nil, err
		}
	}
	p.Version, err = version(&p)
	if err != nil {
		return nil, fmt.Errorf("catalogue: version of %s: %w", file, err)
	}
	return &p, nil
}
