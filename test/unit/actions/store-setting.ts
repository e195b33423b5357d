import type { IssuedLogin } from "../../../src/actions/outcome.ts";
import { CliError } from "../../../src/errors.ts";
import type { Secret } from "../../../src/objects.ts";
import type { Store } from "../../../src/plan/change.ts";
import type { Login } from "../../../src/registry/port.ts";
import { encodeDockerConfig } from "../../../src/secret/docker-config.ts";
import { type Entry, readEntries } from "../../../src/secret/entry.ts";
import { pullSecret } from "../../../src/secret/pull-secret.ts";
import { Sensitive } from "../../../src/secret/sensitive.ts";
import { type Asked, is } from "../../support/fakes/asked.ts";
import { addNamespaces, type FakeWorld, fakeWorld } from "../../support/fakes/world.ts";

const host = "myregistry.azurecr.io";
export const to = { kind: "secret", namespace: "demo", name: "acr-myregistry" } as const;
export const image = { host, repository: "app/web", reference: "1" };
const ours: Login = { username: "ci", password: new Sensitive("ours") };
export const entry: Entry = { hosts: [host], kind: "given", identity: "ci" };
export const change = (more: Partial<Store> = {}): Store => ({
  act: "store",
  to,
  entry,
  precondition: undefined,
  because: "it does not exist",
  ...more,
});

export const lost = () => new CliError("unreachable", "the answer was lost");
export const refused = () => new CliError("forbidden", "no");
export const really = (text: string) => (asked: Asked) => is(text)(asked) && !asked.dryRun;

/** Creates a world with one namespace, where `ci` can pull with the password `ours`. */
export function world(): FakeWorld {
  const made = fakeWorld();
  addNamespaces(made.cluster, "demo");
  made.azure.users.set("ci", "ours");
  return made;
}

/** Creates a Secret of this plugin with another login. Returns it as the server stores it. */
export function put(
  { cluster }: FakeWorld,
  { username = "ci", password = "theirs", of = entry }: { username?: string; password?: string; of?: Entry } = {},
): Secret {
  const login = { username, password: new Sensitive(password) };
  return cluster.put(pullSecret(to, of, encodeDockerConfig(host, login)), "kubectl-acr-secret");
}

export const preconditionOf = ({ metadata: { uid = "", resourceVersion: version = "" } }: Secret) => ({ uid, version });
export const secretIn = ({ cluster }: FakeWorld) => cluster.get("secret", "demo", "acr-myregistry");
export const entryIn = (in_: FakeWorld) => readEntries(secretIn(in_) ?? { metadata: { name: "" } })?.[0];
export const issued = (more: Partial<IssuedLogin> = {}): IssuedLogin => ({ login: ours, images: [image], ...more });

/** Runs `act` before the first call of this kind. */
export function before(in_: FakeWorld, call: string, act: () => void): void {
  const undo = in_.asking.around(async (asked, next) => {
    if (really(call)(asked)) {
      undo();
      act();
    }
    return next();
  });
}
