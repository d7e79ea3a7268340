package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

const (
	// unratedCookie holds which requests this browser does not ask to rate. It is the
	// browser's own and holds no name: what somebody does not want to say is no fact of
	// their case.
	unratedCookie = "unrated"
	// mostUnrated is how many it holds, the oldest of which are forgotten.
	mostUnrated = 40
)

// unratedMark stands for a request in the cookie.
func unratedMark(request string) string {
	sum := sha256.Sum256([]byte(request))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

func unrated(r *http.Request) []string {
	cookie, err := r.Cookie(cookieName(r, unratedCookie))
	if err != nil {
		return nil
	}
	marks := strings.Split(cookie.Value, ".")
	return marks[max(0, len(marks)-mostUnrated):]
}

// setUnrated ends the asking for one request, in this browser, and shows the case again.
func (f *frame) setUnrated(w http.ResponseWriter, r *http.Request) {
	mark := unratedMark("cases/" + r.PathValue("case") + "/requests/" + r.PostForm.Get("request"))
	marks := append(slices.DeleteFunc(unrated(r), func(m string) bool { return m == mark || m == "" }), mark)
	setCookie(w, r, unratedCookie, strings.Join(marks[max(0, len(marks)-mostUnrated):], "."))
	http.Redirect(w, r, f.path+"?done=unrated", http.StatusSeeOther)
}
