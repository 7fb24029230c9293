-- Maps: SIZE counts in a map with 1000 text keys and in one with 4093 integer keys.
local measure = require('harness')

measure('map', function(size)
  local keys, texts, numbers = {}, {}, {}
  for i = 0, 999 do
    keys[i + 1] = 'key' .. i
    texts['key' .. i] = 0
  end
  for i = 0, size - 1 do
    local text = keys[i * 31 % 1000 + 1]
    texts[text] = texts[text] + 1
    local number = i * 7919 % 4093
    if numbers[number] ~= nil then
      numbers[number] = numbers[number] + i % 3
    else
      numbers[number] = 1
    end
  end
  local sum = 0
  for i = 0, 999 do
    sum = sum + texts[keys[i + 1]] * i
  end
  for i = 0, 4092 do
    if numbers[i] ~= nil then
      sum = sum + numbers[i] * i
    end
  end
  return sum
end)
