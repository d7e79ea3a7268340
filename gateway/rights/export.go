package rights

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // README.txt of the archive
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// readme explains the archive in fi, sv and en.
//
//go:embed README.txt
var readme []byte

// chunkSize is how much of an archive one message holds.
const chunkSize = 64 << 10

// An ExportPart adds files to the archive. README.txt must say what they are.
type ExportPart struct {
	// Name is the folder of its files.
	Name string
	// Write adds what is kept of who, who sees these cases, in an order that is always
	// the same.
	Write func(ctx context.Context, who token.Principal, cases []string, add Add) error
}

// Add adds a file to the folder of a part.
type Add func(path string, data []byte) error

// AddList adds a list as one file of JSON. next answers the page behind a token,
// which is empty for the first, and the token of the page behind it.
func AddList(add Add, path string, next func(page string) ([]proto.Message, string, error)) error {
	list := []json.RawMessage{}
	for page := ""; ; {
		messages, more, err := next(page)
		if err != nil {
			return err
		}
		for _, m := range messages {
			data, err := plainJSON(m)
			if err != nil {
				return err
			}
			list = append(list, data)
		}
		if page = more; page == "" {
			break
		}
	}
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return fmt.Errorf("rights: export %s: %w", path, err)
	}
	return add(path, append(data, '\n'))
}

// Exporter writes archives of what is kept of a caller.
type Exporter struct {
	View   *view.View
	Drafts *bus.Bucket
	// Show answers a case as its company sees it.
	Show func(ctx context.Context, id string) (*casesv1.Case, error)
	// Phrase is a text of the pages in a language.
	Phrase func(language, key string) string
	// Parts are what others add.
	Parts []ExportPart
}

// ExportData sends the archive of the caller.
func (s *Service) ExportData(req *rightsv1.ExportDataRequest, stream grpc.ServerStreamingServer[rightsv1.ExportDataResponse]) error {
	out := &chunks{send: func(data []byte) error { return stream.Send(&rightsv1.ExportDataResponse{Chunk: data}) }}
	language := req.Language
	if language == "" {
		language = "fi"
	}
	if err := s.Export.Write(stream.Context(), token.From(stream.Context()), language, out); err != nil {
		return err
	}
	return out.flush()
}

// chunks sends what is written in pieces.
type chunks struct {
	send func([]byte) error
	held []byte
}

// Write holds data back until there is enough for a piece.
func (c *chunks) Write(data []byte) (int, error) {
	c.held = append(c.held, data...)
	for len(c.held) >= chunkSize {
		if err := c.send(slices.Clone(c.held[:chunkSize])); err != nil {
			return 0, err
		}
		c.held = c.held[chunkSize:]
	}
	return len(data), nil
}

func (c *chunks) flush() error {
	if len(c.held) == 0 {
		return nil
	}
	return c.send(c.held)
}

// listed is a file in manifest.json.
type listed struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Bytes  int    `json:"bytes"`
}

// archive is a ZIP that remembers what it holds. Two archives of the same are alike.
type archive struct {
	zip   *zip.Writer
	files []listed
}

func (a *archive) add(path string, data []byte) error {
	sum := sha256.Sum256(data)
	a.files = append(a.files, listed{File: path, SHA256: hex.EncodeToString(sum[:]), Bytes: len(data)})
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err == nil {
		_, err = w.Write(data)
	}
	if err != nil {
		return fmt.Errorf("rights: export %s: %w", path, err)
	}
	return nil
}

// Write writes the archive of who to out.
func (x *Exporter) Write(ctx context.Context, who token.Principal, language string, out io.Writer) error {
	a := &archive{zip: zip.NewWriter(out)}
	if err := a.add("README.txt", readme); err != nil {
		return err
	}
	ids, err := x.cases(ctx, who, language, a)
	if err != nil {
		return err
	}
	parts := append([]ExportPart{{Name: "drafts", Write: x.drafts}}, x.Parts...)
	for _, part := range parts {
		if err := part.Write(ctx, who, ids, func(path string, data []byte) error { return a.add(part.Name+"/"+path, data) }); err != nil {
			return err
		}
	}
	manifest, err := json.MarshalIndent(struct {
		Files []listed `json:"files"`
	}{a.files}, "", "  ")
	if err != nil {
		return fmt.Errorf("rights: export: %w", err)
	}
	if err := a.add("manifest.json", append(manifest, '\n')); err != nil {
		return err
	}
	return a.zip.Close()
}

// consentOf is a consent with the case that it was given in.
type consentOf struct {
	Case    string          `json:"case"`
	Consent json.RawMessage `json:"consent"`
}

// cases adds the cases that who sees, and the consents in them, and answers their ids.
func (x *Exporter) cases(ctx context.Context, who token.Principal, language string, a *archive) ([]string, error) {
	if err := x.View.Current(ctx); err != nil {
		return nil, err
	}
	ids, err := casesOf(ctx, x.View, seer(who))
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	for _, id := range ids {
		host.Shows(ctx, name.Case(id)) // an archive names none to who passes it on
	}
	consents := []consentOf{}
	for _, id := range ids {
		c, err := x.Show(ctx, id)
		if err != nil {
			return nil, err
		}
		text, err := readable(c, func(key string) string { return x.Phrase(language, key) })
		if err != nil {
			return nil, err
		}
		data, err := plainJSON(c)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(a.add("cases/"+id+"/case.json", data), a.add("cases/"+id+"/case.html", text)); err != nil {
			return nil, err
		}
		for _, consent := range c.Consents {
			given, err := plainJSON(consent)
			if err != nil {
				return nil, err
			}
			consents = append(consents, consentOf{Case: c.Name, Consent: given})
		}
	}
	data, err := json.MarshalIndent(consents, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("rights: export consents: %w", err)
	}
	return ids, a.add("consents.json", append(data, '\n'))
}

// plainJSON is a message as JSON that is alike each time, which protojson alone does
// not promise.
func plainJSON(m proto.Message) ([]byte, error) {
	data, err := protojson.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("rights: export: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", "  "); err != nil {
		return nil, fmt.Errorf("rights: export: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// drafts adds the unfinished cases of a person. Who holds the code of a case has none.
func (x *Exporter) drafts(ctx context.Context, who token.Principal, _ []string, add Add) error {
	if who.Subject == "" {
		return nil
	}
	keys, err := x.Drafts.Keys(ctx, "draft-"+personKey(who.Subject)+"-")
	if err != nil {
		return err
	}
	slices.Sort(keys)
	for i, key := range keys {
		kept, err := x.Drafts.Get(ctx, key)
		if errors.Is(err, bus.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		var draft struct {
			Content string `json:"content"`
		}
		if err := json.Unmarshal(kept.Value, &draft); err != nil {
			return fmt.Errorf("rights: export a draft: %w", err)
		}
		if err := add(fmt.Sprintf("%d.txt", i+1), []byte(draft.Content)); err != nil {
			return err
		}
	}
	return nil
}
