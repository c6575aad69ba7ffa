package main

import (
	"fmt"
	"net"

	"github.com/valyala/fasthttp/reuseport"
)

// listen listens on addr. With share, other processes may listen on the same address,
// and the kernel divides the connections among them.
func listen(addr string, share bool) (net.Listener, error) {
	var l net.Listener
	var err error
	if share {
		l, err = reuseport.Listen("tcp4", addr)
	} else {
		l, err = net.Listen("tcp", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("cluster: cannot listen: %w; set ADDR to another address, such as ADDR=localhost:8081", err)
	}
	return l, nil
}
