package strava

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxDepth bounds how deep a value that is passed over may be nested.
const maxDepth = 64

// scanner reads JSON by hand: encoding/json is some twenty times slower for streams, where nearly everything is numbers, and
// five times for lists, where nearly everything is passed over. It accepts exactly what JSON is. The first mistake stays in
// err, and nothing is read after it: at then stands at the end, so that every loop ends too.
type scanner struct {
	text []byte
	at   int
	err  error
}

func (s *scanner) fail(what string) {
	if s.err == nil {
		s.err = fmt.Errorf("%s at byte %d", what, s.at)
		if s.at >= len(s.text) {
			s.err = fmt.Errorf("%s: %w", what, io.ErrUnexpectedEOF)
		}
	}
	s.at = len(s.text)
}

// end gives the first mistake; that something follows is one.
func (s *scanner) end() error {
	s.space()
	if s.err == nil && s.at < len(s.text) {
		s.fail("something follows the end")
	}
	return s.err
}

// peek is the byte ahead, 0 at the end (a byte that JSON has nowhere outside of texts).
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return
		}
	}
}

// open reads the bracket that begins an object or array, and says whether an element follows.
func (s *scanner) open(begin, end byte) bool {
	if s.peek() != begin {
		s.fail("another kind of value stands here")
		return false
	}
	s.at++
	s.space()
	if s.peek() == end {
		s.at++
		return false
	}
	return s.err == nil
}

// next reads what stands behind an element, and says whether another one follows.
func (s *scanner) next(end byte) bool {
	s.space()
	switch s.peek() {
	case ',':
		s.at++
		s.space()
		return s.err == nil
	case end:
		s.at++
		return false
	}
	s.fail("a comma or bracket is missing")
	return false
}

// key reads an object's key up to its value.
func (s *scanner) key() []byte {
	key := s.quoted()
	s.space()
	if s.peek() != ':' {
		s.fail("a colon is missing")
		return nil
	}
	s.at++
	s.space()
	return key
}

// quoted reads a text and gives what stands between the quotes.
func (s *scanner) quoted() []byte {
	if s.peek() != '"' {
		s.fail("a text is missing")
		return nil
	}
	begin, escaped := s.at, false
	for i := begin + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.at = i + 1
			if !escaped {
				return s.text[begin+1 : i]
			}
			text, err := unescape(s.text[begin:s.at])
			if err != nil {
				s.fail(err.Error())
			}
			return text
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			s.at = i
			s.fail("a text has a control character")
			return nil
		}
	}
	s.at = len(s.text)
	s.fail("a text does not end")
	return nil
}

// words reads a text as encoding/json does; null is an empty one.
func (s *scanner) words() string {
	if s.null() {
		return ""
	}
	begin := s.at
	text := s.quoted()
	if s.err == nil && !utf8.Valid(text) {
		text, _ = unescape(s.text[begin:s.at]) // makes it valid; it has no escapes
	}
	return string(text)
}

func (s *scanner) null() bool {
	if s.peek() != 'n' {
		return false
	}
	s.literal("null")
	return true
}

// flag reads true or false; null is false.
func (s *scanner) flag() bool {
	flag := s.optionalFlag()
	return flag != nil && *flag
}

// optionalFlag gives nil for null.
func (s *scanner) optionalFlag() *bool {
	switch {
	case s.null():
		return nil
	case s.peek() == 't':
		s.literal("true")
		return new(true)
	default:
		s.literal("false")
		return new(false)
	}
}

func (s *scanner) literal(word string) {
	if !bytes.HasPrefix(s.text[s.at:], []byte(word)) {
		if rest := s.text[s.at:]; len(rest) < len(word) && string(rest) == word[:len(rest)] {
			s.at = len(s.text)
		}
		s.fail("a value is not what it should be")
		return
	}
	s.at += len(word)
}

// skip passes over any value.
func (s *scanner) skip(depth int) {
	if depth > maxDepth {
		s.fail("values are nested too deep")
		return
	}
	switch s.peek() {
	case '{':
		for more := s.open('{', '}'); more; more = s.next('}') {
			s.key()
			s.skip(depth + 1)
		}
	case '[':
		for more := s.open('[', ']'); more; more = s.next(']') {
			s.skip(depth + 1)
		}
	case '"':
		s.quoted()
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	default:
		s.grammar()
	}
}

// unescape reads a quoted text as encoding/json does: it resolves escapes, and replaces what is not valid UTF-8.
func unescape(quoted []byte) ([]byte, error) {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return nil, errors.New("a text has a bad escape")
	}
	return []byte(text), nil
}
