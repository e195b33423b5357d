import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { screenOf } from "../../../../sandbox/screen.ts";
import { shows } from "../../../../sandbox/transcript.ts";
import { readCast, recordCast, stepsShown } from "../../../../scripts/docs/cast.ts";
import { pictured } from "../../../../scripts/docs/pages.ts";
import { picture } from "../../../../scripts/picture.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "../../../..", path), "utf8");

test("records the session of the README on a terminal", async () => {
  const { print, width } = readCast(read(pictured.cast));
  const lines = (await screenOf(print, width)).map(({ text }) => text);
  const sessions = lines.join("\n").split(/^\$ /m).slice(1);

  expect(sessions.length).toBe(4);
  for (const [at, { command, prints }] of stepsShown(read(pictured.page)).entries()) {
    const [typed = "", ...printed] = (sessions[at] ?? "").split("\n");
    expect(typed).toBe(command);
    // On a terminal, the plugin prints in advance what it is about to do. In a pipe it does not.
    expect(shows(prints, printed.filter((line) => !line.startsWith("restarting ")).join("\n"))).toBe(true);
  }
  expect(print).toContain("\u001b[31mmissing credential");
});

test("types the visible commands on the terminal, and the preparation elsewhere", async () => {
  const page = "```console\n$ echo before\nbefore\n$ kubectl acr-secret check 'a b'\nIMAGE\n$ echo after\n```\n";
  const typed: string[] = [];
  const type = async (command: string) => {
    typed.push(command);
    return { printed: "printed\r\n", code: 0 };
  };

  expect(readCast(await recordCast(page, { type }))).toEqual({
    width: 100,
    print: "\u001b[32m$\u001b[39m \u001b[1mkubectl acr-secret check 'a b'\u001b[22m\r\nprinted\r\n",
  });
  expect(typed).toEqual([
    "echo before",
    expect.stringMatching(/^TERM=\S+ script .* '.*kubectl acr-secret check '\\''a b'\\''' \/dev\/null$/),
  ]);
});

test("draws each color of the buffer", async () => {
  const svg = await picture({ width: 20, print: "a \u001b[31mno <b>\u001b[39m \u001b[2mdim\u001b[22m\r\n\r\n\u001b[1mbold\u001b[22m" });

  expect([...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" .*? fill="(#\w+)">(.*?)<\/text>/g)].map(([, ...at]) => at)).toEqual([
    ["20.0", "49.2", "#b7bfc9", "a"],
    ["36.8", "49.2", "#ff7b72", "no\u00a0&lt;b&gt;"],
    ["95.6", "49.2", "#8b949e", "dim"],
    ["20.0", "87.2", "#f0f6fc", "bold"],
  ]);
});
