// npm run house: prints the size of the sources and of the tests next to their limits. `npm run check` fails above a limit.
import { measureHouse } from "./house/measure.ts";

for (const { what, count, limit } of measureHouse()) {
  const mark = count > limit ? "  ✗" : "";
  process.stdout.write(`${what.padEnd(36)}${count.toLocaleString("en").padStart(7)}  at most ${limit.toLocaleString("en")}${mark}\n`);
}
