module.exports = (response) => response.end('well');
