-- Publishes an event on a cache channel and stores it as the cache entry. Both are one step, so a newcomer gets the
-- event exactly once.
--
-- KEYS: the channel's record, whose key is the name of the topic; its cache entry.
-- Arguments:
--   publish         the command that publishes: PUBLISH, or SPUBLISH in a Redis Cluster
--   ttl_ms          how long the entry is kept
-- ARGV[2]: the message without its beginning, which contains the version.

local arguments = cmsgpack.unpack(ARGV[1])
local version
if redis.call('EXISTS', KEYS[1]) == 1 then
  version = redis.call('HINCRBY', KEYS[1], 'v', 1)
else
  local time = redis.call('TIME')
  version = time[1] * 1000000 + time[2]
end
local message = '1K ' .. string.format('%.0f', version) .. ARGV[2]
redis.call('SET', KEYS[2], message, 'PX', arguments.ttl_ms)
redis.call(arguments.publish, KEYS[1], message)
