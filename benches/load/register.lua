-- Registers the stubs of a file that has one in each line, each once the one before is answered, and
-- says so when the last one is. For one connection.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

local stubs, sent, answered, failed = {}, 0, 0, 0

function init()
  for stub in io.lines(os.getenv("STUB_LINES")) do
    table.insert(stubs, stub)
  end
end

function request()
  sent = sent % #stubs + 1
  return wrk.format(nil, nil, nil, stubs[sent])
end

function response(status)
  answered = answered + 1
  failed = failed + (status == 201 and 0 or 1)
  if answered == #stubs then
    io.write(string.format("registered %d\n", failed))
    io.flush()
    wrk.thread:stop()
  end
end
