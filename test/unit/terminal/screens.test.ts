import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { verbs } from "../../../cmd/verbs.ts";
import { type Row, screenOf } from "../../../sandbox/screen.ts";
import { played } from "../../support/scenes.ts";

// The screens of every verb: its help, output, warnings and errors. A new verb is included automatically.
const names = ["help", ...verbs.map(({ name }) => name)];
const widths = [40, 80, 120];

/** Formats a row with its colors as words: `{red}error:{/} …`. */
const painted = ({ pieces }: Row) =>
  pieces
    .map(({ text, look }) => (look === "" ? text : `{${look}}${text}{/}`))
    .join("")
    .trimEnd();

describe.for(names)("kubectl acr-secret %s", (name) => {
  test.for(widths)("prints the recorded screen on %d columns, and no fact by color alone", async (columns) => {
    const [colored, plain] = [await played(name, columns), await played(name, columns, { NO_COLOR: "1" })];
    const screen = await screenOf(colored, columns);

    expect(stripVTControlCharacters(colored)).toBe(plain);
    expect(plain).not.toContain("\u001b");
    expect(screen.every(({ text }) => text.length <= columns)).toBe(true);
    await expect(`${screen.map(painted).join("\n")}\n`).toMatchFileSnapshot(`screens/${name}-${columns}.txt`);
  });
});

test("prints different words when it uses two colors", async () => {
  const looks = new Map<string, Set<string>>();
  for (const name of names) {
    const rows = await screenOf(await played(name, 200), 200);
    for (const { text, look } of rows.flatMap(({ pieces }) => pieces).filter(({ look }) => look !== ""))
      looks.set(text, (looks.get(text) ?? new Set()).add(look));
  }

  expect([...looks.keys()]).toEqual(expect.arrayContaining(["error:", "hint:", "Warning:", "ready", "missing credential"]));
  expect([...looks].filter(([, of]) => of.size > 1)).toEqual([]);
});
