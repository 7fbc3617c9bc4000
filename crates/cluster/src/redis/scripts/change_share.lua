-- Changes one node's share of a channel and, if wanted, reads the channel.
--
-- KEYS: the record, its cache entry, its miss, the node's last change; then the last change of each earlier id, in their
-- order.
-- Arguments:
--   node            id of the node
--   earlier         shares that the node may have under earlier ids. They end with this change. For each:
--     node            the id
--     unanswered      sequence of its change that got no answer, if any
--   sequence        number of the change; each change of a node has a greater one than the change before
--   remembered_ms   how long the answer is kept for a repetition
--   basis           share: the ledger must have a share of the node;  nothing: it need not;
--                   anything: members of the node that are not in `added` are removed
--   connections     all connections of the node, newcomers included
--   added           members to add. For each:
--     user_id
--     member          the member as JSON
--     newcomers       connections that are dropped if the channel is full for this user; with 0 the user was admitted
--                     before and is not refused
--   removed         ids of the users to remove
--   max_members     most members of the channel
--   max_bytes       most bytes of all members together, as JSON
--   counts          true if the app publishes the number of connections
--   wants_state     true to read the channel
--   miss_ms         how long a miss is kept, if an empty cache entry is an edge. The version of that edge stays the same
--                   until the next event, or for this time.
--   is_user         true for the channel of a user
--
-- Answers false if the node has no share to change, after a later change, and after the end of the share; else a list:
--   version         version of the channel after the change
--   connections     of all nodes
--   edges           what the change altered for all nodes
--   refused         users that the channel had no room for: m for too many members or b for too many bytes, and the id
--   nodes           ids of the nodes with a share, separated by spaces
--   members         the members as JSON; false if the channel is not to be read
--   cached          the cache entry; false if there is none or the channel is not to be read
--   cached_ms       its remaining time; false if the channel is not to be read
-- Called again with the same sequence, it changes nothing and answers the same edges and refused users.

local node, connections = arguments.node, arguments.connections
local refused = {}

-- Ends the shares under earlier ids. Returns the edges of their unanswered changes: no answer contained them yet.
local function end_earlier()
  local unanswered = {}
  for index, earlier in ipairs(arguments.earlier) do
    if members > 0 then remove_members(earlier.node, {}) end
    set_share(earlier.node, share_of(earlier.node), 0)
    local key = KEYS[4 + index]
    local last = last_change(key)
    if last.sequence == earlier.unanswered then
      for _, edge in ipairs(last.edges) do unanswered[#unanswered + 1] = edge end
    end
    last.sequence, last.edges, last.refused, last.is_closed = -1, {}, {}, true
    keep_last_change(key, last, arguments.remembered_ms)
  end
  return unanswered
end

local function apply()
  local own = share_of(node)
  if arguments.counts then counts = 1 end
  for _, user in ipairs(arguments.removed) do remove_member(node, user) end
  local kept = {}
  for _, added in ipairs(arguments.added) do
    local lacks = add_member(node, added.user_id, added.member, added.newcomers > 0 and arguments or nil)
    if not lacks then
      kept[added.user_id] = true
    else
      refused[#refused + 1] = lacks .. added.user_id
      connections = connections - added.newcomers
    end
  end
  set_share(node, own, connections)
  if arguments.basis == 'anything' and members > 0 then remove_members(node, kept) end
  local all = end_earlier()
  save(arguments.is_user)
  for _, edge in ipairs(edges) do all[#all + 1] = edge end
  edges = all
  if arguments.miss_ms and total > 0 and redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('SET', KEYS[3], text(clock()), 'NX', 'PX', arguments.miss_ms)
    edges[#edges + 1] = 'M' .. redis.call('GET', KEYS[3])
  end
  local change = { sequence = arguments.sequence, edges = edges, refused = refused }
  keep_last_change(KEYS[4], change, arguments.remembered_ms)
end

-- Reads the channel: its members, its cache entry, and the remaining time of that.
local function read_state()
  local found = {}
  local all = members > 0 and redis.call('HGETALL', record) or {}
  for index = 1, #all, 2 do
    if string.sub(all[index], 1, 1) == 'u' then
      found[#found + 1] = string.match(all[index + 1], '^%d+ (.*)$')
    end
  end
  return found, redis.call('GET', KEYS[2]), redis.call('PTTL', KEYS[2])
end

local last = last_change(KEYS[4])
if last.sequence == arguments.sequence then
  edges, refused = last.edges, last.refused
elseif last.is_closed or last.sequence > arguments.sequence then
  return cmsgpack.pack(false)
elseif arguments.basis == 'share' and not share_of(node) then
  return cmsgpack.pack(false)
else
  apply()
end
local found, cached, cached_ms = false, false, false
if arguments.wants_state then found, cached, cached_ms = read_state() end
return cmsgpack.pack({ version, total, edges, refused, nodes, found, cached, cached_ms })
