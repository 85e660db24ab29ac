// Package bench_test measures the system from outside; micro-benchmarks stand beside their package.
package bench_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/infra/stage"
	"github.com/train-d/train-d/shared/secret"
)

// BenchmarkColdStart starts each function's program, as staged for deployment, until its first answer, and tells the size of
// archive and program. Onboarding is measured to its first answer from the database as well.
func BenchmarkColdStart(b *testing.B) {
	root, err := filepath.Abs("../..")
	if err != nil {
		b.Fatal(err)
	}
	all, err := stage.All(b.Context(), root)
	if err != nil {
		b.Fatal(err)
	}
	db := postgrestest.New(b)
	keyset, err := secret.NewKeyset()
	if err != nil {
		b.Fatal(err)
	}
	for _, staged := range all {
		binary, err := stage.Build(b.Context(), staged)
		if err != nil {
			b.Fatal(err)
		}
		environment := []string{
			"FUNCTION_TARGET=" + stage.Target(staged.Name), "DATABASE_URL=" + db.DSN(staged.Name), "TOKEN_KEYSET=" + keyset,
			"STRAVA_CLIENT_ID=1", "STRAVA_CLIENT_SECRET=none", "PUBLIC_URL=http://localhost", "LOG_LEVEL=ERROR",
			"PUSH_AUDIENCE=http://localhost", "PUSH_SERVICE_ACCOUNT=push@example.com",
		}
		paths := []string{"/"}
		if staged.Name == "onboarding" {
			paths = append(paths, "/v1/health")
		}
		for _, path := range paths {
			b.Run(staged.Name+path, func(b *testing.B) {
				for b.Loop() {
					firstAnswer(b, binary, environment, path)
				}
				b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/start")
				b.ReportMetric(float64(size(b, staged.Archive))/1024, "KiB-archive")
				b.ReportMetric(float64(size(b, binary))/(1<<20), "MiB-program")
			})
		}
	}
}

// firstAnswer starts a program, asks until it answers, and ends it outside of the measurement.
func firstAnswer(b *testing.B, binary string, environment []string, path string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		b.Fatal(err)
	}
	command := exec.CommandContext(b.Context(), binary)
	command.Env = append(environment, fmt.Sprintf("PORT=%d", port))
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		b.StopTimer()
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
		b.StartTimer()
	}()
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
		if err != nil {
			b.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			<-time.After(200 * time.Microsecond) // not up yet
			continue
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		return
	}
	b.Fatalf("%s does not answer", binary)
}

func size(b *testing.B, path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
