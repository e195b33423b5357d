import { statusError } from "../../../src/kube/status.ts";
import { managedBy, type Pod, type Secret } from "../../../src/objects.ts";
import { readAnswer } from "../../../src/registry/answers.ts";
import { parseImage } from "../../../src/registry/image-reference.ts";
import { claimKey, copiesKey, copyLabel, sourceKey } from "../../../src/secret/record.ts";
import type { FakeWorld } from "../fakes/world.ts";
import { addNamespaces } from "../fakes/world.ts";
import type { World } from "../in-process.ts";
import { attach, auths, image, ours, pod, record, refuse } from "./world.ts";

/** The place of a hostile text: in a world, or in the ports of command lines. */
export type Place = {
  readonly where: string;
  /** No output prints the text: names in a list of copies are dropped if they are invalid. */
  readonly isDropped?: true;
  prepare?(made: FakeWorld, text: string): void;
  ports?(made: FakeWorld, text: string): Partial<World>;
};

type Prepare = NonNullable<Place["prepare"]>;

const inSpec =
  (change: (text: string) => Partial<Pod["spec"]>): Prepare =>
  (made, text) =>
    pod(made, (one) => ({ ...one, spec: { ...one.spec, ...change(text) } }));
const inMetadata =
  (change: (text: string) => Partial<Pod["metadata"]>): Prepare =>
  (made, text) =>
    pod(made, (one) => ({ ...one, metadata: { ...one.metadata, ...change(text) } }));
const container = (image: string, name = "web") => ({ name, image });
const noSecrets = { imagePullSecrets: [] };

const metadata = (change: (text: string) => Partial<Secret["metadata"]>) => (made: FakeWorld, text: string) => {
  const found = made.cluster.get("secret", "demo", "acr-myregistry");
  if (found) made.cluster.put({ ...found, metadata: { ...found.metadata, ...change(text) } }, "kubectl-acr-secret");
};

/** Writes a record of another user into the plugin's Secret. */
const recorded = (change: (text: string) => object) => (made: FakeWorld, text: string) => {
  const config = auths({ "myregistry.azurecr.io": ["mine", "dead"] });
  made.cluster.put(ours(config, { ...record, ...change(text) }), "kubectl-acr-secret");
};

const past = "2000-01-01T00:00:00Z";
const claimOf = (text: string) => ({ run: text, until: past, identity: text, intent: { slot: text, madeAt: text, until: text } });

function copyOf(made: FakeWorld, text: string): void {
  const annotations = { [sourceKey]: JSON.stringify({ namespace: text, name: text }) };
  metadata(() => ({ labels: { [managedBy.key]: managedBy.value, [copyLabel]: text }, annotations }))(made, text);
}

function withCopy(made: FakeWorld, text: string): void {
  const found = made.cluster.get("secret", "demo", "acr-myregistry");
  const copies = Buffer.from(JSON.stringify({ [text]: text })).toString("base64");
  if (found) made.cluster.put({ ...found, data: { ...found.data, [copiesKey]: copies } }, "kubectl-acr-secret");
}

/** Replaces the plugin's Secret with one of another user. The ServiceAccount lists its name. */
const given = (secret: (text: string) => Partial<Secret>) => (made: FakeWorld, text: string) => {
  const { metadata: _, ...rest } = ours(auths({ "myregistry.azurecr.io": ["mine", "dead"] }));
  made.cluster.remove("secret", "demo", "acr-myregistry");
  made.cluster.put({ ...rest, metadata: { name: "acr-myregistry", namespace: "demo" }, ...secret(text) });
};

const config = (text: string): Partial<Secret> => ({ data: { ".dockerconfigjson": Buffer.from(text).toString("base64") } });

/** Creates a ServiceAccount with a list and these annotations, all from one writer. */
function belonging(made: FakeWorld, annotations: Readonly<Record<string, string>>): void {
  const labels = { "app.kubernetes.io/managed-by": "Helm" };
  const metadata = { name: "default", namespace: "demo", labels, annotations };
  made.cluster.put({ apiVersion: "v1", kind: "ServiceAccount", metadata, imagePullSecrets: [{ name: "theirs" }] });
}

/** Fields that a tenant of a cluster can write, even if the API server would reject the value. */
export const tenants: readonly Place[] = [
  { where: "a pod's name", prepare: inMetadata((name) => ({ name })) },
  { where: "the names of a pod's pull secrets", prepare: inSpec((name) => ({ imagePullSecrets: [{ name }] })) },
  { where: "a container's image", prepare: inSpec((text) => ({ containers: [container(text)] })) },
  {
    where: "the repository of a container's image",
    prepare: inSpec((text) => ({ containers: [container(`myregistry.azurecr.io/${text}:1`)] })),
  },
  {
    where: "a container's name",
    prepare: inSpec((name) => ({ ...noSecrets, containers: [container("MyRegistry.azurecr.io/app/web:1", name)] })),
  },
  { where: "the ServiceAccount of a pod", prepare: inSpec((serviceAccountName) => ({ ...noSecrets, serviceAccountName })) },
  {
    where: "the kind of a pod's owner",
    prepare: (made, kind) => {
      inSpec(() => noSecrets)(made, kind);
      inMetadata(() => ({ ownerReferences: [{ apiVersion: "x/v1", kind, name: "web", uid: "o", controller: true }] }))(made, kind);
    },
  },
  {
    where: "what a node says of an image",
    prepare: (made, text) => {
      const message = `failed to pull: ${text}: authorization failed: no basic auth credentials`;
      const state = { waiting: { reason: "ErrImagePull", message } };
      pod(made, (one) => ({ ...one, status: { phase: "Pending", containerStatuses: [{ name: "web", state }] } }));
      inSpec(() => ({ ...noSecrets, containers: [container("ghcr.io/app/web:1")] }))(made, text);
    },
  },
  {
    where: "the names of a ServiceAccount's pull secrets",
    prepare: (made, name) => {
      attach(made, name, "acr-myregistry");
      inSpec(() => ({ imagePullSecrets: [{ name }, { name: "acr-myregistry" }] }))(made, name);
    },
  },
  { where: "names in a list that the Secret is to come into", prepare: (made, name) => attach(made, name, "gone") },
  {
    where: "an image whose host is nearly the registry's",
    prepare: (made, text) => {
      const images = [text, `MyRegistry.azurecr.io/${text}:1`, `myregistry.azurecr.io:443/app/web:${text}`];
      inSpec(() => ({ ...noSecrets, containers: images.map((each) => container(each)) }))(made, text);
      attach(made);
    },
  },
  {
    where: "a ServiceAccount's annotations",
    prepare: (made, text) => {
      const account = { name: "default", namespace: "demo", annotations: { note: text }, labels: { note: text } };
      made.cluster.put({ apiVersion: "v1", kind: "ServiceAccount", metadata: account });
    },
  },
  {
    where: "the Helm release that a ServiceAccount says it is of",
    prepare: (made, name) => belonging(made, { "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": name }),
  },
  {
    where: "the Argo CD application that a ServiceAccount says it is of",
    prepare: (made, name) => belonging(made, { "argocd.argoproj.io/tracking-id": `${name}:/ServiceAccount:demo/default` }),
  },
  {
    where: "a ServiceAccount's name",
    prepare: (made, name) => void made.cluster.put({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "demo" } }),
  },
  { where: "the kind of credential that a Secret records", prepare: recorded((kind) => ({ kind })) },
  { where: "the identity that a Secret records", prepare: recorded((identity) => ({ identity })) },
  { where: "the identity of a login that was given", prepare: recorded((identity) => ({ identity, kind: "given" })) },
  { where: "the slot that a Secret records", prepare: recorded((slot) => ({ slot })) },
  { where: "the host that a Secret records", prepare: recorded((host) => ({ host })) },
  { where: "the repositories that a Secret records", prepare: recorded((text) => ({ repositories: [text] })) },
  {
    where: "the replaced password that a Secret records",
    prepare: recorded((text) => ({ previous: { slot: text, madeAt: text, until: text } })),
  },
  { where: "the creator of a password that a Secret records", prepare: recorded((by) => ({ by })) },
  { where: "the source of a copy", prepare: copyOf },
  { where: "the copies of a source", isDropped: true, prepare: withCopy },
  {
    where: "the day of a password's end that a Secret records",
    prepare: recorded((expiresAt) => ({ expiresAt, madeAt: expiresAt, slot: expiresAt })),
  },
  {
    where: "the claim on a Secret",
    prepare: metadata((text) => ({ annotations: { [claimKey]: JSON.stringify(claimOf(text)) } })),
  },
  {
    where: "a Secret's labels",
    // Without the record, create --force writes the Secret and prints it.
    prepare: metadata((text) => ({ labels: { "app.kubernetes.io/managed-by": "kubectl-acr-secret", note: text }, annotations: {} })),
  },
  { where: "another annotation of a Secret", prepare: metadata((text) => ({ annotations: { note: text } })) },
  {
    where: "a Secret's name",
    prepare: (made, name) => {
      const found = made.cluster.get("secret", "demo", "acr-myregistry");
      if (found) made.cluster.put({ ...found, metadata: { ...found.metadata, name } });
    },
  },
  { where: "a Secret's type", prepare: given((type) => ({ type })) },
  { where: "the servers in a Secret", prepare: given((server) => config(auths({ [server]: ["mine", "dead"] }))) },
  {
    where: "the user in a Secret",
    prepare: (made, user) => {
      given(() => config(auths({ "myregistry.azurecr.io": [user, "dead"] })))(made, user);
      made.asking.around(async (asked, next) =>
        asked.call === "prove"
          ? readAnswer("manifest", parseImage(image), user, { status: 401, text: "", header: () => undefined })
          : next(),
      );
    },
  },
  {
    where: "who wrote a Secret's fields",
    prepare: (made, manager) => void made.cluster.put(ours(auths({ "myregistry.azurecr.io": ["mine", "dead"] })), manager),
  },
  {
    where: "a namespace's name",
    isDropped: true,
    prepare: (made, name) => {
      for (const cluster of made.clusters.values()) addNamespaces(cluster, name);
    },
  },
];

/** Texts from an API server, and from a kubeconfig. */
export const servers: readonly Place[] = [
  ...["get", "list", "create", "patch"].map(
    (call): Place => ({
      where: `the API server's refusal to ${call}`,
      prepare: (made, message) => {
        const text = JSON.stringify({ kind: "Status", reason: message, message });
        refuse(
          made,
          (asked) => asked.port === "cluster" && asked.call === call,
          () => statusError({ status: 403, phrase: message, text }),
        );
      },
    }),
  ),
  {
    where: "what the API server calls invalid",
    prepare: (made, text) => {
      const details = { kind: text, name: text, causes: [{ field: text, message: text }, { message: text }] };
      const status = JSON.stringify({ kind: "Status", reason: "Invalid", details });
      refuse(
        made,
        ({ writes }) => writes,
        () => statusError({ status: 422, phrase: "Unprocessable", text: status }),
      );
    },
  },
  { where: "the API server's warnings", ports: (_, text) => ({ warnings: [text] }) },
  { where: "a line of -v=8", ports: (_, text) => ({ traces: [`Response body: ${text}`, text] }) },
];
