-- wrk -s storm.lua URL -- BODIES HEADERS: posts the lines of BODIES in turn, with the headers of HEADERS ("name: value").
local bodies, headers, at = {}, {}, 0

function init(args)
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  for line in io.lines(args[2]) do
    local name, value = line:match("^([^:]+): (.*)$")
    headers[name] = value
  end
end

function request()
  at = at + 1
  headers["ce-id"] = string.format("229%013d", at)
  return wrk.format("POST", "/", headers, bodies[(at - 1) % #bodies + 1])
end

function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.read + summary.errors.timeout + summary.errors.connect
  io.write(string.format("RESULT %.1f %d\n", summary.requests / summary.duration * 1e6, failed))
end
