-- One call is admitted, or not, in one step: nothing is counted for a call that is refused.
--
-- KEYS: 1 nonce  2 epochs  3 rate of the client on the service  4 rate of its bank
--       5 quota of the day  6 quota of the month  7 stream of calls  8 record to look up
-- ARGV: 1 client  2 epoch that the caller knows  3 request id  4 life of the nonce (ms)
--       5 µs per call of the client  6 µs of burst  7 µs per call of the bank  8 µs of burst
--       9 quota of the day  10 its life (s)  11 quota of the month  12 its life (s)
--       13 entry for the stream or ""  14 "1" = look KEYS[8] up
-- Gives {verdict, number, record}: 0 admitted; 1 epoch has moved; 2 nonce used; 3 rate of the
-- client, 4 of the bank (number: µs to wait); 5 quota of the day, 6 of the month.
local epoch = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if epoch ~= ARGV[2] then return {1, 0, false} end

local used = redis.call('GET', KEYS[1])
if not used then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
elseif used ~= ARGV[3] then
  -- The same request id would be this call once more, its first answer lost on the way.
  return {2, 0, false}
end

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

-- Generic cell rate algorithm: the key holds when the client would have used up what it called.
local function wait_of(key, interval, burst)
  if interval == 0 then return 0, 0 end
  local arrival = tonumber(redis.call('GET', key) or '0')
  if arrival < now then arrival = now end
  local next = arrival + interval
  return next - burst - now, next
end

local wait, client_next = wait_of(KEYS[3], tonumber(ARGV[5]), tonumber(ARGV[6]))
if wait > 0 then return {3, wait, false} end
local bank_wait, bank_next = wait_of(KEYS[4], tonumber(ARGV[7]), tonumber(ARGV[8]))
if bank_wait > 0 then return {4, bank_wait, false} end

local day_quota, month_quota = tonumber(ARGV[9]), tonumber(ARGV[11])
if day_quota > 0 and tonumber(redis.call('GET', KEYS[5]) or '0') >= day_quota then
  return {5, 0, false}
end
if month_quota > 0 and tonumber(redis.call('GET', KEYS[6]) or '0') >= month_quota then
  return {6, 0, false}
end

local record = false
if ARGV[14] == '1' then record = redis.call('GET', KEYS[8]) end
-- The only command that may fail for want of memory comes before everything that counts.
if ARGV[13] ~= '' then redis.call('XADD', KEYS[7], '*', 'a', ARGV[13]) end
if client_next > 0 then
  redis.call('SET', KEYS[3], string.format('%.0f', client_next), 'PX', math.ceil(tonumber(ARGV[6]) / 1000) + 1000)
end
if bank_next > 0 then
  redis.call('SET', KEYS[4], string.format('%.0f', bank_next), 'PX', math.ceil(tonumber(ARGV[8]) / 1000) + 1000)
end
if redis.call('INCR', KEYS[5]) == 1 then redis.call('EXPIRE', KEYS[5], ARGV[10]) end
if redis.call('INCR', KEYS[6]) == 1 then redis.call('EXPIRE', KEYS[6], ARGV[12]) end
return {0, 0, record}
