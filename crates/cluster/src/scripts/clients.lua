-- Sets how many clients of an app a node has, newcomers included as far as there is room for them over all nodes.
--
-- KEYS: the app's record, a hash of clients by node. ARGV: node, clients, how many of them are newcomers, most clients
-- or -1. Answers how many newcomers fit, and the nodes.

local node, clients, newcomers, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local all = redis.call('HGETALL', KEYS[1])
local total, nodes = clients - newcomers, {}
for index = 1, #all, 2 do
  nodes[#nodes + 1] = all[index]
  if all[index] ~= node then total = total + tonumber(all[index + 1]) end
end
local room = newcomers
if limit >= 0 then room = math.max(0, math.min(newcomers, limit - total)) end
clients = clients - newcomers + room
if clients > 0 then
  redis.call('HSET', KEYS[1], node, clients)
else
  redis.call('HDEL', KEYS[1], node)
end
return { room, nodes }
