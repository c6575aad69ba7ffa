//go:build !unix

package wxapi

import "net"

// hasInput is not known here. A connection that the server closes in the moment
// before the request is sent fails the call, which is repeated where that is safe.
func hasInput(net.Conn) bool { return false }
