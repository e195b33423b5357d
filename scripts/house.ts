// npm run house: prints the size of the sources, the tests and the pages next to their limits. `npm run check` fails above a limit.
import { measureHouse } from "./house/measure.ts";

// The reader of a pipe may stop early, such as `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

for (const { what, count, limit } of measureHouse()) {
  const mark = count > limit ? "  ✗" : "";
  process.stdout.write(`${what.padEnd(34)}${count.toLocaleString("en").padStart(9)}  at most ${limit.toLocaleString("en")}${mark}\n`);
}
