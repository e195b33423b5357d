import { expect } from "vitest";
import { credentialKey, credentialOf } from "../../../src/secret/record.ts";
import { Sensitive } from "../../../src/sensitive.ts";
import { attachedAll, demo, entryOf, line } from "../../support/demo.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { all, answer, any, type Given, type Row, type Step, testRows, typed, unchanged } from "../../support/rows.ts";

const host = "myregistry.azurecr.io";
const user = "00000000-0000-0000-0000-000000000000";
const command = `${line} --repository app/web --entra`;
const base = "create --registry myregistry --repository app/web --entra";

/** Runs `create` this many minutes after the first run. */
function after(minutes: number, more: Partial<Step> = {}): Step {
  const now = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000);
  const { given } = more;
  const clock: Given = ({ azure }) => {
    azure.entra.now = now;
  };
  return { command, options: { now: () => now }, ...more, given: given ? all(clock, given) : clock };
}

const asked = ({ asking }: FakeWorld, call: string) => asking.all.filter((text) => text.startsWith(call)).length;
const configured = ["secret/acr-myregistry configured", "serviceaccount/default unchanged"];
const expires = (until: string) => new RegExp(`^Warning: secret/acr-myregistry .*${until}.* jane@example.com .*\n$`);
const first = { ...after(0), stdout: attachedAll, stderr: expires("2026-01-01T03:00:00Z") };

testRows([
  {
    does: "writes a token of the own identity, warns about its end, and keeps it in a second run",
    ...first,
    leaves: {
      username: user,
      password: expect.stringMatching(/^h\./),
      entry: {
        host,
        kind: "entra",
        identity: user,
        slot: "0",
        madeAt: "2026-01-01T00:00:00Z",
        expiresAt: "2026-01-01T03:00:00Z",
        by: "jane@example.com",
      },
    },
    check: ({ asking }) => expect(asking.writes.filter((text) => !text.includes("demo/"))).toEqual([]),
    after: [
      after(80, {
        ...unchanged(command, { stderr: /^Warning: secret\/acr-myregistry .*2026-01-01T03:00:00Z\n$/ }),
        check: (world) => expect([asked(world, "entraToken"), asked(world, "exchange")]).toEqual([1, 1]),
      }),
    ],
  },
  {
    does: "renews a token that has passed half of its life, has expired, or is rejected",
    ...first,
    after: [
      after(90, { stdout: configured, stderr: expires("2026-01-01T04:30:00Z") }),
      after(600, { stdout: configured, stderr: expires("2026-01-01T13:00:00Z") }),
      after(610, {
        given: ({ azure }) => azure.entra.alive.clear(),
        stdout: configured,
        stderr: any,
        check: ({ azure, loginIn }) => expect(azure.entra.alive.has(loginIn("demo")?.password ?? "")).toBe(true),
      }),
    ],
  },
  ...[90, 24 * 60, -90, -170].map((skew): Row => {
    const registryClock = (minutes: number): Given => {
      return ({ azure: { entra } }) => {
        entra.ahead = -skew * 60_000;
        entra.now = new Date(Date.UTC(2026, 0, 1) + (minutes - skew) * 60_000);
      };
    };
    return {
      does: `renews a token at half of its life when the clock of this machine is ${skew} minutes ahead`,
      ...after(0, { given: registryClock(0) }),
      stdout: attachedAll,
      stderr: any,
      after: [
        after(80, { given: registryClock(80), ...unchanged(command, { stderr: any }) }),
        after(91, { given: registryClock(91), stdout: configured, stderr: any }),
      ],
    };
  }),
  {
    does: "reads the end of a token from the token when the annotation says another",
    ...first,
    after: [
      after(91, {
        given: (world) => {
          const { annotations = {} } = world.cluster.get("secret", "demo", "acr-myregistry")?.metadata ?? {};
          Object.assign(annotations, { [credentialKey]: JSON.stringify({ ...entryOf(world), expiresAt: "2030-01-01T00:00:00Z" }) });
        },
        stdout: configured,
        stderr: any,
      }),
    ],
  },
  {
    does: "requests nothing from Azure Resource Manager when the login server is named",
    command: "create --registry MyRegistry.eastus.geo.azurecr.io --repository app/web --entra -n demo",
    stdout: ["secret/acr-myregistry created"],
    stderr: any,
    leaves: { username: user },
    check: (world) => expect(asked(world, "findRegistry")).toBe(0),
  },
  {
    does: "suggests the login server when the registry is not found in Azure",
    command: "create --registry nobodys --entra -n demo",
    code: 1,
    stderr: /^error: nobodys .*\nhint: .* login server.*\n$/,
  },
  {
    does: "uses a token for Azure Resource Manager when the tenant has no audience for registries",
    given: ({ azure }) => (azure.entra.audiences = ["management"]),
    command,
    stdout: attachedAll,
    stderr: any,
    check: ({ asking }) => expect(asking.all).toContain("exchange entra token for management"),
    after: [after(120, { given: ({ azure }) => (azure.entra.audiences = []), code: 1, stderr: /^error: the tenant gives no token/ })],
  },
  ...(
    [
      {
        why: "the registry rejects the identity",
        change: (entra) => (entra.refusal = { verdict: "refused", message: "401 Unauthorized" }),
        stderr: /^error: 401 Unauthorized\nhint: .* AcrPull .*Container Registry Repository Reader\); .* --tenant\n$/,
      },
      {
        why: "the registry blocks this machine",
        change: (entra) => (entra.refusal = { verdict: "blocked", message: "a firewall" }),
        stderr: /^error: a firewall\n/,
      },
      { why: "the token is for another registry", change: ({ claims }) => Object.assign(claims, { aud: "other.azurecr.io" }) },
      { why: "another issuer signed the token", change: ({ claims }) => Object.assign(claims, { iss: "somebody" }) },
      { why: "the token has expired", change: (entra) => (entra.lifetime = -1), stderr: /invalid or expired token/ },
      { why: "the token does not say when it expires", change: ({ claims }) => Object.assign(claims, { exp: "soon" }) },
      {
        why: "the token cannot pull",
        change: ({ alive }) => Object.assign(alive, { has: () => false }),
        stderr: /the credential cannot pull/,
      },
    ] as { why: string; change: (entra: FakeWorld["azure"]["entra"]) => unknown; stderr?: RegExp }[]
  ).map(
    ({ why, change, stderr = /invalid or expired token/ }): Row => ({
      does: `writes nothing when ${why}`,
      ...after(0, { given: ({ azure }) => change(azure.entra), code: 1, stderr }),
    }),
  ),
  {
    does: "refuses to replace a working credential of another kind without --force",
    given: typed(line),
    command,
    code: 1,
    stderr: /holds the credential of "demo-acr-myregistry-/,
    after: [{ command: `${command} --force`, stderr: any }],
  },
  {
    does: "creates a password that never expires in the place of an expired token of the own identity",
    ...first,
    after: [
      after(240, {
        command: `${line} --repository app/web`,
        given: ({ azure }) => azure.entra.alive.clear(),
        stdout: any,
        stderr: any,
        check: ({ cluster }) => {
          const { kind, expiresAt } = credentialOf(cluster.get("secret", "demo", "acr-myregistry")) ?? {};
          expect([kind, expiresAt]).toEqual(["acr-token", undefined]);
        },
      }),
    ],
  },
  {
    does: "gives the copies the same token, and replaces it there too",
    ...after(0, { command: `${base} -n demo --copy-to other`, given: ({ cluster }) => addNamespaces(cluster, "other") }),
    stdout: ["demo", "other"].map((name) => `secret/acr-myregistry created in namespace ${name}`),
    stderr: any,
    check: (world) => {
      expect(world.loginIn("demo")).toEqual(world.loginIn("other"));
      expect(asked(world, "exchange")).toBe(1);
    },
    after: [
      after(90, {
        command: `${base} -n demo`,
        stdout: ["secret/acr-myregistry configured", "secret/acr-myregistry configured in namespace other"],
        stderr: any,
        check: (world) => expect(world.loginIn("demo")).toEqual(world.loginIn("other")),
      }),
    ],
  },
  {
    does: "warns about a token that it keeps untested when the registry is unreachable",
    ...after(1, {
      given: all(typed(command), answer("prove", { verdict: "unreachable", message: "the network is down" })),
      stdout: /secret\/acr-myregistry unchanged\n/,
      stderr: /Warning: secret\/acr-myregistry keeps .*: the network is down\n/,
    }),
    after: [after(2, { ...unchanged(`${command} --verify=false`, { stderr: any }) })],
  },
  ...["--admin", "--username ci", "--expires-in 1h"].map(
    (other): Row => ({
      does: `refuses --entra with ${other}`,
      command: `${command} ${other}`,
      code: 1,
      stderr: new RegExp(`${["--entra", other.split(" ")[0]].sort().join(" and ")} cannot be used together`),
      check: ({ asking }) => expect(asking.all).toEqual([]),
    }),
  ),
]);

const heldByAnn =
  (...namespaces: string[]) =>
  async () => {
    const world = demo();
    addNamespaces(world.cluster, ...namespaces);
    world.azure.entra.claims["sub"] = "ann";
    await typed(...namespaces.map((namespace) => `${base} -n ${namespace}`))(world);
    delete world.azure.entra.claims["sub"];
    return world;
  };
const subjectIn = ({ loginIn }: FakeWorld, at: string) => new Sensitive(loginIn(at)?.password ?? "").claims?.subject;
const t1 = `${base} -n t1`;

testRows(
  [
    {
      does: "refuses to replace a working token of another identity without --force",
      command: t1,
      code: 1,
      stderr: /working token of another Azure identity/,
      after: [{ command: `${t1} --force`, stderr: any, check: (world) => expect(subjectIn(world, "t1")).toBe("o-1") }],
    },
    ...[
      { why: "has expired", step: after(4 * 60) },
      { why: "is rejected", step: after(0, { given: ({ azure }) => azure.entra.alive.clear() }) },
    ].map(
      ({ why, step }): Row => ({
        does: `replaces a token of another identity that ${why}`,
        ...step,
        command: t1,
        stderr: any,
        check: (world) => expect(subjectIn(world, "t1")).toBe("o-1"),
      }),
    ),
  ],
  heldByAnn("t1"),
);
