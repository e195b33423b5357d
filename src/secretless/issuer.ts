import type { IssuerDocuments } from "../cluster/port.ts";
import { isPublic } from "../doctor/ladder.ts";
import { type Json, objectsOf, parseObject } from "../json.ts";

/** An answer to a GET request, or the reason for a failure. */
export type Downloaded = { readonly status: number; readonly text: string } | { readonly error: string };

/**
 * Returns the configuration and the keys to publish, and the addresses at which Entra ID reads them. `problemIn` returns undefined if Entra
 * ID can use the published document. An API server without `--service-account-jwks-uri` names its own address for the keys, which is often
 * private. The configuration to publish then names an address next to its own.
 */
export function publicationsOf({ configuration, keys }: IssuerDocuments) {
  const { issuer, jwks_uri: named } = configuration;
  const base = issuer.replace(/\/$/, "");
  const keysAddress = isPublic(named) ? named : `${base}/openid/v1/jwks`;
  return [
    {
      address: `${base}/.well-known/openid-configuration`,
      content: { ...configuration, jwks_uri: keysAddress },
      problemIn: problemOf((content) =>
        content["issuer"] === issuer ? undefined : `names the issuer ${JSON.stringify(content["issuer"])} instead of ${issuer}`,
      ),
    },
    {
      address: keysAddress,
      content: keys,
      problemIn: problemOf((content) => {
        const published = objectsOf(content["keys"]).map(({ kid }) => kid);
        const missing = keys.keys.filter(({ kid }) => !published.includes(kid));
        return missing.length === 0 ? undefined : `lacks ${missing.length} of the cluster's ${keys.keys.length} keys`;
      }),
    },
  ];
}

const problemOf =
  (compare: (content: Json) => string | undefined) =>
  (answer: Downloaded): string | undefined => {
    if ("error" in answer) return `can't be read: ${answer.error}`;
    if (answer.status !== 200) return `can't be read: status ${answer.status}`;
    const content = parseObject(answer.text);
    return content ? compare(content) : "is not JSON";
  };
