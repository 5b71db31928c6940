-- Below /items, calls that spread over all of the stubs that make_stubs in servers.sh makes;
-- elsewhere, as many calls of the one path, so that making a request costs the same.
dofile("report.lua")

local stubs = tonumber(os.getenv("STUBS"))
local calls = {}

function init()
  local suffix = wrk.path == "/items"
  for number = 1, stubs do
    calls[number] = wrk.format("GET", wrk.path .. (suffix and "/" .. number or ""))
  end
end

function request()
  return calls[math.random(stubs)]
end
