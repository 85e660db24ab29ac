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
	registry.Map()["Settings"].Properties["birth_date"].Nullable = true
	registry.Map()["Series"].Properties["history_start"].Nullable = true
	for _, kind := range store.ThresholdKinds { // null takes the value away
		registry.Map()["ThresholdPatch"].Properties[string(kind)].Nullable = true
	}
}
