-- A loop of SIZE turns over integers.
local measure = require('harness')

measure('loop', function(size)
  local sum = 0
  for i = 0, size - 1 do
    sum = sum + i % 7
  end
  return sum
end)
