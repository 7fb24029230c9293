-- The harness of the kernels: see benches/programs/kernels/harness.nyash. The time is CPU time: Lua has no finer clock.

return function(name, run)
  local size, iterations = tonumber(arg[1]), tonumber(arg[2] or 1)
  if not (size and iterations and size > 0 and iterations > 0) then
    io.stderr:write(("usage: %s.lua SIZE [ITERATIONS], numbers above zero\n"):format(name))
    os.exit(1)
  end
  local first
  for i = 1, iterations do
    local start = os.clock()
    local result = run(size)
    local micros = (os.clock() - start) * 1e6
    print(("%s: iterations=1 runtime: %.0fus"):format(name, micros))
    if i == 1 then
      first = result
    elseif result ~= first then
      io.stderr:write(("%s: the result was %s and is %s\n"):format(name, first, result))
      os.exit(1)
    end
  end
  print(("result: %.0f"):format(first))
end
