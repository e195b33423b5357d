import type {
  Application,
  ApplicationAccess,
  Key,
  Principals,
  RoleAssignment,
  RoleDefinition,
  ServicePrincipal,
} from "../../../src/azure/port.ts";
import { CliError } from "../../../src/errors.ts";
import { covers } from "../../../src/registry/repository.ts";
import { Sensitive } from "../../../src/sensitive.ts";

type Secret = Key & { readonly text: string };
type FakeApplication = Omit<Application, "keys"> & { readonly keys: Secret[] };
type FakePrincipal = { -readonly [K in keyof ServicePrincipal]: ServicePrincipal[K] };

export type FakeDirectory = {
  readonly applications: FakeApplication[];
  readonly principals: FakePrincipal[];
  /** `on`: the name of another registry than the first one. */
  readonly assignments: (RoleAssignment & { readonly on?: string })[];
  /** The creation time of new applications (epoch milliseconds). By default, each is one second later than the previous one. */
  readonly clock: { now?: () => number };
  /** The longest lifetime of a new password, in milliseconds; 0: a policy forbids passwords. Default: the identity can't read it. */
  readonly policy: { longest?: number; isForAll?: boolean };
  /** Other controllers of an application, by the application's object id. */
  readonly access: Map<string, ApplicationAccess>;
  /** Custom roles by GUID. */
  readonly definitions: Map<string, RoleDefinition>;
  /** Creates an application with a service principal and passwords of another user. @returns its appId */
  put(displayName: string, more?: { readonly keys?: number; readonly principal?: boolean; readonly notes?: string }): string;
  /** Assigns a role to an application, above the registry or on it, as another user. */
  assign(appId: string, role: string, more?: Partial<RoleAssignment>): void;
  knows(appId: string, password: string): boolean;
  pulls(appId: string, repository: string, mode: "legacy" | "abac"): boolean;
  open(ask: <T>(call: string, at: string, writes: boolean, answer: () => T) => Promise<T>): Principals;
};

/** When roles were assigned. */
const assignedAt = "2026-01-01T00:00:00Z";
const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const reader = "b93aa761-3e63-49ed-ac28-beffa264f7ac";

/** Returns the repositories that a condition allows to read, as it names them. */
const scopesIn = (condition: string | undefined): string[] =>
  condition === undefined
    ? ["*"]
    : [...condition.matchAll(/String(Equals|StartsWith)IgnoreCase '([^']+)'/g)].map(([, how, text]) =>
        how === "Equals" ? `${text}` : `${text}*`,
      );

const firstRegistry = "myregistry";
const isOn = ({ on = firstRegistry }: FakeDirectory["assignments"][number], name: string) => on === name;

const gone = (what: string) => new CliError("notFound", `${what} is not there`);

/** Creates a tenant with applications and service principals, and their roles on one registry. */
export function fakeDirectory(): FakeDirectory {
  const applications: FakeApplication[] = [];
  const principals: FakePrincipal[] = [];
  const assignments: FakeDirectory["assignments"] = [];
  const access = new Map<string, ApplicationAccess>();
  const definitions = new Map<string, RoleDefinition>();
  let made = 0;
  const clock: FakeDirectory["clock"] = {};
  const policy: FakeDirectory["policy"] = {};

  /** Returns a GUID that shows the type of its object. */
  const id = (of: string) => `${of.repeat(8)}-0000-4000-8000-${String(++made).padStart(12, "0")}`;

  const assignedNow = () => (clock.now ? new Date(clock.now()).toISOString() : assignedAt);

  function create(displayName: string, notes: string): FakeApplication {
    const madeAt = new Date(clock.now?.() ?? Date.UTC(2026, 0, 1) + made * 1000).toISOString();
    const application = { id: id("0"), appId: id("a"), displayName, notes, madeAt, keys: [] };
    applications.push(application);
    return application;
  }

  function createPrincipal(appId: string): FakePrincipal {
    if (principals.some((one) => one.appId === appId)) throw new CliError("conflict", `the service principal name ${appId} is in use`);
    const principal = { id: id("b"), appId, enabled: true };
    principals.push(principal);
    return principal;
  }

  function addKey({ keys }: FakeApplication, displayName: string, expiresAt = "2028-01-01T00:00:00Z"): Secret {
    const madeAt = new Date(clock.now?.() ?? Date.UTC(2026, 0, 1)).toISOString();
    const key = { slot: id("c"), displayName, madeAt, expiresAt, text: `secret-${made}` };
    keys.push(key);
    return key;
  }

  /** Formats an application as Graph lists it: times without fractions of a second. Graph's response to POST has seven digits. */
  const shown = ({ keys, madeAt, ...application }: FakeApplication): Application => ({
    ...application,
    madeAt: madeAt.replace(/\.\d+Z$/, "Z"),
    keys: keys.map(({ text, ...key }) => key),
  });
  const created = (application: FakeApplication): Application => ({
    ...shown(application),
    madeAt: application.madeAt.replace(/Z$/, "0000Z"),
  });
  const byId = (wanted: string) => applications.find((one) => one.id === wanted) ?? raise(gone(`application ${wanted}`));
  const remove = <T>(list: T[], test: (one: T) => boolean) => void list.splice(0, list.length, ...list.filter((one) => !test(one)));

  return {
    clock,
    policy,
    access,
    definitions,
    applications,
    principals,
    assignments,
    put: (displayName, { keys = 1, principal = true, notes = "" } = {}) => {
      const application = create(displayName, notes);
      for (let at = 0; at < keys; at++) addKey(application, "of others");
      if (principal) createPrincipal(application.appId);
      return application.appId;
    },
    assign: (appId, role, more = {}) => {
      const principalId = principals.find((one) => one.appId === appId)?.id ?? raise(gone(appId));
      assignments.push({ name: id("d"), role, here: true, ours: false, condition: undefined, madeAt: assignedAt, ...more, principalId });
    },
    knows: (appId, password) => applications.some((one) => one.appId === appId && one.keys.some(({ text }) => text === password)),
    pulls: (appId, repository, mode) => {
      const principal = principals.find((one) => one.appId === appId);
      const held = assignments.filter(({ principalId }) => principalId === principal?.id);
      if (mode === "legacy") return held.some(({ role }) => role === acrPull);
      return held.some(({ role, condition }) => role === reader && scopesIn(condition).some((scope) => covers(scope, repository)));
    },
    open: (ask) => ({
      applications: (by) =>
        ask("applications", "name" in by ? by.name : by.appId, false, () =>
          applications.filter((one) => ("name" in by ? one.displayName === by.name : one.appId === by.appId)).map(shown),
        ),
      createApplication: ({ displayName, notes }) =>
        ask("createApplication", displayName, true, () => {
          const made = create(displayName, notes);
          access.set(made.id, { owners: ["o-1"], principalOwners: [], otherKeys: [] });
          return created(made);
        }),
      access: (of) => ask("access", of, false, () => access.get(of) ?? { owners: [], principalOwners: [], otherKeys: [] }),
      roleDefinition: (_, guid) => ask("roleDefinition", guid, false, () => definitions.get(guid)),
      noteApplication: (of, notes) => ask("noteApplication", of, true, () => void Object.assign(byId(of), { notes })),
      deleteApplication: (of) =>
        ask("deleteApplication", of, true, () => {
          const { appId } = byId(of);
          remove(applications, (one) => one.id === of);
          remove(principals, (one) => one.appId === appId);
        }),
      servicePrincipal: (appId) => ask("servicePrincipal", appId, false, () => principals.find((one) => one.appId === appId)),
      createServicePrincipal: (appId) => ask("createServicePrincipal", appId, true, () => createPrincipal(appId)),
      deleteServicePrincipal: (of) => ask("deleteServicePrincipal", of, true, () => remove(principals, (one) => one.id === of)),
      passwordLimit: ({ id: of = "" }) =>
        ask("passwordLimit", of, false, () =>
          policy.longest === undefined ? undefined : { longest: policy.longest, isForAll: policy.isForAll ?? true },
        ),
      addKey: (of, { displayName, expiresAt }) =>
        ask("addKey", of, true, () => {
          const { text, displayName: _, ...key } = addKey(byId(of), displayName, expiresAt);
          return { ...key, password: new Sensitive(text) };
        }),
      removeKey: (of, slot) =>
        ask("removeKey", slot, true, () => {
          const { keys } = byId(of);
          if (!keys.some((key) => key.slot === slot)) throw gone(`password ${slot}`);
          remove(keys, (key) => key.slot === slot);
        }),
      roleAssignments: ({ name: on }, principalId) =>
        ask("roleAssignments", `${on} ${principalId}`, false, () =>
          assignments.filter((one) => one.principalId === principalId && isOn(one, on)),
        ),
      otherRoles: ({ name: registry }, principalId) =>
        ask("otherRoles", principalId, false, () => ({
          roles: assignments
            .filter((one) => one.principalId === principalId && !(one.ours && isOn(one, registry)))
            .map(({ on = firstRegistry, role }) => ({ on, role, here: on === registry })),
        })),
      tenantOf: ({ name }) => ask("tenantOf", name, false, () => "t-1"),
      servicePrincipalRoles: () => ask("servicePrincipalRoles", "", false, () => [...assignments]),
      principal: (of) => ask("principal", of, false, () => principals.find((one) => one.id === of)),
      assignRole: ({ name: on }, { principalId, role, condition }) =>
        ask("assignRole", principalId, true, () => {
          const is = (one: RoleAssignment) => one.principalId === principalId && one.role === role && one.here && isOn(one, on);
          const there = assignments.find(is);
          if (there && !there.ours) throw new CliError("conflict", "the role assignment already exists");
          remove(assignments, is);
          const made = { name: there?.name ?? id("d"), role, here: true, ours: true, condition, madeAt: assignedNow(), principalId };
          assignments.push(on === firstRegistry ? made : { ...made, on });
        }),
      unassignRole: ({ name: on }, { principalId, role }) =>
        ask("unassignRole", principalId, true, () =>
          remove(assignments, (one) => one.principalId === principalId && one.role === role && one.ours && isOn(one, on)),
        ),
    }),
  };
}

function raise(error: Error): never {
  throw error;
}
