// Package web holds the files of the page that Onboarding serves.
package web

import "embed"

// Files are the page's files by their name in the address; index.html is the page.
//
//go:embed index.html app.js style.css icon.svg
var Files embed.FS
