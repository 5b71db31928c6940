#!/usr/bin/env bash
# The whole server under load, side by side with the real WireMock and with a minimal axum server
# (examples/baseline.rs): one command, and a table of ratios.
#
#   benches/load/run.sh [WORK …]
#
# A WORK is one of those below; all of them, if none is named.
#
#   static     GET, one stub with a fixed answer
#   many       the same with STUBS stubs, the calls spread over all of them
#   json       POST matched by equalToJson, a templated reply; axum echoes the JSON
#   scenario   one scenario of two states that every call flips, 64 connections
#   escrow     create_escrow and release_escrow in one sandbox; axum echoes the JSON
#   load       STUBS stubs over the admin API: one by one on one connection, and by import
#   start      from the start of the process to its first answer, with the packs that come along
#   memory     resident memory, idle and after CALLS calls
#
# Set in the environment:
#
#   ROUNDS=3        how often each run is made, the servers by turns; the median counts
#   DURATION=3      how many seconds a run lasts
#   WARMUP=60       how many seconds of its load WireMock gets before each work
#   STUBS=10000     CALLS=1000000     CONNECTIONS=32
#   WORKERS=        how many threads answer calls, in Sparring and in axum; as many as there are cores
#   BINARIES=       a folder that has sparring and examples/baseline; built with cargo, if left out
#   WIREMOCK=no     leaves WireMock out
#   SPARRING_WIREMOCK_JAR=   WireMock's standalone jar; fetched with npm, if left out
#
# Where the load generator shares its cores with the servers, calls a second say as much about the
# machine as about a server; the processor time that a server takes for a call says more.
set -euo pipefail
export LC_ALL=C
: "${ROUNDS:=3}" "${DURATION:=3}" "${WARMUP:=60}" "${CALLS:=1000000}" "${CONNECTIONS:=32}"
export STUBS=${STUBS:-10000}
workers=${WORKERS:-$(nproc)}
connections=$CONNECTIONS
works=(static many json scenario escrow load start memory)

stop_for() { echo "$1: $2" >&2; exit 1; }
needs() { command -v "$1" >/dev/null || stop_for "$1 is missing" "$2"; }

for work in "$@"; do
  [[ " ${works[*]} " == *" $work "* ]] || stop_for "$work" "the works are ${works[*]}"
done
[[ -r /proc/self/stat ]] || stop_for /proc "this measures on Linux only"
needs wrk "apt-get install wrk"
needs curl "apt-get install curl"
needs cargo "see https://rustup.rs"
binaries=${BINARIES:+$(realpath -e "$BINARIES")}
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR
source ./servers.sh
# shellcheck source-path=SCRIPTDIR
source ./measure.sh

target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
if [[ -z $binaries ]]; then
  echo "building …" >&2
  cargo build --release --quiet --bin sparring --example baseline
  binaries=$target/release
fi
scratch=$(mktemp -d)
trap 'end_all; rm -rf "$scratch"' EXIT
make_stubs
find_wiremock "$target"

static() {
  enter "Sparring" sparring mappings/greeting.json report.lua /greeting
  enter "axum" axum none report.lua /greeting
  enter "WireMock" wiremock mappings/greeting.json report.lua /greeting
  compare "GET, one stub"
}

many() {
  enter "Sparring" sparring "$scratch/stubs.json" many.lua /items
  enter "Sparring, one stub" sparring mappings/greeting.json many.lua /greeting
  enter "WireMock" wiremock "$scratch/stubs.json" many.lua /items
  compare "GET, $STUBS stubs"
}

json() {
  enter "Sparring" sparring mappings/order.json order.lua /echo
  enter "axum, echo" axum none order.lua /echo
  enter "WireMock" wiremock mappings/order.json order.lua /echo
  compare "POST, equalToJson and template"
}

scenario() {
  local connections=64
  enter "Sparring" sparring mappings/lamp.json report.lua /lamp
  enter "Sparring, one stub" sparring mappings/greeting.json report.lua /greeting
  enter "WireMock" wiremock mappings/lamp.json report.lua /lamp
  compare "scenario, 64 connections"
}

escrow() {
  enter "Sparring" sparring none escrow.lua /v1
  enter "axum, echo" axum none escrow.lua /echo
  compare "create and release an escrow"
}

# Registers the stubs one by one at the server that was started last, and waits for the last answer.
one_by_one() {
  local line fd
  exec {fd}< <(exec wrk --threads 1 --connections 1 --duration 600s --script register.lua \
    "http://$address/__admin/mappings")
  local wrk=$!
  while read -r -t 600 -u "$fd" line && [[ $line != registered* ]]; do :; done
  kill "$wrk"
  exec {fd}<&-
  [[ $line == "registered 0" ]] || stop_for "$address" "not every stub was taken: $line"
}
by_import() { give "$scratch/stubs.json"; }

load_stubs() {
  local way server round before began spent
  row_head "$STUBS stubs, over the admin API" server seconds "CPU seconds"
  for way in one_by_one by_import; do
    rm -f "$scratch"/run.*
    for ((round = 0; round < ROUNDS; round++)); do
      for server in sparring ${jar:+wiremock}; do
        "start_$server"
        before=$(processor "$pid") began=$(now)
        "$way"
        spent=$(($(processor "$pid") - before))
        echo "$(($(now) - began)) $spent" | awk '{ printf "%.3f %.3f\n", $1 / 1e6, $2 / 1e6 }' >>"$scratch/run.$server"
        end_last
      done
    done
    for server in sparring ${jar:+wiremock}; do
      row "${way//_/ }" "$server" "$(column "$scratch/run.$server" 1)" "$(column "$scratch/run.$server" 2)"
    done
    [[ -z $jar ]] || keep_ratio "$STUBS stubs, ${way//_/ }" WireMock \
      "$(ratio "$scratch/run.wiremock" 1 "$scratch/run.sparring" 1)" \
      "$(ratio "$scratch/run.wiremock" 2 "$scratch/run.sparring" 2)"
  done
}

# Asks for a path over a connection of its own, and waits for the first line of the answer.
ask() {
  local fd line
  exec {fd}<>"/dev/tcp/${address%:*}/${address#*:}"
  printf 'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$1" >&"$fd"
  read -r -t 20 -u "$fd" line
  exec {fd}>&-
  [[ $line == *" 200"* ]] || stop_for "$1" "no answer: $line"
}

# first_answer SERVER PATH TIMES
first_answer() {
  local at began
  rm -f "$scratch/run.$1"
  for ((at = 0; at < $3; at++)); do
    began=$(now)
    "start_$1"
    ask "$2"
    echo $(($(now) - began)) | awk '{ printf "%.1f\n", $1 / 1000 }' >>"$scratch/run.$1"
    end_last
  done
  row "start to first answer" "$1" "$(column "$scratch/run.$1" 1)" "$3"
}

starts() {
  row_head "cold start" server "median ms" starts
  first_answer axum /greeting 10
  first_answer sparring /products 10
  [[ -n $jar ]] || return 0
  first_answer wiremock /__admin/mappings 3
  keep_ratio "start to first answer" WireMock "$(ratio "$scratch/run.wiremock" 1 "$scratch/run.sparring" 1)" ""
}

# Calls the server that was started last about as often as CALLS says; sets `made`.
call_often() {
  local rate seconds calls lost result
  made=0 seconds=2
  while ((made < CALLS)); do
    result=$(load "$pid" "$address" report.lua /greeting "$seconds")
    read -r rate _ _ calls lost <<<"$result"
    ((calls > 100 && lost * 10 < calls)) || { echo "it no longer answers" >&2; return; }
    made=$((made + calls))
    seconds=$(awk -v left=$((CALLS - made)) -v rate="$rate" \
      'BEGIN { s = int(left / rate) + 1; print (s > 10 ? 10 : s) }')
  done
}

memories() {
  local server idle
  row_head "resident memory, MiB" server idle "after calls"
  for server in axum sparring ${jar:+wiremock}; do
    "start_$server"
    [[ $server == axum ]] || give mappings/greeting.json
    sleep 1
    idle=$(memory "$pid")
    call_often
    row "after $made calls" "$server" "$idle" "$(memory "$pid")"
    end_last
  done
}

echo "Workers of Sparring and of axum: $workers; cores: $(nproc); wrk with one thread and $connections connections;"
echo "$ROUNDS × $DURATION s for each figure, WireMock warmed up for $WARMUP s."
for work in "${@:-${works[@]}}"; do
  case $work in
    load) load_stubs ;;
    start) starts ;;
    memory) memories ;;
    *) "$work" ;;
  esac
done
print_ratios
