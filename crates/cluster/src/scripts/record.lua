-- A channel's record, for the scripts that change it; they stand behind this in one text.
--
-- KEYS[1] is the record, a hash, and its name is the channel's topic. ARGV[1] is PUBLISH or SPUBLISH.
--   v            version: microseconds when the record began, and one more for each change published on the topic
--   t            connections, all nodes together
--   p            members
--   s            the nodes that have a share, spaces between
--   c            1 where the app wants the count told
--   o            version on the online topic, on the channel of a user
--   n<node>      connections of a node
--   u<user>      how many nodes have the user, a space, the member as JSON of the first of them
--   m<node> <user>   that this node has this user
-- A record without connections is deleted: a later one begins with a greater version, by the clock.

local record, publish = KEYS[1], ARGV[1]
local fields = redis.call('HMGET', record, 'v', 't', 'p', 's', 'c', 'o')
local edges = {}

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function text(number)
  return string.format('%.0f', number)
end

local version = tonumber(fields[1]) or clock()
local old_total = tonumber(fields[2]) or 0
local total = old_total
local members = tonumber(fields[3]) or 0
local nodes = fields[4] or ''
local counts = fields[5]

local function tell(kind, rest)
  version = version + 1
  redis.call(publish, record, '1' .. kind .. ' ' .. text(version) .. rest)
end

-- What is remembered of a node's last change of the channel:
--   sequence, edges, refused   of the change, for its repetition and for the node's next id
--   closed                     true where the node is no more: what is still under way of it comes too late
--   purger, purged             who has dropped the node's share, and the edges of that, for its repetition
local function last_change(key)
  local stored = redis.call('GET', key)
  return stored and cmsgpack.unpack(stored) or { sequence = -1, edges = {}, refused = {} }
end

local function remember(key, change, milliseconds)
  redis.call('SET', key, cmsgpack.pack(change), 'PX', milliseconds)
end

local function share_of(node)
  return tonumber(redis.call('HGET', record, 'n' .. node))
end

-- Replaces a node's connections; `old` is what share_of said.
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

local function entry_of(user)
  local entry = redis.call('HGET', record, 'u' .. user)
  if not entry then return 0 end
  local count, json = string.match(entry, '^(%d+) (.*)$')
  return tonumber(count), json
end

-- Gives a node a user. False where the channel is full, which it never is for a user who is there.
local function add_member(node, user, json, limit)
  local mark = 'm' .. node .. ' ' .. user
  if redis.call('HEXISTS', record, mark) == 1 then return true end
  local count, first = entry_of(user)
  if count == 0 and limit and members >= limit then return false end
  redis.call('HSET', record, mark, '', 'u' .. user, text(count + 1) .. ' ' .. (first or json))
  if count == 0 then
    members = members + 1
    tell('A', '\n' .. json)
    edges[#edges + 1] = 'A' .. user
  end
  return true
end

-- Takes a user from a node.
local function remove_member(node, user)
  if redis.call('HDEL', record, 'm' .. node .. ' ' .. user) == 0 then return end
  local count, json = entry_of(user)
  if count > 1 then
    redis.call('HSET', record, 'u' .. user, text(count - 1) .. ' ' .. json)
    return
  end
  redis.call('HDEL', record, 'u' .. user)
  members = members - 1
  tell('R', '\n' .. user)
  edges[#edges + 1] = 'R' .. user
end

-- Takes from a node all users but those in the table `kept`.
local function remove_members(node, kept)
  local prefix = 'm' .. node .. ' '
  for _, field in ipairs(redis.call('HKEYS', record)) do
    local user = string.sub(field, #prefix + 1)
    if string.sub(field, 1, #prefix) == prefix and not kept[user] then
      remove_member(node, user)
    end
  end
end

-- Tells what has become of the connections, and stores the rest. `is_user` is true for the channel of a user.
local function save(is_user)
  if counts and total ~= old_total and total > 0 then
    tell('C', ' ' .. text(total) .. '\n')
  end
  local is_turn = (old_total > 0) ~= (total > 0)
  local online = tonumber(fields[6]) or clock()
  if is_turn then
    table.insert(edges, total > 0 and 1 or #edges + 1, total > 0 and 'O' or 'V')
    if is_user then
      online = online + 1
      redis.call(publish, record .. ':online', '1O ' .. text(online) .. ' ' .. (total > 0 and 1 or 0) .. '\n')
    end
  end
  if total > 0 then
    redis.call('HSET', record, 'v', text(version), 't', total, 'p', members, 's', nodes)
    if counts then redis.call('HSET', record, 'c', 1) end
    if is_user then redis.call('HSET', record, 'o', text(online)) end
  else
    redis.call('DEL', record)
  end
end
