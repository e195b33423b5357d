import { expect } from "vitest";
import { tokenName } from "../../../src/secret/names.ts";
import { granted } from "../../support/demo.ts";
import { namespace } from "../../support/fakes/cluster.ts";
import { worldOf } from "../../support/fakes/fleet.ts";
import { twoClusters } from "../../support/fakes/two-clusters.ts";
import type { FakeWorld } from "../../support/fakes/world.ts";
import { type } from "../../support/in-process.ts";
import { renamed, secondPassword } from "../../support/other-token.ts";
import { notedSecret, noteIn, slotsOf } from "../../support/rotating.ts";
import { all, any, type Given, printed, type Row, refuse, testRows, typed } from "../../support/rows.ts";

const create = (namespaces: string, more: string) =>
  `create team --registry myregistry --namespaces ${namespaces} --credential-per scope ${more}`;
const web = "--repository app/web";
const api = "--repository app/api";
const identityIn = (world: FakeWorld, at: string) => world.loginIn(at, "team")?.username;
const grants = (world: FakeWorld, at: string) => granted(world, identityIn(world, at));
const secretIn = ({ cluster }: FakeWorld, at: string) => cluster.get("secret", at, "team") ?? expect.unreachable("no Secret");
const works = (world: FakeWorld, at: string, context?: string) => {
  const login = world.loginIn(at, "team", context);
  return login !== undefined && world.azure.knows(login);
};

function open(): FakeWorld {
  const world = worldOf(["sa1", "sa2", "sb1", "sb2"]);
  for (const image of ["app/web:1", "app/api:1"]) world.azure.images.add(image);
  return world;
}

/** The identity of the first team's credential for `app/web`. */
let first: string | undefined;
const firstTeam = all(typed(create("sa1,sa2", web)), (world) => {
  first = identityIn(world, "sa1");
});
const isFirst =
  (...names: string[]) =>
  (world: FakeWorld) =>
    expect(names.map((at) => identityIn(world, at))).toEqual(names.map(() => first));

const both = all(typed(create("sa1,sb1", web)), renamed("ci-pull"), secondPassword("sa1", "team"));
const equal = (world: FakeWorld) => expect(world.loginIn("sa1", "team")).toEqual(world.loginIn("sb1", "team"));
const slots =
  (...names: string[]) =>
  (world: FakeWorld) => {
    equal(world);
    expect(slotsOf(world, "ci-pull")).toEqual(names);
  };
const older = tokenName("uid-of-kube-system", "shared", "team");

testRows(
  [
    {
      does: "gives two selections of namespaces two credentials for one Secret name",
      given: firstTeam,
      command: create("sb1,sb2", api),
      stderr: any,
      check: (world) => {
        expect(identityIn(world, "sb1")).not.toBe(first);
        expect(identityIn(world, "sb2")).toBe(identityIn(world, "sb1"));
        expect(grants(world, "sa1")).toEqual(["app/web"]);
      },
    },
    ...["sa2,sa1", "sa2,sb1", "s*"].map(
      (namespaces): Row => ({
        does: `finds the credential by its holders when ${namespaces} are selected`,
        given: firstTeam,
        command: create(namespaces, web),
        stderr: any,
        check: ({ azure }) => expect([...azure.tokens.keys()]).toEqual([first]),
      }),
    ),
    ...["sa1", "sb1", "sa1,sb1"].map(
      (namespaces): Row => ({
        does: `gives Secrets that hold both passwords the newest one when rotate selects ${namespaces}, and rotates in the next run`,
        given: both,
        command: `rotate team --namespaces ${namespaces}`,
        stderr: any,
        writes: /^(?!.*generatePassword)/s,
        check: (world) => {
          slots("password1", "password2")(world);
          expect(noteIn(world, "sa1", "team").slot).toBe("password2");
        },
        after: [
          {
            command: "rotate team --namespaces sa1",
            stderr: any,
            writes: /generatePassword/,
            check: (world) => {
              equal(world);
              expect(noteIn(world, "sb1", "team").slot).toBe("password1");
            },
          },
        ],
      }),
    ),
    {
      does: "retires the other password when no Secret holds it and its grace period is over",
      given: both,
      command: "rotate team --namespaces sa1 --grace 0",
      stderr: any,
      check: slots("password2"),
      after: [{ command: "rotate team --namespaces sa1 --grace 0", stderr: any, check: slots("password1") }],
    },
    {
      does: "adds repositories when every holder is selected",
      given: firstTeam,
      command: create("sa2,sa1,sb1", api),
      stderr: any,
      check: (world) => expect(grants(world, "sb1")).toEqual(["app/api", "app/web"]),
    },
    {
      does: "refuses to add repositories when another namespace holds the credential, and its command adds them",
      given: firstTeam,
      command: create("sa2,sb1", api),
      code: 1,
      stderr: /secret\/team in namespace sa1/,
      after: [{ command: printed, stderr: any, check: isFirst("sa1", "sa2", "sb1") }],
    },
    ...["--namespace-selector team=a", "-A --exclude-namespaces sa1,sb1,sb2", "-A --exclude-namespaces s?1,sb*"].map(
      (selection): Row => ({
        does: `suggests a command for the holders and the selected namespaces only when ${selection} selects them`,
        given: all(firstTeam, ({ cluster }) => cluster.put(namespace("sa2", { labels: { team: "a" } }))),
        command: `create team --registry myregistry --credential-per scope ${api} ${selection}`,
        code: 1,
        after: [
          {
            command: printed,
            stderr: any,
            check: (world) => {
              expect(world.cluster.all("secret").map(({ metadata }) => metadata.namespace)).toEqual(["sa1", "sa2"]);
              expect(grants(world, "sa1")).toEqual(["app/api", "app/web"]);
            },
          },
        ],
      }),
    ),
    {
      does: "suggests a command for all namespaces and the holder when a Secret in kube-system holds the credential too",
      given: all(firstTeam, (world) => {
        const { metadata, ...secret } = secretIn(world, "sa1");
        const { annotations = {}, labels = {} } = metadata;
        world.cluster.put({ ...secret, metadata: { namespace: "kube-system", name: "team", annotations, labels } });
      }),
      command: `create team --registry myregistry --credential-per scope ${api} -A`,
      code: 1,
      stderr: /hint: kubectl acr-secret create --namespaces kube-system --namespaces '\*' team /,
    },
    {
      does: "counts a Secret of another name and another tool's label as a holder",
      given: all(firstTeam, (world) => {
        const labels = { "app.kubernetes.io/managed-by": "kyverno" };
        world.cluster.put({ ...secretIn(world, "sa1"), metadata: { namespace: "sb2", name: "copy", labels } });
      }),
      command: create("sa1,sa2", api),
      code: 1,
      stderr: /secret\/copy in namespace sb2/,
    },
    {
      does: "refuses to add repositories when the Secrets of the cluster may not be listed",
      given: all(firstTeam, refuse("list secret")),
      command: create("sa1,sa2", api),
      code: 1,
      stderr: /not all Secrets of this cluster could be listed/,
      // Nothing is added, so the namespaces need not be listed.
      after: [{ given: refuse("list secret"), command: create("sa1,sa2", web), stderr: any }],
    },
    {
      does: "refuses to add repositories when Azure describes a cluster that is not selected",
      given: all(firstTeam, ({ azure }) => {
        const { actions, description = "", name } = azure.scopeMaps.get(first ?? "") ?? expect.unreachable("no scope map");
        azure.putScopeMap({ name, actions, description: description.replace(/ of cluster (\S+)$/, " of clusters $1, 0123abcd") });
      }),
      command: create("sa1,sa2", api),
      code: 1,
      stderr: /cluster 0123abcd/,
    },
    {
      does: "keeps a credential that an earlier version named without a namespace",
      given: all(typed(create("sa1", web)), renamed(older)),
      command: create("sa1,sa2", web),
      stderr: any,
      check: (world) => expect([identityIn(world, "sa2"), ...world.azure.tokens.keys()]).toEqual([older, older]),
    },
    {
      does: "keeps a credential when the namespace that named it was deleted",
      given: all(firstTeam, ({ cluster }) => {
        cluster.remove("secret", "sa1", "team");
        cluster.remove("serviceaccount", "sa1", "default");
        cluster.remove("namespace", "", "sa1");
      }),
      command: create("sa2,sb1", web),
      stderr: any,
      check: isFirst("sb1"),
    },
    ...[
      { kind: "token", flags: web, theirs: `${web} ${api}` },
      { kind: "application", flags: "--service-principal", theirs: "--service-principal" },
    ].map(
      ({ kind, flags, theirs }): Row => ({
        does: `gives no password of a shared ${kind} that only an annotation names`,
        given: all(typed(create("sb1,sb2", theirs)), (world) => {
          const note = noteIn(world, "sb1", "team");
          world.cluster.put(notedSecret("sa2", "team", [note], { username: note.identity, password: "guessed" }));
        }),
        command: create("sa1,sa2", `${flags} --force`),
        stderr: any,
        check: (world) => {
          expect([works(world, "sa1"), identityIn(world, "sa1") !== identityIn(world, "sb1")]).toEqual([true, true]);
          expect(world.loginIn("sa2", "team")).toEqual(world.loginIn("sa1", "team"));
        },
      }),
    ),
  ],
  open,
);

const one = "-n sa1 --context one";
const ends: Given = async ({ ports }) => {
  for (const line of [`rotate team ${one} --grace 0`, `rotate team ${one} --grace 0`, `delete team ${one} --yes`]) await type(line, ports);
};

testRows(
  ["--service-principal=ci-pull"].map(
    (flags): Row => ({
      does: `keeps the password of a cluster that was added later when ${flags} is rotated or pruned without it`,
      given: all(typed(`${create("sa1", flags)} --context one`, `${create("sa1", flags)} --context two`), ends),
      command: "prune --registry myregistry --context one --older-than 0s --yes",
      stderr: any,
      check: (world) => expect(works(world, "sa1", "two")).toBe(true),
    }),
  ),
  () => twoClusters("sa1"),
);
