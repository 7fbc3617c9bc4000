-- Sets the number of clients that a node has of an app, and admits its newcomers as far as there is room over all
-- nodes.
--
-- KEYS: the clients of the app, a hash of numbers by node.
-- Arguments:
--   node            id of the node
--   clients         all clients of the node, newcomers included
--   newcomers       clients that are admitted only if there is room
--   capacity        most clients of all nodes, if there is a limit
-- Answers a list:
--   admitted        number of admitted newcomers
--   nodes           ids of the nodes with clients of the app, before this

local arguments = cmsgpack.unpack(ARGV[1])
local node, admitted = arguments.node, arguments.newcomers
local all = redis.call('HGETALL', KEYS[1])
local total, nodes = arguments.clients - arguments.newcomers, {}
for index = 1, #all, 2 do
  nodes[#nodes + 1] = all[index]
  if all[index] ~= node then total = total + tonumber(all[index + 1]) end
end
if arguments.capacity then admitted = math.max(0, math.min(admitted, arguments.capacity - total)) end
local clients = arguments.clients - arguments.newcomers + admitted
if clients > 0 then
  redis.call('HSET', KEYS[1], node, clients)
else
  redis.call('HDEL', KEYS[1], node)
end
return cmsgpack.pack({ admitted, nodes })
