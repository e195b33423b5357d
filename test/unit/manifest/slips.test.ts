import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as yaml from "yaml";
import { CliError } from "../../../src/errors.ts";
import { editManifest, readManifest } from "../../../src/manifest/patch.ts";
import { differ } from "../../support/manifests/differ.ts";
import { shapes } from "../../support/manifests/shapes.ts";
import type { Choose } from "../../support/manifests/styled.ts";

/** Typical mistakes in a manual edit of a manifest. */
const words = [
  "\n",
  " ",
  "- ",
  ": ",
  "#",
  " # x",
  "{",
  "}",
  "[",
  "]",
  ",",
  "\t",
  "\r\n",
  "---\n",
  "...\n",
  "&a ",
  "*a",
  "<<: *a\n",
  "? ",
  "|\n",
].concat([
  ">-\n",
  '"',
  "'",
  "!!map ",
  "imagePullSecrets:",
  "imagePullSecrets: []",
  "name: acr",
  "~",
  "%YAML 1.1\n",
  "\ufeff",
  "spec:",
  "ä",
]);

function withMistake(text: string, choose: Choose, upTo: (most: number) => number): string {
  const at = upTo(text.length);
  const lines = text.split("\n");
  const [line, other] = [upTo(lines.length - 1), upTo(lines.length - 1)];
  const mistakes = {
    remove: () => text.slice(0, at) + text.slice(at + 1 + upTo(3)),
    insert: () => text.slice(0, at) + choose(...words) + text.slice(at),
    removeLine: () => lines.toSpliced(line, 1).join("\n"),
    repeatLine: () => lines.toSpliced(other, 0, lines[line] ?? "").join("\n"),
    indentLine: () => lines.with(line, `${choose(" ", "  ", "- ")}${lines[line]}`).join("\n"),
  };
  return mistakes[choose(...(Object.keys(mistakes) as (keyof typeof mistakes)[]))]();
}

const edited = (text: string, act: "attach" | "detach") =>
  editManifest(readManifest(yaml, { name: "f.yaml", text }), { do: act, secret: "acr", chooses: () => true });

/** Returns the edited text, or undefined if the edit is rejected. Any other error is a defect. */
function attempted(text: string, act: "attach" | "detach") {
  try {
    return edited(text, act);
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    return undefined;
  }
}

/** Returns all data of a text except the lists of pull secrets, parsed by the library. */
function otherData(text: string): unknown {
  const documents = yaml.parseAllDocuments(text, { merge: true, logLevel: "error" }) as yaml.Document[];
  const others = (key: string, value: unknown) => (key === "imagePullSecrets" ? undefined : value);
  return documents.map((document) => JSON.parse(JSON.stringify(document.toJS() ?? null, others)));
}

test("edits only the lists of a manifest with mistakes, or rejects it", () => {
  const short = shapes.filter(({ text }) => text.length < 5000);
  fc.assert(
    fc.property(fc.gen(), (gen) => {
      const upTo = (most: number) => gen(fc.nat, { max: Math.max(0, most) });
      const choose: Choose = (...of) => of[upTo(of.length - 1)] as never;
      const whole = choose(...short).text;
      const text = Array.from({ length: 1 + upTo(2) }).reduce<string>((previous) => withMistake(previous, choose, upTo), whole);
      const after = attempted(text, "attach");
      if (!after) return;
      expect(differ(text, after.text).gone.length, text).toBeLessThanOrEqual(after.objects.length);
      expect(isDeepStrictEqual(otherData(text), otherData(after.text)), text).toBe(true);
      expect(edited(after.text, "attach").text).toBe(after.text);
      const back = attempted(after.text, "detach");
      if (!text.includes("imagePullSecrets")) expect(back?.text).toBe(text);
    }),
    { numRuns: Number(process.env.RUNS ?? 300) },
  );
});
