-- Drops the share of a dead node. Any number of survivors may run it: what it drops, and tells, it drops once. Run again
-- by the same survivor, it answers the same edges.
--
-- KEYS: the record, the node's last change.
-- ARGV: PUBLISH or SPUBLISH, node, 1 for the channel of a user else 0, survivor, milliseconds to remember this.
-- Answers the edges.

local node, survivor = ARGV[2], ARGV[4]
local last, share = last_change(KEYS[2]), share_of(node)
if last.purger == survivor and not share then return last.purged end
if share then
  if members > 0 then remove_members(node, {}) end
  set_share(node, share, 0)
  save(ARGV[3] == '1')
end
if share or not last.purger then
  last.closed, last.purger, last.purged = true, survivor, edges
  remember(KEYS[2], last, ARGV[5])
end
return edges
