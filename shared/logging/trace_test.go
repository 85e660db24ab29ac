package logging

import (
	"net/http"
	"strings"
	"testing"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	spanID  = "00f067aa0ba902b7" // 67667974448284343 in decimal
)

func TestTheTraceComesFromTraceparentBeforeGooglesHeader(t *testing.T) {
	t.Parallel()
	parent, google := "00-"+traceID+"-"+spanID+"-01", strings.Repeat("1", 32)+"/67667974448284343;o=0"
	for name, c := range map[string]struct {
		header http.Header
		want   Trace
	}{
		"both":         {http.Header{"Traceparent": {parent}, "X-Cloud-Trace-Context": {google}}, Trace{traceID, spanID, true}},
		"google only":  {http.Header{"X-Cloud-Trace-Context": {google}}, Trace{strings.Repeat("1", 32), spanID, false}},
		"broken first": {http.Header{"Traceparent": {"00-zz"}, "X-Cloud-Trace-Context": {traceID + "/0;o=1"}}, Trace{traceID, "", true}},
	} {
		if got := TraceFromHeader(c.header); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	if a, b := TraceFromHeader(nil), TraceFromHeader(nil); a.ID == b.ID || !isID(a.ID, 32) || !isID(a.SpanID, 16) {
		t.Errorf("without a header: got %+v and %+v", a, b)
	}
}

func TestBrokenTracesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "00", "00-" + traceID + "-" + spanID, "00-" + traceID + "-" + spanID + "-01-more", "ff-" + traceID + "-" + spanID + "-01",
		"00-" + strings.Repeat("0", 32) + "-" + spanID + "-01", "00-" + traceID + "-" + strings.Repeat("0", 16) + "-01",
		"00-" + strings.ToUpper(traceID) + "-" + spanID + "-01", "00-" + traceID + "-" + spanID + "-1",
	} {
		if got, ok := ParseTraceparent(text); ok {
			t.Errorf("%q: got %+v", text, got)
		}
	}
	if _, ok := ParseTraceparent("01-" + traceID + "-" + spanID + "-01-later"); !ok {
		t.Error("a later version with more fields was refused")
	}
	for _, text := range []string{"", "x/1;o=1", traceID[1:] + "/1", strings.Repeat("0", 32)} {
		if got, ok := ParseCloudTrace(text); ok {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func TestATraceReadsBackFromItsHeader(t *testing.T) {
	t.Parallel()
	want := Trace{ID: traceID, SpanID: spanID, Sampled: true}
	if got, ok := ParseTraceparent(Traceparent(WithTrace(t.Context(), want))); !ok || got != want {
		t.Errorf("got %+v %v", got, ok)
	}
	if got := Traceparent(t.Context()); got != "" {
		t.Errorf("without a trace: got %q", got)
	}
}

func FuzzParseTraceparent(f *testing.F) {
	f.Add("00-" + traceID + "-" + spanID + "-01")
	f.Fuzz(func(t *testing.T, text string) {
		trace, ok := ParseTraceparent(text)
		if !ok {
			return
		}
		if again, ok := ParseTraceparent(trace.String()); !ok || again != trace {
			t.Errorf("%q: got %+v, then %+v", text, trace, again)
		}
	})
}

func FuzzParseCloudTrace(f *testing.F) {
	f.Add(traceID + "/67667974448284343;o=1")
	f.Fuzz(func(t *testing.T, text string) {
		trace, ok := ParseCloudTrace(text)
		if !ok {
			return
		}
		again, ok := ParseTraceparent(trace.String())
		if !ok || again.ID != trace.ID || again.Sampled != trace.Sampled || trace.SpanID != "" && again.SpanID != trace.SpanID {
			t.Errorf("%q: got %+v, then %+v", text, trace, again)
		}
	})
}
