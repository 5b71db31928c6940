#!/usr/bin/env bash
# The whole server under load, beside a bare axum server that answers constants (examples/baseline.rs).
#
#   benches/load/run.sh [SECONDS [CONNECTIONS]]
#
# SECONDS is how long each run lasts (3), CONNECTIONS how many are open at once (32). Every run is
# made three times, the two servers by turns, and the median counts. On a machine whose cores the load
# generator shares with the servers, calls a second say more about the machine than about either;
# the processor time that a server takes for a call, and its ratio to the baseline's, say more.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")"

seconds=${1:-3}
connections=${2:-32}
rounds=3
starts=10

stop_for() { echo "$1 is missing: $2" >&2; exit 1; }
[[ -r /proc/self/stat ]] || stop_for /proc "this measures on Linux only"
command -v wrk >/dev/null || stop_for wrk "apt-get install wrk (Debian, Ubuntu), brew install wrk"
command -v cargo >/dev/null || stop_for cargo "see https://rustup.rs"

echo "building …" >&2
cargo build --release --quiet --bin sparring --example baseline
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
sparring=("$target/release/sparring" serve --listen 127.0.0.1:0 --stubs stubs ../../stubs)
baseline=("$target/release/examples/baseline")
ticks=$(getconf CLK_TCK)

pids=()
quit() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; }
trap quit EXIT

# Starts a server; sets `pid`, and `address` once it listens.
start() {
  local line fd
  exec {fd}< <(exec "$@" 2>/dev/null)
  pid=$!
  pids+=("$pid")
  read -r -t 30 -u "$fd" line || { echo "$1 does not start" >&2; exit 1; }
  address=${line##*http://}
}

# Asks for the greeting over a connection of its own, and waits for the first line of the answer.
ask() {
  local fd line
  exec {fd}<>"/dev/tcp/${address%:*}/${address#*:}"
  printf 'GET /greeting HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&"$fd"
  read -r -t 5 -u "$fd" line
  exec {fd}>&-
  [[ $line == *" 200 "* ]] || { echo "no greeting: $line" >&2; exit 1; }
}

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# A number of /proc/PID/status, in MiB.
memory() { awk -v name="$2:" '$1 == name { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

# The processor time that a process has taken so far, in clock ticks.
processor() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# One run of wrk: prints calls a second, microseconds of processor time a call, and the median and
# the 99th percentile of the time to an answer in microseconds.
load() {
  local pid=$1 address=$2 script=$3 path=$4 seconds=$5 before after result
  before=$(processor "$pid")
  result=$(timeout $((seconds + 20)) wrk --threads 1 --connections "$connections" \
    --duration "${seconds}s" --timeout 5s --script "$script" "http://$address$path" |
    grep '^result')
  after=$(processor "$pid")
  # shellcheck disable=SC2086 # the result is a row of words
  set -- $result
  (($3 == 0)) || { echo "$3 of $2 calls of $path failed" >&2; exit 1; }
  awk -v calls="$2" -v micros="$4" -v spent=$((after - before)) -v ticks="$ticks" \
    -v median="$5" -v last="$6" \
    'BEGIN { print calls / micros * 1e6, spent / ticks * 1e6 / calls, median, last }'
}

# How long it takes from starting a server to its first answer, in milliseconds.
first_answer() {
  local began ended at
  for ((at = 0; at < starts; at++)); do
    began=${EPOCHREALTIME/./}
    start "$@"
    ask
    ended=${EPOCHREALTIME/./}
    kill "$pid"
    wait "$pid" 2>/dev/null || true
    echo $((ended - began))
  done | median | awk '{ printf "%.1f", $1 / 1000 }'
}

echo
echo "start to first answer, median of $starts"
printf '  %-10s %8s ms\n' sparring "$(first_answer "${sparring[@]}")"
printf '  %-10s %8s ms\n' baseline "$(first_answer "${baseline[@]}")"

start "${sparring[@]}"
ours=$pid our_address=$address
start "${baseline[@]}"
theirs=$pid their_address=$address
sleep 1
echo
echo "resident memory, idle"
printf '  %-10s %8s MiB\n' sparring "$(memory "$ours" VmRSS)" baseline "$(memory "$theirs" VmRSS)"

echo
echo "load: $connections connections, $rounds × ${seconds} s each"
printf '  %-36s %9s %12s %9s %9s\n' "" calls/s "µs CPU/call" "p50 µs" "p99 µs"
rows=$(mktemp -d)
trap 'quit; rm -rf "$rows"' EXIT

# The median of a column of all rounds.
column() { awk -v at="$2" '{ print $at }' "$rows/$1" | median; }

row() {
  printf '  %-36s %9.0f %12.1f %9.0f %9.0f\n' "$2" \
    "$(column "$1" 1)" "$(column "$1" 2)" "$(column "$1" 3)" "$(column "$1" 4)"
}

# compare NAME SCRIPT OUR_PATH THEIR_SCRIPT THEIR_PATH
compare() {
  local round
  rm -f "$rows/ours" "$rows/theirs"
  load "$ours" "$our_address" "$2" "$3" 1 >/dev/null
  load "$theirs" "$their_address" "$4" "$5" 1 >/dev/null
  for ((round = 0; round < rounds; round++)); do
    load "$theirs" "$their_address" "$4" "$5" "$seconds" >>"$rows/theirs"
    load "$ours" "$our_address" "$2" "$3" "$seconds" >>"$rows/ours"
  done
  row theirs "$1: baseline"
  row ours "$1: sparring"
  paste "$rows/ours" "$rows/theirs" | awk '{ print $2 / $6 }' | median |
    awk '{ printf "  %-36s %22.2f\n", "  ratio of processor time", $1 }'
}

compare "constant GET" report.lua /greeting report.lua /greeting
compare "templated POST" greeting.lua /greetings/ada greeting.lua /greetings/ada
compare "create and release an escrow" escrow.lua / greeting.lua /greetings/ada

echo
echo "resident memory, after the load"
printf '  %-10s %8s MiB\n' sparring "$(memory "$ours" VmRSS)" baseline "$(memory "$theirs" VmRSS)"
