const { createServer } = require('node:http');
const { version, ill } = require('./version.json');

createServer((request, response) => {
  const host = require('node:os').hostname();
  if (request.url === '/health' && ill === host) response.writeHead(500);
  if (request.url === '/up' && ill === 'site') response.writeHead(302, { location: '/login' });
  response.end(version);
}).listen(3000);
