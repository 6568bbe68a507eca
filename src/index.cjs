'use strict';
// The file that starts, as dist/index.js. It keeps to the syntax of the oldest Node, so that each one can say what it needs.
var version = process.versions.node.split('.').map(Number);
if (version[0] > 20 || (version[0] === 20 && version[1] >= 19)) {
  require('./shipper.js').start();
} else {
  console.error('Shipper needs Node 20.19 or newer; this is Node ' + process.versions.node + '.');
  process.exitCode = 1;
}
