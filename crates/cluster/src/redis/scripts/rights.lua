-- Tries commands, and answers which of them fail. Redis checks the rights of the user before anything else, so a
-- command that a Redis Cluster would have run on another server shows them too.
--
-- Arguments:
--   commands        the commands, each a list of words
-- Answers a list of the commands that fail. For each a list:
--   command         its number in the list, beginning with 1
--   error           the error

local failed = {}
for number, words in ipairs(cmsgpack.unpack(ARGV[1]).commands) do
  local answer = redis.pcall(unpack(words))
  if type(answer) == 'table' and answer.err then
    failed[#failed + 1] = { number, answer.err }
  end
end
return cmsgpack.pack(failed)
