package stage_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stage"
)

func open(t *testing.T, root string) *stage.Repository {
	t.Helper()
	repository, err := stage.Open(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	return repository
}

func stageOne(t *testing.T, root, name string) stage.Staged {
	t.Helper()
	staged, err := open(t, root).Stage(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return staged
}

func archived(t *testing.T, file string) map[string]string {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := map[string]string{}
	for _, entry := range archive.File {
		reader, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name] = string(content)
	}
	return files
}

func TestArchiveHoldsTheClosureAndNothingElse(t *testing.T) {
	t.Parallel()
	root := newRepository(t, nil)
	repository := open(t, root)
	if got, want := repository.Names(), []string{"hello", "migrate"}; !slices.Equal(got, want) {
		t.Fatalf("functions: got %v, want %v", got, want)
	}
	files := archived(t, stageOne(t, root, "hello").Archive)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"function.go", "functions/hello/function.go", "go.mod", "go.sum",
		"shared/greeting/greeting.go", "shared/greeting/text/greeting.txt"}
	if !slices.Equal(names, want) {
		t.Errorf("files: got %v, want %v", names, want)
	}
	for _, part := range []string{"package traind", `_ "example.com/fixture/functions/hello"`,
		`_ "github.com/GoogleCloudPlatform/functions-framework-go/functions"`} {
		if !strings.Contains(files["function.go"], part) {
			t.Errorf("function.go lacks %s:\n%s", part, files["function.go"])
		}
	}
	if formatted, err := gofmt(files["function.go"]); err != nil || formatted != files["function.go"] {
		t.Errorf("function.go is not as gofmt has it (%v)", err)
	}
}

func gofmt(source string) (string, error) {
	cmd := exec.Command("gofmt")
	cmd.Stdin = strings.NewReader(source)
	output, err := cmd.Output()
	return string(output), err
}

func TestArchivesOfTheSameContentAreTheSameBytes(t *testing.T) {
	t.Parallel()
	one, other := newRepository(t, nil), newRepository(t, nil)
	first, second := stageOne(t, one, "hello"), stageOne(t, other, "hello")
	a, err := os.ReadFile(first.Archive)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(second.Archive)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) || first.Hash != second.Hash {
		t.Error("two archives of the same content differ")
	}
	hash, err := os.ReadFile(filepath.Join(one, stage.Output, "hello.sha256"))
	if err != nil || strings.TrimSpace(string(hash)) != first.Hash {
		t.Errorf("hash beside the archive: got %s (%v), want %s", hash, err, first.Hash)
	}
}

func TestOnlyAFunctionWhoseClosureChangedIsStagedAgain(t *testing.T) {
	t.Parallel()
	root := newRepository(t, nil)
	first, err := stage.All(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"shared/greeting/text/greeting.txt": "another text",
		"functions/migrate/README.md":       "not part of the program",
	} {
		if err := writeFile(root, name, content); err != nil {
			t.Fatal(err)
		}
	}
	second, err := stage.All(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	for i, wantChanged := range []bool{true, false} {
		name := first[i].Name
		if !first[i].Changed || second[i].Changed != wantChanged {
			t.Errorf("%s: staged %t at first, then %t; want true, then %t", name, first[i].Changed, second[i].Changed, wantChanged)
		}
		if differs := first[i].Hash != second[i].Hash; differs != wantChanged {
			t.Errorf("%s: hash differs %t, want %t", name, differs, wantChanged)
		}
	}
}

func TestProgramListensOnLoopbackAndServesTheFunctionAlone(t *testing.T) {
	t.Parallel()
	root := newRepository(t, nil)
	staged := stageOne(t, root, "hello")
	binary, err := stage.Build(t.Context(), staged)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := stage.Build(t.Context(), staged); err != nil || again != binary {
		t.Errorf("second build: got %s (%v), want %s", again, err, binary)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), binary)
	program.Env = []string{"FUNCTION_TARGET=" + stage.Target("hello"), "PORT=" + strconv.Itoa(port)}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = program.Wait()
	})
	answer := awaitAnswer(t, fmt.Sprintf("http://127.0.0.1:%d/", port))
	if answer != "hello from the fixture" {
		t.Errorf("answer: got %q", answer)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && !network.IP.IsLoopback() {
			conn, err := net.DialTimeout("tcp", net.JoinHostPort(network.IP.String(), strconv.Itoa(port)), time.Second)
			if err == nil {
				_ = conn.Close()
				t.Errorf("the program answers at %s", network.IP)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(staged.Dir, "functions.local")); err != nil || len(left) > 0 {
		t.Errorf("the build left %v in the staged source (%v)", left, err)
	}
}

func awaitAnswer(t *testing.T, url string) string {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("no answer at %s in 20 s", url)
		}
		response, err := http.Get(url)
		if err != nil {
			continue
		}
		content, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
}

func TestStagingRefusesAnEmbeddedFolderThatIsNotBuilt(t *testing.T) {
	t.Parallel()
	changes := map[string]string{
		"functions/hello/web.go":         "package hello\n\nimport \"embed\"\n\n//go:embed all:web/dist\nvar web embed.FS\n",
		"functions/hello/web/dist/.keep": "keeps the folder\n",
	}
	root := newRepository(t, changes)
	_, err := open(t, root).Stage(t.Context(), "hello")
	wantError(t, err, filepath.Join("web", "dist")+" is empty")

	if err := writeFile(root, "functions/hello/web/dist/assets/index.html", "<p>built"); err != nil {
		t.Fatal(err)
	}
	files := archived(t, stageOne(t, root, "hello").Archive)
	if files["functions/hello/web/dist/assets/index.html"] != "<p>built" {
		t.Error("the archive lacks what was built")
	}
}

func TestStagingRefusesAGoModThatThePlatformWouldReadOtherwise(t *testing.T) {
	t.Parallel()
	module, err := tidied()
	if err != nil {
		t.Fatal(err)
	}
	stageWith := func(goMod string) error {
		root := newRepository(t, map[string]string{"go.mod": goMod})
		repository, err := stage.Open(t.Context(), root)
		if err != nil {
			return err
		}
		_, err = repository.Stage(t.Context(), "hello")
		return err
	}
	wantError(t, stageWith(module["go.mod"]+"\ntoolchain go1.26.8\n"), "toolchain")
	untidy := []string{}
	for line := range strings.Lines(module["go.mod"]) {
		if !strings.Contains(line, "github.com/json-iterator/go") {
			untidy = append(untidy, line)
		}
	}
	if len(untidy) == len(strings.Split(module["go.mod"], "\n")) {
		t.Fatal("the fixture no longer needs the module that this test takes away")
	}
	wantError(t, stageWith(strings.Join(untidy, "")), "go mod tidy")
}
