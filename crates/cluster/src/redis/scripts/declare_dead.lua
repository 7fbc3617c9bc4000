-- Declares a node dead if its lease has ended. It gets no lease under this id again, so its shares can be removed.
--
-- KEYS: the node's registration, its lease.
-- Arguments:
--   generation   the generation of logs that the node must have known
-- Answers `dead`, `alive` if the node has a lease, or `behind` if it knew an earlier generation only.

local arguments = cmsgpack.unpack(ARGV[1])
if redis.call('EXISTS', KEYS[2]) == 1 then return 'alive' end
local known = redis.call('GET', KEYS[1])
if known and tonumber(known) < arguments.generation then return 'behind' end
redis.call('DEL', KEYS[1])
return 'dead'
