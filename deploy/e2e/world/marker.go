package world

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Marker is a word that occurs nowhere by chance. A test plants its Text where it
// may stay, and looks for the word everywhere else.
type Marker struct {
	// Planted says what it is, for the failure.
	Planted string
	word    string
	forms   map[string][]byte
}

// NewMarker makes a marker.
func NewMarker(planted string) *Marker { return Mark(planted, "Zq"+rand.Text()) }

// Mark makes a marker of a word that is there already, such as a name.
func Mark(what, word string) *Marker {
	m := &Marker{Planted: what, word: word}
	percent := ""
	for _, b := range []byte(m.word) {
		percent += fmt.Sprintf("%%%02X", b)
	}
	// An index and a careless copy may change the case of letters.
	m.forms = map[string][]byte{
		"plain": []byte(strings.ToLower(m.word)), "percent-encoded": []byte(strings.ToLower(percent)),
		"hexadecimal": []byte(hex.EncodeToString([]byte(strings.ToLower(m.word)))), "hexadecimal as it is": []byte(hex.EncodeToString([]byte(m.word))),
	}
	// Base64 looks different at each of three places. Its first and last signs may
	// hold bits of what stands beside the word. The letters and digits of the word
	// give signs that both alphabets share.
	for before := range 3 {
		whole := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), m.word...))
		m.forms[fmt.Sprint("base64 behind ", before)] = []byte(strings.ToLower(whole[(8*before+5)/6 : len(whole)-1]))
	}
	return m
}

// Text is what to plant: the word as it is and as others may write it.
func (m *Marker) Text() string {
	return fmt.Sprintf("%s %s %s", m.word, base64.StdEncoding.EncodeToString([]byte(m.word)), m.forms["percent-encoded"])
}

// Word is the marker as one word.
func (m *Marker) Word() string { return m.word }

// In answers in which form data holds the marker; empty when it does not.
func (m *Marker) In(data []byte) string {
	return m.in(bytes.ToLower(data))
}

func (m *Marker) in(lower []byte) string {
	for form, text := range m.forms {
		if bytes.Contains(lower, text) {
			return form
		}
	}
	return ""
}

// Found looks for markers and answers where each was found.
func Found(where string, data []byte, markers []*Marker) []string {
	var found []string
	lower := bytes.ToLower(data)
	for _, m := range markers {
		if form := m.in(lower); form != "" {
			found = append(found, fmt.Sprintf("%s: the %s, %s", where, m.Planted, form))
		}
	}
	return found
}

// FoundInFiles looks for markers in the files below a folder that may not hold
// them, and in their names.
func FoundInFiles(folder string, may func(path string) bool, markers []*Marker) ([]string, error) {
	var found []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || may(path) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found = append(found, Found(path, append([]byte(path), data...), markers)...)
		return nil
	})
	return found, err
}
