// Runs the smoke program in Node's WebAssembly and prints its report. It gives the module nothing: whatever the
// module imports is a mistake, because nyrt makes no call to the outside except through `Host`.
import { readFileSync, writeSync } from 'node:fs';

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) {
  console.error('the module imports ' + imports.map((i) => `${i.module}.${i.name}`).join(', '));
  process.exit(1);
}
const { exports } = new WebAssembly.Instance(module, {});
const bytes = () => Buffer.from(exports.memory.buffer, exports.text() >>> 0, exports.text_len() >>> 0);
try {
  exports.run();
} catch (trap) {
  console.error(`the module trapped: ${trap.message}\n${bytes()}`);
  process.exit(1);
}
const report = bytes();
for (let at = 0; at < report.length; ) {
  at += writeSync(1, report, at);
}
