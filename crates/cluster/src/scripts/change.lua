-- Changes one node's share of a channel, and reads the channel where asked.
--
-- KEYS: the record, its cache entry, the node's last change; then that of each earlier id of the node.
-- ARGV: PUBLISH or SPUBLISH, node, its earlier ids whose shares end with this change, spaces between, for each of them the
--       sequence of its change without an answer or 0,
--       sequence, milliseconds to remember this change, connections, flags, most members,
--       how many members are added, for each: user, JSON, connections; then the users that are removed.
-- Flags: f  the node believes that it has no share yet      c  the count is to be told
--        a  the members added are all that the node has     s  the state is wanted
--        u  this is the channel of a user
-- The connections are all that the node has, newcomers included; those of a member who is refused are taken off again.
-- A member added with 0 connections was let in before, and is not refused.
--
-- Answers LOST where the node's share is gone, STALE where it comes after a later change or the end of the node, else
-- OK, version, connections of all nodes, edges, users refused, nodes with a share, members, cache entry, its rest in ms.
-- Called again with the same sequence it changes nothing and answers the same edges and refusals.

local node, earlier, unanswered = ARGV[2], ARGV[3], string.gmatch(ARGV[4], '%d+')
local sequence, remembered, connections, flags = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7]), ARGV[8]
local limit, added = tonumber(ARGV[9]), tonumber(ARGV[10])
local refused = {}

local function has(flag)
  return string.find(flags, flag, 1, true) ~= nil
end

-- Ends the shares under the node's earlier ids. The edges of changes that it had no answer to are told with this one's.
local function end_earlier()
  local untold, index = {}, 3
  for id in string.gmatch(earlier, '%S+') do
    index = index + 1
    if members > 0 then remove_members(id, {}) end
    set_share(id, share_of(id), 0)
    local last = last_change(KEYS[index])
    if last.sequence == tonumber(unanswered()) then
      for _, edge in ipairs(last.edges) do untold[#untold + 1] = edge end
    end
    last.sequence, last.edges, last.refused, last.closed = -1, {}, {}, true
    remember(KEYS[index], last, remembered)
  end
  return untold
end

local function apply()
  local own = share_of(node)
  if has('c') then counts = 1 end
  local argument = 10 + 3 * added
  for index = argument + 1, #ARGV do
    remove_member(node, ARGV[index])
  end
  local kept = {}
  for index = 11, argument, 3 do
    local user, json, newcomers = ARGV[index], ARGV[index + 1], tonumber(ARGV[index + 2])
    if add_member(node, user, json, newcomers > 0 and limit or nil) then
      kept[user] = true
    else
      refused[#refused + 1] = user
      connections = connections - newcomers
    end
  end
  set_share(node, own, connections)
  if has('a') and members > 0 then remove_members(node, kept) end
  local untold = end_earlier()
  save(has('u'))
  for _, edge in ipairs(edges) do untold[#untold + 1] = edge end
  edges = untold
  remember(KEYS[3], { sequence = sequence, edges = edges, refused = refused }, remembered)
end

local function state()
  local found = {}
  local all = members > 0 and redis.call('HGETALL', record) or {}
  for index = 1, #all, 2 do
    if string.sub(all[index], 1, 1) == 'u' then
      found[#found + 1] = string.match(all[index + 1], '^%d+ (.*)$')
    end
  end
  return found, redis.call('GET', KEYS[2]), redis.call('PTTL', KEYS[2])
end

local last = last_change(KEYS[3])
if last.sequence == sequence then
  edges, refused = last.edges, last.refused
elseif last.closed or last.sequence > sequence then
  return { 'STALE' }
elseif not has('f') and not share_of(node) then
  return { 'LOST' }
else
  apply()
end
local found, cached, rest = false, false, 0
if has('s') then found, cached, rest = state() end
return { 'OK', text(version), total, edges, refused, nodes, found, cached, rest }
