-- Answers the generation of logs, and begins one if events may be lost.
--
-- KEYS[1]: the generation, a hash. Its fields:
--   n   number of the generation
--   s   the masters at which it began
--   t   the time at which it began, in milliseconds since 1970 by the clock of this master
-- Arguments:
--   servers      the masters of the node that asks
--   begins       true to begin a generation
--   is_new       true for a node that comes from other masters
--   unheard_ms   the time since those have last answered that node
--   known        the greatest generation that the node knows

local arguments = cmsgpack.unpack(ARGV[1])
local fields = redis.call('HMGET', KEYS[1], 'n', 's', 't')
local number = math.max(tonumber(fields[1] or '0'), arguments.known)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- What a former master has accepted since this generation began is in none of these logs.
local function has_missed()
  return fields[2] ~= arguments.servers or now - arguments.unheard_ms >= tonumber(fields[3])
end

if arguments.begins or arguments.is_new and has_missed() then
  -- Clocks of masters differ.
  number = math.max(now, number + 1)
  local begun = { 'n', string.format('%.0f', number), 's', arguments.servers, 't', string.format('%.0f', now) }
  redis.call('HSET', KEYS[1], unpack(begun))
elseif not fields[1] or number > tonumber(fields[1]) then
  -- The data was lost.
  redis.call('HSET', KEYS[1], 'n', string.format('%.0f', number))
  if not fields[2] then
    redis.call('HSET', KEYS[1], 's', arguments.servers, 't', string.format('%.0f', now))
  end
end
return number
