// A service that keeps its data in ./data and says which version it is.
const { appendFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { answer } = require('answer');
const health = require('./health.js');

createServer((request, response) => {
  if (request.url === '/health') return health(response);
  appendFileSync('data/visits', `${request.url}\n`);
  response.end(answer(require('./version.json'), process.env.APP_NAME));
}).listen(Number(process.env.PORT ?? 3000));
