import { managedBy, type Secret } from "../../src/objects.ts";
import { encodeDockerConfig } from "../../src/secret/docker-config.ts";
import {
  type Claim,
  type Copies,
  type Credential,
  claimKey,
  copiesData,
  copiesKey,
  copyLabel,
  credentialKey,
  type SourceOfCopy,
  sourceKey,
} from "../../src/secret/record.ts";
import { Sensitive } from "../../src/sensitive.ts";

/** `platform/acr`. */
type Place = `${string}/${string}`;

const host = "myregistry.azurecr.io";
const labels = { [managedBy.key]: managedBy.value };

/** The record of an ACR token whose password never expires. */
export const recordOf = (more: Partial<Credential> = {}): Credential => ({
  kind: "acr-token",
  host,
  identity: "ci-pull",
  slot: "password1",
  madeAt: "2025-12-20T00:00:00Z",
  ...more,
});

type SourceParts = {
  readonly credential?: Partial<Credential>;
  readonly password?: string;
  readonly copies?: Copies;
  readonly claim?: Claim;
  readonly labels?: Readonly<Record<string, string>>;
};

/** Returns the source of a credential. */
export function sourceSecret(at: Place, { credential: of, password, copies = {}, claim, labels: more }: SourceParts = {}): Secret {
  const credential = recordOf(of);
  const list = copiesData(copies);
  const annotations = { [credentialKey]: JSON.stringify(credential), ...(claim && { [claimKey]: JSON.stringify(claim) }) };
  const secret = pullSecretAt(at, credential, password);
  return {
    ...secret,
    metadata: { ...secret.metadata, labels: { ...labels, ...more }, annotations },
    data: { ...secret.data, ...(list !== null && { [copiesKey]: list }) },
  };
}

type CopyParts = Pick<SourceParts, "credential" | "password"> & {
  /** The source that it names. */
  readonly of: Place;
};

/** Returns a copy of a source. */
export function copySecret(at: Place, { credential: part, password, of }: CopyParts): Secret {
  const credential = recordOf(part);
  const [namespace = "", name = ""] = of.split("/");
  const source: SourceOfCopy = { namespace, name, madeAt: credential.madeAt };
  const secret = pullSecretAt(at, credential, password);
  const annotations = { [sourceKey]: JSON.stringify(source) };
  return { ...secret, metadata: { ...secret.metadata, labels: { ...labels, [copyLabel]: namespace }, annotations } };
}

function pullSecretAt(at: Place, { host: server, identity }: Credential, password = "password"): Secret {
  const [namespace = "", name = ""] = at.split("/");
  const config = encodeDockerConfig(server, { username: identity, password: new Sensitive(password) });
  const data = { ".dockerconfigjson": Buffer.from(config).toString("base64") };
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, type: "kubernetes.io/dockerconfigjson", data };
}
