package logging

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// textWriter writes entries for a terminal: time, level, function, event, message, then the rest as key=value. An entry
// is one line whatever it holds.
func textWriter(w io.Writer) func(line) error {
	var mu sync.Mutex
	return func(l line) error {
		text := render(l)
		mu.Lock()
		defer mu.Unlock()
		_, err := io.WriteString(w, text)
		return err
	}
}

func render(l line) string {
	var function, event string
	var rest strings.Builder
	for _, f := range l.fields {
		switch f.key {
		case "function":
			function = fmt.Sprint(f.value)
		case "event":
			event = fmt.Sprint(f.value)
		default:
			rest.WriteString(" " + f.key + "=" + show(f.value))
		}
	}
	if l.trace.ID != "" {
		rest.WriteString(" trace=" + l.trace.ID)
	}
	return fmt.Sprintf("%s %-5s %-10s  %s  %s %s\n", l.time.Format("15:04:05"), l.level, function, event,
		oneLine(l.message), rest.String())
}

// show is a value in words; what would not read back as one word stands in quotes.
func show(value any) string {
	text := fmt.Sprint(value)
	switch v := value.(type) {
	case json.RawMessage:
		text = string(v)
	case fmt.Stringer:
		text = v.String()
	case request:
		text = fmt.Sprintf("%s %s %d", v.Request.Method, v.Request.URL.Path, v.Status)
	}
	if text == "" || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '"' || r == '='
	}) {
		return strconv.Quote(text)
	}
	return text
}

// oneLine escapes what would break or repaint the line.
func oneLine(text string) string {
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
