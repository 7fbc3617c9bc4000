-- Publishes an event on a cache channel and stores it as the cache entry. Both are one step, so a newcomer gets the
-- event exactly once.
--
-- KEYS: the channel's record, whose key is the name of the topic; its cache entry; its miss, if that is to end.
-- ARGV: the command that publishes, which is PUBLISH, or SPUBLISH in a Redis Cluster; how long the entry is kept, in
-- milliseconds; the message without its beginning, which contains the version.
--
-- Answers the version of the event.

local publish, ttl_ms, rest = ARGV[1], ARGV[2], ARGV[3]
local time = redis.call('TIME')
local version = time[1] * 1000000 + time[2]
local last = redis.call('HGET', KEYS[1], 'v')
if last then
  version = math.max(version, last + 1)
  redis.call('HSET', KEYS[1], 'v', string.format('%.0f', version))
end
local message = '1K ' .. string.format('%.0f', version) .. rest
redis.call('SET', KEYS[2], message, 'PX', ttl_ms)
if KEYS[3] then redis.call('DEL', KEYS[3]) end
redis.call(publish, KEYS[1], message)
return string.format('%.0f', version)
