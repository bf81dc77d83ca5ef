-- Sends the requests of a file in turn: "host<TAB>path<TAB>token" a line.
local requests, at = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local host, path, token = line:match("^(.-)\t(.-)\t(.*)$")
    requests[#requests + 1] = wrk.format("GET", path, {
      ["Host"] = host, ["Authorization"] = "Bearer " .. token,
    })
  end
  at = tonumber(args[2] or "0") % #requests
end

function request()
  at = at % #requests + 1
  return requests[at]
end
