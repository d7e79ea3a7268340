package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static/style.css
var styleFile []byte

//go:embed static/hub.js
var scriptFile []byte

//go:embed static/form.js
var formsFile []byte

//go:embed static/desk.js
var deskScriptFile []byte

//go:embed static/icon.svg
var iconFile []byte

// pages are the page templates by file name without .html. Each is the layout
// and the parts with its own "main".
type pages map[string]*template.Template

func mustPages() pages {
	shared := template.Must(template.ParseFS(templateFiles, "templates/layout.html", "templates/parts*.html"))
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(fmt.Sprintf("web: list templates: %v", err))
	}
	all := pages{}
	for _, name := range names {
		short := strings.TrimSuffix(path.Base(name), ".html")
		if short == "layout" || strings.HasPrefix(short, "parts") {
			continue
		}
		all[short] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, name))
	}
	return all
}

// render writes a page with the status. The page is made whole first, so that
// a fault never leaves half a page behind.
func (s *server) render(w http.ResponseWriter, name string, code int, data any) error {
	t, ok := s.pages[name]
	if !ok {
		return fmt.Errorf("web: no template %s", name)
	}
	var page bytes.Buffer
	if err := t.ExecuteTemplate(&page, "layout", data); err != nil {
		return fmt.Errorf("web: make page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, err := w.Write(page.Bytes())
	if err != nil {
		return nil // the visitor went away; there is nobody to explain it to
	}
	return nil
}

// asset is a file that never changes under its address, since the address
// holds its hash.
type asset struct {
	path, kind string
	data       []byte
}

func newAsset(name, extension, kind string, data []byte) asset {
	sum := sha256.Sum256(data)
	return asset{path: "/static/" + name + "-" + hex.EncodeToString(sum[:6]) + extension, kind: kind + "; charset=utf-8", data: data}
}

func (a asset) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(a.data)
}
