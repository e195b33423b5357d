import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { screenOf } from "../../../../sandbox/screen.ts";
import { shows } from "../../../../sandbox/transcript.ts";
import { draw, pictured, stepsShown, takePicture } from "../../../../scripts/docs/picture.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "../../../..", path), "utf8");

/** Returns the pieces of text of a picture: their column, row and color. */
const piecesOf = (svg: string) =>
  [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" .*? fill="(#\w+)">(.*?)<\/text>/g)].map(([, x, y, fill, text = ""]) => ({
    column: Math.round((Number(x) - 20) / 8.4),
    row: Math.round((Number(y) - 49.2) / 19),
    fill,
    text: text.replaceAll("\u00a0", " ").replaceAll("&lt;", "<").replaceAll("&gt;", ">"),
  }));

/** Returns the lines of a picture. */
function linesOf(svg: string): string[] {
  const lines: string[] = [];
  for (const { column, row, text } of piecesOf(svg)) lines[row] = (lines[row] ?? "").padEnd(column) + text;
  return Array.from(lines, (line) => line ?? "");
}

test("shows the session of the README on a terminal", () => {
  const svg = read(pictured.image);
  const sessions = linesOf(svg).join("\n").split(/^\$ /m).slice(1);

  expect(sessions.length).toBe(4);
  for (const [at, { command, prints }] of stepsShown(read(pictured.page)).entries()) {
    const [typed = "", ...printed] = (sessions[at] ?? "").split("\n");
    expect(typed).toBe(command);
    // On a terminal, the plugin prints in advance what it is about to do, and the next command. In a pipe it does not.
    expect(shows(prints, printed.filter((line) => !/^(?:restarting|hint: kubectl) /.test(line)).join("\n"))).toBe(true);
  }
  expect(piecesOf(svg)).toContainEqual(expect.objectContaining({ text: "missing credential", fill: "#ff7b72" }));
});

test("types the visible commands on the terminal, and the preparation elsewhere", async () => {
  const page = "```console\n$ echo before\nbefore\n$ kubectl acr-secret check 'a b'\nIMAGE\n$ echo after\n```\n";
  const typed: string[] = [];
  const type = async (command: string) => {
    typed.push(command);
    return { printed: "printed\r\n", code: 0 };
  };

  expect(linesOf(await takePicture(page, { type }))).toEqual(["$ kubectl acr-secret check 'a b'", "printed"]);
  expect(typed).toEqual([
    "echo before",
    expect.stringMatching(/^TERM=\S+ script .* '.*kubectl acr-secret check '\\''a b'\\''' \/dev\/null$/),
  ]);
});

test("draws each color of the buffer", async () => {
  const svg = draw(await screenOf("a \u001b[31mno <b>\u001b[39m \u001b[2mdim\u001b[22m\r\n\r\n\u001b[1mbold\u001b[22m", 20));

  expect([...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" .*? fill="(#\w+)">(.*?)<\/text>/g)].map(([, ...at]) => at)).toEqual([
    ["20.0", "49.2", "#b7bfc9", "a"],
    ["36.8", "49.2", "#ff7b72", "no\u00a0&lt;b&gt;"],
    ["95.6", "49.2", "#8b949e", "dim"],
    ["20.0", "87.2", "#f0f6fc", "bold"],
  ]);
});
