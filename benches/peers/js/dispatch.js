// Polymorphic dispatch: SIZE calls of one method at one place, on five classes in turn.
'use strict';
const { measure } = require('./harness');

class Shape {
  constructor(side) {
    this.side = side;
  }
  measureAt() {
    return 0;
  }
}

class Square extends Shape {
  measureAt() {
    return this.side * this.side;
  }
}

class Strip extends Shape {
  measureAt(i) {
    return this.side + i % 3;
  }
}

class Cube extends Shape {
  measureAt() {
    return this.side * this.side * this.side;
  }
}

class Hole extends Shape {
  measureAt() {
    return -this.side;
  }
}

class Counter extends Shape {
  constructor(side) {
    super(side);
    this.calls = 0;
  }
  measureAt() {
    this.calls++;
    return this.calls % this.side;
  }
}

measure('dispatch', (size) => {
  const shapes = [new Square(3), new Strip(4), new Cube(2), new Hole(5), new Counter(7)];
  let sum = 0;
  for (let i = 0; i < size; i++) {
    sum += shapes[i % 5].measureAt(i);
  }
  return sum;
});
