-- Publishes an event and adds it to the log of its channel, if the channel has one; on a cache channel it stores the event
-- as the cache entry too. All is one step, so the numbers of events are their order on the topic.
--
-- KEYS: the record; the log; the cache entry of a cache channel; its miss, if that is to end.
-- ARGV: the command that publishes; the message of an event without a log; most events of the log; most bytes; the age at
-- which an event leaves it, in milliseconds; the epoch of a log that begins anew. On a cache channel also: how long the
-- entry is kept, in milliseconds; the message without its beginning, which contains the version.
--
-- Answers the version of the event on a cache channel.

local publish, message, tail = ARGV[1], ARGV[2], ARGV[8]
local version
if tail then
  if redis.call('EXISTS', KEYS[1]) == 1 then
    version = redis.call('HINCRBY', KEYS[1], 'v', 1)
  else
    local time = redis.call('TIME')
    version = time[1] * 1000000 + time[2]
  end
  version = string.format('%.0f', version)
  local entry = '1K ' .. version .. tail
  redis.call('SET', KEYS[3], entry, 'PX', ARGV[7])
  if KEYS[4] then redis.call('DEL', KEYS[4]) end
end
local state = load_log(ARGV[6])
if state then
  local now = milliseconds()
  -- Without the version of the format and the kind.
  local rest = string.sub(message, 3)
  local event = string.format('%.0f', now) .. rest
  state.head = state.head + 1
  state.bytes = state.bytes + #event + OVERHEAD
  redis.call('HSET', log, state.head, event)
  trim_log(state, tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), now)
  save_log(state)
  local position = string.format('%.0f', state.head) .. ' ' .. state.epoch
  message = tail and '1M ' .. position .. ' ' .. version .. tail or '1L ' .. position .. rest
else
  message = tail and '1P ' .. version .. tail or '1N' .. string.sub(message, 3)
end
redis.call(publish, KEYS[1], message)
return version
