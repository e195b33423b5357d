import { expect } from "vitest";
import { day } from "../../../src/duration.ts";
import { teams, worldOf } from "../../support/fakes/fleet.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { clockAt, makeByHand } from "../../support/rotating.ts";
import { all, any, type Given, type Step, testRows } from "../../support/rows.ts";

const blue = "name: acr-blue, copyTo: {names: [team-*]}, serviceAccounts: [default]";
const own = "name: acr, eachOf: {names: [own]}, expiresIn: 60d";
const fileOf = (...entries: readonly string[]) =>
  `{name: teams, namespace: platform, registry: myregistry, pullSecrets: [${entries.map((entry) => `{${entry}}`).join(", ")}]}`;
const applies = (text: string, flags = "", more: Partial<Step> = {}): Step => ({
  command: `apply -f -${flags}`,
  stdout: any,
  stderr: any,
  writes: any,
  ...more,
  options: { stdin: text, ...more.options },
});
const dry = (text: string, stderr: readonly string[], flags = "", more: Partial<Step> = {}): Step =>
  applies(text, ` --dry-run${flags}`, { stderr, writes: [], ...more });

const web = "repositories: [app/web]";
const escaped = (text: string) => text.replace(/[()]/g, "\\$&");
/** The passwords of the next run have one creation time, but for milliseconds. */
const atOnce: Given = ({ azure }) => {
  azure.clock.made = () => Date.parse("2026-01-01T00:00:00Z");
};
const image: Given = ({ azure }) => void azure.images.add("app/api:1");
const registry = (has: number, most = has) =>
  `Registry myregistry: ${has} ACR token${has === 1 ? "" : "s"}, ${most} during the run, at most 50000 (Premium)`;
const next = (of: string) => `Next rotation: secret/${of} at 2026-03-02T00:00:00Z`;

const due = `${own}, ${web}, rotate: {olderThan: 10d}`;
const ofOwn = ({ azure }: FakeWorld) => [...azure.tokens.keys()].find((name) => name.startsWith("own-"));

const wide = (count: number) => `name: wide, repositories: [${Array.from({ length: count }, (_, n) => `web/${n}`).join(", ")}]`;
const tooWide = "scope maps would have too many actions, at most 500 (250 repositories): wide (stdin:1) needs 502";

testRows(
  [
    {
      does: "apply fails before its first write when a scope map would have too many actions",
      ...applies(fileOf(`${blue}, ${web}`, wide(251)), "", { code: 1, stderr: new RegExp(`^error: ${escaped(tooWide)}\n`), writes: [] }),
      after: [
        applies(fileOf(`${blue}, ${web}`, wide(251)), " --skip-blocked", {
          code: 1,
          stderr: new RegExp(`^platform: error: ${escaped(tooWide)}$`, "m"),
          check: ({ azure, cluster }) => {
            expect([...azure.scopeMaps.values()].map(({ description }) => description)).toEqual([expect.stringContaining("acr-blue")]);
            expect(cluster.get("secret", "team-0", "acr-blue")).toBeDefined();
          },
        }),
        applies(fileOf(`${blue}, ${web}`, wide(250)), " --verify=false"),
        applies(fileOf(wide(251), `${blue}, repositories: [app/api]`), " --skip-blocked --verify=false", {
          code: 1,
          check: ({ azure }) => expect([...azure.scopeMaps.values()].map(({ actions }) => actions.length).toSorted()).toEqual([2, 500]),
        }),
        applies(fileOf(`${wide(251)}, credential: service-principal`), " --dry-run", {
          code: 1,
          check: (_, { stderr }) => expect(stderr).not.toContain("too many actions"),
        }),
      ],
    },
    {
      does: "apply ends a dry run with the access, tokens and passwords that it would change",
      ...dry(fileOf(`${blue}, ${web}, rotate: {olderThan: 60d}`, `${own}, ${web}`), [
        "4 Secrets created (dry run)",
        "New access: secret/acr in namespace own (app/web), secret/acr-blue in namespace platform (app/web)",
        registry(0, 2),
        "Passwords: 2 generated",
        "Next rotation: secret/acr in namespace own at 2026-02-10T00:00:00Z",
      ]),
      after: [
        applies(fileOf(`${blue}, ${web}`, `${own}, ${web}`), " --diff", { code: 1, stderr: /\nPasswords: 2 generated\n/, writes: [] }),
        applies(fileOf(`${blue}, ${web}`, `${own}, ${web}`), "", { given: atOnce }),
        dry(fileOf(`${blue}, ${web}`, `${own}, ${web}`), [
          "4 namespaces unchanged (dry run)",
          registry(2),
          "Next rotation: secret/acr in namespace own at 2026-02-10T00:00:00Z",
        ]),
        dry(
          fileOf(`${blue}, repositories: [app/api], rotate: {olderThan: 10d}`),
          [
            "1 Secret deleted, 1 Secret configured, 1 scope map configured (dry run)",
            "New access: secret/acr-blue in namespace platform (app/api)",
            "Lost access: secret/acr in namespace own (app/web), secret/acr-blue in namespace platform (app/web)",
            registry(2),
            "Passwords: 1 credential revoked",
            "Next rotation: secret/acr-blue in namespace platform at 2026-01-11T00:00:00Z",
          ],
          " --prune",
          { given: image },
        ),
      ],
    },
    {
      does: "apply names a token whose two passwords leave no room for the one that is due in a dry run",
      ...applies(fileOf(`${blue}, ${web}`, due)),
      after: [
        dry(fileOf(`${blue}, ${web}`, due), [], "", {
          given: all(clockAt("2026-01-20T00:00:00Z"), async (world) => {
            await makeByHand(world, "password2", ofOwn(world));
          }),
          code: 1,
          stderr:
            /^own: error: no Secret records password2 of own-acr-.*\nhint: to accept this and to end password2 if no pull Secret holds it:\n {2}kubectl acr-secret rotate -n own acr --force\n/,
        }),
      ],
    },
    {
      does: "apply shows the lifetime that a policy of the tenant allows in a dry run",
      given: ({ azure }) => void Object.assign(azure.directory.policy, { longest: 30 * day }),
      ...dry(fileOf("name: sp, credential: service-principal, repositories: ['*']"), [
        "1 Secret created (dry run)",
        "New access: secret/sp in namespace platform (*)",
        registry(0),
        "Passwords: 1 generated",
        "Next rotation: secret/sp in namespace platform at 2026-01-20T23:59:20Z",
      ]),
    },
    {
      does: "apply counts the namespaces without a ServiceAccount in a dry run",
      ...dry(
        fileOf(`${blue.replace("default", "ci")}, ${web}`),
        [
          'team-0: Error from server (NotFound): serviceaccounts "ci" not found',
          'team-1: Error from server (NotFound): serviceaccounts "ci" not found',
          "1 Secret created, 2 namespaces failed (dry run)",
          "New access: secret/acr-blue in namespace platform (app/web)",
          registry(0, 1),
          "Passwords: 1 generated",
          next("acr-blue in namespace platform"),
          "2 namespaces have no serviceaccount/ci: team-0, team-1",
        ],
        "",
        { code: 1 },
      ),
    },
    {
      does: "apply says when a person must run it again, and prints the command for a CronJob",
      ...applies(fileOf(`${blue}, ${web}, expiresIn: 30d`, `${own}, ${web}`)),
      check: (_, { stderr }) =>
        expect(stderr).toMatch(
          /hint: run this again before 2026-01-31T00:00:00Z, or let a CronJob do it:\n {2}kubectl acr-secret schedule -f FILE --image IMAGE\n$/,
        ),
      after: [" --quiet", " -o json", " --dry-run"].map((flags) =>
        applies(fileOf(`${blue}, ${web}, expiresIn: 30d`, `${own}, ${web}`), flags, {
          check: (_, { stderr }) => expect(stderr).not.toContain("run this again"),
        }),
      ),
    },
    {
      does: "apply prints the flag --name of the command for a CronJob when there are several files",
      ...applies([fileOf(`${blue}, ${web}`), fileOf(`${own}, ${web}`).replace("teams", "amber")].join("\n---\n")),
      check: (_, { stderr }) => expect(stderr).toMatch(/\n {2}kubectl acr-secret schedule -f FILE --image IMAGE --name NAME\n$/),
    },
    {
      does: "apply names no time when no password expires",
      ...applies(fileOf(`${blue}, ${web}, expiresIn: never`)),
      check: (_, { stderr }) => expect(stderr).not.toContain("run this again"),
    },
  ],
  () => worldOf(["platform", ...teams(2), "own"]),
);
