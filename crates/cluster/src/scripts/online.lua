-- Tells whether a user is signed in anywhere. KEYS: the record of the user's channel. Answers version, 1 or 0.

local fields = redis.call('HMGET', KEYS[1], 'o', 't')
if fields[1] then return { fields[1], tonumber(fields[2]) > 0 and 1 or 0 } end
local time = redis.call('TIME')
return { string.format('%.0f', time[1] * 1000000 + time[2]), 0 }
