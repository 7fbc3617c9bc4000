-- Reads whether a user is signed in on any node.
--
-- KEYS: the record of the user's channel.
-- Answers
--   version         orders the answers about this user
--   is_online       true if the user is signed in

local fields = redis.call('HMGET', KEYS[1], 'o', 't')
if fields[1] then
  return cmsgpack.pack({ version = tonumber(fields[1]), is_online = tonumber(fields[2]) > 0 })
end
local time = redis.call('TIME')
return cmsgpack.pack({ version = time[1] * 1000000 + time[2], is_online = false })
