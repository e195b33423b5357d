// settle.ts FOLDER: reads the code that V8 compiled for the bundles in the folder, and writes it again. V8 numbers functions in the order
// in which it compiles them. In a run (scripts/warm.ts) that order depends on which response arrives first. Here the bundles are read in a
// fixed order, so the numbers are always the same.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

const [folder = ""] = process.argv.slice(2);
const bundles = readdirSync(folder)
  .filter((file) => file.endsWith(".cjs"))
  .sort();

for (const filename of bundles) {
  const cache = join(folder, filename.replace(/cjs$/, "cache"));
  const script = new Script(readFileSync(join(folder, filename), "latin1"), { filename, cachedData: readFileSync(cache) });
  if (script.cachedDataRejected !== false) throw new Error(`V8 does not take what it has compiled of ${filename}`);
  writeFileSync(cache, script.createCachedData());
}
