// Package datafile reads the hub's data files strictly and says exactly where a
// mistake is: the file, the line, the field, what is wrong and what would be
// right.
//
// The files are YAML because people who are no programmers keep them. That makes
// small slips likely (a comma that begins a new field, a text forgotten in one
// language), so an unknown field is a mistake here and a reader checks all that
// it has read before anything uses it:
//
//	f, err := datafile.Read("omnia/catalogue.yaml", data, &out)
//	...
//	f.Fail(datafile.Field("services").Item(3, "pilot").Field("names"), "is empty")
//	return f.Err()
package datafile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Error is one mistake in a data file.
type Error struct {
	// File as given to [Read].
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
func (e *Error) Error() string {
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

// File is a data file that has been read and is being checked. It collects the
// mistakes that the checks find.
type File struct {
	name  string
	tree  *ast.File
	first *Error
}

// Read reads the one YAML document of a file into out. An unknown field, a field
// given twice and a value of another type are mistakes. It fails with an *[Error];
// name is used in errors only.
func Read(name string, data []byte, out any) (*File, error) {
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, readError(name, nil, err)
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, &Error{File: name, Message: "must hold exactly one YAML document that is not empty"}
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(out); err != nil {
		return nil, readError(name, tree, err)
	}
	return &File{name: name, tree: tree}, nil
}

// Fail records a mistake at a place. The message says what is wrong and what
// would be right. Only the first is kept in full; the others are counted.
func (f *File) Fail(at Place, format string, args ...any) {
	if f.first != nil {
		f.first.More++
		return
	}
	f.first = &Error{File: f.name, Line: f.line(at), Field: at.show, Message: fmt.Sprintf(format, args...)}
}

// Err returns the mistakes recorded so far as an *[Error], or nil.
func (f *File) Err() error {
	if f.first == nil {
		return nil
	}
	return f.first
}

// readError turns an error of the YAML library, which draws the lines around the
// mistake, into one line. The tree is nil when the file could not be parsed.
func readError(name string, tree *ast.File, err error) *Error {
	out := &Error{File: name, Message: err.Error()}
	var in yaml.Error
	if errors.As(err, &in) {
		out.Message = in.GetMessage()
		if t := in.GetToken(); t != nil && t.Position != nil {
			out.Line = t.Position.Line
			out.Field = fieldAt(tree, t)
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
