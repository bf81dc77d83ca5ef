-- Sends raw requests of a file, each once: they are separated by the record separator (30).
local requests, at = {}, 0

function init(args)
  local file = io.open(args[1], "rb")
  for request in file:read("*a"):gmatch("([^\30]+)\30") do
    requests[#requests + 1] = request
  end
  file:close()
  at = tonumber(args[2] or "0")
end

function request()
  at = at + 1
  if at > #requests then at = 1 end
  return requests[at]
end
