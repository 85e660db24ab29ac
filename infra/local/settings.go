// Package local runs the whole of Train-D on one machine: a private PostgreSQL behind a Cloud SQL instance, Pub/Sub with
// push delivery and a scheduler, a Strava simulator, and each function as its own process from its staged archive.
// Everything listens on loopback.
package local

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

// Settings are what the environment may say about the local system.
type Settings struct {
	// Port is where browsers find Train-D (PORT, default 8080). The Strava simulator takes the next one.
	Port int
	// Dir keeps the state between two starts (LOCAL_DIR, default .local).
	Dir string
	// Root is the checkout.
	Root string
	// LogFormat is "text" for people or "json" (LOG_FORMAT, default text).
	LogFormat string
	// DatabaseURL is a PostgreSQL to use in place of a private one (DATABASE_URL): its login must be a superuser.
	DatabaseURL string
	// CloudSQLLogin is how direct and fallback connections log in over the connector: "iam" or "password"
	// (LOCAL_CLOUD_SQL_LOGIN, default iam).
	CloudSQLLogin string
	// StravaClientID and StravaClientSecret select the real Strava (STRAVA_CLIENT_ID, STRAVA_CLIENT_SECRET).
	StravaClientID, StravaClientSecret string
	// TickSeconds is how often the scheduler wakes Dispatch (LOCAL_TICK_SECONDS, default 60).
	TickSeconds int
	// Athletes is how many athletes the simulator makes up (STRAVASIM_ATHLETES, default 15), and Activities how long each
	// one's history is (STRAVASIM_ACTIVITIES; 0, the default, is what suits the character: 1,000 for the trail runner).
	Athletes, Activities int
}

// LoadSettings reads the environment; all mistakes come back in one error.
func LoadSettings(root string) (Settings, error) {
	s := Settings{
		Root: root, Dir: value("LOCAL_DIR", root+"/.local"), LogFormat: value("LOG_FORMAT", "text"),
		DatabaseURL: os.Getenv("DATABASE_URL"), CloudSQLLogin: value("LOCAL_CLOUD_SQL_LOGIN", loginIAM),
		StravaClientID: os.Getenv("STRAVA_CLIENT_ID"), StravaClientSecret: os.Getenv("STRAVA_CLIENT_SECRET"),
	}
	var mistakes []error
	var err error
	if s.Port, err = number("PORT", 8080, 1, 65534); err != nil {
		mistakes = append(mistakes, err)
	}
	if s.TickSeconds, err = number("LOCAL_TICK_SECONDS", 60, 1, 3600); err != nil {
		mistakes = append(mistakes, err)
	}
	if s.Athletes, err = number("STRAVASIM_ATHLETES", 15, 1, 1000); err != nil {
		mistakes = append(mistakes, err)
	}
	if s.Activities, err = number("STRAVASIM_ACTIVITIES", 0, 0, 20000); err != nil {
		mistakes = append(mistakes, err)
	}
	if s.LogFormat != "text" && s.LogFormat != "json" {
		mistakes = append(mistakes, fmt.Errorf("LOG_FORMAT is %q: set it to text or json", s.LogFormat))
	}
	if s.CloudSQLLogin != loginIAM && s.CloudSQLLogin != loginPassword {
		mistakes = append(mistakes, fmt.Errorf("LOCAL_CLOUD_SQL_LOGIN is %q: set it to iam or password", s.CloudSQLLogin))
	}
	if (s.StravaClientID == "") != (s.StravaClientSecret == "") {
		mistakes = append(mistakes, errors.New("STRAVA_CLIENT_ID and STRAVA_CLIENT_SECRET go together: set both for the real Strava, none for the simulator"))
	}
	return s, errors.Join(mistakes...)
}

func value(name, otherwise string) string {
	if set := os.Getenv(name); set != "" {
		return set
	}
	return otherwise
}

func number(name string, otherwise, least, most int) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s is %q: set it to a whole number from %d to %d", name, text, least, most)
	}
	return n, nil
}
