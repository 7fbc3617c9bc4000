-- Tries commands, and answers with those that fail.
--
-- ARGV: for each command how many words it has, then these words. Answers the number of each command that fails, from 1,
-- with the error behind it. Redis checks the user's rights before anything else, so that a command that a Redis Cluster
-- would have run elsewhere tells them too.

local failed, number, index = {}, 0, 1
while index <= #ARGV do
  local last = index + tonumber(ARGV[index])
  local answer = redis.pcall(unpack(ARGV, index + 1, last))
  number, index = number + 1, last + 1
  if type(answer) == 'table' and answer.err then
    failed[#failed + 1] = tostring(number)
    failed[#failed + 1] = answer.err
  end
end
return failed
