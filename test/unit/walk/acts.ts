import type { Secret } from "../../../src/objects.ts";
import { claimKey, copyLabel, credentialKey, sourceKey } from "../../../src/secret/record.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";
import { loginOf } from "../../support/logins.ts";
import type { Act, Play } from "./play.ts";
import { host, name } from "./watch.ts";

// Acts of others in a walk, between two requests of a run.

const token = "app-acr-myregistry-6ifmrkcxotg2e74u";
const encode = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");
const configOf = (password: string) => ({ ".dockerconfigjson": encode({ auths: { [host]: { username: token, password } } }) });

type Patch = {
  labels?: Readonly<Record<string, string | undefined>>;
  annotations?: Secret["metadata"]["annotations"];
  data?: Secret["data"];
};

/** Changes a Secret, if it exists. */
function write({ world: { cluster } }: Play, namespace: string, { labels = {}, annotations = {}, data = {} }: Patch): void {
  const secret = cluster.get("secret", namespace, name);
  if (!secret) return;
  const { metadata } = secret;
  const marks = { labels: { ...metadata.labels, ...labels }, annotations: { ...metadata.annotations, ...annotations } };
  cluster.put({ ...secret, metadata: { ...metadata, ...marks }, data: { ...secret.data, ...data } } as Secret);
}

/** A tenant's Secret in a namespace of its own, with a login of the source's token. */
const keep = ({ world: { cluster } }: Play, password: string) =>
  void cluster.put(pullSecret("evil", "kept", { [host]: { username: token, password } }));

const recordOf = ({ world: { cluster } }: Play) => cluster.get("secret", "app", name)?.metadata.annotations?.[credentialKey];

/** A tenant has the namespace b, where a copy goes, and evil. */
export const tenants: readonly Act[] = [
  function labelsASecretAsACopy({ world: { cluster } }) {
    const secret = pullSecret("evil", name, { [host]: { username: token, password: "wrong" } });
    const annotations = { [sourceKey]: JSON.stringify({ namespace: "app", name }) };
    cluster.put({ ...secret, metadata: { ...secret.metadata, labels: { [copyLabel]: "app" }, annotations } });
  },
  function keepsTheLogin(play) {
    const { password } = loginOf(play.world.cluster.get("secret", "b", name)) ?? {};
    if (password !== undefined) keep(play, password);
  },
  function keepsAWrongLogin(play) {
    keep(play, "wrong");
  },
  function writesAWrongLogin(play) {
    write(play, "b", { data: configOf("wrong") });
  },
  function writesGarbage(play) {
    write(play, "b", { data: { ".dockerconfigjson": encode("[]") } });
  },
  function removesTheLabel(play) {
    write(play, "b", { labels: { [copyLabel]: undefined } });
  },
  function namesAnotherSource(play) {
    write(play, "b", { annotations: { [sourceKey]: JSON.stringify({ namespace: "evil", name }) } });
  },
  function saysItHasTheNewPassword(play) {
    const { madeAt } = JSON.parse(recordOf(play) ?? "{}") as { madeAt?: string };
    write(play, "b", { annotations: { [sourceKey]: JSON.stringify({ namespace: "app", name, madeAt }) } });
  },
  function deletesTheCopy({ world: { cluster } }) {
    cluster.remove("secret", "b", name);
  },
  function addsData(play) {
    write(play, "b", { labels: { team: "b" }, data: { "ca.crt": encode("…") } });
  },
  function claimsTheCopyForever(play) {
    write(play, "b", { annotations: { [claimKey]: JSON.stringify({ run: "x", until: "2999-01-01T00:00:00.000Z" }) } });
  },
  function writesTheRecordOfTheSource(play) {
    const record = recordOf(play);
    if (record !== undefined) write(play, "b", { annotations: { [credentialKey]: record } });
  },
];

/** Another tool writes the source. */
export const tools: readonly Act[] = [
  function addsMarks(play) {
    write(play, "app", { labels: { app: "web" }, annotations: { note: "1" }, data: { "ca.crt": encode("…") } });
  },
  function addsALogin(play) {
    const text = Buffer.from(play.world.cluster.get("secret", "app", name)?.data?.[".dockerconfigjson"] ?? "", "base64").toString();
    const { auths } = JSON.parse(text || "{}") as { auths?: object };
    const data = { ".dockerconfigjson": encode({ auths: { ...auths, "other.example": { username: "u", password: "p" } } }) };
    write(play, "app", { data });
  },
  function addsToTheList({ world: { cluster } }) {
    const account = cluster.get("serviceaccount", "app", "default");
    if (account) cluster.put({ ...account, imagePullSecrets: [...(account.imagePullSecrets ?? []), { name: "other" }] });
  },
];

/** A person generates or ends a password of the source's token in Azure. */
export const persons: readonly Act[] = [
  function generatesPassword1({ world: { azure } }) {
    if (azure.tokens.has(token)) azure.generate(token, "password1");
  },
  function generatesPassword2({ world: { azure } }) {
    if (azure.tokens.has(token)) azure.generate(token, "password2");
  },
  function endsPassword1({ world: { azure } }) {
    azure.tokens.get(token)?.passwords.delete("password1");
  },
];
