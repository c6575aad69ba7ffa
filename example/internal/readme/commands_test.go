package readme

import (
	"bufio"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// typed is a command as a reader types it.
type typed struct {
	where string
	words []string
	after string // what is said behind it
}

func (c typed) String() string { return strings.Join(c.words, " ") }

// commands are those in blocks and in running text.
func (g guide) commands() []typed {
	var all []typed
	for _, b := range g.blocks {
		if b.lang == "sh" {
			for line := range strings.Lines(b.text) {
				line, after, _ := strings.Cut(line, " #")
				all = append(all, typed{b.where(), words(line), after})
			}
		}
	}
	for _, s := range g.spans {
		if w := words(s.code); len(w) > 1 && (w[0] == "go" || w[0] == "curl" || w[0] == "git") {
			all = append(all, typed{s.where, w, s.after})
		}
	}
	return all
}

var word = regexp.MustCompile(`'[^']*'|\S+`)

func words(line string) []string {
	all := word.FindAllString(line, -1)
	for i, w := range all {
		all[i] = strings.Trim(w, "'")
	}
	return all
}

// TestCommandsExist holds a command to the tree: the folder is a program, and it has
// the flags. Those that are quick and need nothing run.
func TestCommandsExist(t *testing.T) {
	for _, g := range guides(t) {
		seen := map[string]bool{}
		for _, c := range g.commands() {
			seen[strings.Join(c.words[:2], " ")] = true
			switch args := c.words[2:]; strings.Join(c.words[:2], " ") {
			case "go run":
				checkProgram(t, c, args)
			case "go doc":
				if g.name != english {
					break // the same, see TestGuidesShowTheSame
				}
				if _, err := command("go", append([]string{"doc"}, args...)...); err != nil {
					t.Errorf("rule: every command in the guides works; %s: %v", c.where, err)
				}
			case "go mod":
				if args[0] == "edit" {
					checkModEdit(t, c)
				} else if args[0] != "tidy" {
					t.Errorf("rule: the guides' commands are checked; %s: nothing here can check %q", c.where, c)
				}
			case "go test":
				if !slices.Equal(args, []string{"./..."}) {
					t.Errorf("rule: all tests are run by go test ./...; %s: %q", c.where, c)
				}
			case "curl -i": // see TestCurl
			default:
				t.Errorf("rule: the guides' commands are checked; %s: nothing here can check %q", c.where, c)
			}
		}
		for _, needed := range []string{"go run", "go test", "go mod", "curl -i"} {
			if !seen[needed] {
				t.Errorf("rule: a guide says how to try it; %s has no %q", g.name, needed)
			}
		}
	}
}

// checkProgram looks for a program's folder and its flags.
func checkProgram(t *testing.T, c typed, args []string) {
	folder := root
	if args[0] == "-C" {
		folder, args = filepath.Join(root, args[1]), args[2:]
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err != nil {
			t.Errorf("rule: -C leads to a module of its own; %s: %q: %v", c.where, c, err)
		}
	}
	folder = filepath.Join(folder, args[0])
	files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	var source strings.Builder
	program := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.PackageClauseOnly)
		program = program || err == nil && f.Name.Name == "main"
	}
	if !program {
		t.Errorf("rule: what go run names is a program; %s: %q: there is none in %s", c.where, c, folder)
	}
	for _, arg := range args[1:] {
		name, isFlag := strings.CutPrefix(arg, "-")
		if isFlag && !regexp.MustCompile(`\.(Bool|String|Int|Duration)(Var)?\([^"\n]*"`+regexp.QuoteMeta(name)+`"`).MatchString(source.String()) {
			t.Errorf("rule: a flag in the guides exists; %s: %s has no -%s", c.where, args[0], name)
		}
	}
}

// checkModEdit runs it in a module of a reader's, beside which this one lies.
func checkModEdit(t *testing.T, c typed) {
	at := t.TempDir()
	file := filepath.Join(at, "go.mod")
	if err := os.WriteFile(file, []byte("module example.com/yours\n\ngo 1.25.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := command("go", slices.Concat(c.words[1:], []string{file})...); err != nil {
		t.Fatalf("rule: every command in the guides works; %s: %v", c.where, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"require " + module + " v0.0.0", "replace " + module + " => ../wechat"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("rule: the command points a reader's go.mod at the clone; %s: it lacks %q:\n%s", c.where, line, text)
		}
	}
}

var status = regexp.MustCompile(`\b[1-5]\d\d\b`)

// TestCurl asks the example what the guides ask it with curl, and expects the status
// that they name behind the command.
func TestCurl(t *testing.T) {
	site := example(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, g := range guides(t) {
		for _, c := range g.commands() {
			if c.words[0] != "curl" {
				continue
			}
			address := c.words[len(c.words)-1]
			path, ok := strings.CutPrefix(address, "http://localhost:8080/")
			if !ok {
				t.Fatalf("rule: curl asks the example; %s asks %s", c.where, address)
			}
			r, err := http.NewRequest(http.MethodGet, site+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("User-Agent", "curl/8.0")
			r.Header.Set("Accept", "*/*")
			for i, w := range c.words {
				if name, value, ok := strings.Cut(c.words[min(i+1, len(c.words)-1)], ": "); ok && w == "-H" {
					r.Header.Set(name, value)
				}
			}
			answer, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if want := status.FindString(c.after); strconv.Itoa(answer.StatusCode) != want {
				t.Errorf("rule: curl gets the status that is named behind it; %s: %q got %d, the guide says %q", c.where, c, answer.StatusCode, want)
			}
		}
	}
}

// example runs the program that the guides begin with, and returns its address.
func example(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "example.exe") // as one system wants it; the others do not mind
	if _, err := command("go", "build", "-ldflags=-s -w", "-o", program, "./example/gin"); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program)
	c.Env = append(os.Environ(), "ADDR=localhost:0", "WECHAT_APP_ID=")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if name, address, ok := strings.Cut(strings.TrimSpace(lines.Text()), ":"); ok && name == "Site" {
			return strings.TrimSpace(address)
		}
	}
	t.Fatal("rule: the example prints its address; it ended without")
	return ""
}
