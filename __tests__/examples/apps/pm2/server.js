// It says which version it is, and where it runs; on SIGINT it answers what it was asked and ends.
const cluster = require('node:cluster');
const { createServer } = require('node:http');
const version = require('./version.json');

createServer((request, response) => {
  response.statusCode = request.url === '/health' && version.includes('ill') ? 500 : 200;
  response.end(`${version} ${process.cwd()}`);
}).listen(3000);
process.once('SIGINT', () => cluster.worker.disconnect());
