-- The log of a channel, and functions to read and change it. The scripts that use a log have this text in front of theirs.
--
-- KEYS[1]: the channel's record, whose key is the name of the topic. KEYS[2]: the log, a hash. Its key expires after the
-- last subscription that asked for recovery.
--
-- Fields of the log:
--   e          epoch
--   r          id of the replication of the server that has numbered the events
--   h          number of the last event
--   o          number of the oldest event; one more than h if there is none
--   b          bytes of the events
--   <number>   an event: milliseconds since 1970, a space and the excluded socket id, if any, a line feed, the frame

local log = KEYS[2]
-- The memory of an event beside its text, in bytes.
local OVERHEAD = 64

-- The id changes when a server starts and when a replica becomes the master. Both may lose the last events of a log, and
-- their numbers must not be used again.
local function replication()
  local info = redis.call('INFO', 'replication')
  local _, last = string.find(info, 'master_replid:', 1, true)
  return last and string.sub(info, last + 1, last + 40) or ''
end

local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function begin_log(epoch, expiry_ms)
  redis.call('HSET', log, 'e', epoch, 'r', replication(), 'h', 0, 'o', 1, 'b', 0)
  redis.call('PEXPIRE', log, expiry_ms)
  return { epoch = epoch, head = 0, oldest = 1, bytes = 0 }
end

-- The log, or nil. One that another server has numbered begins anew, with the epoch `fresh`.
local function load_log(fresh)
  local fields = redis.call('HMGET', log, 'e', 'r', 'h', 'o', 'b')
  if not fields[1] then return nil end
  if fields[2] ~= replication() then
    local expiry_ms = redis.call('PTTL', log)
    redis.call('DEL', log)
    return begin_log(fresh, math.max(expiry_ms, 1))
  end
  return { epoch = fields[1], head = tonumber(fields[3]), oldest = tonumber(fields[4]), bytes = tonumber(fields[5]) }
end

-- Drops the oldest events until there are at most so many events and bytes, and none is older than the window.
local function trim_log(state, max_events, max_bytes, window_ms, now)
  while state.oldest <= state.head do
    local event = redis.call('HGET', log, state.oldest) or '0'
    local fits = state.head - state.oldest < max_events and state.bytes <= max_bytes
    if fits and tonumber(string.match(event, '^%d+')) > now - window_ms then break end
    redis.call('HDEL', log, state.oldest)
    state.bytes = state.bytes - #event - OVERHEAD
    state.oldest = state.oldest + 1
  end
end

local function save_log(state)
  redis.call('HSET', log, 'h', state.head, 'o', state.oldest, 'b', state.bytes)
end

