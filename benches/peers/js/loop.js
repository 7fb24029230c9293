// A loop of SIZE turns over integers.
'use strict';
const { measure } = require('./harness');

measure('loop', (size) => {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    sum += i % 7;
  }
  return sum;
});
