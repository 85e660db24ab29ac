package store

// Document names what a person agrees to.
type Document string

// The documents that an account's owner agrees to. Health data are a consent of their own (GDPR, article 9).
const (
	DocumentTerms      Document = "terms"
	DocumentPrivacy    Document = "privacy"
	DocumentHealthData Document = "health_data"
)

// Documents are all of them; consent is given when every one is agreed to and none withdrawn.
var Documents = []Document{DocumentTerms, DocumentPrivacy, DocumentHealthData}

// Consent is one agreement to one version of a document.
type Consent struct {
	Document Document
	Version  string
}
