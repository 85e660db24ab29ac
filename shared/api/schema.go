package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/training"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// figureDocument is training.Figure as it is written.
type figureDocument struct {
	Value  *float64        `json:"value" doc:"null where the figure is absent"`
	Reason training.Reason `json:"reason,omitempty" doc:"Why it is absent"`
}

// columnDocument is training.Column as it is written.
type columnDocument struct {
	Values []*float64     `json:"values"`
	Gaps   []training.Gap `json:"gaps"`
}

// schemas makes the registry of the OpenAPI document. Types of package training that write their own JSON are described by
// what they write: that package knows nothing of OpenAPI.
func schemas() huma.Registry {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(typeOf[training.Figure](), typeOf[figureDocument]())
	registry.RegisterTypeAlias(typeOf[training.Column](), typeOf[columnDocument]())
	registry.RegisterTypeAlias(typeOf[training.Date](), typeOf[day]())
	registry.RegisterTypeAlias(typeOf[ActivityID](), typeOf[string]())
	return registry
}

// day is training.Date as it is written.
type day string

// Schema implements huma.SchemaProvider.
func (day) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date"}
}
