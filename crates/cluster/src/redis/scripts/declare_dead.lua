-- Declares a node dead if its lease has ended. It gets no lease under this id again, so its shares can be removed.
--
-- KEYS: the node's registration, its lease.
-- Answers true, or false if the node has a lease.

if redis.call('EXISTS', KEYS[2]) == 1 then return cmsgpack.pack(false) end
redis.call('DEL', KEYS[1])
return cmsgpack.pack(true)
