package account

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// exportForm is the shape of a table's file.
type exportForm struct {
	name string
	json bool
}

// formOf says what a table is written as: JSON where there is one row or values have parts of their own, else CSV.
func formOf(table store.ExportTable) exportForm {
	switch {
	case table.Name == "activity_streams":
		return exportForm{name: "samples/<activity>.csv"}
	case table.Single, table.Name == "activities":
		return exportForm{name: table.Name + ".json", json: true}
	}
	return exportForm{name: table.Name + ".csv"}
}

// rowWriter writes rows of one table.
type rowWriter interface {
	write(row store.ExportRow) error
	close() error
}

// jsonRows writes one object, or a list of objects a line each, with the columns in their order.
type jsonRows struct {
	to    io.Writer
	table store.ExportTable
	rows  int
}

func (j *jsonRows) write(row store.ExportRow) error {
	var text strings.Builder
	switch {
	case j.table.Single:
	case j.rows == 0:
		text.WriteString("[\n")
	default:
		text.WriteString(",\n")
	}
	j.rows++
	for i, column := range j.table.Columns {
		separator := byte('{')
		if i > 0 {
			separator = ','
		}
		text.WriteByte(separator)
		fmt.Fprintf(&text, "%q:%s", column.Name, row[column.Name])
	}
	text.WriteByte('}')
	_, err := io.WriteString(j.to, text.String())
	return err
}

func (j *jsonRows) close() error {
	end := "\n]\n"
	switch {
	case j.table.Single && j.rows == 0:
		end = "null\n"
	case j.table.Single:
		end = "\n"
	case j.rows == 0:
		end = "[]\n"
	}
	_, err := io.WriteString(j.to, end)
	return err
}

// csvRows writes a header and a line for each row.
type csvRows struct {
	csv   *csv.Writer
	table store.ExportTable
	line  []string
}

func newCSVRows(to io.Writer, table store.ExportTable) *csvRows {
	c := &csvRows{csv: csv.NewWriter(to), table: table}
	for _, column := range table.Columns {
		c.line = append(c.line, column.Name)
	}
	_ = c.csv.Write(c.line) // an error stays and is what close gives
	return c
}

func (c *csvRows) write(row store.ExportRow) error {
	for i, column := range c.table.Columns {
		c.line[i] = cell(row[column.Name])
	}
	return c.csv.Write(c.line)
}

func (c *csvRows) close() error {
	c.csv.Flush()
	return c.csv.Error()
}

// cell is a JSON value as a cell of a table. A text that a spreadsheet would take for a formula is put behind an apostrophe:
// what somebody once named a thing must not run where its owner opens it.
func cell(value json.RawMessage) string {
	var text string
	switch {
	case string(value) == "null":
		return ""
	case json.Unmarshal(value, &text) != nil:
		return string(value) // a number, a list, an object
	case text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])):
		return "'" + text
	}
	return text
}

// sampleColumns are the columns of a file of samples.
var sampleColumns = []store.ExportColumn{
	{Name: "time", Meaning: "seconds since the start"},
	{Name: "distance", Meaning: "metres since the start"},
	{Name: "altitude", Meaning: "metres above the sea"},
	{Name: "velocity", Meaning: "metres per second"},
	{Name: "heart_rate", Meaning: "beats per minute"},
	{Name: "watts", Meaning: "power in watts"},
	{Name: "cadence", Meaning: "revolutions, or steps of one leg, per minute"},
	{Name: "moving", Meaning: "whether you were moving, by your recorder"},
}

// writeSamples writes a line for each sample; a cell is empty where the sample is missing.
func writeSamples(to io.Writer, s training.Streams) error {
	w := bufio.NewWriter(to)
	for i, column := range sampleColumns {
		if i > 0 {
			_ = w.WriteByte(',') // an error stays and is what Flush gives
		}
		_, _ = w.WriteString(column.Name)
	}
	var line []byte
	for i := range s.Time {
		line = strconv.AppendInt(append(line[:0], '\n'), int64(s.Time[i]), 10)
		line = appendFloat(append(line, ','), s.Distance, i)
		line = appendFloat(append(line, ','), s.Altitude, i)
		line = appendFloat(append(line, ','), s.Velocity, i)
		line = appendInt(append(line, ','), s.HeartRate, i, training.MissingHeartRate)
		line = appendInt(append(line, ','), s.Watts, i, training.MissingWatts)
		line = appendInt(append(line, ','), s.Cadence, i, training.MissingCadence)
		line = append(line, ',')
		if s.Moving != nil {
			line = strconv.AppendBool(line, s.Moving[i])
		}
		_, _ = w.Write(line)
	}
	_ = w.WriteByte('\n')
	return w.Flush()
}

func appendFloat(line []byte, values []float64, i int) []byte {
	if values == nil || math.IsNaN(values[i]) {
		return line
	}
	return strconv.AppendFloat(line, values[i], 'f', -1, 64)
}

func appendInt[T uint8 | int16](line []byte, values []T, i int, missing T) []byte {
	if values == nil || values[i] == missing {
		return line
	}
	return strconv.AppendInt(line, int64(values[i]), 10)
}

// readme writes what is in the zip.
func (a *exportArchive) readme() error {
	file, err := a.file("README.md")
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, `# Everything Train-D holds about you

As it was at %s. Times are in RFC 3339, days are ISO dates. A CSV file is UTF-8 with a header line; an empty cell means
that there is nothing. A text in a CSV file that starts with one of = + - @ stands behind an apostrophe, so that no
spreadsheet takes it for a formula. In JSON nothing is changed, and null means that there is nothing.

The daily figures (fitness, fatigue, ACWR and their like) are not here because they are not stored: activities.json,
thresholds.csv and athletes.json are all that they are computed of, whenever they are shown. Left out is only what would let a reader in:
hashes of your password and of your sessions, and the sealed keys to your data at Strava.
`, a.at.Format("2006-01-02T15:04:05Z07:00"))
	for _, table := range store.ExportTables {
		columns := table.Columns
		if table.Name == "activity_streams" {
			columns = sampleColumns
		}
		fmt.Fprintf(&text, "\n## %s: %s\n\n| column | meaning |\n|---|---|\n", formOf(table).name, table.Title)
		for _, column := range columns {
			fmt.Fprintf(&text, "| %s | %s |\n", column.Name, column.Meaning)
		}
	}
	_, err = io.WriteString(file, text.String())
	return err
}
