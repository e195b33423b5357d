// Finds this platform's program. npm installs it as a separate package, an optional dependency of this one.
const { join } = require("node:path");

const platform = `${process.platform}-${process.arch}`;
const name = `@kubectl-acr-secret/${platform}`;

/** Returns the program's path. @throws Error with the fix */
function find() {
  const { programs } = require("./platforms.json");
  const program = programs[platform];
  if (!program) throw new Error(`kubectl-acr-secret is not packaged for ${platform}, but for ${Object.keys(programs).join(", ")}`);
  try {
    return join(require.resolve(`${name}/package.json`), "..", program);
  } catch {
    throw new Error(`npm has left out ${name}: npm install --global kubectl-acr-secret --include=optional`);
  }
}

module.exports = { find };
