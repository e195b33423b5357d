import { Ajv } from "ajv";
import fc from "fast-check";
import { dump, load } from "js-yaml";
import { expect, test } from "vitest";
import { minute } from "../../../src/duration.ts";
import { fileForm } from "../../../src/file/keys.ts";
import { fileData, type NewEntry } from "../../../src/file/write.ts";
import { scopeOfNamespaces } from "../../../src/scope/scope.ts";
import { entry, readOne } from "../../support/desired.ts";

test("writes no defaults", () => {
  const pullSecrets = [{ name: "acr", namespace: "web", repositories: ["web/*"] }];

  expect(fileData({ home: "platform", name: "teams", entries: [entry] })).toEqual({
    name: "teams",
    namespace: "platform",
    registry: "myregistry",
    pullSecrets,
  });
});

const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/), { minLength: 1, maxLength: 3 });
const patterns = fc.uniqueArray(fc.constantFrom("team-*", "a?", "*", "*-b"), { maxLength: 2 });
const minutes = fc.integer({ min: 1, max: 365_000 * 24 * 60 }).map((count) => count * minute);
const scopes = fc.oneof(
  fc.tuple(names, patterns).map(([words, globs]) => scopeOfNamespaces([...words, ...globs])),
  fc
    .constantFrom("team=blue", "a,!b", "tier in (x, y)", "app.kubernetes.io/name != web")
    .map((selector) => scopeOfNamespaces([], selector)),
  fc.constant(scopeOfNamespaces([])),
);

const lifetimes = fc
  .record({ expiresIn: fc.option(minutes, { nil: undefined }), olderThan: fc.option(minutes, { nil: undefined }), grace: minutes })
  .filter(({ expiresIn = Number.POSITIVE_INFINITY, olderThan = 0, grace }) => olderThan < expiresIn && grace <= expiresIn / 3);

const entries = fc
  .record({
    registry: fc.constantFrom("myregistry", "other.azurecr.io", "00000"),
    placed: fc.oneof(
      fc.record({ sources: names.map(([namespace = "a"]) => ({ namespace })), copyTo: fc.option(scopes, { nil: undefined }) }),
      fc.record({ sources: scopes.map((eachOf) => ({ eachOf })), copyTo: fc.constant(undefined) }),
    ),
    repositories: fc.uniqueArray(fc.constantFrom("*", "app/*", "app/web", "1.0", "null", "0x1f"), { minLength: 1 }),
    serviceAccounts: fc.uniqueArray(fc.constantFrom("default", "ci-*", "*", "true", "12")),
    credential: fc.constantFrom("acr-token", "service-principal"),
    restart: fc.constantFrom("stuck", "none"),
    lifetimes,
  })
  .map(({ placed, lifetimes: times, ...rest }) => ({ ...rest, ...placed, ...times }))
  // Azure ends each password of a service principal
  .filter(({ credential, expiresIn }) => credential === "acr-token" || expiresIn !== undefined);

/** Files whose entries have names of their own, so that no two write one Secret. */
const files = fc
  .array(entries, { minLength: 1, maxLength: 4 })
  .map((all) => ({ home: "a", name: "teams", entries: all.map((one, index): NewEntry => ({ ...one, name: `acr.${index}` })) }));

const validate = new Ajv({ strictTypes: false }).compile(fileForm.schema);

test("writes files that the reader reads as they were, and that the schema accepts", () => {
  fc.assert(
    fc.property(files, ({ entries: wanted, ...file }) => {
      const text = dump(fileData({ ...file, entries: wanted }), { flowLevel: 3 });
      const [read] = readOne(text);
      expect(validate(load(text))).toBe(true);
      expect(read?.entries.map(({ at: _, ...one }) => one)).toEqual(wanted);
      expect(read).toMatchObject(file);
    }),
  );
});
