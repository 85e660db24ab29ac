package logging

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"time"
)

// line is one entry with its attributes flattened: values are what encoding/json writes without an error.
type line struct {
	time    time.Time
	level   slog.Level
	message string
	fields  []field // in the order in which they were added, keys unique at each depth
	trace   Trace
	source  uintptr
}

// field is one attribute of an entry.
type field struct {
	key   string
	value any
}

// handler implements slog.Handler: it gathers what record, logger and context know, and hands it to one writer.
type handler struct {
	options Options
	write   func(line) error
	groups  []string
	fields  []field
}

// Enabled reports whether a level is written.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.options.Level }

// WithAttrs returns a handler whose entries carry attrs.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	changed := *h
	changed.fields = slices.Clone(h.fields)
	for _, attr := range attrs {
		changed.fields = add(changed.fields, h.groups, attr)
	}
	return &changed
}

// WithGroup returns a handler whose further attributes stand below name.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	changed := *h
	changed.groups = append(slices.Clone(h.groups), name)
	return &changed
}

// Handle writes one entry.
func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	l := line{time: record.Time, level: record.Level, message: record.Message, trace: TraceOf(ctx), source: record.PC}
	if h.options.Function != "" {
		l.fields = append(l.fields, field{"function", h.options.Function})
	}
	for _, attr := range attrsOf(ctx) {
		l.fields = add(l.fields, nil, attr)
	}
	for _, f := range h.fields {
		l.fields = put(l.fields, f.key, f.value)
	}
	record.Attrs(func(attr slog.Attr) bool {
		l.fields = add(l.fields, h.groups, attr)
		return true
	})
	return h.write(l)
}

// add puts an attribute into fields; groups become keys joined by dots, so that an entry stays flat.
func add(fields []field, groups []string, attr slog.Attr) []field {
	value := attr.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if attr.Key != "" {
			groups = append(slices.Clone(groups), attr.Key)
		}
		for _, inner := range value.Group() {
			fields = add(fields, groups, inner)
		}
		return fields
	}
	if attr.Key == "" {
		return fields
	}
	key := attr.Key
	for _, group := range slices.Backward(groups) {
		key = group + "." + key
	}
	return put(fields, key, plain(value))
}

// put appends a field, or replaces the one of the same key.
func put(fields []field, key string, value any) []field {
	for i := range fields {
		if fields[i].key == key {
			fields[i].value = value
			return fields
		}
	}
	return append(fields, field{key, value})
}

// plain turns an attribute's value into what JSON can hold. Integers beyond 2^53 and numbers that JSON does not know become
// text, since Cloud Logging keeps numbers as floats.
func plain(value slog.Value) any {
	switch value.Kind() {
	case slog.KindString:
		return value.String()
	case slog.KindBool:
		return value.Bool()
	case slog.KindInt64:
		if i := value.Int64(); i > 1<<53 || i < -1<<53 {
			return strconv.FormatInt(i, 10)
		}
		return value.Int64()
	case slog.KindUint64:
		if value.Uint64() > 1<<53 {
			return strconv.FormatUint(value.Uint64(), 10)
		}
		return value.Uint64()
	case slog.KindFloat64:
		if f := value.Float64(); math.IsNaN(f) || math.IsInf(f, 0) {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
		return value.Float64()
	case slog.KindDuration:
		return value.Duration().String()
	case slog.KindTime:
		return value.Time().UTC().Format(time.RFC3339Nano)
	default:
		return anything(value.Any())
	}
}

// anything renders a value of any type. An error that also marshals itself is still told in words.
func anything(value any) (rendered any) {
	defer func() { // a Stringer or Marshaler of someone else's must not take the request down with it
		if r := recover(); r != nil {
			rendered = fmt.Sprintf("unprintable %T", value)
		}
	}()
	switch v := value.(type) {
	case nil, request:
		return v
	case error:
		return v.Error()
	case json.Marshaler:
	case fmt.Stringer:
		return v.String()
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%+v", value)
	}
	return json.RawMessage(encoded)
}
