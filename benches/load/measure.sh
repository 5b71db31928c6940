# shellcheck shell=bash
# How run.sh measures: one run of load, the servers by turns, and the tables of what came out.

ticks_per_second=$(getconf CLK_TCK)

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# The median of a column of a file.
column() { awk -v at="$2" '{ print $at }' "$1" | median; }

# How many times a column of one file is a column of another: the median over the rounds, of which
# each is compared with itself, for the machine may be busier in one than in the next.
ratio() {
  paste -d ' ' <(awk -v at="$2" '{ print $at }' "$1") <(awk -v at="$4" '{ print $at }' "$3") |
    awk '$2 > 0 { printf "%.2f\n", $1 / $2 }' | median
}

# The processor time that a process has taken so far, in microseconds.
processor() {
  sed 's/.*) //' "/proc/$1/stat" | awk -v ticks="$ticks_per_second" '{ printf "%.0f", ($12 + $13) / ticks * 1e6 }'
}

# The resident memory of a process, in MiB.
memory() { awk '$1 == "VmRSS:" { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

now() { echo "${EPOCHREALTIME/[.,]/}"; }

# One run of wrk: load PID ADDRESS SCRIPT PATH SECONDS. Prints calls a second, microseconds of the
# server's processor time a call, the 99th percentile of the time to an answer in milliseconds, and
# how many calls were made and how many of them were lost.
load() {
  local before after result
  before=$(processor "$1")
  result=$(timeout $(($5 + 30)) wrk --threads 1 --connections "$connections" --duration "$5s" \
    --timeout 10s --script "$3" "http://$2$4" | grep '^result') || stop_for "wrk $4" "it does not end"
  after=$(processor "$1")
  echo "$result" | awk -v spent=$((after - before)) '{
    calls = $2 ? $2 : 1
    print $2 / $4 * 1e6, spent / calls, $5 / 1000, $2, $3
  }'
}

# The servers of the work at hand; the first is what the others are compared with.
names=() server_pids=() addresses=() scripts=() paths=()

# Starts a server, gives it stubs, and takes it into the work:
# enter NAME (sparring|axum|wiremock) (MAPPINGS|none) SCRIPT PATH.
enter() {
  [[ $2 != wiremock || -n $jar ]] || return 0
  "start_$2"
  [[ $3 == none ]] || give "$3"
  names+=("$1") server_pids+=("$pid") addresses+=("$address") scripts+=("$4") paths+=("$5")
}

run_one() { load "${server_pids[$1]}" "${addresses[$1]}" "${scripts[$1]}" "${paths[$1]}" "$2"; }

# WireMock's journal has no bound, and would fill the heap before anything is measured.
empty_journal() {
  [[ ${names[$1]} != WireMock* ]] ||
    curl --silent --fail --output /dev/null --request DELETE "http://${addresses[$1]}/__admin/requests"
}

# Warms WireMock up for WARMUP seconds, in slices, and the others for one second.
warm() {
  local left=1
  [[ ${names[$1]} != WireMock* ]] || left=$WARMUP
  while ((left > 0)); do
    run_one "$1" $((left < 5 ? left : 5)) >/dev/null
    empty_journal "$1"
    left=$((left - 5))
  done
}

# Loads the contenders by turns, prints a row of figures for each, and keeps the ratios.
compare() {
  local work=$1 at round
  rm -f "$scratch"/run.*
  figures_head
  for at in "${!names[@]}"; do warm "$at"; done
  for ((round = 0; round < ROUNDS; round++)); do
    for at in "${!names[@]}"; do
      run_one "$at" "$DURATION" >>"$scratch/run.$at"
      empty_journal "$at"
    done
  done
  for at in "${!names[@]}"; do
    awk -v work="$work" -v name="${names[$at]}" -v rate="$(column "$scratch/run.$at" 1)" \
      -v spent="$(column "$scratch/run.$at" 2)" -v last="$(column "$scratch/run.$at" 3)" '
      { calls += $4; lost += $5 }
      END {
        printf "| %-32s | %-22s | %9.0f | %9.1f | %8.2f | %7d |\n", work, name, rate, spent, last, lost
        if (lost * 10 > calls) exit 1
      }' "$scratch/run.$at" || stop_for "$work" "so many lost calls leave nothing to compare"
    ((at == 0)) || keep_ratio "$work" "${names[$at]}" \
      "$(ratio "$scratch/run.0" 1 "$scratch/run.$at" 1)" "$(ratio "$scratch/run.$at" 2 "$scratch/run.0" 2)"
  done
  names=() server_pids=() addresses=() scripts=() paths=()
  end_all
}

figures_head() {
  [[ -z ${figures_headed:-} ]] || return 0
  figures_headed=yes
  printf '\n| %-32s | %-22s | %9s | %9s | %8s | %7s |\n' work server calls/s "CPU µs" "p99 ms" lost
  echo "|---|---|---|---|---|---|"
}

# keep_ratio WORK AGAINST SPEED PROCESSOR: how many times as fast as the other, and how many times as
# little processor time: beyond 1, Sparring is the better one in both.
keep_ratio() { printf '| %-32s | %-22s | %8s | %8s |\n' "$@" >>"$scratch/ratios"; }

print_ratios() {
  [[ -s $scratch/ratios ]] || return 0
  printf '\n| %-32s | %-22s | %8s | %8s |\n' "Sparring's ratio" to speed CPU
  echo "|---|---|---|---|"
  cat "$scratch/ratios"
}

# The plain tables of the works that are no load: row WORK SERVER FIGURE FIGURE.
row() { printf '| %-32s | %-22s | %12s | %12s |\n' "$@"; }
row_head() {
  echo
  row "$@"
  echo "|---|---|---|---|"
}
