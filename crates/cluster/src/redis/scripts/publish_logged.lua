-- Publishes an event and adds it to the log of its channel, if the channel has one; on a cache channel it stores the event
-- as the cache entry too. All is one step, so the numbers of events are their order on the topic.
--
-- KEYS: the record; the log; the cache entry of a cache channel; its miss, if that is to end.
-- ARGV: the command that publishes; the message of an event without a log; most events of the log; most bytes; the age at
-- which an event leaves it, in milliseconds; the epoch of a log that begins anew. On a cache channel also: how long the
-- entry is kept, in milliseconds; the message without its beginning, which contains the version. At last the owner.
--
-- Answers the version of the event on a cache channel.

local publish, message, tail = ARGV[1], ARGV[2], #ARGV > 7 and ARGV[8]
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
  local time = redis.call('TIME')
  -- The time in milliseconds, and the message without the version of the format and the kind. Texts are cheaper than
  -- numbers here.
  local rest = string.sub(message, 3)
  local event = time[1] .. string.sub('00000' .. time[2], -6, -4) .. rest
  state.head = state.head + 1
  state.bytes = state.bytes + #event + OVERHEAD
  local head, max_bytes = string.format('%d', state.head), tonumber(ARGV[4])
  redis.call('HSET', log, head, event, 'h', head, 'b', string.format('%d', state.bytes))
  -- A log has a few events too many until it is trimmed or read, because trimming is as dear as the rest.
  if state.head % CHUNK == 0 or state.bytes > max_bytes then
    trim_log(state, tonumber(ARGV[3]), max_bytes, tonumber(ARGV[5]))
  end
  local position = head .. ' ' .. state.epoch
  message = tail and '1M ' .. position .. ' ' .. version .. tail or '1L ' .. position .. rest
else
  message = tail and '1P ' .. version .. tail or '1N' .. string.sub(message, 3)
end
redis.call(publish, KEYS[1], message)
return version
