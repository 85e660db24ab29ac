package stage

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// archived is the time that every file in an archive bears: the earliest that the format knows.
var archived = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeArchive writes files as a zip whose bytes depend on nothing but names and contents.
func writeArchive(file string, source map[string][]byte) error {
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	for _, name := range sortedNames(source) {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: archived}
		header.SetMode(0o644)
		entry, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := entry.Write(source[name]); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	unfinished := file + ".unfinished"
	if err := os.WriteFile(unfinished, content.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(unfinished, file)
}

// readArchive returns the files of a zip by their names.
func readArchive(file string) (map[string][]byte, error) {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	source := map[string][]byte{}
	for _, entry := range archive.File {
		if !filepath.IsLocal(entry.Name) {
			return nil, fmt.Errorf("archive holds %q, outside its folder", entry.Name)
		}
		reader, err := entry.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(reader)
		if err := errors.Join(err, reader.Close()); err != nil {
			return nil, fmt.Errorf("read %s: %w", entry.Name, err)
		}
		source[entry.Name] = content
	}
	return source, nil
}
