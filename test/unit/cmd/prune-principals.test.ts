import { expect } from "vitest";
import { loginsAnnotation } from "../../../src/secret/entry.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { here, leftOver } from "../../support/leftovers.ts";
import { all, any, type Given, type Row, refuse, testRows, typed } from "../../support/rows.ts";
import { acrPull } from "../../support/service-principal.ts";

const line = "prune --registry myregistry";
const yes = `${line} --yes`;
const nothing = { command: yes, stdout: [], stderr: ["no leftovers found"] };
const [application, role] = ["application.graph.microsoft.com", "roleassignment.management.azure.com"];
const later = { now: () => new Date("2026-03-01T00:00:00Z") };
const principal = () => leftOver("--service-principal");

/** Another user's application has a role, and passwords of two Secrets. */
const shared = all(
  ({ azure: { directory } }) => directory.assign(directory.put("ci"), acrPull),
  typed("create two --registry myregistry --namespaces a,b --credential-per scope --service-principal=ci"),
);
const lose =
  (...namespaces: string[]): Given =>
  ({ cluster }) => {
    for (const namespace of namespaces) cluster.remove("secret", namespace, "two");
  };
/** Another client signs in to all applications with another key. */
const otherKeys =
  (otherKey: "certificate" | "federated credential"): Given =>
  ({ azure: { directory } }) => {
    for (const { id } of directory.applications) directory.access.set(id, { owners: ["o-1"], principalOwners: [], otherKeys: [otherKey] });
  };
const keys =
  (...counts: number[]) =>
  ({ azure: { directory } }: FakeWorld) => {
    expect(directory.applications.map((of) => of.keys.length)).toEqual(counts);
    expect(directory.assignments).toHaveLength(2);
  };
const own = /^b-acr-myregistry-\S+ +password +secret acr-myregistry in namespace b +59d +<unknown> +orphan *\n$/;

testRows(
  [
    {
      does: "deletes an application of its own whose Secret was deleted, and then its role",
      world: principal,
      command: `${line} --no-headers`,
      stdout: own,
      stderr: /^1 .* --yes\n$/,
      after: [
        {
          command: yes,
          stdout: new RegExp(`^${application}/(b-acr-\\S+) deleted\n${role}/\\1 deleted\n$`),
          leaves: { applications: [expect.stringMatching(/^a-acr-/)], roles: 1 },
        },
        nothing,
      ],
    },
    {
      does: "deletes only the password of another user's application, and prints its id",
      given: all(shared, lose("a", "b")),
      command: yes,
      stdout: new RegExp(`${application}/ci configured \\(-cccccccc-\\S+\\)\n`),
      leaves: { applications: ["ci: of others"], roles: 1 },
    },
    {
      does: "keeps a password that one Secret holds",
      given: all(shared, lose("a")),
      command: `${line} -o jsonl`,
      stdout: /"what":"password".*"state":"in use"/,
      stderr: any,
    },
    {
      does: "deletes an application without a password that a killed run left",
      given: ({ azure: { directory } }) => {
        const notes = `kubectl acr-secret: secret acr in namespace b of cluster ${here}`;
        directory.assign(directory.put("b-acr-1", { keys: 0, notes }), acrPull, { ours: true });
      },
      command: yes,
      stdout: new RegExp(`${application}/b-acr-1 deleted\n${role}/b-acr-1 deleted\n`),
      leaves: { applications: [], roles: 0 },
    },
    {
      does: "deletes a role without a principal only if this plugin assigned it",
      given: ({ azure: { directory } }) => {
        for (const ours of [true, false]) {
          directory.assign(directory.put("x"), acrPull, { ours });
          directory.applications.pop();
          directory.principals.pop();
        }
      },
      command: line,
      stdout: /role/,
      stderr: any,
      after: [
        {
          command: yes,
          stdout: new RegExp(`${role}/bbbbbbbb-\\S+ deleted\n`),
          check: ({ azure }) => expect(azure.directory.assignments).toMatchObject([{ ours: false }]),
        },
      ],
    },
    ...(["certificate", "federated credential"] as const).flatMap((otherKey): Row[] => [
      {
        does: `keeps an application that another client signs in to with a ${otherKey}`,
        world: principal,
        given: otherKeys(otherKey),
        command: yes,
        stdout: /\(-/,
        stderr: /^Warning: .*:\n {2}az role assignment delete --assignee \S+ --scope \S+\n$/,
        check: keys(1, 0),
        after: [{ ...nothing, command: `${yes} --older-than 0s`, check: keys(1, 0) }],
      },
      {
        does: `delete --revoke keeps an application that another client signs in to with a ${otherKey}`,
        world: principal,
        given: otherKeys(otherKey),
        command: "delete acr-myregistry --revoke --yes -n a",
        stderr: any,
        check: keys(0, 1),
      },
    ]),
    ...["servicePrincipalRoles", "principal", "applications"].map(
      (call): Row => ({
        does: `warns and lists tokens when ${call} is forbidden`,
        given: all(({ azure: { directory } }) => directory.assign(directory.put("ci"), acrPull), refuse(call)),
        command: line,
        stdout: /orphan/,
        stderr: /^Warning: .*\n\* .*Forbidden.*\n1 .* --yes\n$/,
      }),
    ),
    ...[
      { why: "does not exist", slotOf: () => "cccccccc-0000-4000-8000-999999999999" },
      { why: "is in upper case", slotOf: (slot: string) => slot.toUpperCase() },
    ].map(
      ({ why, slotOf }): Row => ({
        does: `keeps a password whose Secret records a slot that ${why}`,
        world: principal,
        given: ({ cluster }) => {
          const { metadata, ...secret } = cluster.get("secret", "a", "acr-myregistry") ?? expect.unreachable("no Secret");
          const [entry] = JSON.parse(metadata.annotations?.[loginsAnnotation] ?? "[]");
          const annotations = { ...metadata.annotations, [loginsAnnotation]: JSON.stringify([{ ...entry, slot: slotOf(entry.slot) }]) };
          cluster.put({ ...secret, metadata: { ...metadata, annotations } });
        },
        command: `${yes} --older-than 0s`,
        stderr: any,
        check: ({ azure, loginIn }) => expect(azure.knows(loginIn("a") ?? { username: "", password: "" })).toBe(true),
      }),
    ),
  ],
  leftOver,
  later,
);
