package shared_test

import (
	"errors"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// statementName is how every statement starts, so that slow and failed ones can be told apart in the log.
var statementName = regexp.MustCompile(`^-- name: ([a-z_]+\.[a-z_]+)\n`)

// looksLikeSQL matches the start of a text that can only be a statement.
var looksLikeSQL = regexp.MustCompile(`^\s*(SELECT|INSERT INTO|UPDATE \w+|DELETE FROM|WITH \w+ .*AS|LOCK TABLE|TRUNCATE|COPY \w+)\b`)

// carriers are the methods that send a statement, and which of their arguments it is.
var carriers = map[string]int{
	"Exec": 1, "Query": 1, "QueryRow": 1, "Queue": 0, "Prepare": 2, "NewAhead": 1,
	"ExecContext": 1, "QueryContext": 1, "QueryRowContext": 1, "PrepareContext": 1,
}

// TestEveryStatementHasAName finds every statement that functions/ and shared/ send and checks that it starts with a name of
// its own.
func TestEveryStatementHasAName(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	for _, pkg := range deployedPackages(t) {
		for name, times := range pkg.statements(t.Errorf) {
			found[name] += times
		}
	}
	for name, times := range found {
		if times > 1 {
			t.Errorf("%d statements are named %s", times, name)
		}
	}
	if len(found) < 50 {
		t.Errorf("only %d statements found: this test looks for the wrong thing", len(found))
	}
}

func TestStatementRulesCatchViolations(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no name":             "conn.Exec(nil, `SELECT 1`)",
		"a name of one word":  "conn.Exec(nil, `-- name: find\nSELECT 1`)",
		"a name in mid-line":  "conn.QueryRow(nil, `SELECT 1 -- name: a.b\n`)",
		"put together":        "conn.Query(nil, tail+`-- name: a.b\n`)",
		"in a batch":          "conn.Queue(`SELECT 1`)",
		"from a variable":     "sql := pick(); conn.Exec(nil, sql)",
		"through a helper":    "helper(`SELECT 1`)",
		"never seen to leave": "keep(`DELETE FROM notes`)",
	} {
		source := "package p\nconst tail = ` LIMIT 1`\nfunc f(conn any) { " + body + " }\n" +
			"func helper(sql string) { conn.Exec(nil, sql) }\n"
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "p.go", source, 0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		caught := 0
		check(set, []*ast.File{file}).statements(func(string, ...any) { caught++ })
		if caught == 0 {
			t.Errorf("%s passed", name)
		}
	}
}

// source is a package whose constants are known; what it imports is not looked at.
type source struct {
	set   *token.FileSet
	files []*ast.File
	info  types.Info
}

func check(set *token.FileSet, files []*ast.File) *source {
	s := &source{set: set, files: files, info: types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
	}}
	lenient := types.Config{Importer: noImports{}, Error: func(error) {}}
	_, _ = lenient.Check("p", set, files, &s.info) // what is imported is missing by intent
	return s
}

// noImports keeps the check to one package.
type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not looked at") }

// deployedPackages are the packages of functions/ and shared/, tests excepted.
func deployedPackages(t *testing.T) []*source {
	t.Helper()
	set, packages := token.NewFileSet(), map[string][]*ast.File{}
	for _, top := range []string{"../functions", "../shared"} {
		err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], file)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var all []*source
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		all = append(all, check(set, packages[dir]))
	}
	return all
}

// statements counts the names of the package's statements and complains about those without one. A function that sends
// what it is given carries its callers' statements.
func (s *source) statements(complain func(string, ...any)) map[string]int {
	names, sent := map[string]int{}, map[token.Pos]bool{}
	helpers := map[types.Object]int{}
	for again := true; again; {
		again = false
		s.calls(func(enclosing *ast.FuncDecl, call *ast.CallExpr) {
			at, carries := s.carries(call, helpers)
			if !carries || at >= len(call.Args) || sent[call.Pos()] {
				return
			}
			sent[call.Pos()] = true
			again = true
			sql := call.Args[at]
			if value := s.info.Types[sql].Value; value != nil && value.Kind() == constant.String {
				if name := statementName.FindStringSubmatch(constant.StringVal(value)); name != nil {
					names[name[1]]++
				} else {
					complain("%s: the statement does not start with -- name: subject.verb", s.set.Position(sql.Pos()))
				}
				return
			}
			if index := s.parameter(enclosing, sql); index >= 0 {
				helpers[s.info.Defs[enclosing.Name]] = index
				return
			}
			complain("%s: the statement is neither a constant nor its function's argument", s.set.Position(sql.Pos()))
		})
	}
	for _, file := range s.files {
		ast.Inspect(file, func(node ast.Node) bool {
			if text, ok := node.(*ast.BasicLit); ok && text.Kind == token.STRING && looksLikeSQL.MatchString(text.Value[1:]) {
				complain("%s: a statement without a name", s.set.Position(text.Pos()))
			}
			return true
		})
	}
	return names
}

// carries says which argument of a call is a statement.
func (s *source) carries(call *ast.CallExpr, helpers map[types.Object]int) (at int, ok bool) {
	switch function := call.Fun.(type) {
	case *ast.SelectorExpr:
		at, ok = carriers[function.Sel.Name]
	case *ast.Ident:
		at, ok = helpers[s.info.Uses[function]]
	}
	return at, ok
}

// calls visits every call with the function that it stands in.
func (s *source) calls(visit func(*ast.FuncDecl, *ast.CallExpr)) {
	for _, file := range s.files {
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(function, func(node ast.Node) bool {
				if call, ok := node.(*ast.CallExpr); ok {
					visit(function, call)
				}
				return true
			})
		}
	}
}

// parameter is the index of the function's parameter that the expression is, or -1.
func (s *source) parameter(function *ast.FuncDecl, expression ast.Expr) int {
	name, ok := expression.(*ast.Ident)
	if !ok {
		return -1
	}
	index := 0
	for _, field := range function.Type.Params.List {
		for _, parameter := range field.Names {
			if s.info.Defs[parameter] == s.info.Uses[name] {
				return index
			}
			index++
		}
	}
	return -1
}
