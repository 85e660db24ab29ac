package config

//go:generate go test -run=TestTheReadmeHoldsTheTable . -update

import (
	"reflect"
	"slices"
	"strings"
)

// Setting is one line of the settings' table.
type Setting struct {
	Name      string   // in the environment
	Functions []string // that read it, in lower case
	Default   string   // in words; empty where there is none
	Meaning   string
	Secret    bool // its value is never shown
}

// functions are the settings of each function.
var functions = []reflect.Type{
	reflect.TypeFor[Onboarding](), reflect.TypeFor[Webhook](), reflect.TypeFor[Dispatch](), reflect.TypeFor[Sync](),
	reflect.TypeFor[Mail](), reflect.TypeFor[Migrate](),
}

// Table lists every setting of every function, in the order of their structs.
func Table() []Setting {
	var table []Setting
	at := map[string]int{}
	for _, function := range functions {
		for i := range function.NumField() {
			section := function.Field(i).Type
			for j := range section.NumField() {
				field := section.Field(j)
				name := field.Tag.Get("env")
				if name == "" {
					continue
				}
				if _, ok := at[name]; !ok {
					at[name] = len(table)
					table = append(table, setting(name, field))
				}
				s := &table[at[name]]
				s.Functions = append(s.Functions, strings.ToLower(function.Name()))
			}
		}
	}
	return table
}

func setting(name string, field reflect.StructField) Setting {
	preset := field.Tag.Get("envDefault")
	if words, ok := field.Tag.Lookup("shown"); ok {
		preset = words
	}
	return Setting{
		Name: name, Default: preset, Meaning: field.Tag.Get("means"), Secret: field.Type == reflect.TypeFor[Secret](),
	}
}

// Markdown is the table for the README.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| setting | functions | default | meaning |\n|---|---|---|---|\n")
	for _, s := range Table() {
		readers := strings.Join(s.Functions, ", ")
		switch len(s.Functions) {
		case len(functions):
			readers = "all"
		case len(functions) - 1:
			readers = "all but " + missing(s.Functions)
		}
		preset, meaning := s.Default, s.Meaning
		if preset == "" {
			preset = "–"
		}
		if s.Secret {
			meaning += " Secret."
		}
		b.WriteString("| `" + s.Name + "` | " + readers + " | " + preset + " | " + meaning + " |\n")
	}
	return b.String()
}

// missing names the function that does not read what these do.
func missing(readers []string) string {
	for _, function := range functions {
		if name := strings.ToLower(function.Name()); !slices.Contains(readers, name) {
			return name
		}
	}
	return ""
}
