#!/bin/sh
# Starts one node per framework on 127.0.0.1:8081, 8082 and 8083, for a try on one
# machine with the simulator. Ctrl+C ends them all. With WECHAT_SCREEN_LOGIN=1 desktop
# browsers log in through a phone.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
pids=
finish() {
	trap - EXIT INT TERM
	[ -z "$pids" ] || kill $pids 2>/dev/null || true
	wait
	rm -rf "$folder"
}
trap finish EXIT
trap 'finish; exit 130' INT TERM
go build -o "$folder/node" .

export REDIS_URL="${REDIS_URL:-redis://127.0.0.1:6390/0}" DB="${DB:-$folder/members.db}"
export WECHAT_APP_ID=wx0123456789abcdef WECHAT_APP_SECRET=0123456789abcdef0123456789abcdef
simulator=${SIMULATOR:-http://127.0.0.1:8089}
export WECHAT_OPEN_URL="$simulator" WECHAT_API_URL="$simulator"
export WECHAT_FOLLOW_QRCODE="$simulator/mp/profile_ext?action=home&__biz=$WECHAT_APP_ID"
export WECHAT_PUBLIC_URL="https://localhost:${HTTPS_PORT:-8443}" WECHAT_ANY_BROWSER=1

port=${FIRST_PORT:-8081}
for framework in gin fiber nethttp; do
	ADDR=127.0.0.1:$port "$folder/node" -framework $framework &
	pids="$pids $!"
	echo "$framework on 127.0.0.1:$port: kill -9 $! ends it"
	port=$((port + 1))
done
wait
