import { expect, test } from "vitest";
import { loginOf } from "../../support/logins.ts";
import { sampled } from "../../support/sampled.ts";
import { type Fate, failures, kills, Play, type Program } from "./play.ts";
import { apply, kinds, pass, type Step, stateOf, upTo } from "./scenarios.ts";

// A file of `apply` changes. Each team that had a login and is still named has one after each request.

type Change = { readonly what: string; readonly start: readonly Step[]; readonly line: string; readonly teams: readonly string[] };

const prune = " --prune --yes";
const changes = kinds.flatMap(({ what: of, kind }): readonly Change[] => {
  const other = kind === "" ? " --service-principal" : "";
  const change = (what: string, from: string, line: string, teams: readonly string[] = ["b", "c"]): Change => ({
    ...{ what: `${what}, ${of}`, start: [apply(kind, from), pass], line, teams },
  });
  return [
    change("a new name", "copies", apply(kind, "renamed", prune)),
    change("a new name without --prune", "copies", apply(kind, "renamed")),
    change("a new name with eachOf", "each", apply(kind, "each-renamed", prune)),
    change("another namespace", "copies", apply(kind, "moved", prune)),
    change("another namespace without --prune", "copies", apply(kind, "moved")),
    change("copyTo instead of eachOf", "each", apply(kind, "copies", prune)),
    change("copyTo instead of eachOf without --prune", "each", apply(kind, "copies")),
    change("eachOf instead of copyTo", "copies", apply(kind, "each", prune)),
    change("eachOf instead of copyTo without --prune", "copies", apply(kind, "each")),
    change("teams that change the entry", "each-and-copies", apply(kind, "copies-and-each")),
    change("teams that change places", "beside", apply(kind, "swapped")),
    change("another kind", "copies", apply(other, "copies", prune)),
    change("another kind with eachOf", "each", apply(other, "each", prune)),
    change("other repositories", "copies", apply(kind, "repositories")),
    change("other ServiceAccounts", "unlisted", apply(kind, "copies"), []),
    change("an entry less", "two", apply(kind, "copies", prune)),
    change("an entry less without --prune", "two", apply(kind, "copies")),
    change("a team less", "each", apply(kind, "each-less"), ["c"]),
  ];
});

/** Whether the default ServiceAccount of a namespace lists a Secret with a login that pulls. */
function isServed({ world: { cluster, azure } }: Play, namespace: string): boolean {
  const names = cluster.get("serviceaccount", namespace, "default")?.imagePullSecrets ?? [];
  return names.some(({ name }) => {
    const login = loginOf(cluster.get("secret", namespace, name ?? ""));
    return login !== undefined && azure.knows(login);
  });
}

async function started({ start }: Change): Promise<Play> {
  const play = new Play();
  for (const step of start) {
    if (typeof step === "function") play.act(step);
    else expect((await play.alone(step)).run?.code, play.told(`${step} fails`)).toBe(0);
  }
  play.programs.splice(0);
  return play;
}

/** Runs a command, and looks at the teams after each request. */
async function run(play: Play, { line, teams }: Change, fates: Readonly<Record<number, Fate>> = {}): Promise<Program> {
  const program = play.add(line, fates);
  const index = play.programs.length - 1;
  while (program.state === "going") {
    await play.play([[index, 1]]);
    const unserved = teams.filter((team) => !isServed(play, team));
    if (unserved.length > 0) play.fail(`${unserved.join()} has no login after ${program.trace.at(-1)}`);
  }
  return program;
}

/** An interrupted creation may leave an application without a password and a role, which can do nothing. */
const endOf = (play: Play) => JSON.stringify({ ...stateOf(play), applications: [] }, undefined, 1);

test.for(changes.map((one) => [one.what, one] as const))(
  "keeps a login for each team when a file has %s, and each request is killed or fails",
  { timeout: 240_000 },
  async ([, change]) => {
    const play = await started(change);
    const whole = await run(play, change);
    expect(whole.run?.code, play.told("it fails")).toBe(0);
    const end = endOf(play);
    expect((await run(play, change)).run?.code).toBe(0);
    expect(endOf(play)).toEqual(end);
    for (const step of sampled(upTo(whole.trace.length), 6))
      for (const fate of [...kills, ...failures]) {
        const disturbed = await started(change);
        await run(disturbed, change, { [step]: fate });
        await disturbed.pass(60_000);
        const rerun = await run(disturbed, change);
        expect(rerun.run?.code, disturbed.told(`the second run fails after ${fate}`)).toBe(0);
        if (endOf(disturbed) !== end) disturbed.fail(`it ends in another state:\n${endOf(disturbed)}\ninstead of\n${end}`);
      }
  },
);

test.for(kinds.map(({ what, kind }) => [what, kind] as const))(
  "apply gives a namespace its copy when a killed run of another file has only claimed a Secret there: %s",
  async ([, kind]) => {
    const { trace } = await new Play().alone(apply(kind, "each"));
    const play = new Play();
    await play.alone(apply(kind, "each"), { [trace.indexOf("create secret c/acr-myregistry") + 1]: "kill after" });
    play.act(pass);
    expect((await play.alone(apply(kind, "copies"))).run, play.told("it fails")).toMatchObject({ code: 0 });
    expect(isServed(play, "c")).toBe(true);
  },
);
