import { load } from "js-yaml";
import { expect, test } from "vitest";
import { tenants } from "../../support/hostile/cluster-places.ts";
import { readByPrograms, wordsOf } from "../../support/hostile/lines.ts";
import { texts } from "../../support/hostile/texts.ts";
import { type } from "../../support/hostile/type.ts";
import { world } from "../../support/hostile/world.ts";
import { run } from "../../support/in-process.ts";

test.for(tenants)("JSON and YAML hold what stands in $where as it is", async (place) => {
  for (const { text } of texts)
    for (const line of readByPrograms) {
      const [json, yaml] = await Promise.all(["json", "yaml"].map((form) => type(`${line} -o ${form}`, place, text, false)));
      const data: unknown = JSON.parse(json?.stdout || "null");
      expect(load(yaml?.stdout || "null"), line).toEqual(data);
    }
});

test.for(tenants)("a list's objects are those of the cluster, whatever stands in $where", async (place) => {
  for (const { text } of texts) {
    const made = world();
    place.lay?.(made, text);
    const { stdout } = await run(wordsOf("list -n demo -o json --show-managed-fields"), made.ports);
    const pullSecrets = made.cluster.all("secret").filter((secret) => secret.type === "kubernetes.io/dockerconfigjson");
    expect(JSON.parse(stdout).items).toEqual(pullSecrets.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)));
  }
});
