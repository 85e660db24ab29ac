package stravasim

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
)

func BenchmarkHistoryOfTrailRunner(b *testing.B) {
	for b.Loop() {
		s, err := New(Config{Seed: 1, Athletes: 1})
		if err != nil {
			b.Fatal(err)
		}
		if n := s.Athletes()[0].Activities; n != 1000 {
			b.Fatalf("%d activities, want 1000", n)
		}
		s.Close()
	}
}

func BenchmarkServe(b *testing.B) {
	s, err := New(Config{Seed: 1, Athletes: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	token := s.Grant(s.Athletes()[0].ID, "read", "activity:read_all")
	var id string
	for _, r := range s.athletes[0].records {
		if r.streams != nil && r.SportType == "TrailRun" {
			id = strconv.FormatInt(r.ID, 10)
		}
	}
	for name, path := range map[string]string{
		"page":    "/athlete/activities?per_page=200",
		"streams": "/activities/" + id + "/streams?keys=time,distance,altitude,heartrate,cadence,velocity_smooth,moving&key_by_type=true",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				req := httptest.NewRequest(http.MethodGet, path, nil)
				req.Header.Set("Authorization", "Bearer "+token.AccessToken)
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, req)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
