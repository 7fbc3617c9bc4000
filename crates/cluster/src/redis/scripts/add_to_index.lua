-- Adds an app and channels to the index of a node, in which a reaper finds the node's shares. Nothing is added if the
-- node was declared dead: it must not have shares that no reaper looks for.
--
-- KEYS: the node's registration, its apps, its channels of this app.
-- Arguments:
--   app             id of the app
--   channels        names of the channels
-- Answers 1, or 0 if the node was declared dead.

local arguments = cmsgpack.unpack(ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('SADD', KEYS[2], arguments.app)
if #arguments.channels > 0 then redis.call('SADD', KEYS[3], unpack(arguments.channels)) end
return 1
