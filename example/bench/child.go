package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// A child is this program again, in a process of its own: with one CPU, or with a
// heap that nobody else touches. The task comes by the environment, so that the
// tests' binary can be a child too; it and its parent talk in lines of JSON.
const childTask = "BENCH_CHILD"

// isChild does a child's task, if there is one.
func isChild() bool {
	task := strings.Fields(os.Getenv(childTask))
	if len(task) == 0 {
		return false
	}
	os.Unsetenv(childTask)
	if err := childTasks()[task[0]](task[1:], json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

func childTasks() map[string]func(args []string, out *json.Encoder) error {
	return map[string]func([]string, *json.Encoder) error{
		"server": serve, "load": loadTask, "heap": heapTask,
		loginTask: loginsTask, loginCPUTask: loginCPUChild,
	}
}

type child struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// startChild pins the child to one CPU, or leaves it all of them (cpu < 0).
func startChild(cpu int, task ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := pinned(cpu, self)
	c := &child{process: exec.Command(args[0], args[1:]...)}
	c.process.Env = append(os.Environ(), childTask+"="+strings.Join(task, " "))
	if cpu >= 0 {
		c.process.Env = append(c.process.Env, "GOMAXPROCS=1")
	}
	c.process.Stderr = os.Stderr
	if c.in, err = c.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	return c, c.process.Start()
}

// pinned puts taskset before a command, where it is to be had.
func pinned(cpu int, command ...string) []string {
	taskset, err := exec.LookPath("taskset")
	if cpu < 0 || err != nil {
		return command
	}
	return append([]string{taskset, "-c", strconv.Itoa(cpu)}, command...)
}

func (c *child) tell(v any) error { return json.NewEncoder(c.in).Encode(v) }

func (c *child) hear(v any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return errors.Join(fmt.Errorf("child %v: %w", c.process.Args, err), c.end())
	}
	return json.Unmarshal(line, v)
}

// end lets the child end: it does when nobody talks to it any more.
func (c *child) end() error {
	c.in.Close()
	return c.process.Wait()
}

// onceInChild starts a child for one answer.
func onceInChild(cpu int, task ...string) (s sample, err error) {
	c, err := startChild(cpu, task...)
	if err != nil {
		return nil, err
	}
	if err := c.hear(&s); err != nil {
		return nil, err
	}
	return s, c.end()
}
