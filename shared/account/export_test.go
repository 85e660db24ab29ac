package account

import (
	"archive/zip"
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// record gives an account activities, the first ones with an hour of samples each.
func (f *fixture) record(t *testing.T, account int64, first, last, sampled int) {
	t.Helper()
	streams := training.Streams{Time: make([]int32, 3600), HeartRate: make([]uint8, 3600), Altitude: make([]float64, 3600)}
	for i := range streams.Time {
		streams.Time[i], streams.HeartRate[i], streams.Altitude[i] = int32(i), uint8(120+i*i%40), float64(i*i%977)/10
	}
	packed, err := store.PackStreams(streams)
	if err != nil {
		t.Fatal(err)
	}
	conn := f.connect(t)
	if _, err := conn.Exec(t.Context(), `INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary, summary_hash, figures, quality, formula_version, streams)
SELECT $1, n, 'Run', 'Run', now(), '', now(), jsonb_build_object('note', repeat(md5(n::text), 30)), '', '{}', 'none', 1, 'stored' FROM generate_series($2::int, $3::int) AS n`, account, first, last); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO activity_streams (account_id, activity_id, packed, samples)
SELECT $1, n, $4, 3600 FROM generate_series($2::int, $3::int) AS n`, account, first, min(last, first+sampled-1), packed); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), f.db.SuperuserDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// gauge measures at every megabyte how much memory is in use.
type gauge struct {
	written, next int
	peak          uint64
}

func (g *gauge) Write(b []byte) (int, error) {
	if g.written += len(b); g.written >= g.next {
		g.next += 1 << 20
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		g.peak = max(g.peak, now.HeapAlloc)
	}
	return len(b), nil
}

// It is not parallel: others' memory would be counted.
func TestTenYearsAreExportedInTheMemoryOfAFewPages(t *testing.T) {
	f := setup(t)
	_, identity := f.register(t, "ada@example.com")
	f.record(t, identity.AccountID, 1, 5000, 500)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	out := &gauge{}
	if err := f.Export(t.Context(), identity, out); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes written, %d bytes in use at most", out.written, int64(out.peak)-int64(before.HeapAlloc))
	if out.written < 8<<20 || out.peak > before.HeapAlloc+8<<20 {
		t.Errorf("%d bytes written with %d in use", out.written, out.peak-before.HeapAlloc)
	}
}

// meddler changes the database when the first bytes of an export arrive.
type meddler struct {
	bytes.Buffer
	change func()
}

func (m *meddler) Write(b []byte) (int, error) {
	if m.change != nil {
		m.change()
		m.change = nil
	}
	return m.Buffer.Write(b)
}

func TestAnExportIsOneMomentsWhole(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, identity := f.register(t, "ada@example.com")
	f.record(t, identity.AccountID, 1, 300, 300)
	out := &meddler{}
	out.change = func() {
		f.record(t, identity.AccountID, 301, 310, 10)
		if _, err := f.connect(t).Exec(t.Context(), `DELETE FROM activities WHERE id BETWEEN 200 AND 250`); err != nil {
			t.Fatal(err)
		}
		// Meanwhile nobody exports the account once more.
		if err := f.Export(t.Context(), identity, io.Discard); fault.KindOf(err) != fault.Throttled {
			t.Errorf("a second export: %v", err)
		}
	}
	if err := f.Export(t.Context(), identity, out); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	samples := 0
	for _, file := range archive.File {
		if strings.HasPrefix(file.Name, "samples/") {
			samples++
		}
	}
	if samples != 300 {
		t.Errorf("samples of %d activities, want the 300 that were there", samples)
	}
	if err := f.Export(t.Context(), identity, io.Discard); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
