package strava

import (
	"math"
	"strconv"
)

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
