// Recursive calls: the Fibonacci number SIZE.
'use strict';
const { measure } = require('./harness');

function fib(n) {
  if (n < 2) {
    return n;
  }
  return fib(n - 1) + fib(n - 2);
}

measure('fib', fib);
