-- Publishes an event, and tells the time. Versions are times too, so the event has its place among the edges of the
-- channel.
--
-- KEYS: the channel's record, whose key is the name of the topic.
-- ARGV: the command that publishes, which is PUBLISH, or SPUBLISH in a Redis Cluster; the message.
--
-- Answers the time in microseconds since 1970.

redis.call(ARGV[1], KEYS[1], ARGV[2])
local time = redis.call('TIME')
return string.format('%.0f', time[1] * 1000000 + time[2])
