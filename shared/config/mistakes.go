package config

import (
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing that is wrong with the settings.
type Mistake struct {
	Setting string // its name in the environment
	Got     string // what stands there, quoted; "nothing" where nothing does, never a secret's text
	Want    string // what to do
}

// String is the mistake as one line.
func (m Mistake) String() string { return fmt.Sprintf("%s: got %s; %s", m.Setting, m.Got, m.Want) }

// Error holds all mistakes of one process. Trying again can't help: somebody must change the settings.
type Error struct {
	Service  Service // what could be read about the function, for the log entry that refuses to start
	Mistakes []Mistake
}

// Error lists the mistakes, a line each.
func (e *Error) Error() string { return "settings are wrong:\n" + strings.Join(e.Lines(), "\n") }

// Lines gives each mistake as one line.
func (e *Error) Lines() []string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = m.String()
	}
	return lines
}

// prefixes are the beginnings of names that are ours; a name that has one and that nobody knows is a typing error.
var prefixes = []string{
	"DATABASE_", "CLOUD_SQL_", "STRAVA_", "SYNC_", "SESSION_", "PUSH_", "LOG_", "STREAM_", "TOKEN_", "SLOW_", "PUBLIC_", "CLIENT_IP_",
	"WEBHOOK_",
}

// foreign names begin like ours and belong to others: desktops set SESSION_MANAGER.
var foreign = []string{"SESSION_MANAGER"}

// mistakes collects what is wrong with settings.
type mistakes struct {
	settings map[string]string
	known    map[string]Setting
	list     []Mistake
}

func newMistakes(settings map[string]string) *mistakes {
	known := map[string]Setting{}
	for _, s := range Table() {
		known[s.Name] = s
	}
	return &mistakes{settings: settings, known: known}
}

// add notes a mistake, unless one of that setting is noted already: the first is the cause of the later ones.
func (m *mistakes) add(setting, want string) {
	if !m.good(setting) {
		return
	}
	got := "nothing"
	switch value, ok := m.settings[setting]; {
	case ok && m.known[setting].Secret && value != "":
		got = "a value that is not shown"
	case ok && value != "":
		got = fmt.Sprintf("%q", value)
	}
	m.list = append(m.list, Mistake{Setting: setting, Got: got, Want: want})
}

// require adds a mistake where ok is false.
func (m *mistakes) require(ok bool, setting, want string) {
	if !ok {
		m.add(setting, want)
	}
}

// good reports whether no mistake of these settings is noted.
func (m *mistakes) good(settings ...string) bool {
	return !slices.ContainsFunc(m.list, func(one Mistake) bool { return slices.Contains(settings, one.Setting) })
}

// unknown notes settings with one of our prefixes that no function knows. Their values are not shown: what is mistyped may
// be a secret's name.
func (m *mistakes) unknown() {
	for name := range m.settings {
		ours := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		if _, known := m.known[name]; known || !ours || slices.Contains(foreign, name) {
			continue
		}
		m.list = append(m.list, Mistake{
			Setting: name, Got: "a name that is not known", Want: "did you mean " + m.nearest(name) + "?",
		})
	}
	slices.SortFunc(m.list, func(a, b Mistake) int { return strings.Compare(a.Setting, b.Setting) })
}

// nearest is the known name with the fewest edits from name.
func (m *mistakes) nearest(name string) string {
	best, least := "", -1
	for _, s := range Table() {
		if d := edits(name, s.Name); least < 0 || d < least {
			best, least = s.Name, d
		}
	}
	return best
}

// edits is the Levenshtein distance: the fewest insertions, deletions and replacements of bytes that turn a into b.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
