import { expect, test } from "vitest";
import { Claims } from "../../../src/actions/claims.ts";
import { rehearse } from "../../../src/actions/rehearse.ts";
import type { Tools } from "../../../src/actions/tools.ts";
import type { Cluster } from "../../../src/kube/port.ts";

const precondition = { uid: "u1", version: "7" };

test.for([
  { what: "a new Secret", precondition: undefined },
  { what: "an existing Secret", precondition },
])("rehearses the layout of another reader: $what", async ({ precondition }) => {
  const written: unknown[] = [];
  const write = async (_: unknown, text: object) => void written.push(Object.values(text)[0]);
  const tools = { cluster: () => ({ write }) as unknown as Cluster, write: { fieldManager: "me" } } as unknown as Tools;
  const to = { kind: "secret", namespace: "argocd", name: "acr" } as const;
  await rehearse.apply(
    { act: "rehearse", to, precondition, shape: "argocd-repository" },
    { tools, claims: new Claims(tools), objects: new Map() },
  );

  expect(written).toMatchObject([{ metadata: { labels: { "argocd.argoproj.io/secret-type": "repository" } }, data: {} }]);
});
