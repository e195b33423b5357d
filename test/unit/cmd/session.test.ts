import { expect, test } from "vitest";
import { openSession } from "../../../cmd/session.ts";
import type { TokenSource } from "../../../src/azure/port.ts";
import { kubectl } from "../../../src/hint.ts";
import { fakeWorld } from "../../support/fakes/world.ts";
import { open } from "../../support/in-process.ts";

function session(flags: Record<string, unknown> = {}) {
  const world = fakeWorld({ contexts: ["prod", "dev"] });
  const { context } = open(world.ports);
  const opened: string[] = [];
  const spied: typeof context = {
    ...context,
    cluster: (kube, trace, more) => {
      opened.push(`cluster ${kube.forward.join(" ")}`.trim());
      return context.cluster(kube, trace, more);
    },
    azure: (identity, ...more) => {
      opened.push(`azure ${identity.source}`);
      return context.azure(identity, ...more);
    },
    registry: (...more) => {
      opened.push("registry");
      return context.registry(...more);
    },
  };
  return { opened, session: openSession(spied, flags as never) };
}

test("opens one Azure port for each identity", () => {
  const { session: run, opened } = session();

  const [env, az] = (["env", "az"] satisfies TokenSource[]).map((source) => run.azure({ source }));
  run.azure({ source: "env" });

  expect(env).not.toBe(az);
  expect(opened).toEqual(["azure env", "azure az"]);
});

test("opens one cluster port with the flags of the command line", () => {
  const { session: run, opened } = session({ context: "prod", as: "jane" });

  expect(run.cluster()).toBe(run.cluster());
  expect(opened).toHaveLength(1);
  expect(opened[0]).toContain("--context=prod");
  expect(opened[0]).toContain("--as=jane");
});

test("opens a registry port once, at its first use", () => {
  const { session: run, opened } = session();
  expect(opened).toEqual([]);

  run.registry();
  run.registry();

  expect(opened).toEqual(["registry"]);
});

test.for([
  { waits: [4000, 4000, 4000, 4000], what: "waiting for it", printed: "waiting for it\n" },
  { waits: [60_000], what: "waiting for it", printed: "waiting for it\n" },
  { waits: [4000, 6000], what: "waiting for it", printed: "" },
  { waits: [60_000], what: undefined, printed: "" },
])("prints $printed once when it waits $waits ms for $what", async ({ waits, what, printed }) => {
  const slept: number[] = [];
  const opened = open({ ...fakeWorld().ports, sleep: async (milliseconds) => void slept.push(milliseconds) });
  const { sleep } = openSession(opened.context, {});

  for (const milliseconds of waits) await sleep(milliseconds, what);

  expect([opened.printed().stderr, slept]).toEqual([printed, waits]);
});

test("gives the ports a sleep that says what they wait for", async () => {
  const { context, printed } = open(fakeWorld().ports);
  const azure: typeof context.azure = async (identity, trace, sleep) => {
    await sleep(60_000, "waiting for Azure");
    return context.azure(identity, trace, sleep);
  };

  await openSession({ ...context, azure }, {}).azure({ source: "az" });

  expect(printed().stderr).toBe("waiting for Azure\n");
});

test("names the context of the run in a printed command when another one is current by now", () => {
  const { context } = open(fakeWorld().ports);
  const cluster = (...of: Parameters<typeof context.cluster>) => ({ ...context.cluster(...of), contextToName: () => "dev" });
  const run = openSession({ ...context, cluster }, {});
  run.cluster();

  expect(run.formatCommand(kubectl("get", "secrets"))).toBe("kubectl get --context dev secrets");
});
