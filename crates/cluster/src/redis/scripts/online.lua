-- Reads whether a user is signed in on any node.
--
-- KEYS: the record of the user's channel.
-- Answers a list:
--   version         orders the answers about this user
--   is_online       1 if the user is signed in, else 0

local fields = redis.call('HMGET', KEYS[1], 'o', 't')
if fields[1] then
  return cmsgpack.pack({ tonumber(fields[1]), tonumber(fields[2]) > 0 and 1 or 0 })
end
local time = redis.call('TIME')
return cmsgpack.pack({ time[1] * 1000000 + time[2], 0 })
