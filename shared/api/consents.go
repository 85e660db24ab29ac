package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/account"
	"github.com/train-d/train-d/shared/document"
	"github.com/train-d/train-d/shared/fault"
)

// DocumentText is a text that people agree to, as it reads now.
type DocumentText struct {
	Document document.Name `json:"document" enum:"terms,privacy,health_data"`
	Title    string        `json:"title"`
	Version  string        `json:"version" format:"date" doc:"The day that it holds from"`
	Text     string        `json:"text" doc:"Paragraphs apart by an empty line, \"# \" before a heading, \"- \" before the points of a list"`
}

// Agreement is a document with what the account's owner agreed to.
type Agreement struct {
	DocumentText
	Required        bool       `json:"required"`
	AcceptedVersion *string    `json:"accepted_version" doc:"The newest version that was agreed to; null where there is none"`
	AcceptedAt      *time.Time `json:"accepted_at"`
	Withdrawable    bool       `json:"withdrawable" doc:"Whether the agreement can be taken back without ending the account"`
}

// Agreements are all documents.
type Agreements struct {
	Documents []Agreement `json:"documents"`
}

// Acceptance names the version that was read.
type Acceptance struct {
	Version string `json:"version" maxLength:"32"`
}

// DocumentInput names a document. Huma fills exported fields alone, also of what is embedded.
type DocumentInput struct {
	Document document.Name `path:"document" maxLength:"32"`
}

func documentOf(one document.Document) DocumentText {
	return DocumentText{one.Name, one.Title, one.Version, one.Text}
}

func (a *API) consentOperations(service huma.API) {
	register(service, open(operation(http.MethodGet, "/v1/documents/{document}", "document", "A text that people agree to")),
		func(_ context.Context, in *DocumentInput) (*struct{ Body DocumentText }, error) {
			found, err := account.Document(in.Document)
			return &struct{ Body DocumentText }{documentOf(found)}, err
		})
	register(service, reads(operation(http.MethodGet, "/v1/consents", "consents", "All documents, and what was agreed to")),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Agreements }, error) {
			found, err := a.Accounts.Agreements(ctx, identity(ctx))
			if err != nil {
				return nil, err
			}
			out := Agreements{Documents: make([]Agreement, len(found))}
			for i, one := range found {
				out.Documents[i] = Agreement{DocumentText: documentOf(one.Document), Required: true, Withdrawable: account.CheckWithdrawal(one.Name) == nil}
				if one.Accepted != nil {
					out.Documents[i].AcceptedVersion, out.Documents[i].AcceptedAt = &one.Accepted.Version, &one.Accepted.AcceptedAt
				}
			}
			return &struct{ Body Agreements }{out}, nil
		})
	register(service, status(operation(http.MethodPut, "/v1/consents/{document}", "agree", "Agree to a document as it reads now"), http.StatusNoContent),
		func(ctx context.Context, in *struct {
			DocumentInput
			Body Acceptance
		}) (*struct{}, error) {
			return nil, a.Accounts.Agree(ctx, identity(ctx), in.Document, in.Body.Version)
		})
	register(service, status(operation(http.MethodDelete, "/v1/consents/{document}", "withdraw",
		"Take the agreement to the use of health data back; ends the connection to Strava and erases everything that came from there"), http.StatusNoContent),
		func(ctx context.Context, in *DocumentInput) (*struct{}, error) {
			if err := account.CheckWithdrawal(in.Document); err != nil {
				return nil, err
			}
			// First: what may no longer be held must not stay because something broke in between.
			if _, err := a.disconnect(ctx, nil); err != nil && fault.KindOf(err) != fault.NotFound {
				return nil, err
			}
			return nil, a.Accounts.Withdraw(ctx, identity(ctx), in.Document)
		})
}
