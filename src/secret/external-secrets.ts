/** ESO's names of the clouds, by the end of a login server. Default: PublicCloud. */
const clouds = { ".azurecr.us": "USGovernmentCloud", ".azurecr.cn": "ChinaCloud" };

type Generated = { readonly secret: string; readonly namespace: string; readonly host: string; readonly repository: string | undefined };

/**
 * Returns the objects with which External Secrets Operator creates a pull secret and renews it: the generator, which takes the place of a
 * SecretStore, and the ExternalSecret. The generator signs in as the ServiceAccount with the name of the Secret.
 * Source: external-secrets apis/generators/v1alpha1/types_acr.go, docs/api/generator/acr.md
 * @param of.repository the token's only repository. Its token is valid for 75 minutes, and any other for three hours
 */
export function generatorManifests({ secret: name, namespace, host, repository }: Generated): readonly object[] {
  const generator = { apiVersion: "generators.external-secrets.io/v1alpha1", kind: "ACRAccessToken" };
  const [, environmentType = "PublicCloud"] = Object.entries(clouds).find(([suffix]) => host.endsWith(suffix)) ?? [];
  const login = { username: "{{ .username }}", password: "{{ .password }}" };
  const template = { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": JSON.stringify({ auths: { [host]: login } }) } };
  const metadata = { name, namespace };
  return [
    {
      ...generator,
      metadata,
      spec: {
        registry: host,
        environmentType,
        ...(repository === undefined ? {} : { scope: `repository:${repository}:pull` }),
        auth: { workloadIdentity: { serviceAccountRef: { name } } },
      },
    },
    {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata,
      spec: {
        refreshInterval: "30m",
        dataFrom: [{ sourceRef: { generatorRef: { ...generator, name } } }],
        target: { name, template },
      },
    },
  ];
}
