package api

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/training"
)

// TrainingLoad is the daily series as columns.
type TrainingLoad struct {
	Meta   load.Meta       `json:"meta"`
	Series training.Series `json:"series" doc:"Entry i of every column is the day first + i. Where a figure is absent it is null, and the gap that holds i has the reason."`
}

// loadDecimals is how exactly the series is written: beyond it no figure of training load means anything.
const loadDecimals = 4

// bytesPerValue is about what a value takes as text.
const bytesPerValue = 9

// jsonAppender writes its own JSON. Its text is sent as it is, where json.Marshaler's would be read and copied again.
type jsonAppender interface {
	AppendJSON(buffer []byte) ([]byte, error)
}

// buffers are what answers are written in: ten years take a megabyte.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// jsonFormat is Huma's JSON, with a shorter way for what writes its own, and strict about what comes in.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		own, ok := v.(jsonAppender)
		if !ok {
			return huma.DefaultJSONFormat.Marshal(w, v)
		}
		buffer := buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
		text, err := own.AppendJSON((*buffer)[:0])
		if err != nil {
			return err
		}
		*buffer = append(text, '\n')
		_, err = w.Write(*buffer)
		return err
	},
	Unmarshal: unmarshal,
}

// seriesFields are the series' fields by their names in JSON. Only they are found by reflection, never values: ten years
// of days have some 130,000.
var seriesFields = func() []string {
	series := reflect.TypeFor[training.Series]()
	names := make([]string, series.NumField())
	for i := range names {
		name, _, _ := strings.Cut(series.Field(i).Tag.Get("json"), ",")
		names[i] = strconv.Quote(name) + ":"
	}
	return names
}()

// AppendJSON appends the answer, figures rounded to four decimals.
func (l *TrainingLoad) AppendJSON(buffer []byte) ([]byte, error) {
	meta, err := json.Marshal(l.Meta)
	if err != nil {
		return nil, fmt.Errorf("encode meta: %w", err)
	}
	buffer = slices.Grow(buffer, 4096+l.Series.Days()*len(seriesFields)*bytesPerValue)
	buffer = append(append(buffer, `{"meta":`...), meta...)
	buffer = append(buffer, `,"series":{`...)
	series := reflect.ValueOf(&l.Series).Elem()
	for i, name := range seriesFields {
		if i > 0 {
			buffer = append(buffer, ',')
		}
		buffer = append(buffer, name...)
		if buffer, err = appendField(buffer, series.Field(i).Addr().Interface()); err != nil {
			return nil, fmt.Errorf("encode series %s %w", name, err)
		}
	}
	return append(buffer, "}}"...), nil
}

// appendField appends a field of the series; those with an entry per day have a way of their own.
func appendField(buffer []byte, field any) ([]byte, error) {
	switch field := field.(type) {
	case *training.Column:
		return field.AppendJSON(buffer, loadDecimals), nil
	case *[3]training.Column:
		for i := range field {
			buffer = field[i].AppendJSON(append(buffer, "[,,"[i]), loadDecimals)
		}
		return append(buffer, ']'), nil
	case *[]int:
		return appendList(buffer, *field, func(buffer []byte, n int) []byte { return strconv.AppendInt(buffer, int64(n), 10) }), nil
	case *[]bool:
		return appendList(buffer, *field, strconv.AppendBool), nil
	default:
		text, err := json.Marshal(field)
		return append(buffer, text...), err
	}
}

func appendList[T any](buffer []byte, list []T, one func([]byte, T) []byte) []byte {
	buffer = append(buffer, '[')
	for i, entry := range list {
		if i > 0 {
			buffer = append(buffer, ',')
		}
		buffer = one(buffer, entry)
	}
	return append(buffer, ']')
}
