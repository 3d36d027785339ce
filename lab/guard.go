package lab

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The page's own policy: everything comes from the lab itself, nothing is sent
// elsewhere, no script or style stands in the page's text, and no other page may
// show this one in a frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// maxJSON bounds a request's JSON; maxModel a model file.
const (
	maxJSON  = 1 << 20
	maxModel = 96 << 20
)

// answerWithin is how long an answer may take to be sent, other than a stream.
const answerWithin = 60 * time.Second

// cookie holds the token in a browser.
const cookie = "inkling_token"

// guard lets through what the lab's own page asks. A page from elsewhere that makes a
// visitor's browser ask is refused, and so is a name that was made to point here (DNS
// rebinding): only the loopback's names are known, and with a token bare addresses.
type guard struct {
	token string // "" on the loopback
	names []string
	next  http.Handler
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if !g.knows(r.Host) {
		refuse(w, http.StatusForbidden, "the lab does not answer to the name %q", clip([]byte(r.Host)))
		return
	}
	if !sameOrigin(r) {
		refuse(w, http.StatusForbidden, "another page may not ask the lab")
		return
	}
	if !straight(r.URL.Path) {
		refuse(w, http.StatusNotFound, "there is no such page")
		return
	}
	if g.token != "" && !g.admits(w, r) {
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !typed(r) {
		refuse(w, http.StatusUnsupportedMediaType, "a body is application/json, application/octet-stream, image/png or image/jpeg")
		return
	}
	g.next.ServeHTTP(w, r)
}

// knows reports whether a Host is one of the lab's.
func (g *guard) knows(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") || slices.ContainsFunc(g.names, func(n string) bool { return strings.EqualFold(n, host) }) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && (addr.IsLoopback() || g.token != "")
}

// straight reports whether a path, decoded, leads nowhere but down.
func straight(path string) bool {
	return path == "/" || strings.HasPrefix(path, "/") && fs.ValidPath(strings.TrimPrefix(path, "/")) && !strings.ContainsAny(path, "\x00\\")
}

// sameOrigin reports whether a request comes from the lab's own page, or from no page:
// from a program, or a visitor who follows a link to the page.
func sameOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && !strings.HasPrefix(r.URL.Path, "/api/")
}

// admits checks the token: in a cookie, in the header Authorization, or in the
// address with which the page is opened, from where it goes into the cookie.
func (g *guard) admits(w http.ResponseWriter, r *http.Request) bool {
	if given := r.URL.Query().Get("token"); given != "" && r.URL.Path == "/" && r.Method == http.MethodGet {
		if !g.is(given) {
			refuse(w, http.StatusForbidden, "the token is another one: open the address that inkling lab printed")
			return false
		}
		http.SetCookie(w, &http.Cookie{Name: cookie, Value: g.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return false
	}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && g.is(bearer) {
		return true
	}
	if c, err := r.Cookie(cookie); err == nil && g.is(c.Value) {
		return true
	}
	refuse(w, http.StatusForbidden, "the lab wants its token: open the address that inkling lab printed")
	return false
}

// is compares in a time that says nothing about the token.
func (g *guard) is(given string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(g.token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// typed reports whether a body is of a type that no form of another page can send
// without asking first; a request without a body has none.
func typed(r *http.Request) bool {
	if r.ContentLength == 0 && r.Header.Get("Content-Type") == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && slices.Contains([]string{"application/json", "application/octet-stream", "image/png", "image/jpeg"}, kind)
}

// refuse answers with a sentence, as JSON.
func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	answer(w, status, map[string]string{"error": fmt.Sprintf(format, args...)})
}
