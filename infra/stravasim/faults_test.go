package stravasim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
)

func order(t *testing.T, r *rig, f stravasim.Fault) {
	t.Helper()
	if _, err := r.sim.Order(f); err != nil {
		t.Fatal(err)
	}
}

func TestStatusFaultsHaveStravasShapes(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct{ content, contains string }{
		401: {"application/json", `"access_token"`},
		403: {"application/json", `{"message":"Forbidden","errors":[{"resource":"Application","field":"Status","code":"Inactive"}]}`},
		404: {"application/json", ""},
		429: {"application/json", `"Rate Limit Exceeded"`},
		500: {"application/json", `{"message":"error"}`},
		502: {"text/html", "<html>"},
		597: {"text/html", "<html>"},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			r := setup(t, stravasim.Config{Athletes: 1})
			_, token := r.first()
			order(t, r, stravasim.Fault{Endpoint: "activities", Kind: stravasim.FaultStatus, Status: status, Skip: 1, Count: 2})
			for call, hit := range []bool{false, true, true, false} {
				got := r.get(token, "/athlete/activities")
				if !hit {
					if got.status != 200 {
						t.Errorf("call %d: status %d, want 200", call, got.status)
					}
					continue
				}
				if got.status != status || !strings.HasPrefix(got.header.Get("Content-Type"), want.content) ||
					!strings.Contains(string(got.body), want.contains) || (want.contains == "" && len(got.body) > 0) {
					t.Errorf("call %d: %d %s %s", call, got.status, got.header.Get("Content-Type"), got.body)
				}
				if status == 429 && got.header.Get("X-ReadRateLimit-Usage")[:6] != "60000," {
					t.Errorf("usage %q, want the quarter used up", got.header.Get("X-ReadRateLimit-Usage"))
				}
			}
			if got := r.get(token, "/athlete"); got.status != 200 {
				t.Errorf("another endpoint: status %d", got.status)
			}
			if struck := r.sim.Faults()[0].Struck; struck != 2 {
				t.Errorf("struck %d times, want 2", struck)
			}
		})
	}
}

func TestOneBrokenActivityLeavesTheOthers(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	_, token := r.first()
	all := r.list(token, "")
	order(t, r, stravasim.Fault{Kind: stravasim.FaultStatus, Status: 500, Activity: all[0].ID})
	if got := r.get(token, fmt.Sprintf("/activities/%d", all[0].ID)); got.status != 500 {
		t.Errorf("status %d, want 500", got.status)
	}
	if got := r.get(token, fmt.Sprintf("/activities/%d", all[1].ID)); got.status != 200 {
		t.Errorf("status %d, want 200", got.status)
	}
}

func TestBodiesCanBeBroken(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	_, token := r.first()
	get := func() (int, []byte, error) {
		req, _ := http.NewRequest(http.MethodGet, r.url+"/athlete/activities", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := r.http.Do(req)
		if err != nil {
			return 0, nil, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return res.StatusCode, body, err
	}
	once := func(f stravasim.Fault) {
		f.Count, f.Endpoint = 1, "activities"
		order(t, r, f)
	}
	once(stravasim.Fault{Kind: stravasim.FaultCut, Bytes: 100})
	if _, body, err := get(); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 100 {
		t.Errorf("cut: %d bytes, %v", len(body), err)
	}
	once(stravasim.Fault{Kind: stravasim.FaultDrop})
	order(t, r, stravasim.Fault{Kind: stravasim.FaultDrop, Endpoint: "activities", Count: 1}) // clients repeat a dropped GET
	if _, _, err := get(); err == nil {
		t.Error("drop: the answer came")
	}
	r.sims(http.MethodDelete, "/faults", nil, http.StatusNoContent)
	once(stravasim.Fault{Kind: stravasim.FaultMalformed})
	if status, body, err := get(); err != nil || status != 200 || json.Valid(body) {
		t.Errorf("malformed: %d, valid %v, %v", status, json.Valid(body), err)
	}
	once(stravasim.Fault{Kind: stravasim.FaultFields})
	if _, body, err := get(); err != nil || !json.Valid(body) || strings.Count(string(body), `"undocumented"`) != 12 {
		t.Errorf("unknown fields: %v %s", err, body)
	}
	once(stravasim.Fault{Kind: stravasim.FaultSport})
	if _, body, err := get(); err != nil || strings.Count(string(body), `"sport_type":"ZeroGravityRun"`) != 12 {
		t.Errorf("unknown sport: %v %s", err, body)
	}
	if status, body, err := get(); err != nil || status != 200 || !json.Valid(body) {
		t.Errorf("after the faults: %d %v", status, err)
	}
}

func TestStreamsCanBeLate(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	_, token := r.first()
	id := int64(0)
	for _, a := range r.list(token, "") {
		if !a.Manual {
			id = a.ID
		}
	}
	order(t, r, stravasim.Fault{Kind: stravasim.FaultLateStreams, Activity: id, Until: r.Now().Add(time.Minute)})
	path := fmt.Sprintf("/activities/%d/streams?keys=time&key_by_type=true", id)
	if got := r.get(token, path); got.status != 404 {
		t.Errorf("status %d, want 404", got.status)
	}
	r.advance(time.Minute)
	if got := r.get(token, path); got.status != 200 {
		t.Errorf("a minute later: status %d", got.status)
	}
}

func TestLatencyEndsWithTheClientsPatience(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	_, token := r.first()
	order(t, r, stravasim.Fault{Kind: stravasim.FaultLatency, LatencyMS: 60_000})
	r.http.Timeout = 50 * time.Millisecond
	req, _ := http.NewRequest(http.MethodGet, r.url+"/athlete", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	if response, err := r.http.Do(req); err == nil {
		_ = response.Body.Close()
		t.Error("the answer came at once")
	}
}

func TestNonsenseOrdersAreRefused(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	for _, body := range []map[string]any{
		{"kind": "gremlin"}, {"kind": "status"}, {"kind": "status", "status": 200}, {"kind": "cut", "bytes": -1},
		{"kind": "drop", "endpoint": "[a"},
	} {
		r.sims(http.MethodPost, "/faults", body, http.StatusUnprocessableEntity)
	}
	r.sims(http.MethodPost, "/faults", map[string]any{"kind": "drop", "often": true}, http.StatusBadRequest)
}
