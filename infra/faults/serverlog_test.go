package faults_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/train-d/train-d/infra/postgres"
)

// lines goes over the log's lines about the programs in a database, from an offset on; an empty name takes all lines. It
// gives where the next whole line will begin.
func (s *server) lines(database string, from int64, each func(line string)) (next int64) {
	s.t.Helper()
	file, err := os.Open(s.options.LogFile)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		s.t.Fatal(err)
	}
	reader := bufio.NewReaderSize(file, 1<<16)
	for next = from; ; {
		text, err := reader.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return next // behind the last line break
		}
		if err != nil {
			s.t.Fatal(err)
		}
		next += int64(len(text))
		parts := strings.SplitN(strings.TrimSuffix(text, "\n"), "|", 3)
		if len(parts) == 3 && (database == "" || (parts[0] == database && parts[1] != postgres.Superuser)) {
			each(parts[2])
		}
	}
}

// logged counts, each time that it is called, the log's lines since then about the programs in a database that hold a text.
func (s *server) logged(database, text string) func() int {
	next, n := s.lines("", 0, func(string) {}), 0
	return func() int {
		next = s.lines(database, next, func(line string) {
			if strings.Contains(line, text) {
				n++
			}
		})
		return n
	}
}
