-- Forgets the event that a cache channel remembers, unless a later one has replaced it.
--
-- KEYS: the channel's record, whose key is the name of the topic; its cache entry.
-- ARGV: the command that publishes; the version of the event.

local stored = redis.call('GET', KEYS[2])
if not stored or string.match(stored, '^1K (%d+) ') ~= ARGV[2] then return end
redis.call('DEL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 1 then
  local version = redis.call('HINCRBY', KEYS[1], 'v', 1)
  redis.call(ARGV[1], KEYS[1], '1F ' .. string.format('%.0f', version) .. '\n')
end
