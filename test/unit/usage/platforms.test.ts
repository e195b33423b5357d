import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import type { Cluster } from "../../../src/kube/port.ts";
import type { ImageRef, Platform, Proof, Registry } from "../../../src/registry/port.ts";
import { forNodesOf } from "../../../src/usage/platforms.ts";

const image: ImageRef = { host: "r.azurecr.io", repository: "app", reference: "1" };
const node = (os?: string, architecture?: string) => ({ status: { nodeInfo: { operatingSystem: os, architecture } } });

/** Proves an image twice for nodes on two pages. `forbidden`: the user may not list nodes. */
async function proved(pages: readonly (readonly object[])[], forbidden = false, verdict: Proof["verdict"] = "pulls") {
  const asked: (readonly Platform[] | undefined)[] = [];
  let lists = 0;
  const registry = {
    prove: async (_image, _login, platforms): Promise<Proof> => {
      asked.push(platforms);
      return { verdict, message: verdict === "pulls" ? "yes" : "no" };
    },
  } as Pick<Registry, "prove"> as Registry;
  const cluster = {
    pages: async function* () {
      lists++;
      if (forbidden) throw new CliError("forbidden", "no");
      yield* pages;
    },
  } as unknown as Pick<Cluster, "pages">;
  const deep = forNodesOf(cluster, registry);
  const proofs = await Promise.all([deep.prove(image, undefined), deep.prove(image, undefined)]);
  return { asked: asked[0]?.map(({ os, architecture }) => `${os}/${architecture}`), message: proofs[0]?.message, lists };
}

test.for([
  {
    what: "nodes of two platforms",
    pages: [[node("linux", "arm64"), node("linux", "amd64")], [node("linux", "arm64")]],
    asked: ["linux/amd64", "linux/arm64"],
  },
  { what: "no nodes", pages: [[]], asked: ["linux/amd64"] },
  { what: "a node that has not reported yet", pages: [[node(), {}]], asked: ["linux/amd64"] },
])("fetches an image for the platforms of $what", async ({ pages, asked }) => {
  expect(await proved(pages)).toEqual({ asked, message: "yes", lists: 1 });
});

test("uses linux/amd64 and says so when nodes cannot be listed", async () => {
  expect(await proved([], true)).toEqual({
    asked: ["linux/amd64"],
    message: "yes\n* cannot list nodes, so only linux/amd64 was checked",
    lists: 1,
  });
});

test.for([
  { verdict: "other-platform", message: "no: cannot list nodes, so only linux/amd64 was checked" },
  { verdict: "blocked", message: "no" },
] as const)("adds no line to the registry's when the verdict is $verdict and nodes cannot be listed", async ({ verdict, message }) => {
  expect(await proved([], true, verdict)).toMatchObject({ message });
});
