import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { stuckPod } from "../fakes/cluster.ts";
import { addNamespaces } from "../fakes/world.ts";
import { renamed } from "../other-token.ts";
import type { FaultyWorld } from "./world.ts";

/** The initial state of a run, and the command line. */
export type Beginning = {
  readonly name: string;
  readonly line: string;
  /** Milliseconds by which the run's clock is ahead. */
  readonly later?: number;
  prepare(world: FaultyWorld): Promise<void>;
};

const create = "create --registry myregistry --serviceaccount default -n demo";
const host = "myregistry.azurecr.io";
const minutes = 60_000;

function demo({ in_ }: FaultyWorld): void {
  addNamespaces(in_.cluster, "demo", "kube-system");
  in_.cluster.put(stuckPod("demo", "web-1", `${host}/app/web:1`));
}

async function typed(world: FaultyWorld, line: string): Promise<void> {
  const { code, stderr } = await world.type(line);
  if (code !== 0) throw new Error(stderr);
}

/** Creates a Secret of another tool. */
const foreign = (world: FaultyWorld, type: string, data: Record<string, string>) =>
  void world.in_.cluster.put({ apiVersion: "v1", kind: "Secret", metadata: { name: "acr-myregistry", namespace: "demo" }, type, data });

export const beginnings: readonly Beginning[] = [
  // No Secret of this plugin exists.
  { name: "a fresh namespace", line: create, prepare: async (world) => demo(world) },
  {
    name: "a login of another user, given up",
    line: `${create} --force`,
    prepare: async (world) => {
      demo(world);
      const config = encodeDockerConfig(host, { username: "ci", password: new Sensitive("theirs") });
      foreign(world, "kubernetes.io/dockerconfigjson", { ".dockerconfigjson": Buffer.from(config).toString("base64") });
    },
  },
  {
    name: "a token that others use",
    line: create,
    prepare: async (world) => {
      demo(world);
      await typed(world, "create --registry myregistry --repository app/web -n demo");
      renamed("theirs")(world.in_);
    },
  },
  // A credential of this plugin exists, or several namespaces get one.
  {
    name: "a Secret whose password has expired",
    line: create,
    later: 31 * minutes,
    prepare: async (world) => {
      demo(world);
      await typed(world, "create --registry myregistry --expires-in 30m -n demo");
    },
  },
  {
    name: "two namespaces with one credential",
    line: "create --registry myregistry --serviceaccount default --namespaces demo,other --credential-per scope",
    prepare: async (world) => {
      demo(world);
      addNamespaces(world.in_.cluster, "other");
    },
  },
  {
    name: "a repository more, by name",
    line: `${create} --repository app/api`,
    prepare: async (world) => {
      demo(world);
      await typed(world, "create --registry myregistry -n demo");
    },
  },
  {
    name: "attach alone",
    line: "attach acr-myregistry --serviceaccount default -n demo",
    prepare: async (world) => {
      demo(world);
      await typed(world, "create --registry myregistry -n demo");
    },
  },
  // The command requests a service principal.
  { name: "a service principal, made", line: `${create} --service-principal`, prepare: async (world) => demo(world) },
  {
    name: "an application that others use",
    line: `${create} --service-principal ci`,
    prepare: async (world) => {
      demo(world);
      await typed(world, "create first --registry myregistry --service-principal ci -n demo");
    },
  },
  // The other kinds of credential, and a Secret that contains more than one.
  {
    name: "a token of one's own",
    line: `${create.replace("myregistry", host)} --repository app/web --entra`,
    prepare: async (world) => demo(world),
  },
  {
    name: "the admin user",
    line: `${create} --admin`,
    prepare: async (world) => {
      demo(world);
      world.registry.adminUserEnabled = true;
    },
  },
  {
    name: "a login in addition to another",
    line: `${create} --force`,
    prepare: async (world) => {
      demo(world);
      const config = encodeDockerConfig("ghcr.io", { username: "jane", password: new Sensitive("theirs") });
      foreign(world, "kubernetes.io/dockerconfigjson", { ".dockerconfigjson": Buffer.from(config).toString("base64") });
    },
  },
];
