-- Reads the log of a channel.
--
-- KEYS: the record; the log. ARGV: the arguments, the owner.
-- Arguments:
--   keep_ms         how long the log is kept from now on, and opened if there is none; nil only reads it
--   epoch           the epoch of a log that begins
--   max_events, max_bytes, window_ms   the limits of the log
--   since, last     the events with greater numbers than `since` are read, up to `last`; none if some of them have left
--   known           the epoch that `since` is of: none are read of another log; nil for any
--   most_events, most_bytes   most events in the answer, and most bytes of them. Earlier ones are left out.
--
-- Answers false if there is no log, else a list:
--   epoch
--   head            number of the last event
--   oldest          number of the oldest event; head + 1 if there is none
--   now             milliseconds since 1970
--   newest          number of the first of the events here
--   events          the events, the one with the greatest number first

local arguments = cmsgpack.unpack(ARGV[1])
local state = load_log(arguments.epoch)
if arguments.keep_ms then
  if state then
    redis.call('PEXPIRE', log, arguments.keep_ms)
  else
    state = begin_log(arguments.epoch, arguments.keep_ms, owner)
  end
end
if not state then return cmsgpack.pack(false) end
trim_log(state, arguments.max_events, arguments.max_bytes, arguments.window_ms)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local READ = 200
local events, bytes, is_full = {}, 0, false
local newest = math.min(state.head, arguments.last)
local number = newest
local first = arguments.since + 1
if first < state.oldest or (arguments.known and arguments.known ~= state.epoch) then first = math.huge end
while number >= first and not is_full do
  local numbers = {}
  for wanted = number, math.max(first, number - READ + 1), -1 do numbers[#numbers + 1] = wanted end
  for _, event in ipairs(redis.call('HMGET', log, unpack(numbers))) do
    bytes = bytes + #event
    is_full = #events == arguments.most_events or bytes > arguments.most_bytes
    if is_full then break end
    events[#events + 1] = event
  end
  number = number - READ
end
return cmsgpack.pack({ state.epoch, state.head, state.oldest, now, newest, events })
