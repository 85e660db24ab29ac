package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/train-d/train-d/shared/serverless"
)

//go:generate go test -run ^TestTheCommittedDocumentIsTheServedOne$ -update .

// Document is the OpenAPI 3.1 document of all operations, as /openapi.json answers it and openapi.json in this folder holds
// it. No database is needed to make it.
func Document() ([]byte, error) {
	service := humago.New(http.NewServeMux(), configuration())
	(&API{PublicURL: &url.URL{}}).Describe(service)
	compact, err := service.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encode OpenAPI document: %w", err)
	}
	var text bytes.Buffer
	if err := json.Indent(&text, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("indent OpenAPI document: %w", err)
	}
	text.WriteByte('\n')
	return text.Bytes(), nil
}

// alsoStatus is a further status with which an operation answers in the same shape.
type alsoStatus struct {
	code        int
	description string
}

// also marks operations in Huma's metadata.
const also = "also"

// alsoAnswers makes the document tell of one further status.
func alsoAnswers(o huma.Operation, code int, description string) huma.Operation {
	return marked(o, also, alsoStatus{code, description})
}

// describeAlso writes what alsoAnswers asked for.
func describeAlso(_ *huma.OpenAPI, o *huma.Operation) {
	if further, ok := o.Metadata[also].(alsoStatus); ok {
		response := *o.Responses["200"]
		response.Description = further.description
		o.Responses[strconv.Itoa(further.code)] = &response
	}
}

// openAPI answers with the OpenAPI document, made when it is first asked for: no start waits for it.
func openAPI() http.Handler {
	made := sync.OnceValues(Document)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := made()
		if err != nil {
			serverless.Report(r.Context(), err)
			refuse(w, newProblem(http.StatusInternalServerError, ""))
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(text) // the status is sent: a client that left is all that can fail
	})
}
