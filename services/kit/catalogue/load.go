package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// FileError is one mistake in a data file: where it is, what is wrong, and what
// would be right.
type FileError struct {
	// File as given to the loader.
	File string
	// Line counts from 1; 0 when it is not known.
	Line int
	// Field is the path to the value, such as "services[3] (pilot).names.sv".
	Field string
	// Message says what is wrong and what would be right.
	Message string
	// More counts the further mistakes in the same file.
	More int
}

// Error returns the mistake on one line.
func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Message)
	if e.More > 0 {
		fmt.Fprintf(&b, " (and %d more in this file)", e.More)
	}
	return b.String()
}

// Load reads a provider's catalogue and checks all of it. The name of the file
// is used in errors only. words is the content of the words file beside it, nil
// when there is none; a service that the words name must exist.
//
// Load fails with a *[FileError], which names the file, the line and the field
// of the first mistake and counts the others.
func Load(file string, data, words []byte) (*Provider, error) {
	needs, err := Needs()
	if err != nil {
		return nil, err
	}
	var p Provider
	tree, err := decode(file, data, &p)
	if err != nil {
		return nil, err
	}
	c := &checker{file: file, tree: tree, needs: needIDs(needs)}
	c.provider(&p)
	if err := c.err(); err != nil {
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

// decode reads one YAML document strictly into out: an unknown field, a field
// given twice and a value of another type are errors. The tree it returns knows
// the lines.
func decode(file string, data []byte, out any) (*ast.File, error) {
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, readError(file, nil, err)
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, &FileError{File: file, Message: "must hold exactly one YAML document that is not empty"}
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(out); err != nil {
		return nil, readError(file, tree, err)
	}
	return tree, nil
}

// readError turns an error of the YAML library, which draws the lines around the
// mistake, into one line. The tree is nil when the file could not be parsed.
func readError(file string, tree *ast.File, err error) *FileError {
	out := &FileError{File: file, Message: err.Error()}
	var in yaml.Error
	if errors.As(err, &in) {
		out.Message = in.GetMessage()
		if token := in.GetToken(); token != nil && token.Position != nil {
			out.Line = token.Position.Line
			out.Field = fieldAt(tree, token)
		}
	}
	var wrongType *yaml.TypeError
	if errors.As(err, &wrongType) {
		out.Message = fmt.Sprintf("is of type %s where %s is wanted", wrongType.SrcType, wrongType.DstType)
	}
	out.Message, _, _ = strings.Cut(out.Message, "\n")
	return out
}

// fieldAt returns the path to the value that begins with the token, "" when the
// token is not a value.
func fieldAt(tree *ast.File, t *token.Token) string {
	if tree == nil {
		return ""
	}
	finder := &fieldFinder{token: t}
	for _, doc := range tree.Docs {
		ast.Walk(finder, doc)
	}
	return strings.TrimPrefix(finder.path, "$.")
}

// fieldFinder remembers the path of the last node it visits that begins with the
// token: the innermost one.
type fieldFinder struct {
	token *token.Token
	path  string
}

// Visit implements [ast.Visitor].
func (f *fieldFinder) Visit(node ast.Node) ast.Visitor {
	t := node.GetToken()
	if t != nil && t.Position != nil && t.Position.Offset == f.token.Position.Offset && t.Value == f.token.Value {
		f.path = node.GetPath()
	}
	return f
}

// place is where in a file a checked value stands: as the YAML library looks it
// up, and as a reader is told.
type place struct{ look, show string }

func (p place) field(name string) place {
	if p.show == "" {
		return place{look: "$." + name, show: name}
	}
	return place{look: p.look + "." + name, show: p.show + "." + name}
}

func (p place) item(i int, id string) place {
	out := place{look: fmt.Sprintf("%s[%d]", p.look, i), show: fmt.Sprintf("%s[%d]", p.show, i)}
	if id != "" {
		out.show += " (" + id + ")"
	}
	return out
}

// lineOf returns the line of the value, or of the nearest thing around it when
// the value itself is missing from the file.
func lineOf(tree *ast.File, at place) int {
	for look := at.look; look != "" && look != "$"; {
		if p, err := yaml.PathString(look); err == nil {
			if node, err := p.FilterFile(tree); err == nil && node != nil {
				return firstLine(node)
			}
		}
		look = look[:max(strings.LastIndexAny(look, ".["), 0)]
	}
	return 0
}

// firstLine returns the line on which a value begins. The token of a mapping is
// its first colon, that of a list its first dash.
func firstLine(node ast.Node) int {
	if token := node.GetToken(); token != nil && token.Position != nil {
		return token.Position.Line
	}
	return 0
}
