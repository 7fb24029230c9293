-- Allocation: many binary trees of every second depth from 4 to SIZE are made, counted and dropped.
local measure = require('harness')

local Tree = {}
Tree.__index = Tree

function Tree.new(left, right)
  return setmetatable({ left = left, right = right }, Tree)
end

function Tree:count()
  if self.left == nil then
    return 1
  end
  return 1 + self.left:count() + self.right:count()
end

local function tree(depth)
  if depth == 0 then
    return Tree.new(nil, nil)
  end
  return Tree.new(tree(depth - 1), tree(depth - 1))
end

measure('trees', function(size)
  local sum = 0
  for depth = 4, size, 2 do
    for _ = 1, 2 ^ (size - depth + 4) do
      sum = sum + tree(depth):count()
    end
  end
  return sum
end)
