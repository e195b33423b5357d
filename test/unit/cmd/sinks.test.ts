import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { sinksOf } from "../../../cmd/sinks.ts";

/** Two streams to one place, and the pieces that come there. */
function place({ isTTY = false } = {}) {
  const pieces: string[] = [];
  const stream = () =>
    Object.assign(
      new Writable({
        decodeStrings: false,
        write: (chunk, _encoding, done) => {
          pieces.push(String(chunk));
          done();
        },
        writev: (chunks, done) => {
          pieces.push(chunks.map(({ chunk }) => String(chunk)).join(""));
          done();
        },
      }),
      { isTTY: isTTY as true, columns: 80 },
    );
  return { pieces, ...sinksOf(stream(), { isTTY, open: stream }) };
}

test("lines of the same moment come in one piece, and those of the next in another", async () => {
  const { pieces, stdout } = place();

  stdout.write("a\n");
  await Promise.resolve();
  stdout.write("b\n");
  expect(pieces).toEqual([]);
  await turn();
  stdout.write("c\n");
  await turn();
  expect(pieces).toEqual(["a\nb\n", "c\n"]);
});

test("what is said beside comes where it was said", async () => {
  const { pieces, stdout, stderr } = place();

  stdout.write("a\n");
  stdout.write("b\n");
  stderr.write("Warning: b\n");
  stdout.write("c\n");
  await turn();
  expect(pieces).toEqual(["a\nb\n", "Warning: b\n", "c\n"]);
});

test("on a terminal each line comes at once", () => {
  const { pieces, stdout } = place({ isTTY: true });

  stdout.write("a\n");
  stdout.write("b\n");
  expect(pieces).toEqual(["a\n", "b\n"]);
});
