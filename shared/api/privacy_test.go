package api

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
)

// opened gives the files of a zip.
func (a answer) opened() map[string]string {
	a.t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(a.wants(http.StatusOK).body), int64(len(a.body)))
	if err != nil {
		a.t.Fatal(err)
	}
	files := map[string]string{}
	for _, file := range archive.File {
		content, err := file.Open()
		if err != nil {
			a.t.Fatal(err)
		}
		text, err := io.ReadAll(content)
		if err != nil || files[file.Name] != "" {
			a.t.Fatalf("%s: twice, or %v", file.Name, err)
		}
		files[file.Name] = string(text)
	}
	return files
}

func TestAnExportHoldsEverythingAndExplainsIt(t *testing.T) {
	t.Parallel()
	b := imported(t)
	b.register("eve@example.com").call("PATCH", "/v1/settings", map[string]any{"time_zone": "Pacific/Chatham"}).wants(http.StatusOK)
	b.exec(`UPDATE activities SET name = '=1+1' WHERE id = (SELECT max(id) FROM activities)`)
	answer := b.get("/v1/account/export")
	if got := answer.header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="train-d-20`) || answer.header.Get("Content-Type") != "application/zip" {
		t.Errorf("got %v", answer.header)
	}
	files := answer.opened()
	type activity struct {
		Name      string
		Summary   map[string]any
		Histogram *struct {
			Seconds map[string]int
		} `json:"hr_histogram"`
	}
	var activities []activity
	if err := json.Unmarshal([]byte(files["activities.json"]), &activities); err != nil {
		t.Fatal(err)
	}
	if len(activities) != len(b.truth()) || activities[len(activities)-1].Name != "=1+1" || activities[0].Summary["distance_m"] == nil {
		t.Errorf("%d activities: %+v", len(activities), activities[0])
	}
	if !slices.ContainsFunc(activities, func(a activity) bool { return a.Histogram != nil && len(a.Histogram.Seconds) > 0 }) {
		t.Error("no histogram is in words")
	}
	samples, explained := 0, map[string]bool{}
	for name, text := range files {
		title := name
		if path.Dir(name) == "samples" {
			samples++
			title = "samples/<activity>.csv"
		}
		_, chapter, found := strings.Cut(files["README.md"], "\n## "+title+": ")
		if !found && name != "README.md" {
			t.Errorf("README.md does not explain %s", name)
		}
		explained[title] = true
		chapter, _, _ = strings.Cut(chapter, "\n## ")
		if path.Ext(name) == ".csv" {
			lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			if err != nil || len(lines) == 0 {
				t.Fatalf("%s: %v", name, err)
			}
			for _, column := range lines[0] {
				if !strings.Contains(chapter, "\n| "+column+" | ") {
					t.Errorf("README.md does not explain column %s of %s", column, name)
				}
			}
		}
		if strings.Contains(text, "Chatham") || strings.Contains(text, "eve@") {
			t.Errorf("%s tells of another athlete", name)
		}
	}
	if got := b.count(`SELECT count(*) FROM activity_streams`); got != samples || samples == 0 {
		t.Errorf("samples of %d activities, want %d", samples, got)
	}
	if !strings.Contains(files["accounts.json"], `"email":"ada@example.com"`) || !strings.Contains(files["thresholds.csv"], "max_hr") ||
		!strings.Contains(files["strava_connections.json"], `"athlete_id":8100000001`) || strings.Count(files["consents.csv"], "\n") != 4 {
		t.Errorf("got %v", files)
	}
}

// I08: an export may lie about on a disk.
func TestAnExportLetsNobodyIn(t *testing.T) {
	t.Parallel()
	b := imported(t)
	token := b.token("ada@example.com")
	hash := hashOf(token)
	var access, refresh []byte
	var stored string
	err := b.admin.QueryRow(t.Context(), `SELECT sealed_access_token, sealed_refresh_token, password_hash FROM strava_connections JOIN accounts ON id = account_id`).
		Scan(&access, &refresh, &stored)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range b.get("/v1/account/export").opened() {
		for _, secret := range []string{token, stored, password, string(hash[:]), string(access), string(refresh),
			hex.EncodeToString(hash[:]), hex.EncodeToString(access), hex.EncodeToString(refresh),
			base64.StdEncoding.EncodeToString(hash[:]), base64.StdEncoding.EncodeToString(access), base64.StdEncoding.EncodeToString(refresh)} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a secret", name)
			}
		}
	}
}

func TestAnExportThatBreaksOffLooksLikeOne(t *testing.T) {
	t.Parallel()
	b := imported(t)
	b.exec(`UPDATE activity_streams SET packed = '\x00' WHERE activity_id = (SELECT max(activity_id) FROM activity_streams)`)
	response, err := b.client.Do(b.request("GET", "/v1/account/export", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if got, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %d bytes and then %v", len(got), err)
	}
	b.exec(`UPDATE activities SET hr_histogram = '\x00'`) // before the first byte has left
	b.get("/v1/account/export").refused(http.StatusInternalServerError, "")
}

func TestErasingAnAccountEndsItAtOnceAndShowsAReceipt(t *testing.T) {
	t.Parallel()
	b := imported(t)
	second := b.token("ada@example.com")
	eve := b.register("eve@example.com")
	b.call("DELETE", "/v1/account", map[string]any{}).refused(http.StatusUnprocessableEntity, "invalid", "body")
	b.call("DELETE", "/v1/account", map[string]any{"confirm": "yes"}).refused(http.StatusUnprocessableEntity, "invalid", "body.confirm")
	var erasing Erasing
	b.call("DELETE", "/v1/account", map[string]any{"confirm": "erase"}).wants(http.StatusAccepted).decode(&erasing)
	b.get("/v1/session").refused(http.StatusUnauthorized, "signed-out")
	o := &owner{browser: b}
	o.ask(second, access{operation: "GET /v1/settings"}).refused(http.StatusUnauthorized, "signed-out")
	b.call("POST", "/v1/session", map[string]any{"email": "ada@example.com", "password": password}).refused(http.StatusUnauthorized, "credentials")
	var receipt ErasureReceipt
	nobody := b.visit()
	nobody.get("/v1/erasures/" + erasing.Receipt).wants(http.StatusOK).decode(&receipt)
	if receipt.ErasedAt != nil || !receipt.DueBy.Equal(erasing.DueBy) {
		t.Errorf("got %+v, and said %+v", receipt, erasing)
	}
	if b.deliver() == 0 {
		t.Error("nobody was woken to erase")
	}
	nobody.get("/v1/erasures/" + erasing.Receipt).wants(http.StatusOK).decode(&receipt)
	if receipt.ErasedAt == nil || receipt.ErasedAt.After(receipt.DueBy) || receipt.Erased["accounts"] != 1 || receipt.Erased["activities"] == 0 || receipt.Strava != "ended" {
		t.Errorf("got %+v", receipt)
	}
	if n := b.count(`SELECT (SELECT count(*) FROM accounts WHERE id = 1) + (SELECT count(*) FROM activities)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	eve.get("/v1/session").wants(http.StatusOK)
	nobody.get("/v1/erasures/00000000-0000-4000-8000-000000000000").refused(http.StatusNotFound, "no-erasure")
	nobody.get("/v1/erasures/1").refused(http.StatusUnprocessableEntity, "invalid", "path.receipt")
	b.register("ada@example.com").get("/v1/session").wants(http.StatusOK) // the address is free
}

// A session that a sign-in makes while the account ends is void all the same.
func TestASignInUnderWayOpensNoEndedAccount(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	token := s.token("ada@example.com")
	hash := hashOf(token)
	b.call("DELETE", "/v1/account", map[string]any{"confirm": "erase"}).wants(http.StatusAccepted)
	s.exec(`INSERT INTO sessions (token_hash, account_id, expires_at) VALUES ($1, 1, now() + interval '1 hour')`, hash[:])
	o := &owner{browser: b}
	o.ask(token, access{operation: "GET /v1/settings"}).refused(http.StatusUnauthorized, "signed-out")
}
