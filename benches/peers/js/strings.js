// String building: SIZE lines of twenty numbers each, piece by piece, and a look into every line.
'use strict';
const { measure } = require('./harness');

measure('strings', (size) => {
  let sum = 0;
  for (let i = 0; i < size; i++) {
    let line = '';
    for (let j = 0; j < 20; j++) {
      line = line + i * j % 1000 + ',';
    }
    sum += line.length + line.charCodeAt(i % 40);
  }
  return sum;
});
