import { expect, test } from "vitest";
import { Claims } from "../../../src/actions/claims.ts";
import { rehearse, rehearseBeside } from "../../../src/actions/rehearse.ts";
import type { Tools } from "../../../src/actions/tools.ts";
import { CliError, Conflict } from "../../../src/errors.ts";
import { isObjectName } from "../../../src/kinds.ts";
import type { Cluster } from "../../../src/kube/port.ts";

const precondition = { uid: "u1", version: "7" };

/** Rehearses a Secret under another name with an API server that returns these errors. @returns the name */
const rehearsed = (name: string, refuse?: (name: string) => Error) =>
  rehearseBeside({ kind: "secret", namespace: "demo", name }, async (at) => {
    if (refuse) throw refuse(at.name);
    return at.name;
  });

const long = "a".repeat(242);

test.for([
  { what: "a short name", name: "acr", beside: "acr-rehearsal" },
  { what: "a dot where it is cut", name: `${long}.b`, beside: `${long}-rehearsal` },
  { what: "a dash where it is cut", name: `${long}-b`, beside: `${long}-rehearsal` },
  { what: "dashes before the cut", name: `${long.slice(2)}---b`, beside: `${long.slice(2)}-rehearsal` },
  { what: "the longest name", name: "a".repeat(253), beside: `${"a".repeat(243)}-rehearsal` },
])("rehearses a replacement under a valid name: $what", async ({ name, beside }) => {
  expect(await rehearsed(name)).toBe(beside);
  expect(isObjectName(beside)).toBe(true);
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
    { act: "rehearse", to, precondition, shape: "argocd-repository" },
    { tools, claims: new Claims(tools), objects: new Map() },
  );

  expect(written).toMatchObject([{ metadata: { labels: { "argocd.argoproj.io/secret-type": "repository" } }, data: {} }]);
});

const full = (name: string) => `Error from server (Forbidden): secrets "${name}" is forbidden: exceeded quota`;

test.for([
  { what: "an error", refuse: (name: string) => new CliError("forbidden", full(name), { hint: `look at ${name}` }), hint: "look at acr" },
  { what: "a conflict", refuse: (name: string) => new Conflict(full(name)), hint: undefined },
])("reports the Secret's own name in $what of a rehearsal", async ({ refuse, hint }) => {
  const error = await rehearsed("acr", refuse).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ message: full("acr"), kind: refuse("acr").kind, name: refuse("acr").name, hint });
});

test("throws a defect as it is", async () => {
  await expect(rehearsed("acr", () => new TypeError("no"))).rejects.toThrow(TypeError);
});
