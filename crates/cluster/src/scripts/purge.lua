-- Drops the share of a dead node. Any number of survivors may run it: what it drops, and tells, it drops once.
--
-- KEYS: the record. ARGV: PUBLISH or SPUBLISH, node, 1 for the channel of a user else 0. Answers the edges.

local node = ARGV[2]
local share = share_of(node)
if share then
  if members > 0 then remove_members(node, {}) end
  set_share(node, share, 0)
  save(ARGV[3] == '1')
end
return edges
