package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/stage"
)

// Project is the Google Cloud project that the local system plays.
const Project = "train-d-local"

// pusher is the service account whose signed tokens the dispatcher sends.
const pusher = "pubsub-push@train-d-local.iam.gserviceaccount.com"

// functions lists what is deployed: the registered name, and the topic whose messages it is pushed ("" for HTTP).
var functions = []struct{ name, entry, topic string }{
	{"migrate", "Migrate", "migrate"},
	{"onboarding", "Onboarding", ""},
	{"webhook", "Webhook", ""},
	{"dispatch", "Dispatch", "schedule"},
	{"sync", "Sync", "sync"},
	{"mail", "Mail", "mail"},
}

// System is the running local system.
type System struct {
	settings  Settings
	folder    *folder
	terminal  io.Writer
	database  *databaseServer
	instance  *cloudsim.SQLInstance // nil in front of a PostgreSQL of the user's own
	cloud     *cloudsim.Cloud
	smtp      *cloudsim.SMTP
	simulator *process
	functions []*process
	logs      []io.Closer
	info      Info
	failed    chan error

	releasePorts func() // nil until the functions have their ports
}

// Info describes the running system; it stands in system.json while the system runs.
type Info struct {
	URL       string             `json:"url"`       // where browsers go
	Database  string             `json:"database"`  // the DSN of the superuser
	Simulator Program            `json:"simulator"` // empty where the real Strava is used
	Pushes    Program            `json:"dispatcher"`
	Functions map[string]Program `json:"functions"`
	Postgres  Program            `json:"postgres"`
	CloudSQL  Program            `json:"cloud_sql"` // Admin API and control API; empty where DATABASE_URL names a server
	PubSub    string             `json:"pubsub"`    // host and port, for PUBSUB_EMULATOR_HOST
	Webhook   Hook               `json:"webhook"`
}

// Program is one program of the system.
type Program struct {
	URL string `json:"url,omitempty"`
	PID int    `json:"pid,omitempty"`
	Log string `json:"log,omitempty"`
}

// Start brings everything up: it returns when a browser can be sent to Info().URL, or with one error that says what to do.
func Start(ctx context.Context, settings Settings, terminal io.Writer) (_ *System, err error) {
	s := &System{
		settings: settings, terminal: &sink{to: terminal}, failed: make(chan error, len(functions)+2),
		info: Info{URL: fmt.Sprintf("http://localhost:%d", settings.Port), Functions: map[string]Program{}},
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if s.folder, err = openFolder(settings.Dir); err != nil {
		return nil, err
	}
	if err := claim(settings.Port, "PORT"); err != nil {
		return nil, err
	}
	if !s.realStrava() {
		if err := claim(settings.Port+1, "PORT (the simulator takes the one after it)"); err != nil {
			return nil, err
		}
	}
	binaries, err := s.prepare(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.startAll(ctx, binaries); err != nil {
		return nil, err
	}
	return s, s.describe()
}

// Mails are the e-mails that the functions sent, oldest first.
func (s *System) Mails() []cloudsim.Caught { return s.smtp.Mails() }

// Info tells where everything is.
func (s *System) Info() Info { return s.info }

// Failed gives the error of a program that ended by itself.
func (s *System) Failed() <-chan error { return s.failed }

func (s *System) realStrava() bool { return s.settings.StravaClientID != "" }

// prepare does what takes long at the first start, at once: the programs are built while PostgreSQL comes up.
func (s *System) prepare(ctx context.Context) (map[string]string, error) {
	var wait sync.WaitGroup
	var databaseError, buildError error
	binaries := map[string]string{}
	wait.Go(func() { s.database, databaseError = startDatabase(ctx, s.settings, s.folder) })
	wait.Go(func() { buildError = s.build(ctx, binaries) })
	wait.Wait()
	return binaries, errors.Join(databaseError, buildError)
}

// build makes the programs: each function from its staged archive, the simulator from the checkout.
func (s *System) build(ctx context.Context, binaries map[string]string) error {
	staged, err := stage.All(ctx, s.settings.Root)
	if err != nil {
		return err
	}
	for _, function := range staged {
		if binaries[function.Name], err = stage.Build(ctx, function); err != nil {
			return err
		}
	}
	if s.realStrava() {
		return nil
	}
	binary := filepath.Join(s.settings.Root, ".build", "bin", "stravasim")
	if err := goBuild(ctx, s.settings.Root, binary, "./infra/stravasim/cmd/stravasim"); err != nil {
		return err
	}
	binaries["stravasim"] = binary
	return nil
}

// Kill ends the programs at once, for who cannot wait for Stop, which still has to run.
func (s *System) Kill() {
	for _, p := range s.functions {
		p.kill()
	}
	if s.simulator != nil {
		s.simulator.kill()
	}
}

// describe writes system.json; whoever reads it while the system runs finds everything.
func (s *System) describe() error {
	text, err := json.MarshalIndent(s.info, "", "  ")
	if err != nil {
		return fmt.Errorf("describe the system: %w", err)
	}
	if err := os.WriteFile(s.folder.file("system.json"), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("describe the system: %w", err)
	}
	return nil
}

// Stop ends everything in the reverse order of its start: the functions first, which finish what they have under way and
// still reach Pub/Sub, Strava and the database.
func (s *System) Stop() error {
	var mistakes []error
	if s.folder != nil {
		_ = os.Remove(s.folder.file("system.json")) // it describes a running system; it may not have come that far
	}
	var wait sync.WaitGroup
	stopped := make([]error, len(s.functions))
	for i, p := range s.functions {
		wait.Go(func() { stopped[i] = p.stop() })
	}
	wait.Wait()
	mistakes = append(mistakes, stopped...)
	if s.simulator != nil {
		mistakes = append(mistakes, s.simulator.stop())
	}
	if s.cloud != nil {
		mistakes = append(mistakes, s.cloud.Close())
	}
	if s.smtp != nil {
		mistakes = append(mistakes, s.smtp.Close())
	}
	if s.instance != nil {
		mistakes = append(mistakes, s.instance.Close())
	}
	if s.database != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		mistakes = append(mistakes, s.database.stop(ctx))
	}
	for _, log := range s.logs {
		mistakes = append(mistakes, log.Close())
	}
	if s.releasePorts != nil {
		s.releasePorts()
	}
	if s.folder != nil {
		mistakes = append(mistakes, s.folder.close())
	}
	return errors.Join(mistakes...)
}
