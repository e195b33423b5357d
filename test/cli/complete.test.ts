import { expect, test } from "vitest";
import { complete } from "../../cmd/line/complete.ts";
import { scopeFlags } from "../../cmd/line/scope-flags.ts";
import { verb } from "../../cmd/verb.ts";
import type { Cluster } from "../../src/cluster/port.ts";
import type { ClusterKind } from "../../src/kinds.ts";
import type { KubeObjects } from "../../src/objects.ts";
import { open } from "../support/in-process.ts";

/** A verb for many places. */
const many = {
  name: "many",
  summary: "",
  load: async () => verb({ usage: "many", examples: [], flags: scopeFlags, most: 0, run: async () => 0 }),
};

test.for([
  { words: ["many", "--namespaces", "team-"], gives: ["team-a", "team-b"], directive: 6 },
  { words: ["many", "--namespaces", "demo,team-"], gives: ["demo,team-a", "demo,team-b"], directive: 6 },
  { words: ["many", "--namespaces=demo,team-a,d"], gives: ["demo,team-a,demo"], directive: 6 },
  { words: ["many", "--exclude-namespaces", "d"], gives: ["demo"], directive: 6 },
  { words: ["many", "--contexts", "kind-dev,p"], gives: ["kind-dev,prod-eu"], directive: 6 },
  { words: ["many", "--all-contexts", "--concurrency", ""], gives: [], directive: 4 },
])("completes $words", async ({ words, gives, directive }) => {
  const cluster: Pick<Cluster, "pages"> = {
    pages: async function* <K extends ClusterKind>() {
      yield ["demo", "team-a", "team-b"].map((name) => ({ metadata: { name } }) as KubeObjects[K]);
    },
  };
  const { context, printed } = open({ cluster, contexts: ["kind-dev", "prod-eu"], patient: true });

  await complete(words, [many], context);

  expect(printed()).toEqual({ stdout: [...gives, `:${directive}\n`].join("\n"), stderr: "" });
});
