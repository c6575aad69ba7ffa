package suite

import (
	"flag"
	"net"
	"time"
)

// WaitTogether lets all faults of a package be looked for at once. Most of that time is
// waiting. Call it in TestMain.
func WaitTogether() {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
}

// Port is a listener on a free port of 127.0.0.1. A visitor who comes before the app
// accepts waits in its queue.
func Port() (listener net.Listener, baseURL string, err error) {
	if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, "", err
	}
	return listener, "http://" + listener.Addr().String(), nil
}

// Until waits for a server that tells its state in no other way.
func Until(ready func() bool) {
	for !ready() {
		time.Sleep(time.Millisecond)
	}
}
