// Package hostile attacks the HTTP API as its OpenAPI document describes it: requests with hostile values in every field,
// made of a seed, so that a finding can be repeated. The tests of this folder attack the whole running system.
package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Operation is an operation of the document.
type Operation struct {
	Method, Path string
	Parameters   []Parameter // of path and query
	Body         *Schema     // nil where none is taken
	Signed       bool        // a session is demanded
}

// Parameter is a part of the address.
type Parameter struct {
	Name   string
	In     string // path or query
	Schema *Schema
}

// Schema is what the generator knows of a JSON schema.
type Schema struct {
	Ref        string `json:"$ref"`
	Type       any    // a name or a list of names
	Format     string
	Enum       []any
	Minimum    *float64
	Maximum    *float64
	MinLength  int
	MaxLength  int
	Required   []string
	Properties map[string]*Schema
	Items      *Schema
}

// Operations reads an OpenAPI 3.1 document, with every reference resolved, in the order of their paths.
func Operations(document []byte) ([]Operation, error) {
	var read struct {
		Paths map[string]map[string]struct {
			Parameters  []Parameter
			RequestBody struct {
				Content map[string]struct{ Schema *Schema }
			}
			Security []map[string][]string
		}
		Components struct{ Schemas map[string]*Schema }
	}
	if err := json.Unmarshal(document, &read); err != nil {
		return nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	var operations []Operation
	for _, path := range slices.Sorted(maps.Keys(read.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(read.Paths[path])) {
			described := read.Paths[path][method]
			operation := Operation{Method: strings.ToUpper(method), Path: path, Signed: len(described.Security) > 0}
			for _, parameter := range described.Parameters {
				if parameter.In != "path" && parameter.In != "query" {
					continue
				}
				parameter.Schema = resolve(parameter.Schema, read.Components.Schemas, 0)
				operation.Parameters = append(operation.Parameters, parameter)
			}
			if content, taken := described.RequestBody.Content["application/json"]; taken {
				operation.Body = resolve(content.Schema, read.Components.Schemas, 0)
			}
			operations = append(operations, operation)
		}
	}
	return operations, nil
}

// deepest is how far schemas that hold themselves are followed.
const deepest = 6

func resolve(schema *Schema, known map[string]*Schema, depth int) *Schema {
	if schema == nil || depth > deepest {
		return &Schema{}
	}
	if name, found := strings.CutPrefix(schema.Ref, "#/components/schemas/"); found {
		return resolve(known[name], known, depth+1)
	}
	resolved := *schema
	if schema.Items != nil {
		resolved.Items = resolve(schema.Items, known, depth+1)
	}
	if schema.Properties != nil {
		resolved.Properties = map[string]*Schema{}
		for name, property := range schema.Properties {
			resolved.Properties[name] = resolve(property, known, depth+1)
		}
	}
	return &resolved
}

// kind is the schema's type; of several the first that is not null.
func (s *Schema) kind() string {
	switch kind := s.Type.(type) {
	case string:
		return kind
	case []any:
		for _, one := range kind {
			if name, _ := one.(string); name != "null" {
				return name
			}
		}
	}
	return ""
}
