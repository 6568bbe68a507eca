require('node:test').test('it is well', () => {});
