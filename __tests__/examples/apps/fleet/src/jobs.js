console.log(require('./version.json').version);
setInterval(() => undefined, 1000);
