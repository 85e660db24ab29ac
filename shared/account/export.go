package account

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// mostExports is how many exports an instance writes at once: each keeps a connection for as long as its reader takes.
const mostExports = 2

// errExporting is the answer to an export beside another one.
var errExporting = &fault.Error{Kind: fault.Throttled, Code: "export-running", RetryAfter: 10 * time.Second,
	Message: "Another export is being written. Please try again in a moment."}

// Export writes everything that is held about the account into w as a zip of CSV and JSON, with a README that explains each
// file and column: one moment's consistent state, read in one transaction, with a bounded part of it in memory. An error
// may come after the first byte; w then holds no readable zip. Beside another export of the account, or two of anybody's
// on this instance, it is Throttled with code export-running.
func (s *Service) Export(ctx context.Context, identity Identity, w io.Writer) error {
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		return errExporting
	}
	begun := false
	err := s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		if begun {
			return errors.New("the transaction began anew, and part of it is written")
		}
		if err := store.ReadSnapshot(ctx, conn); err != nil {
			return err
		}
		if free, err := store.LockExport(ctx, conn, identity.AccountID); err != nil || !free {
			return errors.Join(err, errExporting)
		}
		begun = true
		return s.writeExport(ctx, conn, identity.AccountID, w)
	})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountExported, "everything held about an account was handed out",
		slog.Int64("account_id", identity.AccountID))
	return nil
}

func (s *Service) writeExport(ctx context.Context, conn database.Conn, accountID int64, w io.Writer) error {
	archive := newExportArchive(w, s.now().UTC())
	if err := archive.readme(); err != nil {
		return err
	}
	for _, table := range store.ExportTables {
		if err := archive.table(ctx, conn, accountID, table); err != nil {
			return err
		}
	}
	return archive.zip.Close()
}

// exportArchive is the zip that is being written. Files come one after another, so none is ever whole in memory.
type exportArchive struct {
	zip *zip.Writer
	at  time.Time
}

// newExportArchive begins a zip. It packs quickly rather than tightly: the reader waits for a request that must end in time.
func newExportArchive(w io.Writer, at time.Time) *exportArchive {
	// What is small goes out at once: a failure before the activities, which are not, leaves nothing begun.
	a := &exportArchive{zip: zip.NewWriter(bufio.NewWriterSize(w, 16<<10)), at: at}
	var packer *flate.Writer // its tables are large, and files come one after another
	a.zip.RegisterCompressor(zip.Deflate, func(to io.Writer) (_ io.WriteCloser, err error) {
		if packer == nil {
			packer, err = flate.NewWriter(to, flate.BestSpeed)
			return packer, err
		}
		packer.Reset(to)
		return packer, nil
	})
	return a
}

func (a *exportArchive) file(name string) (io.Writer, error) {
	return a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.at})
}

// table writes a table's file or files.
func (a *exportArchive) table(ctx context.Context, conn database.Conn, accountID int64, table store.ExportTable) error {
	if table.Name == "activity_streams" {
		return a.samples(ctx, conn, accountID, table)
	}
	form := formOf(table)
	file, err := a.file(form.name)
	if err != nil {
		return err
	}
	var rows rowWriter = &jsonRows{to: file, table: table}
	if !form.json {
		rows = newCSVRows(file, table)
	}
	err = table.Rows(ctx, conn, accountID, func(row store.ExportRow) error {
		if err := readable(row); err != nil {
			return fmt.Errorf("export %s: %w", table.Name, err)
		}
		return rows.write(row)
	})
	return errors.Join(err, rows.close())
}

// samples writes each activity's samples as a file of its own.
func (a *exportArchive) samples(ctx context.Context, conn database.Conn, accountID int64, table store.ExportTable) error {
	return table.Rows(ctx, conn, accountID, func(row store.ExportRow) error {
		var packed []byte
		if err := json.Unmarshal(row["packed"], &packed); err != nil {
			return fmt.Errorf("export samples: %w", err)
		}
		streams, err := store.UnpackStreams(packed)
		if err != nil {
			return fmt.Errorf("export samples of %s: %w", row["activity_id"], err)
		}
		file, err := a.file(fmt.Sprintf("samples/%s.csv", row["activity_id"]))
		if err != nil {
			return err
		}
		return writeSamples(file, streams)
	})
}

// readable puts what is stored packed into words.
func readable(row store.ExportRow) error {
	encoded, there := row["hr_histogram"]
	if !there || string(encoded) == "null" {
		return nil
	}
	var packed []byte
	if err := json.Unmarshal(encoded, &packed); err != nil {
		return err
	}
	var histogram training.Histogram
	if err := histogram.UnmarshalBinary(packed); err != nil {
		return err
	}
	seconds := map[int]uint32{}
	for beat, held := range histogram.Seconds {
		if held > 0 {
			seconds[beat] = held
		}
	}
	text, err := json.Marshal(map[string]any{"included_s": histogram.IncludedS, "artefact_s": histogram.ArtefactS, "seconds": seconds})
	row["hr_histogram"] = text
	return err
}
