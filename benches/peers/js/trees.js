// Allocation: many binary trees of every second depth from 4 to SIZE are made, counted and dropped.
'use strict';
const { measure } = require('./harness');

class Tree {
  constructor(left, right) {
    this.left = left;
    this.right = right;
  }
  count() {
    if (this.left === null) {
      return 1;
    }
    return 1 + this.left.count() + this.right.count();
  }
}

function tree(depth) {
  if (depth === 0) {
    return new Tree(null, null);
  }
  return new Tree(tree(depth - 1), tree(depth - 1));
}

measure('trees', (size) => {
  let sum = 0;
  for (let depth = 4; depth <= size; depth += 2) {
    const trees = 1 << (size - depth + 4);
    for (let i = 0; i < trees; i++) {
      sum += tree(depth).count();
    }
  }
  return sum;
});
