// Package config reads the settings of each function from the environment, checks them, and says everything that is wrong
// with them at once. It is the only package that reads the environment. What each setting means stands in its field's tag
// `means`, from which Table and the README's table are made; its default in `envDefault`, or in words in `shown`.
package config

import "os"

// Onboarding is everything that function Onboarding can be told.
type Onboarding struct {
	Service  Service
	Database Database
	Strava   Strava
	Accounts Accounts
	Tokens   Tokens
}

// Webhook is everything that function Webhook can be told.
type Webhook struct {
	Service Service
	Hook    Hook
}

// Dispatch is everything that function Dispatch can be told.
type Dispatch struct {
	Service  Service
	Database Database
	Push     Push
}

// Sync is everything that function Sync can be told.
type Sync struct {
	Service  Service
	Database Database
	Push     Push
	Strava   Strava
	Tokens   Tokens
	Streams  Streams
	SyncConnection
}

// Mail is everything that function Mail can be told.
type Mail struct {
	Service  Service
	Database Database
	Push     Push
	SMTP     SMTP
}

// Migrate is everything that function Migrate can be told.
type Migrate struct {
	Service  Service
	Database Database
	Push     Push
	Logins   Logins
}

// Function is the settings of one of the functions.
type Function interface {
	Onboarding | Webhook | Dispatch | Sync | Mail | Migrate
}

// LoadOnboarding reads Onboarding's settings; the error is an *Error with all mistakes.
func LoadOnboarding() (Onboarding, error) { return Load[Onboarding](os.Environ()) }

// LoadWebhook reads Webhook's settings; the error is an *Error with all mistakes.
func LoadWebhook() (Webhook, error) { return Load[Webhook](os.Environ()) }

// LoadDispatch reads Dispatch's settings; the error is an *Error with all mistakes.
func LoadDispatch() (Dispatch, error) { return Load[Dispatch](os.Environ()) }

// LoadSync reads Sync's settings; the error is an *Error with all mistakes.
func LoadSync() (Sync, error) { return Load[Sync](os.Environ()) }

// LoadMail reads Mail's settings; the error is an *Error with all mistakes.
func LoadMail() (Mail, error) { return Load[Mail](os.Environ()) }

// LoadMigrate reads Migrate's settings; the error is an *Error with all mistakes.
func LoadMigrate() (Migrate, error) { return Load[Migrate](os.Environ()) }
