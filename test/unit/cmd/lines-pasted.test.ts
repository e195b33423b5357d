import { expect, test } from "vitest";
import { commandsIn } from "../../support/commands.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { run, type } from "../../support/in-process.ts";
import { after, making } from "../../support/situations/deleting.ts";

/** Command lines that print a command. `has`: the line needs a Secret. `hasScope`: the verb acts in several namespaces. */
const printing: readonly { readonly line: string; readonly has?: true; readonly hasScope?: true }[] = [
  { line: "delete -y" },
  { line: "delete nosuch -y" },
  { line: "delete acr-myregistry", has: true },
  { line: "rotate nosuch", hasScope: true },
  { line: "attach sa/default" },
  { line: "attach nosuch sa/default" },
  { line: "attach acr-myregistry", has: true },
  { line: "detach nosuch" },
  { line: "create" },
  { line: "check nosuch", hasScope: true },
  { line: "check", hasScope: true },
  { line: "create --registry myregistry --repository app/web" },
  { line: "prune" },
  { line: "secretless create default --registry myregistry" },
  { line: "secretless check default --image myregistry.azurecr.io/app/web:1" },
];

/** The notations of one namespace. */
const placesOf = ({ hasScope }: (typeof printing)[number]) => [
  "-n demo --context dev",
  ...(hasScope ? ["--namespaces demo --context dev"] : []),
];

test.for(printing.flatMap((row) => placesOf(row).map((place) => ({ ...row, place }))))(
  "acts in the namespace and the cluster of `$line $place` when its printed command is pasted",
  async ({ line, has, place }) => {
    const world = worldOf(["demo", "other"], { contexts: ["prod", "dev"] });
    if (has) await after(world, `${making} -n demo --context dev`);
    for (const cluster of world.clusters.values()) cluster.put(stuckPod("demo", "web-1", "myregistry.azurecr.io/app/web:1"));
    const { stdout, stderr } = await type(`${line} ${place}`, world.ports);
    const [printed = ""] = /^(?:hint: | {2})kubectl acr-secret .*$/m.exec(stdout + stderr) ?? [];
    const [{ argv } = { argv: [] }] = commandsIn(printed.replace("REGISTRY", "myregistry"));
    expect(argv.length, stderr).toBeGreaterThan(0);
    const touched: string[] = [];
    world.asking.around(async (asked, next) => {
      if (asked.port === "cluster") touched.push(asked.at);
      return next();
    });

    await run(argv, world.ports);

    expect(touched.filter((at) => !at.includes("dev:") || / other(?:\/|$)/.test(at))).toEqual([]);
    expect(touched.length).toBeGreaterThan(0);
  },
);
