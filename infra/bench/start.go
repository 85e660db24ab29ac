package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/train-d/train-d/infra/stage"
)

// Start is how long a function's program takes from its start to an answer, beside an empty program's.
type Start struct {
	Name             string
	archive, program int64 // bytes
	own, empty       launch
}

// launch is one way to start a program and ask it, and how long that took each time.
type launch struct {
	program, path string
	env           []string
	took          []time.Duration
	cpu           []time.Duration // of the process, until it had answered
}

// startGoal is how many times an empty program's start a function's may take.
const startGoal = 1.3

// Starts starts each function's program as it is deployed, until its first answer and for Onboarding also until the first
// that took the database, and in turns with it an empty program that imports the same. What is on disk is in memory.
func (b *Bench) Starts(ctx context.Context, rounds int) ([]Start, error) {
	all, programs, err := staged(ctx)
	if err != nil {
		return nil, err
	}
	var starts []Start
	for i, function := range all {
		empty, err := b.buildEmpty(ctx, function.Name)
		if err != nil {
			return nil, err
		}
		add := func(name, path, emptyPath string, env ...string) error {
			env = append(b.common(stage.Target(function.Name)), env...)
			s := Start{Name: function.Name + name}
			s.own, s.empty = launch{program: programs[i], path: path, env: env}, launch{program: empty, path: emptyPath, env: env}
			s.archive, err = size(function.Archive)
			if err != nil {
				return err
			}
			s.program, err = size(programs[i])
			starts = append(starts, s)
			return err
		}
		err = add(": first answer", "/", "/", "DATABASE_URL="+b.overTLS(system, function.Name))
		if function.Name == "onboarding" {
			err = errors.Join(err,
				add(": first query, plain route", "/v1/health", "/query", "DATABASE_URL="+b.overTLS(system, function.Name)),
				add(": first query, connector", "/v1/health", "/query", b.overConnector(system, function.Name)...))
		}
		if err != nil {
			return nil, err
		}
	}
	for round := range rounds + 1 {
		for _, i := range rand.Perm(len(starts)) {
			pair := []*launch{&starts[i].own, &starts[i].empty} // one right after the other: both see the same machine
			rand.Shuffle(2, func(i, j int) { pair[i], pair[j] = pair[j], pair[i] })
			for _, l := range pair {
				took, cpu, err := l.run(ctx)
				if err != nil {
					return nil, err
				}
				if round > 0 { // the first brings the programs into memory
					l.took, l.cpu = append(l.took, took), append(l.cpu, cpu)
				}
			}
		}
	}
	return starts, nil
}

// run starts the program, asks until it answers, and ends it.
func (l *launch) run(ctx context.Context) (took, cpu time.Duration, err error) {
	port, err := freePort()
	if err != nil {
		return 0, 0, err
	}
	command := exec.CommandContext(ctx, l.program)
	command.Env = append([]string{fmt.Sprintf("PORT=%d", port)}, l.env...)
	command.Stderr = os.Stderr
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, 0, err
	}
	err = awaitAnswer(ctx, fmt.Sprintf("http://127.0.0.1:%d%s", port, l.path))
	took = time.Since(began)
	_ = command.Process.Kill()
	_ = command.Wait() // it was killed
	if err != nil {
		return 0, 0, fmt.Errorf("start %s: %w", l.program, err)
	}
	return took, command.ProcessState.UserTime() + command.ProcessState.SystemTime(), nil
}

// awaitAnswer asks until there is an answer. One of a query must be a good one; a function of Pub/Sub refuses GET.
func awaitAnswer(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		switch {
		case err == nil:
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if !strings.HasSuffix(url, "/") && response.StatusCode != http.StatusOK {
				return fmt.Errorf("%s answered %s", url, response.Status)
			}
			return nil
		case ctx.Err() != nil:
			return err
		}
		<-time.After(200 * time.Microsecond) // not up yet
	}
}

// PrintStarts writes the table of starts. The CPU time is steadier than the clock where the machine has other work.
func PrintStarts(w io.Writer, starts []Start) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "ms\tempty ms\tratio (goal ≤ %v)\t\tCPU ms\tempty CPU ms\tratio\tarchive KB\tprogram MB\t  start\n", startGoal)
	for _, s := range starts {
		own, empty := milliseconds(middle(s.own.took)), milliseconds(middle(s.empty.took))
		ownCPU, emptyCPU := milliseconds(middle(s.own.cpu)), milliseconds(middle(s.empty.cpu))
		fmt.Fprintf(table, "%.1f\t%.1f\t%.2f\t%s\t%.1f\t%.1f\t%.2f\t%d\t%.1f\t  %s\n", own, empty, own/empty, verdict(own/empty <= startGoal),
			ownCPU, emptyCPU, ownCPU/emptyCPU, s.archive>>10, float64(s.program)/(1<<20), s.Name)
	}
	return table.Flush()
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
