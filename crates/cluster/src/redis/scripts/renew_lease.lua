-- Gives a node a lease, or renews it. A lease that has ended is renewed too, unless the node was declared dead.
--
-- KEYS: the node's registration, its lease.
-- Arguments:
--   lease_ms        length of the lease
--   is_new          true for a new id, which this registers
--   status          what the node tells the others of itself
--   generation      the generation of logs that the node knows
-- Answers `renewed`, `late` if the lease had ended, or `refused` if the node was declared dead.

local arguments = cmsgpack.unpack(ARGV[1])
if not arguments.is_new and redis.call('EXISTS', KEYS[1]) == 0 then
  return 'refused'
end
redis.call('SET', KEYS[1], string.format('%.0f', arguments.generation))
local is_late = not arguments.is_new and redis.call('EXISTS', KEYS[2]) == 0
redis.call('SET', KEYS[2], arguments.status, 'PX', arguments.lease_ms)
return is_late and 'late' or 'renewed'
