-- String building: SIZE lines of twenty numbers each, piece by piece, and a look into every line.
local measure = require('harness')

measure('strings', function(size)
  local sum = 0
  for i = 0, size - 1 do
    local line = ''
    for j = 0, 19 do
      line = line .. i * j % 1000 .. ','
    end
    sum = sum + #line + line:byte(i % 40 + 1)
  end
  return sum
end)
