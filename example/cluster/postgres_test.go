package main

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// postgres is one PostgreSQL for all tests; each world has a database of its own.
var postgres struct {
	sync.Mutex
	command *exec.Cmd
	folder  string
	address string
}

// newDatabase is the address of an empty database.
func newDatabase(t testing.TB) string {
	t.Helper()
	postgres.Lock()
	defer postgres.Unlock()
	if postgres.command == nil {
		startPostgres(t)
	}
	db, err := sql.Open("postgres", databaseURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := "cluster_" + randomName()
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return databaseURL(name)
}

func databaseURL(name string) string {
	return "postgres://cluster@" + postgres.address + "/" + name + "?sslmode=disable&connect_timeout=2"
}

func startPostgres(t testing.TB) {
	t.Helper()
	folder, err := os.MkdirTemp("", "cluster-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	postgres.folder, postgres.address = folder, freeAddress(t)
	as := unprivileged(t, folder)
	initdb := exec.Command(postgresProgram(t, "initdb"), "-D", filepath.Join(folder, "data"), "-U", "cluster", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	initdb.Dir, initdb.SysProcAttr = folder, as
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	_, port, _ := net.SplitHostPort(postgres.address)
	server := exec.Command(postgresProgram(t, "postgres"), "-D", filepath.Join(folder, "data"), "-h", "127.0.0.1", "-p", port,
		"-k", folder, "-c", "fsync=off", "-c", "max_connections=200")
	var said journal
	server.Dir, server.SysProcAttr, server.Stderr = folder, unprivileged(t, folder), &said
	background(t, server)
	postgres.command = server
	db, err := sql.Open("postgres", databaseURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if !await(func() bool { return db.Ping() == nil }) {
		t.Fatal("postgres does not start:\n", said.String())
	}
}

// postgresProgram is where Debian has PostgreSQL's programs, which is not in PATH.
func postgresProgram(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		t.Fatalf("%s is needed (apt-get install postgresql)", name)
	}
	return found[len(found)-1]
}

// unprivileged is how PostgreSQL, which refuses to run as root, is run by root: as
// nobody, who then owns the folder.
func unprivileged(t testing.TB, folder string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	if err := os.Chown(folder, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func stopPostgres() {
	if postgres.command != nil {
		postgres.command.Process.Signal(syscall.SIGQUIT) // at once: nothing is worth keeping
		postgres.command.Wait()
	}
	if postgres.folder != "" {
		os.RemoveAll(postgres.folder)
	}
}

// query is one number of a world's database.
func (w *world) query(t testing.TB, text string, arguments ...any) (n int) {
	t.Helper()
	db, err := sql.Open("postgres", w.database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(text, arguments...).Scan(&n); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", text, err))
	}
	return n
}
