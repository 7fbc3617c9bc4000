-- Takes a node for dead, for good, if its lease has ended: what it had can be removed from here on.
--
-- KEYS: the node's registration, its lease. Answers 1, or 0 where the node lives.

if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('DEL', KEYS[1])
return 1
