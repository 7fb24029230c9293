// Floats: how many steps the points of a picture of SIZE times SIZE need to escape, at most 50 each.
'use strict';
const { measure } = require('./harness');

measure('mandelbrot', (size) => {
  let sum = 0;
  for (let y = 0; y < size; y++) {
    const ci = 2.0 * y / size - 1.0;
    for (let x = 0; x < size; x++) {
      const cr = 2.0 * x / size - 1.5;
      let zr = 0.0;
      let zi = 0.0;
      let steps = 0;
      while (steps < 50 && zr * zr + zi * zi <= 4.0) {
        const next = zr * zr - zi * zi + cr;
        zi = 2.0 * zr * zi + ci;
        zr = next;
        steps++;
      }
      sum += steps;
    }
  }
  return sum;
});
