import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ClusterKind } from "../../../src/kinds.ts";
import type { Cluster } from "../../../src/kube/port.ts";
import type { KubeObjects } from "../../../src/objects.ts";
import { listPullSecrets } from "../../../src/usage/listed-secrets.ts";
import { sourceSecret } from "../../support/records.ts";

test("requests the next page of Secrets before the caller has used the first one", async () => {
  const requested: string[] = [];
  async function* pages<K extends ClusterKind>(_: K, { fields = "" } = {}) {
    if (fields !== "type=kubernetes.io/dockerconfigjson") return;
    for (const name of ["a", "b", "c"]) {
      requested.push(name);
      yield [sourceSecret(`${name}/acr`)] as readonly object[] as KubeObjects[K][];
    }
  }
  const cluster: Partial<Cluster> = { pages };
  const scope = { cluster: cluster as Cluster, namespaces: ["a", "b", "c"], open: true, trace: () => {} };
  const seen: string[] = [];
  for await (const _ of listPullSecrets(scope, { selector: undefined, carriers: false })) {
    await turn();
    seen.push(requested.join(""));
  }

  expect(seen).toEqual(["ab", "abc", "abc"]);
});
