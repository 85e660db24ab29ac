package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// unmarshal reads JSON that means the same to everybody, and refuses the rest, before it is compared with a schema.
func unmarshal(data []byte, into any) error {
	if _, first := into.(*any); first {
		if err := unambiguous(data); err != nil {
			return err
		}
	}
	err := huma.DefaultJSONFormat.Unmarshal(data, into)
	var misfit *json.UnmarshalTypeError
	if errors.As(err, &misfit) { // its own words are of Go's types, and would reach the client
		return fmt.Errorf("%s can't hold such a value", cmp.Or(misfit.Field, "the body"))
	}
	return err
}

// unambiguous refuses what readers of JSON disagree about: names that an object holds twice, and text that is not Unicode,
// as bytes or as a lone surrogate. A NUL is refused with them: PostgreSQL stores none.
func unambiguous(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	if err := checkEscapes(data); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var open []map[string]bool // the names of each open object; nil for a list
	name := false              // a name comes next
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
		case string:
			if name {
				names := open[len(open)-1]
				if names[token] {
					return fmt.Errorf("a name stands twice in an object")
				}
				names[token] = true
				name = false
				continue
			}
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}

// checkEscapes refuses \u0000 and surrogates that are not a pair. What is no JSON passes: it is refused by who reads it.
func checkEscapes(data []byte) error {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		unit := escaped(data[i:])
		switch {
		case unit == "":
			i++ // what is escaped is one byte
		case unit == "0000":
			return errors.New("a text holds NUL")
		case isSurrogate(unit, "89ab"):
			if i += 6; !isSurrogate(escaped(data[min(i, len(data)):]), "cdef") {
				return errors.New("a text is not Unicode")
			}
			i += 5
		case isSurrogate(unit, "cdef"):
			return errors.New("a text is not Unicode")
		default:
			i += 5
		}
	}
	return nil
}

// escaped gives the four digits of a \u escape at the beginning of data, in lower case; empty where there is none.
func escaped(data []byte) string {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return ""
	}
	return strings.ToLower(string(data[2:6]))
}

// isSurrogate reports whether unit is a half of a pair whose second digit is one of second.
func isSurrogate(unit, second string) bool {
	return len(unit) == 4 && unit[0] == 'd' && strings.IndexByte(second, unit[1]) >= 0
}
