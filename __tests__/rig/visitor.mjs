// Asks one address again and again, four at a time, each over a new connection, until stdin ends; then it prints what
// came back, as JSON.
import { get } from 'node:http';

const [url] = process.argv.slice(2);
const answers = {};
const failures = {};
let over = false;

function ask() {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: 30_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.once('end', () => resolve(`${response.statusCode} ${body.trim().slice(0, 200)}`));
      response.once('error', reject);
    });
    request.once('timeout', () => request.destroy(new Error('no answer for 30 seconds')));
    request.once('error', reject);
  });
}

async function visit() {
  while (!over) {
    try {
      const answer = await ask();
      answers[answer] = (answers[answer] ?? 0) + 1;
    } catch (error) {
      failures[error.message] = (failures[error.message] ?? 0) + 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

process.stdin.resume().once('end', () => (over = true));
console.log('visiting');
await Promise.all([visit(), visit(), visit(), visit()]);
console.log(JSON.stringify({ answers, failures }));
process.exit(0);
