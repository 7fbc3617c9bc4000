-- Removes the share of a dead node from a channel. Several reapers may run it: one of them removes the share and gets
-- the edges. Called again by the same reaper, it answers the same edges.
--
-- KEYS: the record, the node's last change.
-- Arguments:
--   node            id of the dead node
--   reaper          id of the process that removes it
--   remembered_ms   how long the answer is kept for a repetition
--   is_user         true for the channel of a user
-- Answers the edges: what the removal altered for all nodes.

local node, reaper = arguments.node, arguments.reaper
local last, share = last_change(KEYS[2]), share_of(node)
if last.reaper == reaper and not share then return cmsgpack.pack(last.reaped) end
if share then
  if members > 0 then remove_members(node, {}) end
  set_share(node, share, 0)
  save(arguments.is_user)
end
if share or not last.reaper then
  last.is_closed, last.reaper, last.reaped = true, reaper, edges
  keep_last_change(KEYS[2], last, arguments.remembered_ms)
end
return cmsgpack.pack(edges)
