-- One line about a run, for measure.sh: calls, failures, how long it took and the 99th percentile of
-- the time to an answer, both in microseconds. By itself, this script calls one URL with GET.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("result %d %d %d %d\n", summary.requests, failed, summary.duration,
    latency:percentile(99)))
end
