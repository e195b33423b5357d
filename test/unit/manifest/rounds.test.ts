import { expect, test } from "vitest";
import * as yaml from "yaml";
import { listedNames } from "../../../src/manifest/objects.ts";
import { editManifest, readManifest } from "../../../src/manifest/patch.ts";
import type { Yaml } from "../../../src/manifest/read.ts";

/** Returns a List of pods, all of which merge the same part. */
const merged = (count: number) =>
  `apiVersion: v1\nkind: List\nitems:\n- &p {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: []}}\n${Array.from(
    { length: count },
    (_, index) => `- <<: *p\n  metadata: {name: p${index}}\n  spec:\n    containers: []\n`,
  ).join("")}`;

test("parses a manifest fewer than 20 times when 400 objects merge one part", () => {
  let parses = 0;
  const counting: Yaml = {
    ...yaml,
    parseAllDocuments: ((...args: Parameters<typeof yaml.parseAllDocuments>) => {
      parses++;
      return yaml.parseAllDocuments(...args);
    }) as typeof yaml.parseAllDocuments,
  };
  const manifest = readManifest(counting, { name: "f.yaml", text: merged(400) });

  const { text } = editManifest(manifest, { do: "attach", secret: "acr", chooses: () => true });

  expect(readManifest(yaml, { name: "f.yaml", text }).objects.map(listedNames)).toEqual(Array.from({ length: 401 }, () => ["acr"]));
  expect(parses).toBeLessThan(20);
});
