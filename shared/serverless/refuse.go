package serverless

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/logging"
)

// Refuse ends a process that can't serve: it writes one entry that holds everything that is wrong, and exits with 1, which
// fails the deployment. Only functions call it, where they are wired.
func Refuse(name string, err error) {
	writeRefusal(os.Stdout, name, err)
	os.Exit(1)
}

// writeRefusal writes the entry. What could be read of the settings decides its form.
func writeRefusal(out io.Writer, name string, err error) {
	options := logging.Options{Function: strings.ToLower(name)}
	var wrong *config.Error
	if errors.As(err, &wrong) {
		options.Project, options.Format = wrong.Service.Project, wrong.Service.LogFormat
	}
	ctx := logging.Into(context.Background(), logging.New(out, options))
	logging.Log(ctx, slog.LevelError, logging.EventFunctionRefused, name+" can't start. "+strings.Join(problems(err), " · "))
}

// problems lists everything that err's tree says, a line each.
func problems(err error) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var lines []string
		for _, one := range joined.Unwrap() {
			lines = append(lines, problems(one)...)
		}
		return lines
	}
	var wrong *config.Error
	if errors.As(err, &wrong) {
		return wrong.Lines()
	}
	return []string{err.Error()}
}
