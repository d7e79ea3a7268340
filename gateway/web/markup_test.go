package web_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// hostileText tries to end whatever it stands in, and to be a link that runs.
const hostileText = `javascript:alert(1)//"'></title></textarea></option><script>zrun</script><svg onload=zrun><a href=javascript:zrun>x</a>{{.}}`

// identifies are the fields that the pages look things up by; the API makes or checks them.
var identifies = []protoreflect.Name{
	"name", "service", "provider", "request", "id", "language", "contact_language", "time", "due_date", "valid_to", "decided_on", "unit", "target",
}

// infect puts the hostile text into every other text of a message, and of those in it.
func infect(m protoreflect.Message) {
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsList() && field.Message() != nil:
			for i := range value.List().Len() {
				infect(value.List().Get(i).Message())
			}
		case field.Message() != nil && !field.IsMap():
			infect(value.Message())
		case field.Kind() == protoreflect.StringKind && !field.IsList() && !slices.Contains(identifies, field.Name()):
			m.Set(field, protoreflect.ValueOfString(hostileText))
		}
		return true
	})
}

// TestNoTextOfTheAPIIsMarkup: whatever any text of an answer holds, a browser reads no
// element, handler or address in it, on no page.
func TestNoTextOfTheAPIIsMarkup(t *testing.T) {
	for who, paths := range everyPage() {
		b := newBrowser(t)
		for _, m := range []proto.Message{b.api.theCase} {
			infect(m.ProtoReflect())
		}
		for _, r := range b.api.requests {
			infect(r.ProtoReflect())
		}
		for _, block := range b.api.blocks {
			infect(block.ProtoReflect())
		}
		for _, note := range b.api.notes {
			infect(note.ProtoReflect())
		}
		for _, m := range b.api.admin.texts() {
			infect(m.ProtoReflect())
		}
		if who != "" {
			b.signIn(who)
		}
		shown := 0
		for _, path := range paths {
			p := b.get(path)
			shown += strings.Count(p.body, "zrun")
			for _, wrong := range live(t, p.body) {
				t.Errorf("%s: %s", p.url, wrong)
			}
		}
		if who != "" && shown < 20 {
			t.Errorf("the text was shown %d times, so this proves nothing", shown)
		}
	}
}

// live lists what a browser would run, load or follow in a page that the pages did not
// mean: the only elements are theirs, and addresses lead here or to https.
func live(t *testing.T, page string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" && n.FirstChild == nil && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool {
			return a.Key == "src" && slices.ContainsFunc([]string{"hub", "form", "desk"}, func(name string) bool { return strings.HasPrefix(a.Val, "/static/"+name+"-") })
		}) {
			continue // the pages' own
		}
		if slices.Contains([]string{"script", "iframe", "object", "embed", "base", "style", "math"}, n.Data) || n.Data == "svg" && !drawn(n) {
			wrong = append(wrong, "the element "+n.Data)
		}
		for _, a := range n.Attr {
			value := strings.TrimSpace(a.Val)
			switch a.Key {
			case "href", "src", "action", "formaction":
				if !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "#") && !strings.HasPrefix(value, "https://") && !strings.HasPrefix(value, "?") || strings.HasPrefix(value, "//") {
					wrong = append(wrong, fmt.Sprintf("%s of %s is %.60q", a.Key, n.Data, value))
				}
			default:
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
					wrong = append(wrong, fmt.Sprintf("%s of %s", a.Key, n.Data))
				}
			}
		}
	}
	return wrong
}

// drawn tells whether an image is the pages' own picture: shapes and text alone.
func drawn(svg *html.Node) bool {
	if !slices.Contains(svg.Attr, html.Attribute{Key: "class", Val: "way"}) && !slices.Contains(svg.Attr, html.Attribute{Key: "class", Val: "load"}) {
		return false
	}
	for n := range svg.Descendants() {
		if n.Type == html.ElementNode && !slices.Contains([]string{"g", "path", "circle", "rect", "text"}, n.Data) {
			return false
		}
	}
	return true
}
