package config

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// drainTimeout leaves two of the ten seconds between SIGTERM and SIGKILL for closing connections.
const drainTimeout = 8 * time.Second

// Load reads one function's settings from lines of the form NAME=value. It reads everything before it judges: the error is
// an *Error that holds all mistakes, and what could be read is returned beside it.
func Load[T Function](environ []string) (T, error) {
	var cfg T
	settings := values(environ)
	m := newMistakes(settings)
	m.unknown()

	structure := reflect.ValueOf(&cfg).Elem()
	for i := range structure.NumField() {
		parse(structure.Field(i), readable(settings), m)
	}
	service := structure.FieldByName("Service").Addr().Interface().(*Service)
	service.FunctionName = strings.ToLower(structure.Type().Name())
	service.DrainTimeout = drainTimeout
	if settings["LOG_LEVEL"] == "" && !service.InCloud {
		service.LogLevel = slog.LevelDebug
	}
	any(&cfg).(interface{ check(m *mistakes) }).check(m)
	if len(m.list) > 0 {
		return cfg, &Error{Service: *service, Mistakes: m.list}
	}
	return cfg, nil
}

// values splits the environment, and trims the line ends that secret stores leave behind (I11).
func values(environ []string) map[string]string {
	settings := make(map[string]string, len(environ))
	for _, line := range environ {
		if name, value, ok := strings.Cut(line, "="); ok {
			settings[name] = strings.TrimRight(value, "\r\n")
		}
	}
	return settings
}

// readable gives the two settings that the platform writes in its own way the form that their fields have.
func readable(settings map[string]string) map[string]string {
	changed := make(map[string]string, len(settings))
	for name, value := range settings {
		changed[name] = value
	}
	if changed["K_SERVICE"] != "" {
		changed["K_SERVICE"] = "true"
	}
	if seconds := changed["CLOUD_RUN_TIMEOUT_SECONDS"]; seconds != "" {
		changed["CLOUD_RUN_TIMEOUT_SECONDS"] = seconds + "s"
	} else {
		changed["CLOUD_RUN_TIMEOUT_SECONDS"] = "60s"
	}
	return changed
}

// parse fills one section. The parser names Go fields, so a mistake's setting is looked up in the section's tags.
func parse(section reflect.Value, settings map[string]string, m *mistakes) {
	err := env.ParseWithOptions(section.Addr().Interface(), env.Options{Environment: settings})
	var all env.AggregateError
	if !errors.As(err, &all) {
		return
	}
	for _, one := range all.Errors {
		var wrong env.ParseError
		if !errors.As(one, &wrong) {
			continue
		}
		field, _ := section.Type().FieldByName(wrong.Name)
		m.add(field.Tag.Get("env"), want(field.Type))
	}
}

// want says how a value of a type is written.
func want(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "write a duration such as 500ms, 10s or 2h"
	case t == reflect.TypeFor[slog.Level]():
		return "write DEBUG, INFO, WARN or ERROR"
	case t.Kind() == reflect.Map:
		return "write name:value, separated by commas"
	case t.Kind() == reflect.Bool:
		return "write true or false"
	default:
		return "write a whole number"
	}
}
