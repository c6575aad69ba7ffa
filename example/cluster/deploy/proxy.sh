#!/bin/sh
# Starts nginx with deploy/nginx.conf on https://localhost:8443, with a certificate made
# just now, for a try on one machine. Ctrl+C ends it.
set -eu
cd "$(dirname "$0")"
https=${HTTPS_PORT:-8443} http=${HTTP_PORT:-8088} port=${FIRST_PORT:-8081}
folder=$(mktemp -d)
chmod 755 "$folder" # nginx's workers run as another user
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost -keyout "$folder/site.key" -out "$folder/site.crt" 2>/dev/null
sed -e "s|listen 80;|listen 127.0.0.1:$http;|" -e "s|listen 443 ssl;|listen 127.0.0.1:$https ssl;|" \
	-e "s|127.0.0.1:8081 |127.0.0.1:$port |" -e "s|127.0.0.1:8082 |127.0.0.1:$((port + 1)) |" -e "s|127.0.0.1:8083 |127.0.0.1:$((port + 2)) |" \
	-e "s|/etc/nginx/tls/app.example.com|$folder/site|" -e "s|/var/log/nginx/|$folder/|" -e "s|app.example.com|localhost|" \
	nginx.conf >"$folder/site.conf"
cat >"$folder/nginx.conf" <<EOF
daemon off; pid $folder/pid; error_log stderr crit;
events { worker_connections 1024; }
http {
	client_body_temp_path $folder/body; proxy_temp_path $folder/proxy; fastcgi_temp_path $folder/f;
	uwsgi_temp_path $folder/u; scgi_temp_path $folder/s;
	include site.conf;
}
EOF
nginx -p "$folder" -c "$folder/nginx.conf" &
nginx=$!
finish() {
	trap - EXIT INT TERM
	kill $nginx 2>/dev/null || true
	wait
	rm -rf "$folder"
}
trap finish EXIT
trap 'finish; exit 130' INT TERM
echo "https://localhost:$https/ (the access log is $folder/wechat.log)"
wait $nginx
