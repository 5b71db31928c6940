# shellcheck shell=bash
# The servers that run.sh compares: how each is started, given its stubs, and ended.

# The npm package that holds the jar, as tests/wiremock/referee.rs has it.
wiremock_package=wiremock@3.13.2
wiremock_jar_in_package=package/build/wiremock-standalone-3.13.2.jar
wiremock_jar_sha256=d097b19bd483c5038479b13a5c71e9faf8f2f5106584f0c120a7770ab0bdb367

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
pids=()

# Finds or fetches WireMock; sets `jar`, which stays empty where WireMock cannot run, and says why.
find_wiremock() {
  local folder=$1/tmp/wiremock
  jar=
  if [[ ${WIREMOCK:-yes} == no ]]; then
    echo "WireMock is left out, as WIREMOCK=no asks."
  elif ! "$java" -version >/dev/null 2>&1; then
    echo "WireMock is left out: there is no Java (Debian: apt-get install openjdk-17-jre-headless)."
  elif [[ -n ${SPARRING_WIREMOCK_JAR:-} ]]; then
    jar=$(realpath -e "$SPARRING_WIREMOCK_JAR")
  elif is_the_jar "$folder/$wiremock_jar_in_package" || fetch_wiremock "$folder"; then
    jar=$folder/$wiremock_jar_in_package
  else
    echo "WireMock is left out: npm does not fetch $wiremock_package; SPARRING_WIREMOCK_JAR may name the jar."
  fi
}

is_the_jar() { echo "$wiremock_jar_sha256  $1" | sha256sum --check --status 2>/dev/null; }

fetch_wiremock() {
  mkdir -p "$1"
  (cd "$1" && tar -xzf "$(npm pack --silent "$wiremock_package")") && is_the_jar "$1/$wiremock_jar_in_package"
}

# Starts a server; sets `pid`, and `address` once it listens.
start() {
  local line fd
  address=
  exec {fd}< <(exec "$@" 2>/dev/null)
  pid=$!
  pids+=("$pid")
  while [[ -z $address ]] && read -r -t 60 -u "$fd" line; do
    if [[ $line =~ http://([0-9.]+:[0-9]+) ]]; then
      address=${BASH_REMATCH[1]}
    elif [[ $line =~ ^port:\ *([0-9]+) ]]; then
      address=127.0.0.1:${BASH_REMATCH[1]}
    fi
  done
  [[ -n $address ]] || stop_for "$1" "it does not start"
}

# With the packs that come along, and its defaults.
start_sparring() {
  start "$binaries/sparring" serve --listen 127.0.0.1:0 --workers "$workers" --stubs ../../stubs
}

start_axum() { TOKIO_WORKER_THREADS=$workers start "$binaries/examples/baseline"; }

# With its defaults: it keeps every request in its journal.
start_wiremock() {
  mkdir -p "$scratch/wiremock"
  start "$java" -jar "$jar" --bind-address 127.0.0.1 --port 0 --root-dir "$scratch/wiremock"
}

# Ends the server that was started last, or every one.
end_last() {
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset 'pids[-1]'
}
end_all() {
  local each
  for each in "${pids[@]}"; do kill "$each" 2>/dev/null || true; done
  for each in "${pids[@]}"; do wait "$each" 2>/dev/null || true; done
  pids=()
}

# Gives the stubs of a file to the server that was started last.
give() {
  curl --silent --show-error --fail --output /dev/null --header "Content-Type: application/json" \
    --data-binary "@$1" "http://$address/__admin/mappings/import"
}

# Makes a file with as many stubs as STUBS says, one in each line, and one file to import them.
make_stubs() {
  STUB_LINES=$scratch/stubs.lines
  export STUB_LINES
  awk -v stubs="$STUBS" 'BEGIN {
    for (number = 1; number <= stubs; number++)
      printf "{\"request\":{\"method\":\"GET\",\"url\":\"/items/%d\"},\"response\":{\"headers\":" \
        "{\"Content-Type\":\"application/json\"},\"jsonBody\":{\"item\":%d}}}\n", number, number
  }' >"$STUB_LINES"
  { echo '{"mappings":['; sed '$!s/$/,/' "$STUB_LINES"; echo ']}'; } >"$scratch/stubs.json"
}
