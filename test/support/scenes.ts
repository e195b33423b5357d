import { demo, refused } from "./demo.ts";
import { is, refusing } from "./fakes/asked.ts";
import { stored } from "./fakes/fleet.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "./fakes/world.ts";
import { run, type World } from "./in-process.ts";
import { leftOver } from "./leftovers.ts";
import { copySecret, sourceSecret } from "./records.ts";
import { made } from "./situations/deleting.ts";
import { cronJob, job, pod, waiting } from "./situations/schedules.ts";
import { healthy } from "./situations/setups.ts";

/** Command lines that run one after the other in a new world. */
type Scene = { readonly world: () => FakeWorld | Promise<FakeWorld>; readonly types: readonly string[]; readonly more?: World };

const create = "create --registry myregistry --serviceaccount default -n demo";
const check = "check -n demo --image ";

/** Creates two namespaces. The user may not patch the ServiceAccount of one of them. */
async function halfForbidden(): Promise<FakeWorld> {
  const world = await stored("a", "b");
  world.asking.around(refusing(is("patch serviceaccount b/default"), refused));
  return world;
}

/** Creates two sources, and one of a file with copies. */
async function inFile(): Promise<FakeWorld> {
  const world = await stored("a", "b");
  const credential = { file: { home: "platform", name: "teams", serviceAccounts: ["default"] }, repositories: ["blue/*", "base/*"] };
  world.cluster.put(sourceSecret("platform/acr-blue", { credential, copies: { a: "uid-of-a", b: "uid-of-b" } }));
  for (const at of ["a", "b"]) world.cluster.put(copySecret(`${at}/acr-blue`, { credential, of: "platform/acr-blue" }));
  addNamespaces(world.cluster, "platform");
  const { azure } = world;
  azure.putToken("ci-pull", [], "ci-map");
  azure.putScopeMap({ name: "ci-map", actions: ["blue/*", "base/*"].map((name) => `repositories/${name}/content/read`) });
  return world;
}

/** Returns a world whose cluster has an id. */
function identified(): FakeWorld {
  const world = demo();
  addNamespaces(world.cluster, "kube-system");
  return world;
}

/** Creates a schedule that works, with a namespace that it cannot write, and one whose pod has no image. */
async function scheduled(): Promise<FakeWorld> {
  const world = await healthy();
  const { cluster } = world;
  cluster.about.now = () => Date.parse("2026-01-01T10:03:00Z");
  const message = 'Warning: namespace "blue-1" is blocked: secret "acr" is immutable';
  const ended = pod("00", { phase: "Succeeded", state: { terminated: { message } } });
  for (const one of [cronJob(), job("00", "Complete"), ended]) cluster.put(one);
  const noImage = waiting("ImagePullBackOff", 'Back-off pulling image "myregistry.azurecr.io/tools/plugin:1"');
  for (const one of [cronJob({}, { uid: "other" }), job("02", undefined, "other"), pod("02", noImage)])
    cluster.put({ ...one, metadata: { ...one.metadata, namespace: "other" } });
  return world;
}

/**
 * Command lines that print results, warnings, tables and questions, by verb. For a verb that is not listed here, the line is the verb
 * alone.
 */
const scenes: Readonly<Record<string, Scene>> = {
  create: { world: demo, types: [create, create, `${create} --service-principal=other --dry-run=client`] },
  attach: {
    world: halfForbidden,
    types: ["attach -n a --serviceaccount default", "attach -n b --serviceaccount default", "attach acr -n nowhere --serviceaccount"],
  },
  check: {
    world: demo,
    types: ["check -n demo", create, `${check}myregistry.azurecr.io/app/web:1`, `${check}docker.io/library/nginx:1`, "check -A"],
  },
  list: { world: inFile, types: ["list -A", "list -A -o wide", "list -n nowhere"] },
  rotate: { world: () => stored("a", "b"), types: ["rotate acr-myregistry -n a", "rotate acr-myregistry -n a --grace 0"] },
  detach: { world: made, types: ["detach --serviceaccount default -n demo", "detach other --serviceaccount default -n demo"] },
  delete: { world: made, types: ["delete acr-myregistry -n demo", "delete acr-myregistry -n demo --yes"] },
  secretless: {
    world: identified,
    types: [
      "secretless create default --registry myregistry -n demo",
      "secretless check default --image myregistry.azurecr.io/app/web:1 -n demo",
      "secretless delete default --registry myregistry -n demo --yes",
    ],
  },
  prune: {
    world: leftOver,
    types: ["prune --registry myregistry", "prune --registry myregistry -o wide", "prune --registry myregistry --yes"],
    more: { now: () => new Date("2026-03-01T00:00:00Z") },
  },
  doctor: {
    world: scheduled,
    types: ["doctor --registry myregistry -n demo", "doctor -n nowhere"],
    more: { now: () => new Date("2026-03-25T00:00:00Z") },
  },
  // Its output is a program for a shell, so every byte counts.
  completion: { world: fakeWorld, types: ["completion powershell"] },
  explain: { world: fakeWorld, types: ["explain", "explain no-login", "explain nologin"] },
  version: { world: fakeWorld, types: ["version --client"] },
};

/** Returns command lines of a verb that end with an error or print its help. */
const askedOfAll = (verb: string): string[] => [`${verb} --help`, `${verb} --nonsense`, `${verb} one two three ${"four ".repeat(20)}`];

/** Runs command lines on a terminal of this width. @returns the printed text, with the command lines */
export async function played(verb: string, columns: number, env: World["env"] = {}): Promise<string> {
  const { world, types, more = {} } = scenes[verb] ?? { world: demo, types: [verb] };
  const { ports } = await world();
  let seen = "";
  const sees = (text: string) => {
    seen += text;
  };
  for (const line of [...askedOfAll(verb), ...types]) {
    seen += `$ ${line.slice(0, 30)}\n`;
    await run(line.split(" ").filter(Boolean), { ...ports, ...more, env, terminal: true, columns, sees });
    seen += "\n";
  }
  return seen;
}
