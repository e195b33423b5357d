import { expect } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { azureName, describeInAzure, keyNameOf } from "../../../src/secret/azure-words.ts";
import { claimKey, copyLabel, credentialKey, sourceKey } from "../../../src/secret/record.ts";
import { is } from "../../support/fakes/asked.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { descriptionOf, here, hold, keyIn, leftOver, leftOverPrincipal, nameIn, putKey } from "../../support/leftovers.ts";
import { all, any, type Given, type Row, refuse, testRows, typed, whileBusy } from "../../support/rows.ts";
import { acrPull } from "../../support/service-principal.ts";

const line = "prune --registry myregistry";
const yes = `${line} --yes`;
const nothing = { command: yes, stdout: [], stderr: ["no leftovers found"] };
const [application, role] = ["application.graph.microsoft.com", "roleassignment.management.azure.com"];
const longName = `${"long-".repeat(12)}name`;
const exportLong = `create ${longName} --registry myregistry -n demo --export`;
const again = "create acr-myregistry -n b --registry myregistry --service-principal --verify=false";
const later = { now: () => new Date("2026-03-01T00:00:00Z") };
const none = { username: "", password: "" };

/** Another user's application has a role, and a password for each namespace. The Secrets of these namespaces hold theirs. */
const shared =
  (...holding: readonly string[]): Given =>
  (world) => {
    const { directory } = world.azure;
    const appId = directory.put("ci");
    directory.assign(appId, acrPull);
    for (const [at, namespace] of ["a", "b"].entries()) {
      const { slot, ...login } = putKey(world, appId, keyIn(namespace, `0000000${at}`));
      if (holding.includes(namespace)) hold(world, namespace, login, { kind: "service-principal", slot }, "two");
    }
  };
/** Changes the annotations of the Secret in namespace `a`. */
const annotate =
  (change: (record: object, world: FakeWorld) => Record<string, unknown>): Given =>
  (world) => {
    const { metadata, ...secret } = world.cluster.get("secret", "a", "acr-myregistry") ?? expect.unreachable("no Secret");
    const record = JSON.parse(metadata.annotations?.[credentialKey] ?? "{}");
    const annotations = Object.entries(change(record, world)).map(([key, value]) => [key, JSON.stringify(value)]);
    world.cluster.put({ ...secret, metadata: { ...metadata, annotations: Object.fromEntries(annotations) } });
  };

/** Removes the login from the Secret in namespace `a`. */
const empties: Given = ({ cluster }) => {
  const secret = cluster.get("secret", "a", "acr-myregistry") ?? expect.unreachable("no Secret");
  cluster.put({ ...secret, data: {} });
};

/** A second password of the application of namespace `a`. */
const second: Given = (world) => putKey(world, world.azure.directory.applications[0]?.appId ?? "", keyIn("a", "11111111"));
/** Another client signs in to all applications with another key. */
const otherKeys =
  (otherKey: "certificate" | "federated credential"): Given =>
  ({ azure: { directory } }) => {
    for (const { id } of directory.applications) directory.access.set(id, { owners: ["o-1"], principalOwners: [], otherKeys: [otherKey] });
  };
/** A run claims the application of namespace `b` for a Secret, whose password it is about to add. */
const claims: Given = (world) => {
  hold(world, "b", { username: "u", password: "p" });
  const { metadata, ...secret } = world.cluster.get("secret", "b", "acr-myregistry") ?? expect.unreachable("no Secret");
  const claim = { run: "r", until: "2026-03-01T00:01:00Z", identity: nameIn("b") };
  world.cluster.put({ ...secret, metadata: { ...metadata, annotations: { [claimKey]: JSON.stringify(claim) } } });
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
      world: leftOverPrincipal,
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
      does: "keeps an application when its Secret is created again during the last look at its roles",
      world: async () => {
        const world = worldOf(["b"]);
        await typed(again)(world);
        world.cluster.remove("secret", "b", "acr-myregistry");
        return world;
      },
      given: (world) => {
        let looks = 0;
        return world.asking.around(async (asked, next) => {
          // The look at the leftovers reads no roles of one principal
          if (is("roleAssignments")(asked) && ++looks === 1) await typed(again)(world);
          return next();
        });
      },
      command: `${yes} --older-than 0s`,
      stdout: new RegExp(`^${application}/${nameIn("b")} unchanged\n$`),
      stderr: /is kept: it has changed since\n$/,
      check: ({ azure, loginIn }) => expect(azure.knows(loginIn("b") ?? none)).toBe(true),
    },
    {
      does: "deletes only the password of another user's application, and prints its id",
      given: shared(),
      command: yes,
      stdout: new RegExp(`${application}/ci configured \\(-cccccccc-\\S+\\)\n`),
      leaves: { applications: ["ci: of others"], roles: 1 },
    },
    {
      does: "keeps a password that one Secret holds",
      given: shared("b"),
      command: `${line} -o jsonl`,
      stdout: /0000000[01].*"state":"orphan"(.|\n)*"what":"password".*"state":"in use"/,
      stderr: any,
      after: [
        {
          command: `${yes} --older-than 0s`,
          stdout: any,
          leaves: { applications: [expect.stringMatching(/^ci: of others, .* in namespace b /)] },
        },
      ],
    },
    {
      does: "deletes only its own password of an application that another cluster created",
      given: (world) => {
        const { directory } = world.azure;
        const appId = directory.put("x", { keys: 0, notes: descriptionOf("x", { cluster: "00000000" }) });
        directory.assign(appId, acrPull, { ours: true });
        putKey(world, appId, keyIn("b"));
      },
      command: yes,
      stdout: new RegExp(`^token\\S+ deleted\nscopemap\\S+ deleted\n${application}/x configured \\(-cccccccc-\\S+\\)\n$`),
      leaves: { applications: ["x: "], roles: 1 },
    },
    {
      does: "deletes an application without a password that a killed run left",
      given: ({ azure: { directory } }) => {
        const notes = descriptionOf("b");
        directory.assign(directory.put(nameIn("b"), { keys: 0, notes }), acrPull, { ours: true });
      },
      command: yes,
      stdout: new RegExp(`${application}/${nameIn("b")} deleted\n${role}/${nameIn("b")} deleted\n`),
      leaves: { applications: [], roles: 0 },
    },
    {
      does: "keeps a role that is so young that Azure may not show its principal yet",
      given: ({ azure: { clock, directory } }) => {
        directory.assign(directory.put("x"), acrPull, { ours: true, madeAt: clock.at });
        directory.applications.pop();
        directory.principals.pop();
      },
      command: `${yes} --older-than 0s`,
      stdout: any,
      stderr: any,
      check: ({ azure }) => expect(azure.directory.assignments).toHaveLength(1),
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
          given: refuse("list secret"),
          command: `${yes} --dry-run=client`,
          code: 1,
          stdout: new RegExp(`${role}/bbbbbbbb-\\S+ deleted \\(dry run\\)\n`),
          stderr: /^Warning: .*could not be listed\n\* .*Forbidden.*\n/,
          writes: [],
        },
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
        world: leftOverPrincipal,
        given: otherKeys(otherKey),
        command: yes,
        stdout: /\(-/,
        stderr: /^Warning: .*:\n {2}az role assignment delete --assignee \S+ --scope \S+\n$/,
        check: keys(1, 0),
        after: [{ ...nothing, command: `${yes} --older-than 0s`, check: keys(1, 0) }],
      },
    ]),
    ...[
      { what: "another client can sign in to it", change: otherKeys("federated credential") },
      { what: "a run claims it", change: claims },
    ].map(
      ({ what, change }): Row => ({
        does: `keeps an application when ${what} while Azure is busy`,
        world: leftOverPrincipal,
        given: whileBusy("deleteApplication", change),
        command: yes,
        stdout: new RegExp(`^${application}/${nameIn("b")} unchanged\n$`),
        stderr: /is kept: it has changed since\n$/,
        writes: any,
        check: keys(1, 1),
      }),
    ),
    {
      does: "keeps a role when its principal is restored while Azure is busy",
      world: () => worldOf(["a"]),
      given: (world) => {
        const { directory } = world.azure;
        directory.assign(directory.put("x"), acrPull, { ours: true });
        directory.applications.pop();
        const principals = directory.principals.splice(0);
        return whileBusy("unassignRole", () => directory.principals.push(...principals))(world);
      },
      command: yes,
      stdout: /^roleassignment\S+ unchanged\n$/,
      stderr: /is kept: it has changed since\n$/,
      writes: any,
      check: ({ azure }) => expect(azure.directory.assignments).toHaveLength(1),
    },
    {
      does: "keeps the passwords of a Secret with a long name in kube-flux, which refuses its Secrets, when --force",
      world: () => worldOf(["a", "kube-flux"]),
      given: (world) => {
        const { directory } = world.azure;
        const description = describeInAzure({
          secret: longName,
          namespace: "kube-flux",
          namespaceUid: "uid-of-kube-flux",
          cluster: here,
          isExported: false,
        });
        const name = azureName("uid-of-kube-flux", "kube-flux", longName);
        const appId = directory.put(name, { keys: 0, notes: description });
        directory.assign(appId, acrPull, { ours: true });
        putKey(world, appId, keyNameOf({ description, name }, "00000000"));
        return refuse(({ call, at, namespace }) => call === "list" && at.startsWith("secret") && namespace !== "a")(world);
      },
      command: `${yes} --force`,
      stdout: /^NAME .*\n.* password .* unknown *\n$/,
      stderr: /^hint: kept 1, .* delete them in Azure\n$/,
      writes: [],
    },
    ...["servicePrincipalRoles", "principal", "applications"].map(
      (call): Row => ({
        does: `warns and lists tokens when ${call} is forbidden`,
        given: all(({ azure: { directory } }) => directory.assign(directory.put("ci"), acrPull), refuse(call)),
        command: line,
        stdout: /orphan/,
        stderr: /^Warning: .*\n\* .*Forbidden.*\n1 .* --yes\n$/,
      }),
    ),
    ...["t-2", undefined].map(
      (tenant): Row => ({
        does: `keeps the roles of principals that Microsoft Graph does not find when the tenant of the registry is ${tenant ?? "unknown"}`,
        world: leftOverPrincipal,
        given: (world) =>
          world.asking.around(async (asked, next) => {
            if (asked.call === "principal") return undefined;
            return asked.call === "tenantOf" ? tenant : next();
          }),
        command: yes,
        stdout: any,
        stderr: /^Warning: service principals were not listed\n\* .*tenant.*t-1/,
        leaves: { roles: 2 },
      }),
    ),
    ...["servicePrincipalRoles", "principal"].map(
      (call): Row => ({
        does: `fails when ${call} does not answer, although the tokens were checked`,
        world: leftOverPrincipal,
        given: refuse(call, () => new CliError("timeout", "no answer")),
        command: yes,
        code: 1,
        stderr: /^Warning: .*\n\* no answer\nno leftovers found among the objects that were checked\n$/,
      }),
    ),
    ...[
      { why: "does not exist", slotOf: () => "cccccccc-0000-4000-8000-999999999999" },
      { why: "is in upper case", slotOf: (slot: string) => slot.toUpperCase() },
      { why: "is missing", slotOf: () => undefined },
    ].map(
      ({ why, slotOf }): Row => ({
        does: `keeps a password whose Secret records a slot that ${why}`,
        world: leftOverPrincipal,
        given: annotate((record) => ({ [credentialKey]: { ...record, slot: slotOf((record as { slot: string }).slot) } })),
        command: `${yes} --older-than 0s`,
        stderr: any,
        check: ({ azure, loginIn }) => expect(azure.knows(loginIn("a") ?? none)).toBe(true),
      }),
    ),
    {
      does: "deletes a password of a held application that no Secret records, although a copy has its user name",
      world: leftOverPrincipal,
      given: all(second, (world) => {
        hold(world, "b", world.loginIn("a") ?? none);
        const { metadata, ...secret } = world.cluster.get("secret", "b", "acr-myregistry") ?? expect.unreachable("no copy");
        const annotations = { [sourceKey]: JSON.stringify({ namespace: "a", name: "acr-myregistry" }) };
        world.cluster.put({ ...secret, metadata: { ...metadata, annotations, labels: { ...metadata.labels, [copyLabel]: "a" } } });
      }),
      command: `${yes} --older-than 0s`,
      stdout: any,
      leaves: { applications: [`${nameIn("a")}: ${keyIn("a")}`] },
    },
    {
      does: "keeps every password of an application when a Secret without a record holds another one",
      world: leftOverPrincipal,
      given: all(second, (world) => hold(world, "b", { username: world.azure.directory.applications[0]?.appId ?? "", password: "x" })),
      command: `${line} --no-headers`,
      stdout: new RegExp(`^${nameIn("b")} .*\n$`),
      stderr: any,
    },
    ...["create", "rotate"].map(
      (run): Row => ({
        does: `keeps the password that ${run} is about to store`,
        world: leftOverPrincipal,
        given: all(
          second,
          annotate((record) => ({
            [credentialKey]: record,
            [claimKey]: {
              run: "r",
              until: "2026-03-01T00:01:00Z",
              // A rotation leaves the name to the record
              identity: run === "create" ? nameIn("a") : undefined,
              intent: { slot: keyIn("a", "11111111"), until: "2026-03-01T00:01:00Z" },
            },
          })),
        ),
        command: `${yes} --older-than 0s`,
        stdout: any,
        leaves: { applications: [`${nameIn("a")}: ${keyIn("a")}, ${keyIn("a", "11111111")}`] },
      }),
    ),
    {
      does: "deletes an old password of an application that a run has claimed, and keeps the application",
      world: leftOverPrincipal,
      given: all(
        annotate(() => ({ [claimKey]: { run: "r", until: "2026-03-01T00:01:00Z", identity: nameIn("a") } })),
        empties,
      ),
      command: `${yes} --older-than 0s`,
      stdout: any,
      stderr: any,
      leaves: { applications: [`${nameIn("a")}: `] },
    },
    {
      does: "keeps an application without a password that a run has claimed",
      world: leftOverPrincipal,
      given: all(
        ({ azure }) => azure.directory.applications[0]?.keys.splice(0),
        annotate(() => ({ [claimKey]: { run: "r", until: "2026-01-01T00:00:00Z", identity: nameIn("a") } })),
        empties,
      ),
      command: `${yes} --older-than 0s`,
      stdout: any,
      leaves: { applications: [`${nameIn("a")}: `] },
    },
    {
      does: "deletes exported passwords of an application, except the newest, when --exported",
      given: (world) => {
        const { directory } = world.azure;
        const appId = directory.put("ci");
        directory.assign(appId, acrPull);
        for (const at of [1, 2, 3]) {
          putKey(world, appId, keyIn("demo", `0000000${at}`, { isExported: true }));
          Object.assign(directory.applications[0]?.keys.at(-1) ?? {}, { madeAt: `2026-02-0${at}T00:00:00Z` });
        }
      },
      command: `${yes} --exported`,
      stdout: any,
      leaves: { applications: [`ci: of others, ${keyIn("demo", "00000003", { isExported: true })}`] },
    },
    ...["--service-principal", "--service-principal=ci"].map(
      (flag): Row => ({
        does: `deletes the older of two exported passwords of a Secret with a long name, with ${flag}, when --exported`,
        world: () => worldOf(["demo"]),
        given: all(typed(`${exportLong} ${flag}`), typed(`${exportLong} ${flag}`)),
        command: `${yes} --exported`,
        stdout: any,
        stderr: any,
        check: ({ azure }) => expect(azure.directory.applications.map(({ keys }) => keys.length)).toEqual([1]),
      }),
    ),
  ],
  leftOver,
  later,
);
