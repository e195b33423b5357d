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

test("names the context of the run in a printed command when another one is current by now", () => {
  const { context } = open(fakeWorld().ports);
  const cluster = (...of: Parameters<typeof context.cluster>) => ({ ...context.cluster(...of), contextToName: () => "dev" });
  const run = openSession({ ...context, cluster }, {});
  run.cluster();

  expect(run.formatCommand(kubectl("get", "secrets"))).toBe("kubectl get --context dev secrets");
});
