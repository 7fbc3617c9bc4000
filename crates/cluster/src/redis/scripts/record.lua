-- The record of a channel, and functions to change it. The scripts that change records have this text in front of
-- theirs.
--
-- KEYS[1]: the record, a hash. Its key is also the name of the channel's topic.
-- ARGV[1]: the arguments of the script by name, a MessagePack map. All these scripts have
--   publish          the command that publishes: PUBLISH, or SPUBLISH in a Redis Cluster
--
-- Fields of the record:
--   v                version: the time of the last change in microseconds since 1970, or 1 more than the version before
--                    if that is greater
--   t                connections of all nodes
--   p                number of members
--   b                bytes of the members as JSON
--   s                ids of the nodes with a share, separated by spaces
--   c                1 if the app publishes the number of connections
--   o                version of the online topic; only in the channel of a user
--   n<node>          connections of a node
--   u<user>          number of nodes with this user, a space, the member as JSON from the first of them
--   m<node> <user>   present if this node has this user
-- A record without connections is deleted. The next record of the channel begins with a greater version, by the clock.

local record, arguments = KEYS[1], cmsgpack.unpack(ARGV[1])
local publish = arguments.publish
local fields = redis.call('HMGET', record, 'v', 't', 'p', 's', 'c', 'o', 'b')
-- What a change alters for all nodes. An edge is a letter and a version, and what belongs to it: the user's id after a
-- space for a member that was added (A) or removed (R), the number for connections (C). The channel was occupied (O) or
-- vacated (V), or a subscriber has found nothing in the cache (M).
local edges = {}

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- A number in full: Lua would write a version in scientific notation.
local function text(number)
  return string.format('%.0f', number)
end

local version = tonumber(fields[1]) or clock()
local first_version = version
local old_total = tonumber(fields[2]) or 0
local total = old_total
local members = tonumber(fields[3]) or 0
local bytes = tonumber(fields[7]) or 0
local nodes = fields[4] or ''
local counts = fields[5]

-- The version of the next change. Versions are times, so they also order changes of one channel among other events.
local function next_version()
  return math.max(version + 1, clock())
end

-- Publishes a change under the next version.
local function publish_change(kind, rest)
  version = next_version()
  redis.call(publish, record, '1' .. kind .. ' ' .. text(version) .. rest)
end

-- What is kept of a node's last change of the channel, for some time:
--   sequence, edges, refused   of the change, for its repetition and for the node's next id
--   is_closed                  true if the share has ended for good: what is still on its way from the node is too late
--   reaper, reaped             the process that removed the share of the dead node, and the edges, for its repetition
local function last_change(key)
  local stored = redis.call('GET', key)
  return stored and cmsgpack.unpack(stored) or { sequence = -1, edges = {}, refused = {} }
end

local function keep_last_change(key, change, milliseconds)
  redis.call('SET', key, cmsgpack.pack(change), 'PX', milliseconds)
end

-- The connections of a node, or nil if it has no share.
local function share_of(node)
  return tonumber(redis.call('HGET', record, 'n' .. node))
end

-- Replaces the connections of a node. `old` is the result of share_of.
local function set_share(node, old, connections)
  total = total - (old or 0) + connections
  if connections > 0 then
    redis.call('HSET', record, 'n' .. node, connections)
  elseif old then
    redis.call('HDEL', record, 'n' .. node)
  end
  if old == nil and connections > 0 then
    nodes = nodes == '' and node or nodes .. ' ' .. node
  elseif old and connections == 0 then
    local rest = {}
    for other in string.gmatch(nodes, '%S+') do
      if other ~= node then rest[#rest + 1] = other end
    end
    nodes = table.concat(rest, ' ')
  end
end

-- The number of nodes with a user, and the member as JSON.
local function entry_of(user)
  local entry = redis.call('HGET', record, 'u' .. user)
  if not entry then return 0 end
  local count, json = string.match(entry, '^(%d+) (.*)$')
  return tonumber(count), json
end

-- Adds a user to a node. Returns a letter if the channel has no room for this user: m for members, b for bytes. `room` has
-- max_members and max_bytes; nil is no limit.
local function add_member(node, user, json, room)
  local mark = 'm' .. node .. ' ' .. user
  if redis.call('HEXISTS', record, mark) == 1 then return nil end
  local count, first = entry_of(user)
  if count == 0 and room then
    if members >= room.max_members then return 'm' end
    if bytes + #json > room.max_bytes then return 'b' end
  end
  redis.call('HSET', record, mark, '', 'u' .. user, text(count + 1) .. ' ' .. (first or json))
  if count == 0 then
    members, bytes = members + 1, bytes + #json
    publish_change('A', '\n' .. json)
    edges[#edges + 1] = 'A' .. text(version) .. ' ' .. user
  end
  return nil
end

-- Removes a user from a node.
local function remove_member(node, user)
  if redis.call('HDEL', record, 'm' .. node .. ' ' .. user) == 0 then return end
  local count, json = entry_of(user)
  if count > 1 then
    redis.call('HSET', record, 'u' .. user, text(count - 1) .. ' ' .. json)
    return
  end
  redis.call('HDEL', record, 'u' .. user)
  members, bytes = members - 1, bytes - #json
  publish_change('R', '\n' .. user)
  edges[#edges + 1] = 'R' .. text(version) .. ' ' .. user
end

-- Removes all users from a node, except those that are keys of `kept`.
local function remove_members(node, kept)
  local prefix = 'm' .. node .. ' '
  for _, field in ipairs(redis.call('HKEYS', record)) do
    local user = string.sub(field, #prefix + 1)
    if string.sub(field, 1, #prefix) == prefix and not kept[user] then
      remove_member(node, user)
    end
  end
end

-- Publishes what the change altered in connections, and stores the rest. `is_user` is true for the channel of a user.
local function save(is_user)
  if counts and total ~= old_total and total > 0 then
    publish_change('C', ' ' .. text(total) .. '\n')
    edges[#edges + 1] = 'C' .. text(version) .. ' ' .. text(total)
  end
  local is_turn = (old_total > 0) ~= (total > 0)
  local online = tonumber(fields[6]) or clock()
  if is_turn then
    if total > 0 then
      -- The record is new, so its first version is greater than all of the last record.
      table.insert(edges, 1, 'O' .. text(first_version))
    else
      -- The record ends with this version, which nobody has to reach.
      edges[#edges + 1] = 'V' .. text(next_version())
    end
    if is_user then
      online = online + 1
      redis.call(publish, record .. ':online', '1O ' .. text(online) .. ' ' .. (total > 0 and 1 or 0) .. '\n')
    end
  end
  if total > 0 then
    redis.call('HSET', record, 'v', text(version), 't', total, 'p', members, 'b', bytes, 's', nodes)
    if counts then redis.call('HSET', record, 'c', 1) end
    if is_user then redis.call('HSET', record, 'o', text(online)) end
  else
    redis.call('DEL', record)
  end
end
