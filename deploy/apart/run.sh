#!/usr/bin/env bash
# Starts the hub as nine processes: a nats-server, the seven providers and the
# gateway, each with its own seed. Usage: deploy/apart/run.sh [DATA]
# Their process ids and logs are in DATA/run; Ctrl-C stops them all.
set -euo pipefail
set -m # each process in a group of its own: Ctrl-C reaches this script alone, which stops them in order
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

data=${1:-data}
nats=${HUB_NATS_LISTEN:-127.0.0.1:4222}
providers=(espoo-city enter-espoo omnia espoon-yrittajat chamber yritysespoo employment)

bin/hub nats-config --data "$data" --listen "$nats" >/dev/null
data=$(cd "$data" && pwd)
mkdir -p "$data/run"

# As a hub in one process does: nats-server itself would not notice that another has
# its files. The processes inherit the lock, so it lasts until the last one has ended.
if command -v flock >/dev/null; then
	exec 9>>"$data/LOCK"
	flock --nonblock 9 || { echo "$data is in use by another process; stop that hub first, or name another folder: make apart DATA=..."; exit 1; }
fi

running=()

# start NAME COMMAND...: runs it in the background, with its log and process id in DATA/run.
start() {
	local name=$1
	shift
	"$@" >"$data/run/$name.log" 2>&1 &
	echo $! >"$data/run/$name.pid"
	running+=($!)
}

# The gateway first, the log last; each gets the time it needs.
stop() {
	trap - EXIT
	echo "stopping"
	for ((i = ${#running[@]} - 1; i >= 0; i--)); do
		kill "${running[i]}" 2>/dev/null || true
		wait "${running[i]}" 2>/dev/null || true
	done
	rm -f "$data"/run/*.pid
}
trap stop EXIT
trap 'exit 0' INT TERM

# hub NAME PARTY: one process of the hub, with what all of them need.
hub() {
	start "$1" env HUB_NATS="nats://$nats" HUB_NATS_SEED_FILE="$data/seeds/$2" \
		HUB_TOKEN_PUBLIC_KEY="$data/token.pub" HUB_DATA="$data/projections" "bin/$1"
}

start nats-server bin/nats-server -c "$data/nats-server.conf"
for provider in "${providers[@]}"; do
	hub "$provider" "$provider"
done
# The gateway alone signs, for those who are signed in to the pages.
HUB_TOKEN_KEY="$data/keys/token.key" hub gateway hub

for health in 127.0.0.1:92{01..07} 127.0.0.1:9190; do
	for ((tries = 0; tries < 300; tries++)); do
		for pid in "${running[@]}"; do
			kill -0 "$pid" 2>/dev/null || { echo "a process has ended; see $data/run/*.log"; exit 1; }
		done
		{ exec 3<>"/dev/tcp/${health/:/\/}"; } 2>/dev/null || { sleep 0.1; continue; }
		printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3
		read -r answer <&3 || answer=
		exec 3>&-
		[[ $answer == *200* ]] && break
		sleep 0.1
	done
	((tries < 300)) || { echo "$health is not ready; see $data/run/*.log"; exit 1; }
done

echo "
Nine processes, ready. Data, logs and process ids are in $data.

  pages         http://127.0.0.1:8080
  gateway gRPC  127.0.0.1:9090, health http://127.0.0.1:9190/readyz
  providers     gRPC 127.0.0.1:9101 to 9107, health 100 above: ${providers[*]}
  nats-server   $nats

  bin/hub staff add --data \"$data\" --provider omnia --id a1 --name \"First advisor\" --languages fi,sv
  bin/hub token --data \"$data\" --role advisor --provider omnia --advisor a1

Ctrl-C stops them all."
wait -n "${running[@]}" || true
echo "a process has ended; see $data/run/*.log"
exit 1
