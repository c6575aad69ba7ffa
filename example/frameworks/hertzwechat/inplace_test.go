package hertzwechat_test

import "unsafe"

// inPlace is a string over bytes that change later, as hertz's own accessors return it.
func inPlace(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
