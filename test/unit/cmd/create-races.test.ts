import { expect } from "vitest";
import { tokenName } from "../../../src/secret/names.ts";
import { everything, exactly, kept, line, nothing, refused, token } from "../../support/demo.ts";
import { addNamespaces, type FakeWorld } from "../../support/fakes/world.ts";
import { notedSecret } from "../../support/rotating.ts";
import { all, before, failed, type Given, refuse, testRows, typed } from "../../support/rows.ts";

const theirs = { text: "theirs", creationTime: "2026-05-05T00:00:00Z", expiry: undefined };
const sets =
  (slot: "password1" | "password2", name = token): Given =>
  ({ azure }) =>
    azure.tokens.get(name)?.passwords.set(slot, theirs);
const works = ({ azure }: FakeWorld, username = token) => expect(azure.knows({ username, password: "theirs" })).toBe(true);

const label: Given = ({ cluster }) => {
  const secret = cluster.get("secret", "demo", "acr-myregistry");
  if (secret) cluster.put({ ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, team: "web" } } }, "team");
};
const dead = all(typed(line), ({ azure }) => azure.tokens.get(token)?.passwords.clear());

/** Another run has a token, and writes its Secret right before this run creates it. */
const writesFirst: Given = (world) => {
  const { azure, cluster } = world;
  const [password = ""] = azure.putToken(token, ["password1"]);
  azure.putScopeMap({ name: token, actions: ["repositories/app/web/content/read", "repositories/app/web/metadata/read"] });
  const { creationTime: madeAt } = azure.tokens.get(token)?.passwords.get("password1") ?? expect.unreachable();
  const entry = { hosts: ["myregistry.azurecr.io"], kind: "acr-token", identity: token, slot: "password1", madeAt };
  const secret = notedSecret("demo", "acr-myregistry", [entry], { username: token, password });
  before("create secret demo/acr-myregistry", () => cluster.put(secret, "kubectl-acr-secret"))(world);
};

const shared = tokenName("uid-of-kube-system/uid-of-demo", "shared", "acr-myregistry");

testRows([
  {
    does: "keeps a Secret that another run writes first and that pulls",
    given: writesFirst,
    command: line,
    stdout: [...kept.slice(0, 3), "serviceaccount/default patched", "pod/web-1 restarted"],
    leaves: { ...everything, password: "password-1" },
  },
  {
    does: "keeps a token that another run uses in the meantime with its scope map, without its own password",
    given: (world) => {
      const takesOver = () => {
        sets("password2")(world);
        return refused();
      };
      return refuse(exactly("patch secret demo/acr-myregistry"), takesOver, 1)(world);
    },
    command: line,
    ...failed,
    stdout: [],
    stderr: [refused().message],
    leaves: { ...nothing, scopeMap: true, slots: "password2" },
    check: (world) => works(world),
  },
  {
    does: "adds to a scope map that another client creates at the same time",
    given: ({ asking, azure }) =>
      asking.around(async ({ call }, next) => {
        const answer = await next();
        if (call === "scopeMap" && !azure.scopeMaps.has(token))
          azure.putScopeMap({ name: token, description: "theirs", actions: ["repositories/base/content/read"] });
        return answer;
      }),
    command: line,
    leaves: { granted: ["app/web", "base"] },
    check: ({ azure }) => expect(azure.scopeMaps.get(token)).toMatchObject({ description: "theirs", actions: { length: 3 } }),
  },
  {
    does: "uses the other slot when another run generates a password after the read",
    given: before(`putToken ${token}`, before(`token ${token}`, sets("password1"))),
    command: line,
    leaves: { ...everything, slots: "password1,password2" },
    check: (world) => works(world),
  },
  {
    does: "uses the other slot when a user regenerates the password before the Secret is written",
    given: all(
      ({ cluster }) => addNamespaces(cluster, "kube-system"),
      before(`prove ${shared} app/web:1`, before(`token ${shared}`, sets("password1", shared))),
    ),
    command: `${line.replace("-n demo", "--namespaces demo")} --credential-per scope`,
    leaves: { secret: "alive", attached: "acr-myregistry" },
    check: (world) => {
      works(world, shared);
      expect([...(world.azure.tokens.get(shared)?.passwords.keys() ?? [])]).toEqual(["password1", "password2"]);
    },
  },
  ...["patch secret demo/acr-myregistry (dry run)", "patch secret demo/acr-myregistry"].map((call) => ({
    does: `replaces an invalid login and keeps a label that another team writes before ${call}`,
    given: all(dead, before(call, label)),
    command: line,
    stdout: /secret\/acr-myregistry configured\n/,
    leaves: { secret: "alive", slots: "password1", password: "password-2" },
    check: ({ cluster }: FakeWorld) =>
      expect(cluster.get("secret", "demo", "acr-myregistry")?.metadata.labels).toMatchObject({ team: "web" }),
  })),
]);
