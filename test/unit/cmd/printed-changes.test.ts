import { expect, test } from "vitest";
import { account, pullSecret } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

test("prints the objects of a cluster that lack the Secret when -o kustomize or -o helm, and writes nothing", async () => {
  const world = await stored("demo");
  world.cluster.put(account("demo", "default", ["theirs"]));
  world.cluster.put(pullSecret("demo", "theirs"));
  world.cluster.put(account("demo", "done", ["acr-myregistry"]));
  world.asking.forget();
  const typed = "attach acr-myregistry -n demo --all-serviceaccounts -o";
  expect(await type(`${typed} kustomize`, world.ports)).toEqual({
    stdout: `# In a kustomization.yaml
# Kustomize replaces the whole list of a ServiceAccount, so the patch contains all names
patches:
- target:
    kind: ServiceAccount
    name: default
  patch: |-
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: default
    imagePullSecrets:
    - name: theirs
    - name: acr-myregistry
`,
    stderr: "",
    code: 0,
  });
  expect(await type(`${typed} helm`, world.ports)).toMatchObject({
    stdout: expect.stringMatching(/^# Charts created with helm create/),
    code: 0,
  });
  expect(world.asking.writes).toEqual([]);
});
