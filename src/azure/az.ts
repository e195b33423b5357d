import type { TokenCredential } from "@azure/identity";
import { minute } from "../duration.ts";
import type { Environment, RequestTools } from "../env.ts";
import { CliError, Interrupted, withLines } from "../errors.ts";
import { shell } from "../hint.ts";
import { redact } from "../http/transport.ts";
import { type Json, parseObject, textOf } from "../json.ts";
import type { SignInOptions } from "./port.ts";
import { explainSignIn } from "./sign-in-error.ts";

type AzOptions = Pick<RequestTools, "env" | "trace" | "signal">;

/** A first run of az builds its command index, which takes up to 11 seconds. Milliseconds. */
const timeout = minute;

/** JSON only, without prompts or extensions. Otherwise az prints passwords among its warnings. */
const quiet = {
  AZURE_CORE_OUTPUT: "json",
  AZURE_CORE_ONLY_SHOW_ERRORS: "true",
  AZURE_CORE_NO_COLOR: "true",
  AZURE_CORE_SURVEY_MESSAGE: "false",
  AZURE_EXTENSION_USE_DYNAMIC_INSTALL: "no",
  // Windows would first look for az in the current folder, which may have files of others
  NODEFAULTCURRENTDIRECTORYINEXEPATH: "1",
};

/**
 * Runs the Azure CLI and returns its parsed output. Only its exit code and stdout count, because it prints `ERROR:` lines on success too.
 * @throws CliError with its reason in the plugin's words, redacted
 */
async function az(argv: readonly string[], { env, trace, signal }: AzOptions): Promise<Json> {
  const { execa } = await import("execa");
  const result = await execa("az", [...argv, "--output", "json"], {
    env: { ...env, ...quiet },
    extendEnv: false,
    stdin: "ignore",
    reject: false,
    timeout,
    cancelSignal: signal(),
  });
  const { stdout, stderr, exitCode } = result;
  trace(6, () => `az ${argv.join(" ")} exited ${exitCode ?? result.code} in ${Math.round(result.durationMs)} milliseconds`);
  if (stderr !== "") trace(8, () => redact(stderr));
  if (result.isCanceled) throw new Interrupted();
  if (result.timedOut)
    throw new CliError("timeout", `the Azure CLI timed out after ${timeout / 1000} seconds`, {
      hint: shell("az", argv),
    });
  if (result.code === "ENOENT" || exitCode === 127) {
    throw new CliError("config", withLines("the Azure CLI (az) is not installed, or not on PATH", unsetSecret(env)), {
      hint: "install it (https://aka.ms/azure-cli), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    });
  }
  if (exitCode !== 0) {
    const { kind, message, hint } = explainSignIn(redact(stderr || (result.shortMessage ?? "")));
    throw new CliError(kind, withLines(message, unsetSecret(env)), { hint });
  }
  const answer = parseObject(stdout);
  if (answer) return answer;
  throw new CliError("config", "the Azure CLI did not return JSON", { hint: shell("az", argv, "--output", "json") });
}

/** Returns why the variables of a service principal don't select one. Then the source of tokens is the Azure CLI. */
function unsetSecret({ AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH }: Environment): string | undefined {
  if (!AZURE_CLIENT_ID || AZURE_CLIENT_SECRET || AZURE_CLIENT_CERTIFICATE_PATH) return undefined;
  return "AZURE_CLIENT_ID is set, AZURE_CLIENT_SECRET is not";
}

/**
 * The Azure CLI as a credential. Azure's own AzureCliCredential treats any warning that mentions `az login` as a failure, and hides Entra's
 * reasons, so the plugin runs az itself.
 */
export function azCredential(options: AzOptions & { readonly signIn: SignInOptions }): TokenCredential {
  return {
    async getToken(scopes) {
      const [scope = ""] = [scopes].flat();
      const answer = await az(
        ["account", "get-access-token", "--resource", scope.replace(/\/\.default$/, ""), ...scopeFlags(options.signIn)],
        options,
      );
      const { accessToken, expires_on: epoch, expiresOn: local } = answer;
      // Before az 2.54 there was only a local time without a zone
      const seconds = typeof epoch === "number" ? epoch : Date.parse(String(local).replace(" ", "T")) / 1000;
      if (typeof accessToken !== "string" || Number.isNaN(seconds)) {
        throw new CliError("unauthenticated", "the Azure CLI returned no token", { hint: "az login" });
      }
      return { token: accessToken, expiresOnTimestamp: seconds * 1000 };
    },
  };
}

/** az accepts only one of the two: a subscription implies its tenant. */
function scopeFlags({ tenant, subscription }: SignInOptions): string[] {
  if (tenant !== undefined) return [`--tenant=${tenant}`];
  return subscription === undefined ? [] : [`--subscription=${subscription}`];
}

export async function azSubscription(options: AzOptions): Promise<string | undefined> {
  return textOf((await az(["account", "show"], options)).id);
}
