package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"inkling/classifier"
	"inkling/internal/scenes"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"inkling": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"slow": func() { // a command whose batch takes for ever
			ctx, _ := interruptible(os.Stderr, new(atomic.Pointer[string]))
			println("ready")
			<-ctx.Done()
			println("told")
			time.Sleep(time.Minute)
		},
	})
}

// TestScripts runs the command as a person does, in an empty folder, without a
// network and without a data set.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("INKLING_CACHE", env.WorkDir+"/.cache")
			env.Setenv("INKLING_DATA", env.WorkDir+"/.data")
			env.Setenv("HTTPS_PROXY", "http://127.0.0.1:1") // nothing listens there
			env.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
			address, err := freeAddress()
			env.Setenv("LAB", address)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status":   status,
			"jsonl":    jsonLines,
			"oneline":  oneLineOf,
			"truncate": truncate,
			"scenes":   drawScenes,
			"visit":    visit,
		},
	})
}

// status runs a command and demands an exit status: status 2 inkling --wrong
func status(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// jsonLines demands that the last output is one JSON object a line, with events
// of the given names among them: jsonl stdout epoch done
func jsonLines(ts *testscript.TestScript, neg bool, args []string) {
	seen := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n") {
		var event map[string]any
		dec := json.NewDecoder(bytes.NewReader([]byte(line)))
		if err := dec.Decode(&event); err != nil || dec.More() {
			ts.Fatalf("not one JSON object on a line: %q", line)
		}
		seen[event["event"].(string)] = true
	}
	for _, want := range args[1:] {
		if !seen[want] {
			ts.Fatalf("no event %q in %s", want, args[0])
		}
	}
}

// oneLineOf demands that what was printed is a single line: oneline stderr
func oneLineOf(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	if strings.Count(strings.TrimRight(text, "\n"), "\n") != 0 || strings.TrimSpace(text) == "" {
		ts.Fatalf("%s is not one line:\n%s", args[0], text)
	}
}

// truncate cuts a file to a number of bytes: truncate FILE 100
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// drawScenes makes a folder of photographs, so many of each class: scenes DIR 8, or
// scenes DIR 8 broken, where three of them are none.
func drawScenes(ts *testscript.TestScript, neg bool, args []string) {
	each, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(scenes.Folder(ts.MkAbs(args[0]), each, 1))
	if len(args) > 2 && args[2] == "broken" {
		_, err := scenes.Broken(ts.MkAbs(args[0]))
		ts.Check(err)
	}
}

// TestInterrupt interrupts commands in the middle of long work: they end soon, and
// leave nothing half done behind.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGINT to send")
	}
	dir := t.TempDir()
	mine := exec.Command("inkling", strings.Fields("data make mine --train 20000 --test 20")...)
	mine.Dir = dir
	if out, err := mine.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, args := range []string{
		"data make digits --train 5000000", "data make trees --train 300000 --format png", "data check synth", "doctor synth", "bench kernels --rounds 1000", "bench decode --rounds 1000",
		"tour --data synth --chapters linear", "tour --data mine --chapters resnet",
	} {
		c := exec.Command("inkling", strings.Fields(args)...)
		c.Dir = dir
		var said bytes.Buffer
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		hasComputed(t, c, 300*time.Millisecond)
		start := time.Now()
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Errorf("%s: %v", args, err)
		}
		c.Wait()
		if took := time.Since(start); c.ProcessState.ExitCode() != 130 || said.String() != "inkling: interrupted\n" || took > time.Minute { // none of them would end by itself so soon
			t.Errorf("%s: exit status %d after %v, said %q", args, c.ProcessState.ExitCode(), took, &said)
		}
	}
	for _, made := range []string{"digits", "trees"} {
		if _, err := os.Stat(filepath.Join(dir, made)); err == nil {
			t.Errorf("the folder %s was left behind", made)
		}
	}
}

// The second Ctrl-C does not wait for anything.
func TestSecondInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGINT to send")
	}
	c := exec.Command("slow")
	out, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); said += lines.Text() + "\n" {
		switch lines.Text() {
		case "ready": // twice at once, as timeout sends it to a process and to its group
			c.Process.Signal(os.Interrupt)
			c.Process.Signal(syscall.SIGTERM)
		case "told":
			time.Sleep(400 * time.Millisecond)
			c.Process.Signal(syscall.SIGTERM)
		}
	}
	c.Wait()
	if c.ProcessState.ExitCode() != exitInterrupted || said != "ready\ntold\n\ninkling: stopped at once\n" {
		t.Errorf("exit status %d, said %q", c.ProcessState.ExitCode(), said)
	}
}

// Ctrl-C in the middle of a training: the model is kept as it is then, and can be
// loaded.
func TestInterruptedTraining(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGINT to send")
	}
	dir := t.TempDir()
	command := func(line string) *exec.Cmd {
		c := exec.Command("inkling", strings.Fields(line)...)
		c.Dir = dir
		return c
	}
	if out, err := command("data make digits --train 2000 --test 10").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, asked := range []string{"", " --json"} {
		c := command("train digits --recipe plain --model linear --epochs 100000 --ema 0.9" + asked)
		var said bytes.Buffer
		c.Stderr = &said
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		var printed strings.Builder
		for lines := bufio.NewScanner(out); lines.Scan(); {
			printed.WriteString(lines.Text() + "\n")
			if strings.Count(printed.String(), "\n") == 9 { // some epochs have ended
				c.Process.Signal([]os.Signal{os.Interrupt, syscall.SIGTERM}[i])
			}
		}
		c.Wait()
		if c.ProcessState.ExitCode() != 130 || !strings.HasSuffix(said.String(), "inkling: interrupted\n") ||
			i == 1 && !strings.Contains(said.String(), "inkling-model.checkpoint.safetensors holds a training that has not ended") {
			t.Errorf("%s: exit status %d, said %q", asked, c.ProcessState.ExitCode(), &said)
		}
		want := regexp.MustCompile(`\nStopped: the model as it was after ([0-9]+ batch(es)? of 29 in )?epoch [0-9]+ of 100000\s+is\s+in\s+inkling-model\.safetensors;\s+its\s+accuracy\s+(has\s+not\s+been\s+measured|on\s+the\s+validation\s+images\s+is\s+[0-9.]+\s+%)\.\n(Best so far: [0-9.]+ % after epoch [0-9]+, in inkling-model\.best\.safetensors\.\n)?The same command with --resume goes on from inkling-model\.checkpoint\.safetensors\.\n$`)
		if asked != "" {
			want = regexp.MustCompile(`\n\{"event":"stopped","epochs":[0-9]+,"batches":[0-9]+,"model_file":"inkling-model.safetensors","kept":"the model as it was after [^"]*; its accuracy (has not been measured","accuracy":null|on the validation images is [0-9.]+ %","accuracy":[0-9.]+),"previous_file":"inkling-model.safetensors.prev",("best_file":"inkling-model.best.safetensors","best_epoch":[0-9]+,"best_accuracy":[0-9.]+,)?"checkpoint_file":"inkling-model.checkpoint.safetensors"\}\n$`)
		}
		if !want.MatchString(printed.String()) {
			t.Errorf("%s: printed at the end %q", asked, printed.String()[max(0, printed.Len()-300):])
		}
		model, err := classifier.Load(filepath.Join(dir, "inkling-model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if stopped, _ := model.Training["stopped"].(string); !strings.Contains(stopped, "of 100000") {
			t.Errorf("the file says that it was stopped %q", stopped)
		}
	}
	// What cannot begin does not say that it does, and leaves both checkpoints as they are.
	unfinished := filepath.Join(dir, "inkling-model.checkpoint.safetensors.unfinished")
	if err := os.Rename(unfinished, unfinished+".keep"); err != nil {
		t.Error(err)
	}
	for _, line := range []string{"train nosuch", "train digits --batch 3000 --drop-last"} {
		if out, err := command(line).CombinedOutput(); err == nil || strings.Contains(string(out), "begins anew") {
			t.Errorf("%s: %v: %s", line, err, out)
		}
	}
	if _, err := os.Stat(unfinished); err == nil {
		t.Error("a training that did not begin has replaced the one that has not ended")
	}
	os.Rename(unfinished+".keep", unfinished)
	for _, name := range []string{"inkling-model.checkpoint.safetensors", "inkling-model.checkpoint.safetensors.unfinished", "inkling-model.best.safetensors.prev"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err) // the second training keeps what the first had come to
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"one two three", "one two\n  three"}, {"one 20 % of", "one\n  20 % of"}, {"\x1b[1mone\x1b[0m two", "\x1b[1mone\x1b[0m two"}, {"字字 字字", "字字\n  字字"}, {`"a  b" c`, "\"a  b\"\n  c"},
	} {
		if got := wrap(c.text, 9, "  "); got != c.want {
			t.Errorf("wrap(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestNamesAreEscaped(t *testing.T) {
	for name, want := range map[string]string{"seven": "seven", "a\nb": `"a\nb"`, "a\x1b[31m": `"a\x1b[31m"`, "\xff": `"\xff"`, "a b": `"a b"`} {
		if got := quote(name); got != want {
			t.Errorf("quote(%q) = %s, want %s", name, got, want)
		}
	}
}
