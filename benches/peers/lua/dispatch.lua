-- Polymorphic dispatch: SIZE calls of one method at one place, on five classes in turn.
local measure = require('harness')

-- A class: methods are found in it and then in its parent; `new` calls the nearest `birth`.
local function class(parent)
  local c = {}
  c.__index = c
  c.new = function(side)
    local o = setmetatable({}, c)
    o:birth(side)
    return o
  end
  return parent and setmetatable(c, { __index = parent }) or c
end

local Shape = class()
function Shape:birth(side)
  self.side = side
end
function Shape:measure_at()
  return 0
end

local Square = class(Shape)
function Square:measure_at()
  return self.side * self.side
end

local Strip = class(Shape)
function Strip:measure_at(i)
  return self.side + i % 3
end

local Cube = class(Shape)
function Cube:measure_at()
  return self.side * self.side * self.side
end

local Hole = class(Shape)
function Hole:measure_at()
  return -self.side
end

local Counter = class(Shape)
function Counter:birth(side)
  Shape.birth(self, side)
  self.calls = 0
end
function Counter:measure_at()
  self.calls = self.calls + 1
  return self.calls % self.side
end

measure('dispatch', function(size)
  local shapes = { Square.new(3), Strip.new(4), Cube.new(2), Hole.new(5), Counter.new(7) }
  local sum = 0
  for i = 0, size - 1 do
    sum = sum + shapes[i % 5 + 1]:measure_at(i)
  end
  return sum
end)
