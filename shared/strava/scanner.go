package strava

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// maxDepth bounds how deep a value that is passed over may be nested.
const maxDepth = 64

// scanner reads JSON by hand: encoding/json is some twenty times too slow for streams, where nearly everything is
// numbers, and five times for lists, where nearly everything is passed over. It accepts exactly what JSON is. The first mistake stays in err, and nothing is read after it: at then stands
// at the end, so that every loop ends too.
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

// optionalNumber gives nil for null.
func (s *scanner) optionalNumber() *float64 {
	value, known := s.number()
	if !known {
		return nil
	}
	return &value
}

// integer reads a whole number that needs not fit a float64; null is 0.
func (s *scanner) integer() int64 {
	begin := s.at
	if isNull := s.grammar(); isNull || s.err != nil {
		return 0
	}
	value, err := strconv.ParseInt(string(s.text[begin:s.at]), 10, 64)
	if err != nil {
		s.at = begin
		s.fail("a number is not whole, or too large")
	}
	return value
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

// powersOfTen are those that a float64 holds exactly.
var powersOfTen = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// shortNumber reads a number of up to 15 digits without an exponent: a quotient of two exact float64, so that one
// division rounds correctly. length is how many bytes it has; 0 where something else stands there.
func shortNumber(text []byte, at int) (value float64, length int) {
	i, sign := at, 1.0
	if i < len(text) && text[i] == '-' {
		sign = -1
		i++
	}
	first := i
	var mantissa uint64
	for ; i < len(text); i++ {
		digit := text[i] - '0'
		if digit > 9 {
			break
		}
		mantissa = mantissa*10 + uint64(digit)
	}
	digits := i - first
	if digits == 0 || digits > 15 || (digits > 1 && text[first] == '0') {
		return 0, 0
	}
	if i == len(text) || text[i] != '.' {
		return sign * float64(mantissa), i - at
	}
	i++
	point := i
	for ; i < len(text); i++ {
		digit := text[i] - '0'
		if digit > 9 {
			break
		}
		mantissa = mantissa*10 + uint64(digit)
	}
	decimals := i - point
	if decimals == 0 || digits+decimals > 15 {
		return 0, 0
	}
	return sign * float64(mantissa) / powersOfTen[decimals], i - at
}

// number reads a number; false means null.
func (s *scanner) number() (float64, bool) {
	value, length := shortNumber(s.text, s.at)
	if end := s.at + length; length > 0 && (end == len(s.text) || (s.text[end] != 'e' && s.text[end] != 'E')) {
		s.at = end
		return value, true
	}
	begin := s.at
	if isNull := s.grammar(); isNull || s.err != nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(string(s.text[begin:s.at]), 64)
	if err != nil || math.IsInf(value, 0) {
		s.fail("a number is too large")
		return 0, false
	}
	return value, true
}

// grammar passes over a JSON number or null, and says whether it was null. NaN and Infinity are neither.
func (s *scanner) grammar() (isNull bool) {
	if s.peek() == 'n' {
		s.literal("null")
		return true
	}
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else {
		s.digits()
	}
	if s.peek() == '.' {
		s.at++
		s.digits()
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		s.digits()
	}
	return false
}

// digits reads at least one digit.
func (s *scanner) digits() {
	begin := s.at
	for s.at < len(s.text) && s.text[s.at]-'0' < 10 {
		s.at++
	}
	if s.at == begin {
		s.fail("a number is not one")
	}
}

// unescape reads a quoted JSON text with escapes, which Strava's keys never have.
func unescape(quoted []byte) ([]byte, error) {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return nil, errors.New("a text has a bad escape")
	}
	return []byte(text), nil
}
