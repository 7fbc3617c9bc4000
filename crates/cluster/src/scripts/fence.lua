-- Lets a node have shares: writes down where, for those who clean up after it, unless somebody has taken
-- the node for dead.
--
-- KEYS: the node's registration, its apps, its channels of one app. ARGV: the app, the channels. Answers 1, or 0 where it
-- has none.

if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SADD', KEYS[2], ARGV[1])
if #ARGV > 1 then redis.call('SADD', KEYS[3], unpack(ARGV, 2)) end
return 1
