// An array of booleans: how many primes there are up to SIZE.
'use strict';
const { measure } = require('./harness');

measure('sieve', (size) => {
  const prime = [];
  for (let i = 0; i <= size; i++) {
    prime.push(true);
  }
  let count = 0;
  for (let i = 2; i <= size; i++) {
    if (prime[i]) {
      count++;
      for (let multiple = i + i; multiple <= size; multiple += i) {
        prime[multiple] = false;
      }
    }
  }
  return count;
});
