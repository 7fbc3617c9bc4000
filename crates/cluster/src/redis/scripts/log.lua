-- The log of a channel, and functions to read and change it. The scripts that use a log have this text in front of theirs.
--
-- KEYS[1]: the channel's record, whose key is the name of the topic. KEYS[2]: the log, a hash. Its key expires after the
-- last subscription that asked for recovery. The last of ARGV: the owner of the log as the node knows it.
--
-- Fields of the log:
--   e          epoch
--   w          owner: generation of logs, life of the app's logs, in a Redis Cluster id of the replication
--   h          number of the last event
--   o          number of the oldest event; one more than h if there is none
--   b          bytes of the events
--   <number>   an event: milliseconds since 1970, a space and the excluded socket id, if any, a line feed, the frame

local log, owner = KEYS[2], ARGV[#ARGV]
-- The memory of an event beside its text, in bytes.
local OVERHEAD = 64
-- The number of events that are trimmed together.
local CHUNK = 16

-- A node does not notice at once that a shard of a Redis Cluster has another master, which may lack the last events of
-- a log. Their numbers must not be used again. The id changes with the master.
if string.byte(owner, -1) == 42 then
  local info = redis.call('INFO', 'replication')
  local _, last = string.find(info, 'master_replid:', 1, true)
  owner = string.sub(owner, 1, -2) .. (last and string.sub(info, last + 1, last + 40) or '')
end

local function begin_log(epoch, expiry_ms, by)
  redis.call('HSET', log, 'e', epoch, 'w', by, 'h', 0, 'o', 1, 'b', 0)
  redis.call('PEXPIRE', log, expiry_ms)
  return { epoch = epoch, head = 0, oldest = 1, bytes = 0 }
end

-- The owner of a log that must begin anew, or nil. A node may not know the last generation or life yet: it goes on with
-- a log that others have begun in these.
local function next_owner(before)
  local generation, life, id = string.match(owner, '^(%d+) (%d+) (.*)$')
  local old_generation, old_life, old_id = string.match(before, '^(%d+) (%d+) (.*)$')
  generation, life, old_generation, old_life =
    tonumber(generation), tonumber(life), tonumber(old_generation), tonumber(old_life)
  if generation <= old_generation and life <= old_life and id == old_id then return nil end
  return string.format('%.0f %.0f %s', math.max(generation, old_generation), math.max(life, old_life), id)
end

-- The log, or nil. One that has another owner begins anew, with the epoch `fresh`.
local function load_log(fresh)
  local fields = redis.call('HMGET', log, 'e', 'w', 'h', 'o', 'b')
  if not fields[1] then return nil end
  local by = fields[2] ~= owner and next_owner(fields[2])
  if by then
    local expiry_ms = redis.call('PTTL', log)
    redis.call('DEL', log)
    return begin_log(fresh, math.max(expiry_ms, 1), by)
  end
  return { epoch = fields[1], head = tonumber(fields[3]), oldest = tonumber(fields[4]), bytes = tonumber(fields[5]) }
end

-- Drops the oldest events until there are at most so many events and bytes, and none is older than the window.
local function trim_log(state, max_events, max_bytes, window_ms)
  local time = redis.call('TIME')
  local oldest_ms = time[1] * 1000 + math.floor(time[2] / 1000) - window_ms
  local dropped = {}
  local before = state.oldest
  repeat
    local numbers = {}
    for number = state.oldest, math.min(state.head, state.oldest + CHUNK - 1) do
      numbers[#numbers + 1] = string.format('%d', number)
    end
    dropped = {}
    for index, event in ipairs(#numbers > 0 and redis.call('HMGET', log, unpack(numbers)) or numbers) do
      local fits = state.head - state.oldest < max_events and state.bytes <= max_bytes
      if fits and tonumber(string.match(event or '0', '^%d+')) > oldest_ms then break end
      dropped[index] = numbers[index]
      state.bytes = state.bytes - #(event or '') - OVERHEAD
      state.oldest = state.oldest + 1
    end
    if #dropped > 0 then redis.call('HDEL', log, unpack(dropped)) end
  until #dropped < CHUNK
  if state.oldest > before then
    redis.call('HSET', log, 'o', string.format('%d', state.oldest), 'b', string.format('%d', state.bytes))
  end
end
