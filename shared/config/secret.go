package config

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// redacted is what every way of printing a Secret gives.
const redacted = "[redacted]"

// Secret is a setting that must never be seen: a password, a DSN, a key. Only Reveal gives its text.
//
// It holds a pointer and not a string, because fmt reaches past methods into a struct's unexported fields, and would print
// a string that it finds there; it follows no pointer to a string.
type Secret struct{ text *string }

// NewSecret keeps text as a secret, without the line end that secret stores and editors leave behind (I11).
func NewSecret(text string) Secret {
	text = strings.TrimRight(text, "\r\n")
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal gives the text itself: for the one call that needs it, never for a log or an error.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether nothing is set.
func (s Secret) IsZero() bool { return s.text == nil }

// String hides the text.
func (s Secret) String() string { return redacted }

// Format hides the text from every verb of fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue hides the text from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the text from JSON and every other encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText reads a setting.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
