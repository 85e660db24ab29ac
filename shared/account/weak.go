package account

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// commonWords are what passwords are most often made of, without the digits and signs that are put around them.
var commonWords = setOf(`password passwort passw motdepasse contrasena parola senha kennwort qwerty qwertz azerty qwertyuiop
	qwertzuiop azertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc letmein welcome willkommen bienvenue iloveyou
	ichliebedich jetaime teamo football fussball baseball basketball soccer hockey dragon monkey master mustang shadow sunshine
	princess superman batman spiderman pokemon starwars trustno admin administrator login access secret geheim changeme default
	abcdef abcdefg abcdefgh abcabc freedom whatever computer internet samsung iphone google facebook michael jennifer jordan
	charlie daniel thomas hunter killer summer winter sommer spring autumn flower cookie cheese chocolate banana orange
	running runner cycling cyclist triathlon marathon strava garmin training coach athlete traind`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// leet undoes what is put for letters.
var leet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// rows are what fingers and counting run along.
var rows = []string{"abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm",
	"1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb"}

// isEasy reports whether a password is among the first that anybody would try (NIST SP 800-63B, 5.1.1.2): a common word, or
// one of the context with what is usually put around it, one pattern repeated, or a run along the alphabet or a keyboard.
func isEasy(password, email string) bool {
	folded := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, password))
	local, host, _ := strings.Cut(strings.ToLower(email), "@")
	context := map[string]bool{local: true, strings.ToLower(email): true, host: true, lettersOf(local): true}
	for part := range strings.FieldsFuncSeq(local, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(part) > 3 {
			context[part] = true
		}
	}
	for _, form := range []string{folded, leet.Replace(folded)} {
		core := strings.TrimFunc(form, func(r rune) bool { return !unicode.IsLetter(r) })
		word := lettersOf(form)
		for _, one := range []string{form, core, word, period(core), period(word)} {
			if one != "" && (commonWords[one] || context[one]) {
				return true
			}
		}
	}
	// What tells nothing new: "abababab" is "ab", "12345678" a run.
	return utf8.RuneCountInString(period(folded)) <= 3 || isRuns(folded)
}

func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return r
	}, text)
}

// period gives the shortest text that text repeats, as "ab" of "ababa"; text itself where it repeats none.
func period(text string) string {
	for n := 1; n <= len(text)/2; n++ {
		if text[n:] == text[:len(text)-n] {
			return text[:n]
		}
	}
	return text
}

// isRuns reports whether text is made of nothing but at most three runs of at least three along a row, forwards or backwards.
func isRuns(text string) bool {
	runs := 0
	for text != "" {
		n := longestRun(text)
		if n < 3 {
			return false
		}
		text = text[n:]
		runs++
	}
	return runs <= 3
}

func longestRun(text string) int {
	longest := 0
	for _, row := range rows {
		for _, row := range []string{row, reversed(row)} {
			for n := longest + 1; n <= len(text) && strings.Contains(row, text[:n]); n++ {
				longest = n
			}
		}
	}
	return longest
}

func reversed(text string) string {
	back := make([]byte, len(text))
	for i := range len(text) {
		back[len(text)-1-i] = text[i]
	}
	return string(back)
}
