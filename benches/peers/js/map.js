// Maps: SIZE counts in a map with 1000 text keys and in one with 4093 integer keys.
'use strict';
const { measure } = require('./harness');

measure('map', (size) => {
  const keys = [];
  const texts = new Map();
  const numbers = new Map();
  for (let i = 0; i < 1000; i++) {
    keys.push('key' + i);
    texts.set('key' + i, 0);
  }
  for (let i = 0; i < size; i++) {
    const text = keys[i * 31 % 1000];
    texts.set(text, texts.get(text) + 1);
    const number = i * 7919 % 4093;
    if (numbers.has(number)) {
      numbers.set(number, numbers.get(number) + i % 3);
    } else {
      numbers.set(number, 1);
    }
  }
  let sum = 0;
  for (let i = 0; i < 1000; i++) {
    sum += texts.get(keys[i]) * i;
  }
  for (let i = 0; i < 4093; i++) {
    if (numbers.has(i)) {
      sum += numbers.get(i) * i;
    }
  }
  return sum;
});
