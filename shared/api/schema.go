package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// figure is training.Figure as it is written.
type figure struct {
	Value  *float64        `json:"value" doc:"null where the figure is absent"`
	Reason training.Reason `json:"reason,omitempty" doc:"Why it is absent"`
}

// column is training.Column as it is written.
type column struct {
	Values []*float64     `json:"values"`
	Gaps   []training.Gap `json:"gaps" doc:"Runs of days without a value, and why"`
}

// day is training.Date as it is written.
type day string

// Schema implements huma.SchemaProvider.
func (day) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date"}
}

// schemas makes the registry of the OpenAPI document. Types of package training that write their own JSON are described by
// what they write: that package knows nothing of OpenAPI.
func schemas() huma.Registry {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	alias[training.Figure, figure](registry)
	alias[training.Column, column](registry)
	alias[training.Date, day](registry)
	alias[ActivityID, string](registry)
	return registry
}

func alias[T, Described any](registry huma.Registry) {
	registry.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[Described]())
}

// describeNulls marks what may be null: of the days an alias does not see that its field is a pointer.
func describeNulls(registry huma.Registry) {
	nulls := map[string][]string{"Settings": {"birth_date"}, "Series": {"history_start"}}
	for _, kind := range store.ThresholdKinds { // null takes the value away
		nulls["ThresholdPatch"] = append(nulls["ThresholdPatch"], string(kind))
	}
	for name, properties := range nulls {
		schema := registry.Map()[name]
		for _, property := range properties {
			if schema != nil { // the operations at hand have to do with it
				schema.Properties[property].Nullable = true
			}
		}
	}
}
