import { expect, test } from "vitest";
import { CliError } from "../../../src/errors.ts";
import { is, refusing } from "../../support/fakes/asked.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { type } from "../../support/in-process.ts";
import { copySecret, sourceSecret } from "../../support/records.ts";
import { healthy, setups } from "../../support/situations/setups.ts";

type Item = {
  readonly kind: string;
  readonly id: string;
  readonly subject: string;
  readonly status: string;
  readonly applies: string;
  readonly next?: string;
};

/** The letter of each value of `applies`. */
const letters: Readonly<Record<string, string>> = { best: "b", available: "a", unavailable: "u", unknown: "?", never: "x" };

/** Runs `doctor`, and returns its findings and ways in the form of the table. */
async function examine({ given, sku, words = "--registry myregistry -n demo", options }: (typeof setups)[number]) {
  const world = await healthy(sku);
  await given?.(world);
  const { stdout, stderr, code } = await type(`doctor ${words} -o json`, world.ports, options);
  expect(stdout).not.toContain("hunter2");
  const items: readonly Item[] = JSON.parse(stdout).items;
  const best = items.find(({ applies }) => applies === "best");
  return {
    finds: items.flatMap(({ kind, id, subject, status, next }) =>
      kind === "Finding" && status !== "ok" ? `${status} ${id} ${subject}: ${next}` : [],
    ),
    ways: items.flatMap(({ kind, applies }) => (kind === "Way" ? letters[applies] : [])).join(""),
    best: best ? `${best.id}: ${best.next}` : "none",
    code,
    stderr,
    writes: world.asking.writes,
  };
}

test.for(setups)("finds the problems and the best way when $when", async (setup) => {
  const { finds, ways, best, code } = setup;

  expect(await examine(setup)).toEqual({ finds, ways, best, code, stderr: "", writes: [] });
});

test("starts with your identity in Azure and what you may create", async () => {
  const { ports } = await healthy();

  expect((await type("doctor --registry myregistry -n demo", ports)).stdout).toMatch(
    /^✔ azure-identity: you are jane@example.com \(user, object o-1\) in tenant t-1, signed in with .*\n✔ azure-rights: you may create: acr-token/,
  );
});

test("counts an exported credential that no Secret of the cluster holds", async () => {
  const { ports } = await healthy();
  await type("create shared --registry myregistry --repository app/web --export -n demo", ports);
  const { stdout } = await type("doctor --registry myregistry -n demo", ports);

  expect(stdout).toMatch(/^✔ leftovers: .*, except \d exported objects?$/m);
});

test("names the context in the command of the schedule, whose namespace is another one", async () => {
  const { ports } = await healthy();
  const { cluster: open } = ports;
  const cluster: typeof open = (of) =>
    typeof open === "function" ? open({ ...of, kube: { ...of.kube, forward: [] } }) : expect.unreachable();
  const { stdout } = await type("doctor --registry myregistry -n demo --context here", { ...ports, cluster });

  expect(stdout).toContain("\n  kubectl acr-secret schedule --context=here -f FILE --image IMAGE\n");
});

test("prints an error of several checks only once", async () => {
  const { given, words } = { words: "", ...setups.find(({ when }) => when === "the cluster is unreachable") };
  const world = await healthy();
  await given?.(world);

  const { stdout } = await type(`doctor ${words}`, world.ports);

  expect(stdout.match(/it is unreachable$/gm)?.length).toBeLessThanOrEqual(3);
  expect(stdout).toContain("? secret-expiry: see cluster-version\n");
});

test("prints an invalid name of a registry once, and no role to ask for", async () => {
  const { asking, ports } = await healthy();
  asking.around(refusing(is("findRegistry"), () => new CliError("usage", 'invalid registry "no"')));

  const { stdout } = await type("doctor --registry no -n demo", ports);

  expect(stdout.match(/invalid registry "no"/g)).toHaveLength(1);
  expect(stdout).toContain("? scheduled-rotation: see azure-registry\n? token-without-expiry: see azure-registry\n");
  expect(stdout).not.toContain("az role assignment");
});

test("ends without a result when it is interrupted", async () => {
  const { ports } = await healthy();

  expect(await type("doctor -n demo", ports, { aborted: true })).toMatchObject({ stdout: expect.not.stringContaining("Ways"), code: 130 });
});

test("lists at most five images and the number of the others, and the command for all", async () => {
  const world = await healthy();
  for (let at = 0; at < 8; at++) world.cluster.put(stuckPod("demo", `web-${at}`, `myregistry.azurecr.io/app/gone:${at}`));

  const { stdout } = await type("doctor -n demo", world.ports);

  expect(stdout.match(/^✗ image-pulls: .*/gm)).toHaveLength(6);
  expect(stdout).toContain("✗ image-pulls: 3 more images cannot be pulled\n  kubectl acr-secret check -n demo\n");
});

test("warns of pull secrets that never expire, and that no file renews", async () => {
  const { cluster, ports } = await healthy();
  const file = { home: "demo", name: "teams", serviceAccounts: [] };
  cluster.put(sourceSecret("demo/forever", { credential: { expiresAt: undefined } }));
  cluster.put(sourceSecret("demo/in-file", { credential: { expiresAt: undefined, file } }));
  cluster.put(copySecret("demo/copy", { of: "platform/forever" }));
  cluster.put(sourceSecret("demo/ending", { credential: { expiresAt: "2027-01-01T00:00:00Z" } }));

  const { stdout, code } = await type("doctor --registry myregistry -n demo", ports);

  expect(stdout).toContain("secret-expiry: 1 pull secret never expires, and no file renews it: secret/forever in namespace demo\n");
  expect(code).toBe(0);
});

test("names the source of a copy that expires", async () => {
  const { cluster, ports } = await healthy();
  const claims = { iss: "Azure Container Registry", exp: Date.parse("2026-01-05T00:00:00Z") / 1000 };
  const password = `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
  const credential = { identity: "00000000-0000-0000-0000-000000000000" };
  cluster.put(copySecret("demo/shared", { credential, password, of: "platform/acr" }));

  expect((await type("doctor --registry myregistry -n demo", ports)).stdout).toMatch(
    /secret-expiry: secret\/shared in namespace demo, a copy of secret "acr" in namespace "platform", expires at 2026-01-05T00:00:00Z\n +kubectl acr-secret check -n demo shared\n/,
  );
});
