import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import * as yaml from "yaml";
import { editManifest, readManifest } from "../../../src/manifest/patch.ts";
import { differ } from "../../support/manifests/differ.ts";
import type { Shape } from "../../support/manifests/shape.ts";
import { shapes } from "../../support/manifests/shapes.ts";

const edited = (text: string, act: "attach" | "detach", { accounts }: Shape) =>
  editManifest(readManifest(yaml, { name: "f.yaml", text }), {
    do: act,
    secret: "acr",
    chooses: ({ kind }) => (accounts ? !kind.makesPods : kind.makesPods),
  });

/** Returns the data of a text, parsed by the library and not by the plugin's code. */
const says = (text: string) =>
  (yaml.parseAllDocuments(text, { merge: true, logLevel: "error" }) as yaml.Document[]).map((document) =>
    JSON.parse(JSON.stringify(document.toJS() ?? null)),
  );

type Data = { kind?: string; apiVersion?: string; items?: Data[]; spec: Record<string, never> };

const holderOf: Readonly<Record<string, (object: Data) => { imagePullSecrets?: unknown[] }>> = {
  Pod: ({ spec }) => spec as never,
  ServiceAccount: (object) => object as never,
  CronJob: ({ spec }) => (spec as never)["jobTemplate"]["spec"]["template"]["spec"],
};

const flat = (object: Data | null): Data[] => (object?.items ? object.items.flatMap(flat) : object ? [object] : []);

const isSelected = ({ kind = "", apiVersion = "" }: Data, { accounts }: Shape) =>
  !/example/.test(apiVersion) &&
  (accounts ? kind === "ServiceAccount" : /^(Pod|\w+Set|\w*Job|Deployment|ReplicationController)$/.test(kind));

/** Returns the same data with one more entry in each selected list. */
function withEntry(documents: readonly (Data | null)[], shape: Shape): (Data | null)[] {
  const all = structuredClone([...documents]);
  for (const object of all.flatMap(flat).filter((each) => isSelected(each, shape))) {
    const holder = (holderOf[object.kind ?? ""] ?? (({ spec }: Data) => (spec as never)["template"]["spec"]))(object);
    const names = (holder.imagePullSecrets ?? []) as { name?: string }[];
    if (!names.some((entry) => entry.name === "acr")) holder.imagePullSecrets = [...names, { name: "acr" }];
  }
  return all;
}

test("has at least 60 shapes with unique names", () => {
  expect(shapes.length).toBeGreaterThanOrEqual(60);
  expect(new Set(shapes.map(({ name }) => name)).size).toBe(shapes.length);
});

test.for(shapes)("attaches to and detaches from $name", (shape) => {
  const { text, gets, alters = 0, had } = shape;
  const attached = edited(text, "attach", shape);
  expect(attached.objects.filter(({ changed }) => changed)).toHaveLength(gets);

  const { gone, come } = differ(text, attached.text);
  expect(gone).toHaveLength(alters);
  expect(come.length > alters || alters > 0 || gets === 0).toBe(true);
  if (text.includes("\r\n") && !text.includes("mixed")) expect(attached.text.replaceAll("\r\n", "")).not.toContain("\n");
  expect(attached.text.endsWith("\n")).toBe(text.endsWith("\n"));

  expect(isDeepStrictEqual(says(attached.text), withEntry(says(text), shape)), attached.text).toBe(true);

  const again = edited(attached.text, "attach", shape);
  expect(again.text).toBe(attached.text);
  expect(again.objects.some(({ changed }) => changed)).toBe(false);

  const detached = edited(attached.text, "detach", shape);
  if (!had) expect(detached.text).toBe(text);
  expect(edited(detached.text, "detach", shape).text).toBe(detached.text);
});
