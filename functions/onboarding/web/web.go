// Package web holds the browser app that Onboarding serves: dist, which `make web` builds from src.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// Files are the app's files by their name in the address; index.html is the page. Until the app is built there is no page.
var Files = func() fs.FS {
	files, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err) // the name is a constant and a valid one
	}
	return files
}()
