import type { Env } from "../context.ts";

/** One of Azure's clouds: where to sign in, where to manage. URLs without a trailing slash. */
export type Cloud = {
  readonly name: string;
  readonly authority: string;
  /** Azure Resource Manager; also the audience of its tokens. A token is sent here and nowhere else. */
  readonly resourceManager: string;
  /** What the login servers of its registries end in. */
  readonly registrySuffix: string;
};

const publicCloud: Cloud = {
  name: "AzureCloud",
  authority: "https://login.microsoftonline.com",
  resourceManager: "https://management.azure.com",
  registrySuffix: ".azurecr.io",
};

const clouds: readonly Cloud[] = [
  publicCloud,
  {
    name: "AzureUSGovernment",
    authority: "https://login.microsoftonline.us",
    resourceManager: "https://management.usgovcloudapi.net",
    registrySuffix: ".azurecr.us",
  },
  {
    name: "AzureChinaCloud",
    authority: "https://login.chinacloudapi.cn",
    resourceManager: "https://management.chinacloudapi.cn",
    registrySuffix: ".azurecr.cn",
  },
];

/** The name of the cloud whose registries have such a host. */
export const cloudOfHost = (host: string): string | undefined => clouds.find(({ registrySuffix }) => host.endsWith(registrySuffix))?.name;

/** China's newer sign-in host. */
const aliases: Readonly<Record<string, string>> = { "https://login.partner.microsoftonline.cn": "https://login.chinacloudapi.cn" };

/**
 * The cloud that the environment is about: AZURE_AUTHORITY_HOST, as Azure's libraries read it, or AZURE_CLOUD_NAME, as az does.
 * An authority that we do not know signs in to the public cloud.
 */
export function cloudOf(env: Env): Cloud {
  const authority = (env.AZURE_AUTHORITY_HOST ?? "").replace(/\/+$/, "").toLowerCase();
  const named = clouds.find(({ name }) => name.toLowerCase() === env.AZURE_CLOUD_NAME?.toLowerCase()) ?? publicCloud;
  if (authority === "") return named;
  return { ...(clouds.find((cloud) => cloud.authority === (aliases[authority] ?? authority)) ?? named), authority };
}
