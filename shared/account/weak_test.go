package account

import (
	"testing"
	"unicode/utf8"
)

func TestEasyPasswordsAreTheFirstThatAnybodyWouldTry(t *testing.T) {
	t.Parallel()
	const email = "ada.lovelace@example.com"
	for password, want := range map[string]bool{
		"password": true, "Password1!": true, "P@ssw0rd": true, "p a s s w o r d": true, "passwordpassword": true, "!!iloveyou2026": true,
		"12345678": true, "87654321": true, "11111111": true, "abababab": true, "abcabcabc": true, "qwertyuiop": true, "qwerty123": true,
		"asdfghjkl": true, "abcd1234": true, "1q2w3e4r": true, "zxcvbnm123456": true, "Train-D2026": true, "strava2026": true,
		"ada.lovelace": true, "Lovelace1815": true, "ada.lovelace@example.com": true, "example.com": true, "ADALOVELACE!": true,
		"correct horse": false, "correct horse battery": false, "my password is long": false, "runningwithscissors": false,
		"ünbekanntes Wort": false, "7f4k-92md-x0qp": false, "sunshine over Trondheim": false, "aaaabbbbccccdddd": false,
	} {
		if got := isEasy(password, email); got != want {
			t.Errorf("%q: easy is %v, want %v", password, got, want)
		}
	}
}

func FuzzIsEasy(f *testing.F) {
	f.Add("P@ssw0rd", "ada@example.com")
	f.Add("\xff\xfe", "@")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, password, email string) {
		if len(password) > 4*MaxPasswordLength || len(email) > maxEmailLength { // refused before it gets here
			t.Skip("longer than what is looked at")
		}
		easy := isEasy(password, email)
		if loud := isEasy(" "+asciiUpper(password), email); loud != easy {
			t.Errorf("%q for %q: easy is %v, and %v in capitals", password, email, easy, loud)
		}
		if password != "" && utf8.ValidString(password) && !isEasy(password+password+password, email) && len(password) <= 3 {
			t.Errorf("%q three times is not easy", password)
		}
	})
}

func asciiUpper(text string) string {
	bytes := []byte(text)
	for i, c := range bytes {
		if 'a' <= c && c <= 'z' {
			bytes[i] = c - 'a' + 'A'
		}
	}
	return string(bytes)
}
