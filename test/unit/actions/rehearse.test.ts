import { expect, test } from "vitest";
import { Claims } from "../../../src/actions/claims.ts";
import { rehearse } from "../../../src/actions/rehearse.ts";
import type { Tools } from "../../../src/actions/tools.ts";
import type { Cluster } from "../../../src/cluster/port.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import { isObjectName } from "../../../src/kinds.ts";

const precondition = { uid: "u1", version: "7" };

/** Rehearses a Secret with an API server that returns these errors. @returns the names of the written Secrets */
async function rehearsed(name: string, replaces: boolean, refuse?: (name: string) => Error) {
  const names: string[] = [];
  const write = async (to: { name: string }, _: unknown, { dryRun }: { dryRun: boolean }) => {
    expect(dryRun).toBe(true);
    names.push(to.name);
    if (refuse) throw refuse(to.name);
  };
  const tools = { cluster: () => ({ write }) as unknown as Cluster, write: { dryRun: false, fieldManager: "me" } } as unknown as Tools;
  await rehearse.apply(
    { act: "rehearse", to: { kind: "secret", namespace: "demo", name }, precondition, replaces },
    { tools, claims: new Claims(tools), objects: new Map() },
  );
  return names;
}

const long = "a".repeat(242);

test.for([
  { what: "a short name", name: "acr", beside: "acr-rehearsal" },
  { what: "a dot where it is cut", name: `${long}.b`, beside: `${long}-rehearsal` },
  { what: "a dash where it is cut", name: `${long}-b`, beside: `${long}-rehearsal` },
  { what: "dashes before the cut", name: `${long.slice(2)}---b`, beside: `${long.slice(2)}-rehearsal` },
  { what: "the longest name", name: "a".repeat(253), beside: `${"a".repeat(243)}-rehearsal` },
])("rehearses a replacement under a valid name: $what", async ({ name, beside }) => {
  expect(await rehearsed(name, true)).toEqual([beside]);
  expect(isObjectName(beside)).toBe(true);
});

test("rehearses a Secret under its own name when it is not replaced", async () => {
  expect(await rehearsed("acr", false)).toEqual(["acr"]);
});

test.for([
  { what: "a new Secret", precondition: undefined },
  { what: "an existing Secret", precondition },
])("rehearses the layout of another reader: $what", async ({ precondition }) => {
  const written: unknown[] = [];
  const write = async (_: unknown, text: object) => void written.push(Object.values(text)[0]);
  const tools = { cluster: () => ({ write }) as unknown as Cluster, write: { fieldManager: "me" } } as unknown as Tools;
  const to = { kind: "secret", namespace: "argocd", name: "acr" } as const;
  await rehearse.apply(
    { act: "rehearse", to, precondition, replaces: false, shape: "argocd-repository" },
    { tools, claims: new Claims(tools), objects: new Map() },
  );

  expect(written).toMatchObject([{ metadata: { labels: { "argocd.argoproj.io/secret-type": "repository" } }, data: {} }]);
});

const full = (name: string) => `Error from server (Forbidden): secrets "${name}" is forbidden: exceeded quota`;

test.for([
  { what: "an error", refuse: (name: string) => new CliError("forbidden", full(name), { hint: `look at ${name}` }), hint: "look at acr" },
  { what: "a conflict", refuse: (name: string) => new Conflict(full(name)), hint: undefined },
])("reports the Secret's own name in $what of a rehearsal", async ({ refuse, hint }) => {
  const error = await rehearsed("acr", true, refuse).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ message: full("acr"), kind: refuse("acr").kind, name: refuse("acr").name, hint });
});

test("throws a defect as it is", async () => {
  await expect(rehearsed("acr", true, () => new TypeError("no"))).rejects.toThrow(TypeError);
});
