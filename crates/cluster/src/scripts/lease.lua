-- Gives a node a lease, for the first time or again: also where it has ended, unless somebody has taken the node for dead.
--
-- KEYS: the node's registration, its lease. ARGV: milliseconds, 1 for a new node else 0.
-- Answers DEAD where it is refused, LATE where it had ended, else OK.

if ARGV[2] == '1' then
  redis.call('SET', KEYS[1], '')
elseif redis.call('EXISTS', KEYS[1]) == 0 then
  return 'DEAD'
end
local was_alive = ARGV[2] == '1' or redis.call('EXISTS', KEYS[2]) == 1
redis.call('SET', KEYS[2], '', 'PX', ARGV[1])
return was_alive and 'OK' or 'LATE'
