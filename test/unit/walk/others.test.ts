import { expect, test } from "vitest";
import { claimKey, copyLabel, sourceKey } from "../../../src/secret/record.ts";
import { namespace, pullSecret } from "../../support/fakes/cluster.ts";
import { loginOf } from "../../support/logins.ts";
import { drawn } from "../../support/sampled.ts";
import { persons, tenants, tools } from "./acts.ts";
import type { Act, Play } from "./play.ts";
import { after, copies, create, pass, remove, rotate, type Step, stateOf, undisturbed, upTo } from "./scenarios.ts";

/** What a killed create leaves that has only claimed its Secret. */
function leavesAClaim({ world: { cluster } }: Play): void {
  const secret = pullSecret("app", "acr-myregistry", {});
  const annotations = { [claimKey]: JSON.stringify({ run: "x", until: "2000-01-01T00:00:00.000Z", created: true }) };
  const labels = { "app.kubernetes.io/managed-by": "kubectl-acr-secret" };
  cluster.put({ ...secret, metadata: { ...secret.metadata, labels, annotations } }, "kubectl-acr-secret");
}

const made = [create("", copies), pass];
const scenarios = [
  { what: "create with copies", start: [], line: create("", copies) },
  { what: "rotate with grace", start: made, line: rotate("1h") },
  { what: "rotate without grace", start: made, line: rotate("0") },
  { what: "rotate after the grace", start: [...made, rotate("1h"), pass], line: rotate("1h") },
  { what: "delete with the credential", start: made, line: `${remove} --revoke` },
  { what: "delete after a killed create", start: [leavesAClaim], line: remove },
];
const rows = scenarios.flatMap((scenario) =>
  Object.entries({ "a tenant": tenants, "another tool": tools, "a person": persons }).map(([who, acts]) => ({ who, acts, ...scenario })),
);

/** After how many requests another writer acts in the test gate. */
const stepsOfAct = 3;

/** Runs a command again. A password that a person has ended in a grace period is replaced when that is over. */
async function again(play: Play, line: string, who: string): Promise<void> {
  await play.alone(line);
  if (who !== "a person") return;
  play.act(pass);
  await play.alone(line);
}

/** Requires that the source, and the copy that no other writer disturbs, have a login that pulls. */
function holds(play: Play, line: string, act: Act): void {
  play.watch.check();
  // It asks before it writes over what another tool has written
  if (play.programs.at(-1)?.run?.stderr.includes("add --force")) return;
  const { secrets, unknown } = stateOf(play);
  const state = Object.fromEntries(secrets.map(({ at, state: of }) => [at, of]));
  const isThere = !line.startsWith("delete");
  const wanted = isThere ? { "app/acr-myregistry": "has the login", "c/acr-myregistry": "has the login" } : {};
  if (isThere) expect(state, play.told(act.name)).toMatchObject(wanted);
  const isClaimed = secrets.some((one) => one.at === "app/acr-myregistry" && one.isClaimed);
  expect({ unknown, isClaimed }, play.told(act.name)).toEqual({ unknown: 0, isClaimed: false });
}

test.for(rows.map((one) => [one.who, one.what, one] as const))(
  "holds the guarantees when %s acts after each request: %s",
  { timeout: 120_000 },
  async ([who, , { acts, ...scenario }]) => {
    const { requests } = await undisturbed(scenario);
    for (const act of acts)
      for (const step of drawn([0, ...upTo(requests)], stepsOfAct)) {
        const play = await after(...scenario.start);
        play.watch.isStrict = true;
        play.add(scenario.line);
        await play.play([[0, step]]);
        play.act(act);
        await play.play([[0]]);
        await again(play, scenario.line, who);
        holds(play, scenario.line, act);
      }
  },
);

test.for(rows.map((one) => [one.who, one.what, one] as const))(
  "holds the guarantees when %s acts after a kill: %s",
  { timeout: 120_000 },
  async ([who, , { acts, ...scenario }]) => {
    const { requests } = await undisturbed(scenario);
    for (const act of acts)
      for (const step of drawn(upTo(requests), stepsOfAct)) {
        const play = await after(...scenario.start);
        await play.alone(scenario.line, { [step]: "kill after" });
        play.act(act);
        await again(play, scenario.line, who);
        holds(play, scenario.line, act);
      }
  },
);

/** Lets another writer act before each request of a command. @returns the requests before which that breaks something */
async function breaksBefore(start: readonly Step[], line: string, act: (play: Play) => Promise<boolean>): Promise<string[]> {
  const { trace } = await (await after(...start)).alone(line);
  const found: string[] = [];
  for (const [step, next] of trace.entries()) {
    const play = await after(...start);
    play.add(line);
    await play.play([[0, step]]);
    if (await act(play)) found.push(next);
  }
  return found;
}

test("delete keeps the token when a person generates a password before its last read", { timeout: 120_000 }, async () => {
  const lost = await breaksBefore(made, `${remove} --revoke`, async (play) => {
    const { tokens } = play.world.azure;
    const [name = ""] = tokens.keys();
    if (name === "") return false;
    play.world.azure.generate(name, "password2");
    await play.play([[0]]);
    return !tokens.has(name);
  });
  // Azure has no preconditions
  expect(lost).toEqual([expect.stringMatching(/^scopeMap /), expect.stringMatching(/^deleteToken /)]);
});

test("delete keeps the application when another Secret gets a password of it before its last read", { timeout: 120_000 }, async () => {
  const start = [create(" --service-principal", ""), pass];
  const ended = await breaksBefore(start, `${remove} --revoke`, async (play) => {
    const { azure, cluster } = play.world;
    const appId = azure.directory.applications[0]?.appId;
    play.add(`create acr-myregistry --registry myregistry --repository app/web -n b --service-principal=${appId}`);
    await play.play([[1]]);
    const login = loginOf(cluster.get("secret", "b", "acr-myregistry"));
    if (!login || !azure.knows(login)) return false;
    await play.play([[0]]);
    return !azure.knows(login);
  });
  expect(ended).toEqual([expect.stringMatching(/^deleteApplication /)]);
});

test("rotate gives no login to a namespace that was created again before its last read", { timeout: 120_000 }, async () => {
  const given = await breaksBefore(made, rotate("0"), async (play) => {
    const { azure, cluster } = play.world;
    cluster.remove("secret", "b", "acr-myregistry");
    cluster.remove("namespace", "", "b");
    cluster.put(namespace("b", { uid: "of another namespace" }));
    const forged = pullSecret("b", "acr-myregistry", {});
    const labels = { [copyLabel]: "app", "app.kubernetes.io/managed-by": "kubectl-acr-secret" };
    const annotations = { [sourceKey]: JSON.stringify({ namespace: "app", name: "acr-myregistry" }) };
    cluster.put({ ...forged, metadata: { ...forged.metadata, uid: "of another Secret", labels, annotations } });
    await play.play([[0]]);
    const login = loginOf(cluster.get("secret", "b", "acr-myregistry"));
    return login !== undefined && azure.knows(login);
  });
  expect(given).toEqual(["get namespace c", "patch secret b/acr-myregistry"]);
});
