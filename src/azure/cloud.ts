import type { Environment } from "../env.ts";
import { CliError } from "../errors.ts";
import { shell } from "../hint.ts";
import { registrySuffixes } from "../registry/login-server.ts";

/** One of Azure's clouds, with its hosts. URLs without a trailing slash. */
export type Cloud = {
  readonly name: string;
  readonly authority: string;
  /** Azure Resource Manager; also the audience of its tokens. A token is sent here and nowhere else. */
  readonly resourceManager: string;
  /** Microsoft Graph; also the audience of its tokens. They are sent nowhere else. */
  readonly graph: string;
  readonly registrySuffix: string;
};

const publicCloud: Cloud = {
  name: "AzureCloud",
  authority: "https://login.microsoftonline.com",
  resourceManager: "https://management.azure.com",
  graph: "https://graph.microsoft.com",
  registrySuffix: registrySuffixes.AzureCloud,
};

const clouds: readonly Cloud[] = [
  publicCloud,
  {
    name: "AzureUSGovernment",
    authority: "https://login.microsoftonline.us",
    resourceManager: "https://management.usgovcloudapi.net",
    graph: "https://graph.microsoft.us",
    registrySuffix: registrySuffixes.AzureUSGovernment,
  },
  {
    name: "AzureChinaCloud",
    authority: "https://login.chinacloudapi.cn",
    resourceManager: "https://management.chinacloudapi.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
    registrySuffix: registrySuffixes.AzureChinaCloud,
  },
];

/** The hint that selects the cloud to whose registries a host belongs; undefined if it belongs to none. */
export function cloudHint(host: string): string | undefined {
  const cloud = clouds.find(({ registrySuffix }) => host.toLowerCase().endsWith(registrySuffix));
  return cloud && `add --cloud=${cloud.name}, the cloud of that registry`;
}

/** China's newer sign-in host. */
const aliases: Readonly<Record<string, string>> = { "https://login.partner.microsoftonline.cn": "https://login.chinacloudapi.cn" };

export const cloudNames = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"] as const;

const named = (name: string) => clouds.find((cloud) => cloud.name.toLowerCase() === name.toLowerCase());

/**
 * The cloud of the environment: AZURE_AUTHORITY_HOST, as Azure's libraries read it, or AZURE_CLOUD_NAME, as az does. An unknown authority
 * signs in to the public cloud.
 * @param wanted the requested cloud, which overrides the environment
 */
export function cloudOf(env: Environment, wanted?: string): Cloud {
  const chosen = named(wanted ?? "");
  if (chosen) return chosen;
  const authority = (env.AZURE_AUTHORITY_HOST ?? "").replace(/\/+$/, "").toLowerCase();
  const inEnv = named(env.AZURE_CLOUD_NAME ?? "") ?? publicCloud;
  if (authority === "") return inEnv;
  return { ...(clouds.find((cloud) => cloud.authority === (aliases[authority] ?? authority)) ?? inEnv), authority };
}

/**
 * The cloud of az: the requested one, which is passed to az, or az's own choice. az ignores AZURE_AUTHORITY_HOST.
 * @param config az's own file, in which `az cloud set` stores its choice
 * @throws CliError config for a custom cloud
 */
export function cloudOfAz(env: Environment, config: string, wanted?: string): Cloud {
  const name = wanted ?? (env.AZURE_CLOUD_NAME || cloudIn(config));
  const cloud = named(name);
  if (cloud) return cloud;
  throw new CliError("config", `the Azure CLI uses the cloud ${JSON.stringify(name)}, which is not supported`, {
    hint: {
      ...shell("az cloud set", "--name", publicCloud.name),
      when: `add --cloud=${publicCloud.name}, or change the cloud of the Azure CLI`,
    },
  });
}

/** The choice in az's file: `name` in its section `cloud` (Python's configparser). */
function cloudIn(config: string): string {
  const [, section = ""] = /^\[cloud\][^\S\n]*$\n?([^[]*)/m.exec(config) ?? [];
  return /^name[^\S\n]*[=:][^\S\n]*(\S+)/m.exec(section)?.[1] ?? publicCloud.name;
}
