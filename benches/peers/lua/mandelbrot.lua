-- Floats: how many steps the points of a picture of SIZE times SIZE need to escape, at most 50 each.
local measure = require('harness')

measure('mandelbrot', function(size)
  local sum = 0
  for y = 0, size - 1 do
    local ci = 2.0 * y / size - 1.0
    for x = 0, size - 1 do
      local cr = 2.0 * x / size - 1.5
      local zr, zi, steps = 0.0, 0.0, 0
      while steps < 50 and zr * zr + zi * zi <= 4.0 do
        local next = zr * zr - zi * zi + cr
        zi = 2.0 * zr * zi + ci
        zr = next
        steps = steps + 1
      end
      sum = sum + steps
    end
  end
  return sum
end)
