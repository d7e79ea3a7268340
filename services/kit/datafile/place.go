package datafile

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// Place is where a value stands in a file: as the YAML library looks it up, and
// as a reader is told.
type Place struct{ look, show string }

// Field returns the place of a field at the top of the file.
func Field(name string) Place { return Place{look: "$." + name, show: name} }

// Field returns the place of a field of the value here.
func (p Place) Field(name string) Place {
	return Place{look: p.look + "." + name, show: p.show + "." + name}
}

// Item returns the place of an item of the list here, counted from 0. The reader
// is also told the id of the item, unless it is empty.
func (p Place) Item(i int, id string) Place {
	out := Place{look: fmt.Sprintf("%s[%d]", p.look, i), show: fmt.Sprintf("%s[%d]", p.show, i)}
	if id != "" {
		out.show += " (" + id + ")"
	}
	return out
}

// line returns the line of the value, or of the nearest thing around it when the
// value itself is missing from the file; 0 when it is not known.
func (f *File) line(at Place) int {
	for look := at.look; look != "" && look != "$"; {
		if p, err := yaml.PathString(look); err == nil {
			if node, err := p.FilterFile(f.tree); err == nil && node != nil {
				if t := node.GetToken(); t != nil && t.Position != nil {
					return t.Position.Line
				}
			}
		}
		look = look[:max(strings.LastIndexAny(look, ".["), 0)]
	}
	return 0
}
