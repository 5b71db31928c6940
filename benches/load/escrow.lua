-- Escrows from their making to their release: an escrow that was made is released next. The path says
-- where the tools are. A server that only echoes is sent the same bodies, but never has an escrow to
-- release.
dofile("report.lua")
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

-- Everyone pays the next in the ring, so that nobody runs out of money.
local AGENTS = 1000
local made, payers, last = {}, {}, 0

function request()
  local id = table.remove(made)
  if id then
    local payer = payers[id]
    payers[id] = nil
    return wrk.format(nil, wrk.path .. "/release_escrow", nil,
      '{"escrow_id":"' .. id .. '","agent_id":"' .. payer .. '"}')
  end
  last = (last + 1) % AGENTS
  return wrk.format(nil, wrk.path .. "/create_escrow", nil,
    '{"payer":"agent-' .. last .. '","payee":"agent-' .. (last + 1) % AGENTS ..
    '","amount":"0.01","currency":"USD","conditions":{"delivery_by":"2099-01-01T00:00:00Z"}}')
end

function response(status, headers, body)
  local id = body:match('"escrow_id":"(esc_%x+)".*"status":"pending"')
  if id then
    payers[id] = body:match('"payer":"([^"]+)"')
    table.insert(made, id)
  end
end
