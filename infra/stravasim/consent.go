package stravasim

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// athletesExceeded are Strava's words when an application may not connect another athlete.
const athletesExceeded = "Limit of connected athletes exceeded"

// knownScopes are the scopes of the consent page with what they allow.
var knownScopes = []struct{ Name, Meaning string }{
	{"read", "View public profile"},
	{"read_all", "View private routes and segments"},
	{"profile:read_all", "View complete profile, heart rate and power zones"},
	{"profile:write", "Edit profile"},
	{"activity:read", "View activities that are visible to everyone or followers"},
	{"activity:read_all", "View all activities, private ones too"},
	{"activity:write", "Upload activities"},
}

var consentTemplate = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Authorize (Strava simulator)</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem}
fieldset{margin:1rem 0;border:1px solid #ccc;border-radius:.5rem}label{display:block}
button{font:inherit;padding:.5rem 1.25rem;margin-right:.5rem}</style></head>
<body><h1>Authorize Train-D to connect to Strava</h1>
<p>This is the simulator: no real account, no real data.</p>
<form method="post">
<fieldset><legend>Athlete</legend>
{{range $i, $a := .Athletes}}<label><input type="radio" name="athlete_id" value="{{$a.ID}}"{{if eq $i 0}} checked{{end}}> {{$a.Name}} ({{$a.Slug}})</label>
{{end}}</fieldset>
<fieldset><legend>Train-D will be able to</legend>
{{range .Scopes}}<label><input type="checkbox" name="scope" value="{{.Name}}" checked> {{.Meaning}} ({{.Name}})</label>
{{end}}</fieldset>
<button type="submit" name="action" value="authorize">Authorize</button>
<button type="submit" name="action" value="deny">Deny</button>
</form></body></html>
`))

var refusedTemplate = template.Must(template.New("refused").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Error 403</title><link rel="icon" href="data:,"></head>
<body><h1>Error 403: {{.}}</h1>
<p>This app has exceeded the limit of connected athletes.</p></body></html>
`))

// request is a checked authorization request.
type request struct {
	redirect *url.URL
	state    string
	scopes   []string
}

// authorizationRequest checks the query of /oauth/authorize. Every mistake is answered in place, never by a redirect
// to an address that is not trusted.
func (s *Simulator) authorizationRequest(r *http.Request) (request, answer, bool) {
	query := r.URL.Query()
	bad := func(resource, field string) answer {
		return fail(http.StatusBadRequest, "Bad Request", resource, field, "invalid")
	}
	if query.Get("client_id") != s.cfg.ClientID {
		return request{}, bad("Application", "client_id"), false
	}
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || redirect.Host == "" || (redirect.Scheme != "http" && redirect.Scheme != "https") {
		return request{}, bad("Application", "redirect_uri"), false
	}
	if query.Get("response_type") != "code" {
		return request{}, bad("Authorize", "response_type"), false
	}
	// There is no Strava session here that would know the athlete, so the page asks with "auto", too.
	if prompt := query.Get("approval_prompt"); prompt != "" && prompt != "auto" && prompt != "force" {
		return request{}, bad("Authorize", "approval_prompt"), false
	}
	req := request{redirect: redirect, state: query.Get("state")}
	for name := range strings.FieldsFuncSeq(query.Get("scope"), func(c rune) bool { return c == ',' || c == ' ' }) {
		if !slices.ContainsFunc(knownScopes, func(k struct{ Name, Meaning string }) bool { return k.Name == name }) {
			return request{}, bad("Authorize", "scope"), false
		}
		req.scopes = append(req.scopes, name)
	}
	if len(req.scopes) == 0 {
		return request{}, bad("Authorize", "scope"), false
	}
	return req, answer{}, true
}

// consentPage answers GET /oauth/authorize with the form.
func (s *Simulator) consentPage(w http.ResponseWriter, r *http.Request) {
	req, refusal, ok := s.authorizationRequest(r)
	if !ok {
		refusal.write(w)
		return
	}
	type row struct {
		ID         int64
		Name, Slug string
	}
	var page struct {
		Athletes []row
		Scopes   []struct{ Name, Meaning string }
	}
	for _, a := range s.athletes {
		page.Athletes = append(page.Athletes, row{a.ID, a.profile.first + " " + a.profile.last, a.Slug})
	}
	for _, known := range knownScopes {
		if slices.Contains(req.scopes, known.Name) {
			page.Scopes = append(page.Scopes, known)
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err := consentTemplate.Execute(w, page); err != nil {
		s.log.Warn("consent page", "error", err)
	}
}

// consent answers the form: 302 back to the application with a code and the scopes that stayed checked, or with
// error=access_denied.
func (s *Simulator) consent(w http.ResponseWriter, r *http.Request) {
	req, refusal, ok := s.authorizationRequest(r)
	if !ok {
		refusal.write(w)
		return
	}
	if err := r.ParseForm(); err != nil {
		fail(http.StatusBadRequest, "Bad Request", "Authorize", "form", "invalid").write(w)
		return
	}
	back := req.redirect.Query()
	back.Set("state", req.state)
	if r.PostForm.Get("action") != "authorize" {
		back.Set("error", "access_denied")
		s.log.Info("consent denied")
		redirect(w, req.redirect, back)
		return
	}
	id, _ := strconv.ParseInt(r.PostForm.Get("athlete_id"), 10, 64)
	granted := slices.DeleteFunc(slices.Clone(req.scopes), func(name string) bool {
		return !slices.Contains(r.PostForm["scope"], name)
	})
	s.mu.Lock()
	known, full := s.athleteByID(id) != nil, s.full(id)
	name := newToken()
	if known && !full {
		s.auth.codes[name] = code{athlete: id, scopes: granted, expires: s.cfg.Now().Add(codeLife)}
	}
	s.mu.Unlock()
	switch {
	case !known:
		fail(http.StatusBadRequest, "Bad Request", "Authorize", "athlete_id", "invalid").write(w)
	case full:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusForbidden)
		_ = refusedTemplate.Execute(w, athletesExceeded)
	default:
		back.Set("code", name)
		back.Set("scope", strings.Join(granted, ","))
		redirect(w, req.redirect, back)
	}
}

func redirect(w http.ResponseWriter, to *url.URL, query url.Values) {
	target := *to
	target.RawQuery = query.Encode()
	w.Header().Set("Location", target.String())
	w.WriteHeader(http.StatusFound)
}
