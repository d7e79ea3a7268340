package datafile

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var keyPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Key checks that a value is a key: small letters, digits and hyphens. The
// example shows the reader what one looks like.
func (f *File) Key(at Place, key, example string) {
	if !keyPattern.MatchString(key) {
		f.Fail(at, "%q is not a key; write small letters, digits and hyphens, such as %s", key, example)
	}
}

// Unique checks that an id has not been seen before among its kind, and adds it
// to those seen.
func (f *File) Unique(at Place, seen map[string]bool, id, kind string) {
	if seen[id] {
		f.Fail(at, "%q is given to another %s too; each needs its own id", id, kind)
	}
	seen[id] = true
}

// Address checks that a value is a full https address.
func (f *File) Address(at Place, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		f.Fail(at, "%q is not a web address; write it in full, such as https://www.espoo.fi", address)
	}
}

// OneOf checks that a value is one of a closed list and tells the list if not.
func OneOf[T ~string](f *File, at Place, value T, allowed []T) {
	if slices.Contains(allowed, value) {
		return
	}
	list := make([]string, len(allowed))
	for i, a := range allowed {
		list[i] = string(a)
	}
	f.Fail(at, "%q is not known; it is one of %s", string(value), strings.Join(list, ", "))
}
