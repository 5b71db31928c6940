-- One line about a run, for run.sh: calls, failures, median and 99th percentile in microseconds.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("result %d %d %d %d %d\n", summary.requests, failed,
    summary.duration, latency:percentile(50), latency:percentile(99)))
end
