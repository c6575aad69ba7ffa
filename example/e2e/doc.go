// Package e2e logs visitors in with a real browser: headless Chromium, the
// examples as processes of their own, and the simulator as WeChat. It lets
// other people's WeChat clients log in against the simulator, too.
//
//	go test -C example/e2e ./...
//
// It needs Chromium (CHROMIUM names another than the one in PATH), node and npm,
// and fails without them: a test that is skipped proves nothing. Pictures of all
// pages end up in screenshots/. axe-core checks the
// library's own; -pictures takes pictures of them, too:
//
//	go test -C example/e2e -run TestEveryPageOfTheLibrary . -pictures
package e2e
