package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/internal/exclusive"
	"github.com/train-d/train-d/shared/secret"
)

// The app that the simulator knows. It opens nothing outside this machine.
const (
	SimulatorClient = "50001"
	SimulatorSecret = "known-to-the-simulator-alone"
)

// startAll starts the programs in their order: the cloud's parts and Strava, then Migrate, then those that need the schema.
func (s *System) startAll(ctx context.Context, binaries map[string]string) error {
	keyset, err := s.folder.secret("keyset.json", secret.NewKeyset)
	if err != nil {
		return err
	}
	ports, err := s.ports()
	if err != nil {
		return err
	}
	if err := s.startCloudSQL(ctx); err != nil {
		return err
	}
	if err := s.startCloud(ctx, ports); err != nil {
		return err
	}
	if s.smtp, err = cloudsim.StartSMTP(s.showMail); err != nil {
		return err
	}
	if !s.realStrava() {
		if err := s.startSimulator(ctx, binaries["stravasim"]); err != nil {
			return err
		}
	}
	for _, function := range functions {
		program, err := s.startFunction(ctx, function.name, function.entry, binaries[function.name], ports[function.name], keyset)
		if err != nil {
			return err
		}
		s.info.Functions[function.name] = program
		if function.name != "migrate" {
			continue
		}
		if err := s.migrate(ctx); err != nil {
			return err
		}
		if err := s.database.makeLogins(ctx); err != nil {
			return err
		}
	}
	if !s.realStrava() {
		if err := s.subscribe(ctx); err != nil {
			return err
		}
	}
	if s.info.Database, err = s.database.superuserDSN(); err != nil {
		return err
	}
	s.info.Postgres.Log = s.folder.file("logs", "postgres.log")
	if s.database.server != nil {
		s.info.Postgres.PID = s.database.server.PID
	}
	return nil
}

// ports gives each function its port; only Onboarding's is one that people know.
func (s *System) ports() (map[string]int, error) {
	next, release, err := exclusive.Ports(len(functions) - 1)
	if err != nil {
		return nil, fmt.Errorf("find free ports: %w", err)
	}
	s.releasePorts = release
	ports := map[string]int{}
	for _, function := range functions {
		if function.name == "onboarding" {
			ports[function.name] = s.settings.Port
			continue
		}
		ports[function.name] = next
		next++
	}
	return ports, nil
}

// startCloud starts Pub/Sub, its push subscriptions and the scheduler.
func (s *System) startCloud(ctx context.Context, ports map[string]int) error {
	log, err := s.folder.log("dispatcher")
	if err != nil {
		return err
	}
	s.logs = append(s.logs, log)
	config := cloudsim.Config{
		Project: Project,
		Log:     slog.New(slog.NewJSONHandler(log, nil)),
		Jobs: []cloudsim.Job{{
			Name: "tick", Topic: "schedule", Every: time.Duration(s.settings.TickSeconds) * time.Second,
			Data: []byte(`{"kind":"tick"}`),
		}},
	}
	for _, function := range functions {
		if function.topic == "" {
			continue
		}
		config.Topics = append(config.Topics, function.topic, function.topic+"-dead-letter")
		config.Subscriptions = append(config.Subscriptions, cloudsim.Subscription{
			Name: function.name, Topic: function.topic, Endpoint: loopback(ports[function.name]),
			Audience: loopback(ports[function.name]), ServiceAccountEmail: pusher,
			AckDeadline: 120 * time.Second, MinBackoff: time.Second, MaxBackoff: time.Minute,
			MaxAttempts: 100, DeadLetterTopic: function.topic + "-dead-letter", Concurrency: 4,
		}, cloudsim.Subscription{Name: function.topic + "-dead-letter", Topic: function.topic + "-dead-letter"})
	}
	// Not ctx: the cloud must outlive the signal that ends the start, until Stop closes it in its turn.
	if s.cloud, err = cloudsim.Start(context.WithoutCancel(ctx), config); err != nil {
		return fmt.Errorf("start Pub/Sub: %w", err)
	}
	s.info.PubSub = s.cloud.PubSubAddress()
	s.info.Pushes = Program{URL: s.cloud.ControlURL(), PID: os.Getpid(), Log: log.Name()}
	return nil
}

// showMail prints an e-mail's link on the terminal: it goes nowhere else.
func (s *System) showMail(caught cloudsim.Caught) {
	for word := range strings.FieldsSeq(caught.Body) {
		if strings.HasPrefix(word, s.info.URL+"/") {
			_, _ = fmt.Fprintf(s.terminal, "E-mail to %s: %s\n    %s\n", caught.To, caught.Header.Get("Subject"), word)
		}
	}
}

func (s *System) startSimulator(ctx context.Context, binary string) error {
	port := s.settings.Port + 1
	environment := with(os.Environ(), map[string]string{
		"PORT": fmt.Sprint(port), "STRAVASIM_CLIENT_ID": SimulatorClient, "STRAVASIM_CLIENT_SECRET": SimulatorSecret,
		"STRAVASIM_STATE": s.folder.file("stravasim.json"), "STRAVASIM_ATHLETES": fmt.Sprint(s.settings.Athletes),
		"STRAVASIM_ACTIVITIES": fmt.Sprint(s.settings.Activities),
	})
	// Not on the terminal, which is the functions' own: the simulator says in its log who connected and what it was asked.
	process, program, err := s.start(ctx, "stravasim", binary, environment, port, io.Discard)
	s.simulator, s.info.Simulator = process, program
	s.info.Simulator.URL = fmt.Sprintf("http://localhost:%d", port)
	return err
}

func (s *System) startFunction(ctx context.Context, name, entry, binary string, port int, keyset string) (Program, error) {
	settings := map[string]string{
		"FUNCTION_TARGET": entry, "PORT": fmt.Sprint(port), "GOOGLE_CLOUD_PROJECT": Project,
		"PUBSUB_EMULATOR_HOST": s.cloud.PubSubAddress(), "LOG_FORMAT": s.settings.LogFormat,
		"PUSH_AUDIENCE": loopback(port), "PUSH_SERVICE_ACCOUNT": pusher, "PUSH_CERTS_URL": s.cloud.CertsURL(),
		"PUBLIC_URL": s.info.URL, "TOKEN_KEYSET": keyset, "CLOUD_RUN_TIMEOUT_SECONDS": "60",
	}
	own, err := s.routes(name)
	if name == "webhook" { // which has no database
		own, err = s.hookSettings(port)
	}
	if err != nil {
		return Program{}, err
	}
	maps.Copy(settings, own)
	if name == "mail" {
		settings["SMTP_URL"], settings["MAIL_FROM"] = s.smtp.URL(), "Train-D <no-reply@train-d.example>"
	}
	if name == "sync" {
		settings["CLOUD_RUN_TIMEOUT_SECONDS"] = "110"
	}
	if !s.realStrava() {
		settings["STRAVA_CLIENT_ID"], settings["STRAVA_CLIENT_SECRET"] = SimulatorClient, SimulatorSecret
		settings["STRAVA_API_URL"] = s.info.Simulator.URL + "/api/v3"
		settings["STRAVA_OAUTH_URL"] = s.info.Simulator.URL + "/oauth"
	}
	process, program, err := s.start(ctx, name, binary, with(os.Environ(), settings), port, s.terminal)
	if process != nil {
		s.functions = append(s.functions, process)
	}
	program.URL = loopback(port)
	return program, err
}

// start starts a program, waits until it listens, and watches it from then on. A process that is given back beside an error
// is running.
func (s *System) start(ctx context.Context, name, binary string, environment []string, port int, terminal io.Writer) (
	*process, Program, error) {
	log, err := s.folder.log(name)
	if err != nil {
		return nil, Program{}, err
	}
	s.logs = append(s.logs, log)
	p, err := startProcess(name, binary, environment, terminal, log)
	if err != nil {
		return nil, Program{}, err
	}
	if err := p.listening(ctx, port); err != nil {
		return p, Program{}, fmt.Errorf("%w; its log is %s", err, log.Name())
	}
	go func() {
		<-p.done
		s.failed <- fmt.Errorf("%s ended by itself: %w; its log is %s", name, orClean(p.err), log.Name())
	}()
	return p, Program{PID: p.cmd.Process.Pid, Log: log.Name()}, nil
}

// migrate asks Migrate for the newest schema, as a release does, and waits until it says that it is done.
func (s *System) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := s.cloud.Publish(ctx, "migrate", []byte(`{"kind":"migrate"}`), nil); err != nil {
		return fmt.Errorf("ask for migrations: %w", err)
	}
	for s.cloud.Stats()["migrate"].Acked == 0 {
		select {
		case <-ctx.Done():
			return errors.New("the migrations were not applied within a minute: see " + s.info.Functions["migrate"].Log)
		case err := <-s.failed:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// loopback is where a program of this machine answers.
func loopback(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// with returns an environment in which settings stand in place of what was there.
func with(environment []string, settings map[string]string) []string {
	kept := slices.DeleteFunc(slices.Clone(environment), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		_, replaced := settings[name]
		return replaced
	})
	for name, value := range settings {
		kept = append(kept, name+"="+value)
	}
	return kept
}

// goBuild builds one of the checkout's own programs.
func goBuild(ctx context.Context, root, binary, pkg string) error {
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return fmt.Errorf("build %s: %w", pkg, err)
	}
	command := exec.CommandContext(ctx, "go", "build", "-o", binary, pkg)
	command.Dir = root
	var output strings.Builder
	command.Stdout, command.Stderr = io.Discard, &output
	if err := command.Run(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, output.String())
	}
	return nil
}

// orClean stands in where a program ended without an error.
func orClean(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}
