import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { inject } from "vitest";
import { createFaults, type Faults } from "../../sandbox/azure/faults.ts";
import { struck } from "../../sandbox/azure/front.ts";
import { openApi } from "../../scripts/bench/fleet/api.ts";
import type { KubeObject, Pod, Secret, ServiceAccount } from "../../src/objects.ts";
import { type AppliedWorld, newAppliedWorlds } from "../support/applied-world.ts";
import { chanceFrom } from "../support/fakes/chance.ts";
import { openShell } from "../support/plugin.ts";
import { until } from "../support/until.ts";

export const tenant = "tenant";
const editor = "editor";

/** A response of the API server. `json` is its object. */
type Reply = { readonly status: number; readonly json: KubeObject & { readonly items?: readonly KubeObject[] } };

export type Seen = { readonly secrets: readonly Secret[]; readonly accounts: readonly ServiceAccount[]; readonly pods: readonly Pod[] };

/** Is called for each write of a user's run, before the API server gets it. */
type OnWrite = (write: { readonly method: string; readonly path: string; readonly body: string }) => void;

export type World = AppliedWorld & {
  /** Sends a request without faults, as the administrator or as another user. */
  send(method: string, path: string, object?: object, as?: string): Promise<Reply>;
  /** Reads the objects of all namespaces of this world. */
  look(): Promise<Seen>;
  /** Returns the kubeconfig of a worker, whose requests meet faults. */
  kubeconfigFor(worker: string, user: string, onWrite: OnWrite): Promise<string>;
  /** Creates a namespace again that its tenant has deleted. */
  recreate(short: string): Promise<void>;
  /** Adds faults to all requests of users, and removes them. */
  disturb(): void;
  calm(): void;
  stop(): Promise<void>;
};

const status = (code: number, reason: string) => ({
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  reason,
  code,
  message: "a fault",
});

/** One answer in twenty is lost, and one in twenty is 429 or 500. */
function addFaults(faults: Faults, chance: (below: number) => number, body: (code: number, reason: string) => object): void {
  const oneIn = (many: number) => () => chance(many) === 0;
  const [path, headers] = [/./, { "retry-after": "1" }];
  faults.add({ kind: "lose", path, when: oneIn(20) });
  faults.add({ kind: "status", status: 429, path, headers, body: body(429, "TooManyRequests"), when: oneIn(40) });
  faults.add({ kind: "status", status: 500, path, body: body(500, "InternalError"), when: oneIn(40) });
}

/** The namespaces of the rights of each user. */
const places: Readonly<Record<string, readonly string[]>> = { [editor]: ["a", "b"], [tenant]: ["c", "e"] };

/** Starts a world on the tests' cluster: namespaces, users with their rights, and requests that fail by chance. */
export async function startWorld(seed: number): Promise<World> {
  const [shell, api] = [await openShell(), await openApi(inject("kubeconfig"))];
  const { server, agent } = api;
  const worlds = await newAppliedWorlds(shell, 1);
  const [world] = worlds.all as [AppliedWorld];
  for (const image of ["app/api:1", "base/os:1"]) await shell.azure.push(`myregistry.azurecr.io/${image}`);
  Object.assign(shell.azure.world.longRunning, { retryAfter: 0 });

  const faults = createFaults(Date.now);
  const send: World["send"] = async (method, path, object, as) => {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const headers = { accept: "application/json", "content-type": type, ...(as !== undefined && { "impersonate-user": as }) };
    const { status, text: json } = await api.send({ method, path, headers, ...(object && { body: JSON.stringify(object) }) });
    return { status, json: JSON.parse(json) };
  };
  const items = async <T extends KubeObject>(kind: string) => {
    const { json } = await send("GET", `/api/v1/${kind}`);
    return (json.items ?? []).filter(({ metadata }) => metadata.namespace?.startsWith(`${world.id}-`)) as T[];
  };
  const bind = async (short: string) => {
    for (const [name, shorts] of Object.entries(places)) {
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: name === editor ? "edit" : "admin" };
      const binding = { metadata: { name }, roleRef, subjects: [{ apiGroup: roleRef.apiGroup, kind: "User", name }] };
      const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${world.at(short)}/rolebindings`;
      if (shorts.includes(short)) await send("POST", path, binding);
    }
  };
  for (const short of Object.values(places).flat()) await bind(short);
  const servers: ReturnType<typeof createServer>[] = [];

  return {
    ...world,
    send,
    look: async () => ({ secrets: await items("secrets"), accounts: await items("serviceaccounts"), pods: await items("pods") }),
    async kubeconfigFor(worker, user, onWrite) {
      const impersonated = { "impersonate-user": user, ...(user === "admin" && { "impersonate-group": "system:masters" }) };
      const http = createServer((incoming, response) => {
        const { method = "", url: path = "" } = incoming;
        const forward = async () => {
          const body = await text(incoming);
          if (method !== "GET") onWrite({ method, path, body });
          const { host: _, ...headers } = incoming.headers;
          const out = request(new URL(path, server), { agent, method, headers: { ...headers, ...impersonated } }, (answer) => {
            response.writeHead(answer.statusCode ?? 500, answer.headers);
            answer.pipe(response);
          });
          out.on("error", () => response.destroy()).end(body);
          response.on("close", () => out.destroy());
        };
        struck({ faults }, { method, host: "kubernetes", path }, forward)(incoming, response).catch(() => response.destroy());
      });
      servers.push(http);
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
      const clusters = [{ name: "soak", cluster: { server: `http://127.0.0.1:${(http.address() as AddressInfo).port}` } }];
      const contexts = [{ name: "soak", context: { cluster: "soak", user: "" } }];
      const file = join(shell.folder, `${worker}.kubeconfig`);
      await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "Config", "current-context": "soak", clusters, contexts }));
      return file;
    },
    async recreate(short) {
      const [name, path] = [world.at(short), `/api/v1/namespaces/${world.at(short)}`];
      const { labels } = (await send("GET", path)).json.metadata;
      await send("DELETE", path);
      await until(async () => (await send("GET", path)).status === 404, 60);
      await send("POST", "/api/v1/namespaces", { metadata: { name, labels } });
      await bind(short);
      await until(async () => (await send("GET", `${path}/serviceaccounts/default`)).status === 200, 60);
    },
    disturb() {
      addFaults(faults, chanceFrom(seed + 1), status);
      addFaults(shell.azure.faults, chanceFrom(seed + 2), (_, code) => ({ error: { code, message: "a fault" } }));
    },
    calm() {
      faults.reset();
      shell.azure.faults.reset();
    },
    async stop() {
      for (const one of servers) one.close().closeAllConnections();
      api.close();
      await worlds.remove();
      await shell.stop();
    },
  };
}
