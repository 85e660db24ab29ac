package logging

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime"
	"strconv"
	"sync"
	"time"

	cloudlogging "cloud.google.com/go/logging"
	loggingpb "cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/protobuf/encoding/protojson"
)

// Keys that Cloud Logging's agent reads out of a line of JSON.
const (
	keySeverity = "severity"
	keyMessage  = "message"
	keyTime     = "time"
	keyRequest  = "httpRequest"
	keyTrace    = "logging.googleapis.com/trace"
	keySpan     = "logging.googleapis.com/spanId"
	keySampled  = "logging.googleapis.com/trace_sampled"
	keySource   = "logging.googleapis.com/sourceLocation"
)

// request is an answered request, for the field that the Logs Explorer shows as one.
type request struct{ *cloudlogging.HTTPRequest }

// Request describes an answered request. target stands for its address and must hold nothing secret: a route's pattern
// instead of the path, never the query (OAuth codes and one-time tokens travel there). The client's address is left out.
func Request(r *http.Request, target string, status int, size int64, latency time.Duration) slog.Attr {
	return slog.Any(keyRequest, request{&cloudlogging.HTTPRequest{
		Request: &http.Request{
			Method: r.Method, URL: &url.URL{Path: target}, Proto: r.Proto,
			Header: http.Header{"User-Agent": {r.UserAgent()}},
		},
		Status: status, ResponseSize: size, Latency: latency,
	}})
}

// jsonWriter writes entries as Cloud Logging's agent wants them: one flat JSON object per line.
func jsonWriter(w io.Writer, project string) func(line) error {
	var mu sync.Mutex
	return func(l line) error {
		encoded, err := encode(l, project)
		if err != nil { // the entry is lost to the library, and what it says still must come out
			encoded, err = json.Marshal(map[string]string{
				keySeverity: severity(l.level).String(), keyMessage: l.message, "logging_error": err.Error(),
			})
		}
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		_, err = w.Write(append(encoded, '\n'))
		return err
	}
}

// encode builds Cloud Logging's entry, and flattens it.
func encode(l line, project string) ([]byte, error) {
	payload := make(map[string]any, len(l.fields)+1)
	entry := cloudlogging.Entry{Timestamp: l.time, Severity: severity(l.level), Payload: payload}
	for _, f := range l.fields {
		if r, ok := f.value.(request); ok {
			entry.HTTPRequest = r.HTTPRequest
			continue
		}
		payload[f.key] = f.value
	}
	payload[keyMessage] = l.message
	if l.trace.ID != "" {
		entry.Trace, entry.SpanID, entry.TraceSampled = l.trace.ID, l.trace.SpanID, l.trace.Sampled
		if project != "" {
			entry.Trace = "projects/" + project + "/traces/" + l.trace.ID
		}
	}
	if l.level >= slog.LevelWarn {
		entry.SourceLocation = source(l.source)
	}
	converted, err := cloudlogging.ToLogEntry(entry, "projects/"+project)
	if err != nil {
		return nil, err
	}
	return flatten(converted)
}

// flatten puts an entry's own fields beside its payload; the entry's win where a payload uses their names.
func flatten(entry *loggingpb.LogEntry) ([]byte, error) {
	out := entry.GetJsonPayload().AsMap()
	out[keySeverity] = entry.Severity.String()
	out[keyTime] = entry.Timestamp.AsTime().Format(time.RFC3339Nano)
	if entry.Trace != "" {
		out[keyTrace] = entry.Trace
		out[keySampled] = entry.TraceSampled
	}
	if entry.SpanId != "" {
		out[keySpan] = entry.SpanId
	}
	if entry.HttpRequest != nil {
		encoded, err := protojson.Marshal(entry.HttpRequest)
		if err != nil {
			return nil, err
		}
		out[keyRequest] = json.RawMessage(encoded)
	}
	if s := entry.SourceLocation; s != nil {
		out[keySource] = map[string]string{"file": s.File, "line": strconv.FormatInt(s.Line, 10), "function": s.Function}
	}
	return json.Marshal(out)
}

// source is where an entry was written, without the folders of the machine that built it.
func source(pc uintptr) *loggingpb.LogEntrySourceLocation {
	if pc == 0 {
		return nil
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	folder, file := path.Split(frame.File)
	return &loggingpb.LogEntrySourceLocation{
		File: path.Join(path.Base(folder), file), Line: int64(frame.Line), Function: frame.Function,
	}
}

func severity(level slog.Level) cloudlogging.Severity {
	switch {
	case level < slog.LevelInfo:
		return cloudlogging.Debug
	case level < slog.LevelWarn:
		return cloudlogging.Info
	case level < slog.LevelError:
		return cloudlogging.Warning
	default:
		return cloudlogging.Error
	}
}
