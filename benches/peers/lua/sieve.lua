-- An array of booleans: how many primes there are up to SIZE.
local measure = require('harness')

measure('sieve', function(size)
  local prime = {}
  for i = 1, size do
    prime[i] = true
  end
  local count = 0
  for i = 2, size do
    if prime[i] then
      count = count + 1
      for multiple = i + i, size, i do
        prime[multiple] = false
      end
    end
  end
  return count
end)
