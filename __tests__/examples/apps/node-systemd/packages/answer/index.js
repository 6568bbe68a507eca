exports.answer = (version, name) => `${version} ${name}`;
