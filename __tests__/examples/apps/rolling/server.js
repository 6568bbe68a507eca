const { createServer } = require('node:http');
const { version, ill } = require('./version.json');

createServer((request, response) => {
  if (request.url === '/health' && ill === require('node:os').hostname()) response.writeHead(500);
  // Some answers take a while: a restart must not cut them off.
  setTimeout(() => response.end(version), Math.random() < 0.05 ? 1000 : 0);
}).listen(3000);
