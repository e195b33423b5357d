import fc from "fast-check";
import { expect, test } from "vitest";
import { managedBy } from "../../../src/objects.ts";
import {
  type AzureObject,
  type CredentialId,
  type HeldLogin,
  isLoginOf,
  keptBy,
  mayDelete,
  mayGrant,
  unknownClusters,
} from "../../../src/plan/ownership.ts";
import { type Entry, loginsAnnotation, readAnnotation, readEntries } from "../../../src/secret/entry.ts";

const host = "r.azurecr.io";
const token: CredentialId = { kind: "acr-token", identity: "t", host };
const entry: Entry = { hosts: [host], kind: "acr-token", identity: "t", slot: "password1", madeAt: "2026-01-01T00:00:00Z" };

/** The values of each column of the table. Every row has one value of each. */
const labels = ["ours", "other", "none"] as const;
const annotations = ["names", "other", "unreadable"] as const;
const configs = ["login", "other", "none", "unreadable"] as const;
const clusters = ["listed", "not selected", "not listable"] as const;
const creators = ["self", "other", "unknown"] as const;
const keys = ["none", "password", "certificate", "federated credential"] as const;

type Row = {
  readonly label: (typeof labels)[number];
  readonly annotation: (typeof annotations)[number];
  readonly config: (typeof configs)[number];
  readonly cluster: (typeof clusters)[number];
  readonly creator: AzureObject["creator"];
  readonly key: (typeof keys)[number];
};

const rows: Row[] = labels.flatMap((label) =>
  annotations.flatMap((annotation) =>
    configs.flatMap((config) =>
      clusters.flatMap((cluster) =>
        creators.flatMap((creator) => keys.map((key): Row => ({ label, annotation, config, cluster, creator, key }))),
      ),
    ),
  ),
);

/** Question 1: only the label decides. */
const renews: Readonly<Record<(typeof labels)[number], boolean>> = { ours: true, other: false, none: false };

/**
 * Question 2, the Secret: an annotation or a docker config that names the credential. The label does not matter. An unreadable docker
 * config does not count, because the kubelet cannot pull with it.
 */
const holds = ({ annotation, config }: Row) => annotation === "names" || config === "login";

/** Question 2, the cluster, if no Secret holds the credential. */
const keeps: Readonly<Record<Row["cluster"], "cluster" | undefined>> = {
  listed: undefined,
  "not selected": "cluster",
  "not listable": "cluster",
};

/** Question 3. */
const grants: Readonly<Record<AzureObject["creator"], boolean>> = { self: true, other: false, unknown: false };
const deletes: Readonly<Record<Row["key"], boolean>> = { none: true, password: false, certificate: false, "federated credential": false };

/** Returns the metadata of a Secret as the row describes it. */
function metadataOf({ label, annotation }: Row) {
  const manager = { ours: managedBy.value, other: "kyverno", none: undefined }[label];
  const note = { names: JSON.stringify([entry]), other: JSON.stringify([{ ...entry, identity: "u" }]), unreadable: "{" }[annotation];
  return {
    name: "acr",
    namespace: "a",
    labels: manager === undefined ? {} : { [managedBy.key]: manager },
    annotations: { [loginsAnnotation]: note },
  };
}

const configOf = ({ config }: Row): readonly HeldLogin[] =>
  ({ login: [{ hosts: [host], identity: "t" }], other: [{ hosts: [host], identity: "u" }], none: [], unreadable: [] })[config];

const isAnswered = (row: Row) => {
  const metadata = metadataOf(row);
  const held = [...(readAnnotation({ metadata }) ?? []), ...configOf(row)].some((login) => isLoginOf(token, login));
  const described = ["here", ...(row.cluster === "not selected" ? ["there"] : [])];
  const unknown = unknownClusters(described, "here");
  const others = { clusters: unknown, unlisted: row.cluster === "not listable", owned: false };
  const object: AzureObject = {
    described: true,
    creator: row.creator,
    recorded: false,
    otherKeys: row.key === "none" ? [] : [row.key],
    shared: false,
  };
  return {
    renews: readEntries({ metadata }) !== undefined,
    holds: held,
    keptBy: keptBy({ ...others, secrets: held ? 1 : 0 }),
    forced: keptBy({ ...others, secrets: held ? 1 : 0 }, true),
    owned: keptBy({ ...others, secrets: held ? 1 : 0, owned: true }),
    grants: mayGrant(object),
    deletes: mayDelete(object),
  };
};

test.for(rows)("answers for $label, $annotation, $config, $cluster, $creator, $key", (row) => {
  const held = holds(row);
  const secret = held ? "secret" : undefined;

  expect(isAnswered(row)).toEqual({
    renews: renews[row.label],
    holds: held,
    keptBy: secret ?? keeps[row.cluster],
    forced: secret,
    owned: secret,
    grants: grants[row.creator] && deletes[row.key],
    deletes: deletes[row.key],
  });
});

test.for<{ what: string; login: HeldLogin; of?: CredentialId; is: boolean }>([
  { what: "the login server", login: { hosts: [host], identity: "t" }, is: true },
  { what: "an address with a path", login: { hosts: [`https://${host}/v2/`], identity: "t" }, is: true },
  { what: "a wildcard", login: { hosts: ["*.azurecr.io"], identity: "t" }, is: true },
  { what: "a regional host", login: { hosts: ["r.eastus.geo.azurecr.io"], identity: "t" }, is: true },
  { what: "another case", login: { hosts: ["R.azurecr.io"], identity: "T" }, is: true },
  { what: "another registry", login: { hosts: ["s.azurecr.io"], identity: "t" }, is: false },
  { what: "another user name", login: { hosts: [host], identity: "u" }, is: false },
  { what: "another kind", login: { hosts: [host], identity: "t", kind: "given" }, is: false },
  {
    what: "an application at another registry",
    login: { hosts: ["s.azurecr.io"], identity: "00000000-0000-0000-0000-000000000001" },
    of: { kind: "service-principal", identity: "00000000-0000-0000-0000-000000000001", host },
    is: true,
  },
])("finds the credential in a login for $what: $is", ({ login, of = token, is }) => {
  expect(isLoginOf(of, login)).toBe(is);
});

test("grants nothing to an object that another identity created, whatever its name, unless a Secret records its id", () => {
  const object = { described: true, creator: "other", otherKeys: [], shared: false } as const;

  expect(mayGrant({ ...object, recorded: false })).toBe(false);
  expect(mayGrant({ ...object, recorded: true })).toBe(true);
  expect(mayGrant({ ...object, recorded: true, described: false })).toBe(false);
});

test("deletes no object that is shared or that does not say that this plugin created it", () => {
  expect(mayDelete({ described: true, otherKeys: [], shared: true })).toBe(false);
  expect(mayDelete({ described: false, otherKeys: [], shared: false })).toBe(false);
});

test("reads a key of any length with any number of wildcards at once", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("*", "r", ".", "a", "-", "/", ":", "[")), (parts) => {
      const began = performance.now();
      isLoginOf(token, { hosts: [parts.join("").repeat(50)], identity: "t" });
      expect(performance.now() - began).toBeLessThan(500);
    }),
    { numRuns: 200 },
  );
});
