import { load } from "js-yaml";
import { expect, test } from "vitest";
import { linesOf } from "../../support/fakes/fleet.ts";
import { tenants } from "../../support/hostile/cluster-places.ts";
import { readByPrograms, wordsOf } from "../../support/hostile/lines.ts";
import { texts } from "../../support/hostile/texts.ts";
import { type } from "../../support/hostile/type.ts";
import { world } from "../../support/hostile/world.ts";
import { run } from "../../support/in-process.ts";

test.for(tenants)("prints what is in $where unchanged as JSON and YAML", async (place) => {
  for (const { text } of texts)
    for (const line of readByPrograms) {
      const [json, yaml] = await Promise.all(["json", "yaml"].map((form) => type(`${line} -o ${form}`, place, text, false)));
      const data: unknown = JSON.parse(json?.stdout || "null");
      expect(load(yaml?.stdout || "null"), line).toEqual(data);
    }
});

test.for(tenants)("lists the same objects as JSON and as lines of JSON when $where has hostile text", async (place) => {
  for (const { text } of texts) {
    const made = world();
    place.prepare?.(made, text);
    const [json, lines] = await Promise.all(["json", "jsonl"].map((form) => run(wordsOf(`list -n demo -o ${form}`), made.ports)));
    const { items } = JSON.parse(json?.stdout ?? "");
    const pullSecrets = made.cluster.all("secret").filter((secret) => secret.type === "kubernetes.io/dockerconfigjson");
    expect(items.map(({ name }: { name: string }) => name)).toEqual(pullSecrets.map(({ metadata: { name } }) => name).sort());
    expect(linesOf(lines?.stdout ?? "").map((line) => JSON.parse(line))).toEqual(items);
  }
});
