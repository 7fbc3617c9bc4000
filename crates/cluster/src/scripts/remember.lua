-- Publishes an event on a cache channel and remembers it, in one step, so that a newcomer gets it once.
--
-- KEYS: the channel's record, whose name is the topic, and its cache entry.
-- ARGV: PUBLISH or SPUBLISH, milliseconds, the message behind its version.

local version
if redis.call('EXISTS', KEYS[1]) == 1 then
  version = redis.call('HINCRBY', KEYS[1], 'v', 1)
else
  local time = redis.call('TIME')
  version = time[1] * 1000000 + time[2]
end
local message = '1K ' .. string.format('%.0f', version) .. ARGV[3]
redis.call('SET', KEYS[2], message, 'PX', ARGV[2])
return redis.call(ARGV[1], KEYS[1], message)
