// The harness of the kernels: see benches/programs/kernels/harness.nyash.
'use strict';

exports.measure = function (name, run) {
  const size = parseInt(process.argv[2], 10);
  const iterations = parseInt(process.argv[3] ?? '1', 10);
  if (!(size > 0 && iterations > 0)) {
    console.error(`usage: ${name}.js SIZE [ITERATIONS], numbers above zero`);
    process.exit(1);
  }
  let first;
  for (let i = 0; i < iterations; i++) {
    const start = process.hrtime.bigint();
    const result = run(size);
    const micros = (process.hrtime.bigint() - start) / 1000n;
    console.log(`${name}: iterations=1 runtime: ${micros}us`);
    if (i === 0) {
      first = result;
    } else if (result !== first) {
      console.error(`${name}: the result was ${first} and is ${result}`);
      process.exit(1);
    }
  }
  console.log(`result: ${first}`);
};
