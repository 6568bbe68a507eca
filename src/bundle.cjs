'use strict';
// What dist/shipper.js offers: the start to index.js, and its SSH library to the server of script/demo.
exports.start = () => require('./main.js').start();
exports.ssh2 = () => require('ssh2');
